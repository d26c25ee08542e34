import {
  balancedLog,
  type EvaluationLog,
  type EvaluationOptions,
  type EvaluationProgress,
  evaluatePolicy,
  importanceWeights,
  PalomaError,
  type PolicyEvaluation,
  type PolicyMetric,
  type PolicyPreCheck,
  preCheckPolicy,
  type RewardColumn,
  type WeightShape,
  weightShape,
} from '@paloma/core'
import type { CampaignAction } from './action.ts'
import { type CampaignRow, cellFault, isBlank, requireColumns } from './cells.ts'
import { type CampaignTarget, targetProbabilities } from './evaluation-target.ts'
import { encodeRows, fitFeatures } from './features.ts'
import { loggersOf } from './logger-columns.ts'
import type { CampaignMapping } from './mapping.ts'
import { readPast } from './past-campaign.ts'
import { type RefusedRows, screenPast } from './screen-past.ts'
import { readableTarget } from './target-table.ts'

/** What is asked of a table of decisions. */
export interface CampaignEvaluationOptions extends Omit<EvaluationOptions, 'metrics'> {
  readonly target: CampaignTarget
  /** Objectives, and `sends`, that may not get worse than by a margin. */
  readonly guardrails?: readonly CampaignGuardrail[]
  /** Objectives of which less is better. */
  readonly inverse?: readonly string[]
  /** A column whose values are told apart where the overlap is small. */
  readonly segment?: string
  /** Told how far it is. */
  readonly onProgress?: EvaluationProgress
}

export interface CampaignGuardrail {
  readonly objective: string
  readonly margin: number
  /** The margin is a share of the log's own mean. */
  readonly isRelative: boolean
}

export interface CampaignEvaluation {
  readonly rows: number
  readonly refused: RefusedRows
  readonly evaluation: PolicyEvaluation
  readonly preCheck: PolicyPreCheck
  readonly shape: WeightShape
  /** By objective, what one unit of it is called. */
  readonly units: Readonly<Record<string, string>>
}

/** The name of what every evaluation also counts: messages per decision. */
export const SENDS = 'sends'

/** What the costs of the mapping take, on its common scale. */
export const COST = 'cost'

/**
 * What a policy is worth on a table of past decisions, one a row; rows of one user are taken together. Objectives of the mapping, the messages
 * sent and, where sends cost something, their cost: these two follow from the action alone, and are known exactly. Throws
 * CAMPAIGN_COLUMN, CAMPAIGN_CELL and CAMPAIGN_TARGET.
 */
export function evaluateCampaign(
  mapping: CampaignMapping,
  rows: readonly CampaignRow[],
  { target, guardrails = [], inverse = [], segment, onProgress, ...options }: CampaignEvaluationOptions,
): CampaignEvaluation {
  checkNames(mapping, { guardrails: guardrails.map(({ objective }) => objective), inverse })
  const screened = screenPast(mapping, rows)
  const log = logOf(mapping, screened.rows, { target, segment })
  const metrics = metricsOf(mapping, log, { guardrails, inverse })
  const judged = balancedLog(log)
  const evaluation = evaluatePolicy(log, { ...options, metrics }, onProgress)
  return {
    rows: screened.rows.length,
    refused: screened.refused,
    evaluation,
    preCheck: preCheckPolicy(evaluation),
    shape: weightShape(judged.propensities, importanceWeights(judged)),
    units: unitsOf(mapping),
  }
}

/** By objective, what one unit of it is called. */
export function unitsOf({ outcomes }: CampaignMapping): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ...Object.entries(outcomes).map(([name, { unit }]) => [name, unit]),
    [SENDS, 'messages'],
    [COST, 'common scale'],
  ])
}

/** Refuses names of objectives that nobody knows, or that cannot be meant so. */
export function checkNames(
  mapping: CampaignMapping,
  { guardrails, inverse }: { readonly guardrails: readonly string[]; readonly inverse: readonly string[] },
): void {
  const known = [...Object.keys(mapping.outcomes), SENDS, COST]
  const taken = [SENDS, COST].find((name) => name in mapping.outcomes)
  if (taken !== undefined)
    throw new PalomaError('CAMPAIGN_MAPPING', `outcomes.${taken}: the name is taken by what every evaluation counts`)
  const wrong = [...guardrails, ...inverse].find((name) => !known.includes(name))
  if (wrong !== undefined)
    throw new PalomaError('USAGE', `an objective must be one of ${known.join(', ')}, got '${wrong}'`)
  const repeated = guardrails.find((name, i) => guardrails.indexOf(name) !== i)
  if (repeated !== undefined) throw new PalomaError('USAGE', `a guardrail must be named once, got '${repeated}' twice`)
  const valued = inverse.find((name) => (mapping.outcomes[name]?.weight ?? 0) > 0)
  if (valued !== undefined)
    throw new PalomaError('USAGE', `less of '${valued}' cannot be better: its weight in the mapping is above 0`)
}

