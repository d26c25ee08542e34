import { PalomaError } from '@paloma/core'
import { type CampaignAction, campaignActions } from './action.ts'
import { type CampaignRow, cellFault, requireColumns, requiredNumber } from './cells.ts'
import type { CampaignMapping } from './mapping.ts'

/** What a past campaign did and what followed, as columns; matrices are row-major. */
export interface PastCampaign {
  readonly users: number
  readonly actions: readonly CampaignAction[]
  /** Number of the action that each user got. */
  readonly taken: Int32Array
  /** users × actions: the probability of each action. */
  readonly propensities: Float64Array
  /** By objective: the reward of each user. */
  readonly rewards: Readonly<Record<string, Float64Array>>
}

/** Whether a table says what was done and what followed, and not only who the users are. */
export function hasPast(mapping: CampaignMapping, row: CampaignRow): boolean {
  return pastColumns(mapping).every((column) => column in row)
}

/** Columns that only a past campaign has. */
export function pastColumns(mapping: CampaignMapping): readonly string[] {
  const { propensity } = mapping
  const given =
    'column' in propensity ? [propensity.column] : 'columns' in propensity ? Object.values(propensity.columns) : []
  return [mapping.action.column, ...Object.values(mapping.outcomes).map((outcome) => outcome.column), ...given]
}

/** Reads actions, propensities and rewards; throws CAMPAIGN_COLUMN or CAMPAIGN_CELL which names row and column. */
export function readPast(mapping: CampaignMapping, rows: readonly CampaignRow[]): PastCampaign {
  const first = rows[0]
  if (first === undefined) throw new PalomaError('CAMPAIGN_EMPTY', 'the table of the past campaign has no rows')
  requireColumns(first, pastColumns(mapping))
  const actions = campaignActions(mapping)
  const taken = takenOf(mapping, actions, rows)
  return {
    users: rows.length,
    actions,
    taken,
    propensities: readPropensities(mapping, { actions, taken }, rows),
    rewards: Object.fromEntries(
      Object.entries(mapping.outcomes).map(([objective, { column }]) => [
        objective,
        Float64Array.from(rows, (row, i) => requiredNumber(row[column], { row: i + 1, column })),
      ]),
    ),
  }
}

/** Number of the action of each row; throws CAMPAIGN_CELL for a value that the mapping does not know. */
export function takenOf(
  mapping: CampaignMapping,
  actions: readonly CampaignAction[],
  rows: readonly CampaignRow[],
): Int32Array {
  const { column } = mapping.action
  const byValue = new Map(actions.map((action, index) => [action.value, index]))
  return Int32Array.from(rows, (row, i) => {
    const action = byValue.get(String(row[column]))
    if (action !== undefined) return action
    throw cellFault({ row: i + 1, column }, row[column] ?? null, `one of ${[...byValue.keys()].join(', ')}`)
  })
}

interface Taken {
  readonly actions: readonly CampaignAction[]
  readonly taken: Int32Array
}

function readPropensities(mapping: CampaignMapping, past: Taken, rows: readonly CampaignRow[]): Float64Array {
  const { propensity } = mapping
  const { actions } = past
  const width = actions.length
  if ('uniform' in propensity) return new Float64Array(rows.length * width).fill(1 / width)
  if ('column' in propensity) return fromOwn(past, rows, propensity.column)
  const matrix = new Float64Array(rows.length * width)
  for (let i = 0; i < rows.length; i += 1) {
    for (const [a, action] of actions.entries()) {
      matrix[i * width + a] =
        'constant' in propensity
          ? propensity.constant[action.value]!
          : probabilityCell(rows[i]!, propensity.columns[action.value]!, i + 1)
    }
    checkRow(matrix.subarray(i * width, (i + 1) * width), { row: i + 1, taken: past.taken[i]! })
  }
  return matrix
}

/** Only the probability of the action taken is known: the others share the rest by how often they were taken. */
function fromOwn({ actions, taken }: Taken, rows: readonly CampaignRow[], column: string): Float64Array {
  const width = actions.length
  const counts = new Float64Array(width)
  for (const action of taken) counts[action] = counts[action]! + 1
  const matrix = new Float64Array(rows.length * width)
  for (let i = 0; i < rows.length; i += 1) {
    const own = taken[i]!
    const p = probabilityCell(rows[i]!, column, i + 1)
    if (p === 0) throw cellFault({ row: i + 1, column }, 0, 'a probability above 0, since the action was taken')
    const others = rows.length - counts[own]!
    for (let a = 0; a < width; a += 1) {
      matrix[i * width + a] = a === own ? p : others === 0 ? 0 : ((1 - p) * counts[a]!) / others
    }
  }
  return matrix
}

function probabilityCell(row: CampaignRow, column: string, rowNumber: number): number {
  const place = { row: rowNumber, column }
  const p = requiredNumber(row[column], place)
  if (p < 0 || p > 1) throw cellFault(place, p, 'a probability in [0, 1]')
  return p
}

const SUM_TOLERANCE = 1e-6

function checkRow(probabilities: Float64Array, place: { readonly row: number; readonly taken: number }): void {
  const sum = probabilities.reduce((total, p) => total + p, 0)
  if (Math.abs(sum - 1) > SUM_TOLERANCE) {
    throw new PalomaError('CAMPAIGN_CELL', `row ${place.row}: the propensities must add up to 1, got ${sum}`)
  }
  if (probabilities[place.taken]! > 0) return
  throw new PalomaError('CAMPAIGN_CELL', `row ${place.row}: the action taken has propensity 0`)
}
