import { type EvaluationLog, PalomaError, type SlateLog, type SlateProbabilities } from '@paloma/core'
import { type CampaignRow, cellFault, requireColumns, requiredNumber } from './cells.ts'
import { type CampaignEvaluationOptions, COST, logOf, SENDS } from './evaluate-campaign.ts'
import type { ReadableTarget } from './evaluation-target.ts'
import type { CampaignMapping, CampaignSlate } from './mapping.ts'
import { readableTarget } from './target-table.ts'
import { unitRuns } from './unit-runs.ts'

/** Slates of a table, one row a position, judged as wholes. `logOf` reads positions as decisions; see `CampaignMapping.slate`. */
export function slateLogOf(
  mapping: CampaignMapping & { readonly slate: CampaignSlate },
  table: readonly CampaignRow[],
  wanted: CampaignEvaluationOptions['target'],
): SlateLog {
  const { slate, decision } = mapping
  if (decision === undefined) throw new PalomaError('CAMPAIGN_MAPPING', 'decision: expected a column, got none')
  const joined = readableTarget(mapping, table, wanted)
  const first = joined.rows[0]
  if (first !== undefined) requireColumns(first, [slate.position, ...Object.values(slate.propensity ?? {})])
  const { rows, offsets, numbers } = unitRuns(joined.rows, { unit: decision.column, order: slate.position })
  const steps = logOf(mapping, rows, { target: joined.target, segment: undefined })
  const target = { ...conditionalTarget(offsets, steps), ...targetPositions({ rows, numbers }, steps, joined.target) }
  const logging =
    slate.propensity === undefined
      ? conditionalLogging(mapping, offsets, steps)
      : statedLogging(slate.propensity, { rows, offsets, numbers })
  return {
    offsets,
    users: usersOf({ rows, offsets, numbers }, steps),
    rewards: steps.rewards.map(({ name, values }) => ({ name, values, isExact: name === SENDS || name === COST })),
    logging,
    target,
    ...(slate.propensity === undefined ? { steps } : {}),
  }
}

interface Runs {
  readonly rows: readonly CampaignRow[]
  readonly offsets: Int32Array
  /** Of rows in the table as it came, from 1. */
  readonly numbers: Int32Array
}

/** By slate; a slate has one user. */
function usersOf({ offsets, numbers }: Runs, { users }: EvaluationLog): Int32Array {
  return Int32Array.from({ length: offsets.length - 1 }, (_, i) => {
    for (let k = offsets[i]! + 1; k < offsets[i + 1]!; k += 1)
      if (users[k] !== users[offsets[i]!])
        throw new PalomaError(
          'CAMPAIGN_CELL',
          `row ${numbers[k]}: positions of one slate must have one user, got another than in row ${numbers[offsets[i]!]}`,
        )
    return users[offsets[i]!]!
  })
}

/** What distributions given the positions before say of prefixes and whole slates. */
function conditionalTarget(
  offsets: Int32Array,
  { offsets: actions, chosen, targetPolicy }: EvaluationLog,
): SlateProbabilities {
  return fromConditional(
    offsets,
    Float64Array.from(chosen, (place, k) => targetPolicy[actions[k]! + place]!),
  )
}

function conditionalLogging(
  { propensity }: CampaignMapping,
  offsets: Int32Array,
  { propensities }: EvaluationLog,
): SlateProbabilities {
  const own = Float64Array.from(propensities)
  const isSame = 'uniform' in propensity || 'constant' in propensity
  return { ...fromConditional(offsets, own), ...(isSame ? { position: own } : {}) }
}

function fromConditional(
  offsets: Int32Array,
  own: Float64Array,
): { readonly joint: Float64Array; readonly prefix: Float64Array } {
  const prefix = own.slice()
  const joint = new Float64Array(offsets.length - 1)
  for (let i = 0; i < joint.length; i += 1) {
    for (let k = offsets[i]! + 1; k < offsets[i + 1]!; k += 1) prefix[k] = prefix[k - 1]! * own[k]!
    joint[i] = prefix[offsets[i + 1]! - 1]!
  }
  return { joint, prefix }
}

/** A target that looks at nothing before has the same probability at a position whatever stands there; else a column must say it. */
function targetPositions(
  { rows, numbers }: Pick<Runs, 'rows' | 'numbers'>,
  { offsets, chosen, targetPolicy }: EvaluationLog,
  target: ReadableTarget,
): SlateProbabilities {
  if (target.kind !== 'columns')
    return { position: Float64Array.from(chosen, (place, k) => targetPolicy[offsets[k]! + place]!) }
  const column = `${target.prefix}position`
  if (rows[0] === undefined || !(column in rows[0])) return {}
  return { position: Float64Array.from(rows, (row, i) => probabilityOf(row, column, numbers[i]!)) }
}

/** Probabilities that the log's own columns say. */
function statedLogging(
  { joint, position, prefix }: NonNullable<CampaignSlate['propensity']>,
  { rows, offsets, numbers }: Runs,
): SlateProbabilities {
  const read = (column: string) => Float64Array.from(rows, (row, i) => probabilityOf(row, column, numbers[i]!))
  const whole = (column: string) => {
    const values = read(column)
    return Float64Array.from({ length: offsets.length - 1 }, (_, i) => {
      for (let k = offsets[i]!; k < offsets[i + 1]!; k += 1)
        if (values[k] !== values[offsets[i]!])
          throw cellFault(
            { row: numbers[k]!, column },
            values[k]!,
            `the probability of the slate, ${values[offsets[i]!]} in row ${numbers[offsets[i]!]}`,
          )
      return values[offsets[i]!]!
    })
  }
  return {
    ...(joint === undefined ? {} : { joint: whole(joint) }),
    ...(position === undefined ? {} : { position: read(position) }),
    ...(prefix === undefined ? {} : { prefix: read(prefix) }),
  }
}

function probabilityOf(row: CampaignRow, column: string, number: number): number {
  const place = { row: number, column }
  const p = requiredNumber(row[column], place)
  if (p >= 0 && p <= 1) return p
  throw cellFault(place, p, 'a probability in [0, 1]')
}
