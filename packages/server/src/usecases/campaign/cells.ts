import { PalomaError } from '@paloma/core'

/** One row of a table of a past or coming campaign, by column name. */
export type CampaignRow = Readonly<Record<string, string | number | boolean | null>>

/** Where a cell was read; rows count from 1 without the header. */
export interface CellPlace {
  readonly row: number
  readonly column: string
}

/** Whether a cell holds no value: CSV has empty text where other formats may have null. */
export function isBlank(cell: CampaignRow[string] | undefined): cell is null | undefined | '' {
  return cell === null || cell === undefined || (typeof cell === 'string' && cell.trim() === '')
}

/** Squares of larger numbers, and sums of them, would not be finite. */
const LARGEST = 1e100

/** The number a cell holds, null if it is empty; throws CAMPAIGN_CELL for anything else. */
export function numberCell(cell: CampaignRow[string] | undefined, place: CellPlace): number | null {
  if (isBlank(cell)) return null
  const value = typeof cell === 'string' ? Number(cell) : typeof cell === 'boolean' ? Number(cell) : cell
  if (Math.abs(value) <= LARGEST) return value
  throw cellFault(place, cell, Number.isFinite(value) ? `a number within ±${LARGEST}` : 'a number')
}

/** The number a cell must hold; throws CAMPAIGN_CELL if it is empty or no number. */
export function requiredNumber(cell: CampaignRow[string] | undefined, place: CellPlace): number {
  const value = numberCell(cell, place)
  if (value === null) throw cellFault(place, cell ?? null, 'a number')
  return value
}

const TRUE_WORDS: readonly string[] = ['1', 'true', 't', 'yes', 'y']
const FALSE_WORDS: readonly string[] = ['0', 'false', 'f', 'no', 'n']

/** The truth value a cell holds (1/0, true/false, yes/no), null if it is empty. */
export function booleanCell(cell: CampaignRow[string] | undefined, place: CellPlace): boolean | null {
  if (isBlank(cell)) return null
  const word = String(cell).toLowerCase()
  if (TRUE_WORDS.includes(word)) return true
  if (FALSE_WORDS.includes(word)) return false
  throw cellFault(place, cell, '1/0, true/false or yes/no')
}

/** Refuses rows that lack a column, naming those there are. */
export function requireColumns(row: CampaignRow, columns: readonly string[]): void {
  const missing = columns.find((column) => !(column in row))
  if (missing === undefined) return
  throw new PalomaError('CAMPAIGN_COLUMN', `column '${missing}' of the mapping is not in the table`, {
    hint: `the table has ${Object.keys(row).join(', ')}`,
  })
}

/** What is wrong with one cell. */
export function cellFault(place: CellPlace, cell: CampaignRow[string], expected: string): PalomaError {
  const got = cell === null ? 'nothing' : `'${String(cell).slice(0, 60)}'`
  return new PalomaError('CAMPAIGN_CELL', `row ${place.row}, column ${place.column}: expected ${expected}, got ${got}`)
}
