import { type CampaignRow, cellFault, isBlank, requireColumns } from './cells.ts'

/** Rows brought together by unit, each unit's in order. Unit i has the rows `offsets[i]` to `offsets[i + 1] − 1`. */
export interface UnitRuns {
  readonly rows: readonly CampaignRow[]
  readonly offsets: Int32Array
  /** By row, its number in the table as it came, from 1. */
  readonly numbers: Int32Array
  /** By row, its place in the order. */
  readonly places: Float64Array
}

/**
 * Rows of one `unit` one after the other, by the column `order`: a number or a time (ISO 8601, in days since 1970). Units stand as they first come.
 * Throws CAMPAIGN_COLUMN, and CAMPAIGN_CELL for blank cells and for two rows of a unit at one place.
 */
export function unitRuns(
  rows: readonly CampaignRow[],
  {
    unit,
    order,
    isRepeatable = false,
  }: { readonly unit: string; readonly order: string; readonly isRepeatable?: boolean },
): UnitRuns {
  if (rows[0] !== undefined) requireColumns(rows[0], [unit, order])
  const members = new Map<string, { readonly place: number; readonly index: number }[]>()
  rows.forEach((row, index) => {
    const cell = row[unit]
    if (isBlank(cell)) throw cellFault({ row: index + 1, column: unit }, cell ?? null, 'what rows belong together by')
    const place = placeOf(row[order], { row: index + 1, column: order })
    const own = members.get(String(cell))
    if (own === undefined) members.set(String(cell), [{ place, index }])
    else own.push({ place, index })
  })
  const sorted = [...members.values()].map((own) => own.sort((a, b) => a.place - b.place || a.index - b.index))
  const all = sorted.flat()
  const offsets = new Int32Array(sorted.length + 1)
  sorted.forEach((own, i) => {
    offsets[i + 1] = offsets[i]! + own.length
    const repeated = isRepeatable ? -1 : own.findIndex(({ place }, k) => k > 0 && place === own[k - 1]!.place)
    if (repeated > 0) {
      const { index } = own[repeated]!
      throw cellFault(
        { row: index + 1, column: order },
        rows[index]![order] ?? null,
        `a place of its own, which row ${own[repeated - 1]!.index + 1} has too`,
      )
    }
  })
  return {
    rows: all.map(({ index }) => rows[index]!),
    offsets,
    numbers: Int32Array.from(all, ({ index }) => index + 1),
    places: Float64Array.from(all, ({ place }) => place),
  }
}

const DAY_MS = 86_400_000

function placeOf(cell: CampaignRow[string] | undefined, at: { readonly row: number; readonly column: string }): number {
  if (!isBlank(cell)) {
    const number = Number(cell)
    if (Number.isFinite(number)) return number
    const time = /^\d{4}-\d{2}-\d{2}/.test(String(cell)) ? Date.parse(String(cell)) : Number.NaN
    if (Number.isFinite(time)) return time / DAY_MS
  }
  throw cellFault(at, cell ?? null, 'a number or a time such as 2026-05-01T08:00:00Z')
}
