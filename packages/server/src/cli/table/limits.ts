import { PalomaError } from '@paloma/core'

/** Bounds that keep one malformed file from filling the memory. */
export interface TableLimits {
  /** Longest cell, in characters. */
  readonly cellChars: number
  /** Longest row, in characters; an unclosed quote ends here at the latest. */
  readonly rowChars: number
  /** Rows handed over together. */
  readonly batchRows: number
}

export const TABLE_LIMITS: TableLimits = { cellChars: 100_000, rowChars: 2_000_000, batchRows: 5_000 }

/** Where in a file a cell stands; lines count from 1 and include the header. */
export interface CellPlace {
  readonly path: string
  readonly line: number
  readonly column: string
}

/** Refuses a text longer than the limit. */
export function checkCellLength(text: string, limit: number, place: CellPlace): void {
  if (text.length <= limit) return
  throw new PalomaError(
    'TABLE_CELL_TOO_LONG',
    `${place.path}:${place.line}: column ${place.column} has ${text.length} characters, at most ${limit} are read`,
    { hint: 'look for an unclosed quote, or leave the column out of the file' },
  )
}
