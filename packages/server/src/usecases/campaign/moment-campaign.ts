import { type MomentLog, PalomaError } from '@paloma/core'
import { campaignActions } from './action.ts'
import { type CampaignRow, requireColumns, requiredNumber } from './cells.ts'
import { userIndices } from './evaluate-campaign.ts'
import type { CampaignTarget, ReadableTarget } from './evaluation-target.ts'
import { encodeRows, fitFeatures } from './features.ts'
import type { CampaignMapping, CampaignMoment } from './mapping.ts'
import { takenOf } from './past-campaign.ts'
import { readableTarget } from './target-table.ts'

/**
 * Messages of a table with the moment at which each went, and the target's; rows that hold have no moment and are left out. What was sent is
 * known of a message, beside its features. Throws CAMPAIGN_COLUMN, CAMPAIGN_CELL, CAMPAIGN_TARGET, and CAMPAIGN_EMPTY without a message.
 */
export function momentLogOf(
  mapping: CampaignMapping & { readonly moment: CampaignMoment },
  table: readonly CampaignRow[],
  wanted: CampaignTarget,
): MomentLog {
  const { column, density } = mapping.moment
  const joined = readableTarget(mapping, table, wanted)
  const actions = campaignActions(mapping)
  const takenOfAll = takenOf(mapping, actions, joined.rows)
  const numbers = joined.rows.flatMap((_, i) => (takenOfAll[i] === 0 ? [] : [i + 1]))
  const rows = numbers.map((number) => joined.rows[number - 1]!)
  if (rows[0] === undefined) throw new PalomaError('CAMPAIGN_EMPTY', 'the table has no row with a message')
  requireColumns(rows[0], [column, density, ...Object.values(mapping.outcomes).map((outcome) => outcome.column)])
  const read = (name: string) =>
    Float64Array.from(rows, (row, i) => requiredNumber(row[name], { row: numbers[i]!, column: name }))
  return {
    moments: read(column),
    densities: read(density),
    targets: targetMoments(joined.target, rows, read),
    users: userIndices(mapping, rows),
    rewards: Object.entries(mapping.outcomes).map(([name, outcome]) => ({ name, values: read(outcome.column) })),
    context: contextOf(mapping, rows, {
      actions: actions.length,
      taken: numbers.map((number) => takenOfAll[number - 1]!),
    }),
  }
}

function targetMoments(
  target: ReadableTarget,
  rows: readonly CampaignRow[],
  read: (column: string) => Float64Array,
): Float64Array {
  if (target.kind === 'moment') return new Float64Array(rows.length).fill(target.at)
  if (target.kind === 'column') {
    requireColumns(rows[0]!, [target.column])
    return read(target.column)
  }
  throw new PalomaError(
    'CAMPAIGN_TARGET',
    `the target of a mapping with 'moment' must be moment:NUMBER, column:NAME or a FILE with the moment, got ${target.kind}`,
  )
}

/** Encoded features, then an indicator of each message but the first. */
function contextOf(
  mapping: CampaignMapping,
  rows: readonly CampaignRow[],
  { actions, taken }: { readonly actions: number; readonly taken: readonly number[] },
): NonNullable<MomentLog['context']> {
  const features = fitFeatures(mapping, rows)
  const encoded = encodeRows(features, rows)
  const own = features.length
  const width = own + actions - 2
  const values = new Float64Array(rows.length * width)
  rows.forEach((_, i) => {
    // Without the constant in front, which the model has.
    values.set(encoded.subarray(i * (own + 1) + 1, (i + 1) * (own + 1)), i * width)
    if (taken[i]! > 1) values[i * width + own + taken[i]! - 2] = 1
  })
  return { width, values }
}