/** A table as a log that the core reads, one decision a row; a target in a table of its own is joined to it. */
export function logOf(
  mapping: CampaignMapping,
  table: readonly CampaignRow[],
  how: { readonly target: CampaignTarget; readonly segment: string | undefined },
): EvaluationLog {
  const { rows, target } = readableTarget(mapping, table, how.target)
  const past = readPast(mapping, rows)
  const { actions, taken, propensities, users: n } = past
  const width = actions.length
  const features = fitFeatures(mapping, rows)
  return {
    offsets: Int32Array.from({ length: n + 1 }, (_, i) => i * width),
    chosen: taken,
    propensities: Float64Array.from(taken, (action, i) => propensities[i * width + action]!),
    targetPolicy: targetProbabilities(target, { mapping, actions, rows }),
    // Of `{ column }` only the chosen action's probability is known, and what the others are given is a guess.
    ...('column' in mapping.propensity ? {} : { loggingPolicy: propensities }),
    users: userIndices(mapping, rows),
    rewards: [
      ...Object.entries(past.rewards).map(([name, values]) => ({ name, values })),
      ...actionRewards(actions, taken),
    ],
    identities: {
      indices: Int32Array.from({ length: n * width }, (_, k) => k % width),
      names: actions.map(({ name }) => name),
    },
    ...(features.length === 0 ? {} : { context: { width: features.length + 1, values: encodeRows(features, rows) } }),
    ...(mapping.logger === undefined ? {} : { loggers: loggersOf(mapping.logger, { rows, actions, taken }) }),
    ...(how.segment === undefined ? {} : { segments: segmentsOf(rows, how.segment) }),
  }
}

/** Rewards that are a matter of the action alone, with predictions that are exact. */
function actionRewards(actions: readonly CampaignAction[], taken: Int32Array): readonly RewardColumn[] {
  const column = (name: string, of: (action: CampaignAction) => number): RewardColumn => ({
    name,
    values: Float64Array.from(taken, (action) => of(actions[action]!)),
    predictions: Float64Array.from({ length: taken.length * actions.length }, (_, k) =>
      of(actions[k % actions.length]!),
    ),
  })
  const hasCost = actions.some(({ cost }) => cost > 0)
  return [
    column(SENDS, ({ channel }) => (channel === null ? 0 : 1)),
    ...(hasCost ? [column(COST, ({ cost }) => cost)] : []),
  ]
}

/** By row, whose it is. */
export function userIndices({ user }: CampaignMapping, rows: readonly CampaignRow[]): Int32Array {
  if (!('column' in user)) return Int32Array.from(rows, (_, i) => i)
  if (rows[0] !== undefined) requireColumns(rows[0], [user.column])
  return indicesOf(rows, user.column, 'a user').indices
}

function segmentsOf(rows: readonly CampaignRow[], column: string): NonNullable<EvaluationLog['segments']> {
  if (rows[0] !== undefined) requireColumns(rows[0], [column])
  const found = indicesOf(rows, column, null)
  if (found.names.length <= MOST_SEGMENTS) return found
  throw new PalomaError(
    'CAMPAIGN_COLUMN',
    `column ${column} has ${found.names.length} values, at most ${MOST_SEGMENTS} are segments`,
  )
}

const MOST_SEGMENTS = 100

/** Cells numbered as they first appear. A blank one is `none`, or where `expected` says what must be there a fault. */
function indicesOf(rows: readonly CampaignRow[], column: string, expected: string | null) {
  const numbers = new Map<string, number>()
  const indices = Int32Array.from(rows, (row, i) => {
    const cell = row[column]
    if (isBlank(cell) && expected !== null) throw cellFault({ row: i + 1, column }, cell ?? null, expected)
    const name = isBlank(cell) ? 'none' : String(cell)
    const number = numbers.get(name) ?? numbers.size
    numbers.set(name, number)
    return number
  })
  return { indices, names: [...numbers.keys()] }
}

/** Objectives with a weight decide by their weighted sum, as plans do; those of weight 0 are watched. */
export function metricsOf(
  mapping: CampaignMapping,
  log: Pick<EvaluationLog, 'rewards'>,
  { guardrails, inverse }: { readonly guardrails: readonly CampaignGuardrail[]; readonly inverse: readonly string[] },
): readonly PolicyMetric[] {
  const isSum = Object.values(mapping.outcomes).filter(({ weight }) => weight !== 0).length > 1 || hasReward(log, COST)
  return log.rewards.map(({ name }) => {
    const weight = name === COST ? -1 : (mapping.outcomes[name]?.weight ?? 0)
    const guardrail = guardrails.find(({ objective }) => objective === name)
    const isInverse = inverse.includes(name) || name === SENDS || weight < 0
    const common = { reward: name, inverse: isInverse, ...(isSum && weight !== 0 ? { weight } : {}) }
    if (guardrail !== undefined)
      return { ...common, role: 'guardrail', margin: guardrail.margin, isRelative: guardrail.isRelative }
    return { ...common, role: weight !== 0 && name !== COST ? 'success' : 'watched' }
  })
}

function hasReward(log: Pick<EvaluationLog, 'rewards'>, name: string): boolean {
  return log.rewards.some((reward) => reward.name === name)
}
