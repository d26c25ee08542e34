import { type LoggedChoice, type LogRefusal, PalomaError, screenLog } from '@paloma/core'
import { campaignActions } from './action.ts'
import { type CampaignRow, requireColumns, requiredNumber } from './cells.ts'
import type { CampaignMapping, CampaignPropensity } from './mapping.ts'
import { pastColumns, takenOf } from './past-campaign.ts'

/** Rows of a past campaign that were left out, by the reason: how many, and the first, counted from 1. */
export type RefusedRows = Readonly<Partial<Record<LogRefusal, { readonly rows: number; readonly first: number }>>>

export interface ScreenedPast {
  readonly rows: readonly CampaignRow[]
  readonly refused: RefusedRows
}

/**
 * Leaves out rows whose probability contradicts the floor that the mapping declares: they were not drawn from what the log claims, and
 * weighting by them would be wrong. Without a floor all rows stay, and a probability that cannot be is a fault of the table. Throws
 * CAMPAIGN_COLUMN or CAMPAIGN_CELL which names row and column, CAMPAIGN_REFUSED where no row is left.
 */
export function screenPast(mapping: CampaignMapping, rows: readonly CampaignRow[]): ScreenedPast {
  const { propensity } = mapping
  const first = rows[0]
  if (!('floor' in propensity) || propensity.floor === 0 || first === undefined) return { rows, refused: {} }
  requireColumns(first, pastColumns(mapping))
  const { floor = 0 } = propensity
  const { usable, refused } = screenLog(choicesOf({ ...mapping, propensity }, rows), floor)
  const counts: Partial<Record<LogRefusal, { rows: number; first: number }>> = {}
  for (const { row, reason } of refused) {
    const known = counts[reason]
    counts[reason] = { rows: (known?.rows ?? 0) + 1, first: known?.first ?? row + 1 }
  }
  if (usable.length > 0) return { rows: usable.map((row) => rows[row]!), refused: counts }
  throw new PalomaError(
    'CAMPAIGN_REFUSED',
    `no row of ${rows.length} keeps the floor ${floor}: ${refusedInWords(counts)}`,
    {
      hint: '`propensity.floor` of the mapping is the probability that the policy of the log spread over all actions',
    },
  )
}

type ToldByRows = Extract<CampaignPropensity, { readonly floor?: number }>

function choicesOf(
  mapping: CampaignMapping & { readonly propensity: ToldByRows },
  rows: readonly CampaignRow[],
): readonly LoggedChoice[] {
  const { propensity } = mapping
  const actions = campaignActions(mapping)
  const taken = takenOf(mapping, actions, rows)
  return rows.map((row, i) => {
    const chosen = taken[i]!
    const column = 'column' in propensity ? propensity.column : propensity.columns[actions[chosen]!.value]!
    const own = requiredNumber(row[column], { row: i + 1, column })
    // Cells of outcomes are checked where they are read.
    return { actions: actions.length, chosen, propensity: own, reward: 0 }
  })
}

/** In words, e.g. `below-floor 12 (first in row 17)`. */
export function refusedInWords(refused: RefusedRows): string {
  return Object.entries(refused)
    .map(([reason, { rows, first }]) => `${reason} ${rows} (first in row ${first})`)
    .join(', ')
}
