import { PalomaError } from '../domain/index.ts'

/** A log that is not what it must be: which field, what was expected, what was there. */
export function logFault(field: string, expected: string, value: unknown): PalomaError {
  return new PalomaError('EVALUATION_LOG_INVALID', `${field} must be ${expected}, got ${value}`)
}

/** What every entry of a column must be, in words and as a test. */
export interface ColumnRule {
  readonly expected: string
  readonly isRight: (value: number) => boolean
}

export const FINITE: ColumnRule = { expected: 'a finite number', isRight: Number.isFinite }
export const ABOVE_ZERO: ColumnRule = { expected: 'above 0', isRight: (value) => value > 0 && Number.isFinite(value) }
export const INDEX: ColumnRule = {
  expected: 'an integer ≥ 0',
  isRight: (value) => Number.isInteger(value) && value >= 0,
}

/** Throws EVALUATION_LOG_INVALID, naming the entry, unless a column has `length` entries that keep the rule. */
export function checkColumn(
  name: string,
  column: ArrayLike<number>,
  { length, expected, isRight }: ColumnRule & { readonly length: number },
): void {
  if (column.length !== length) throw logFault(name, `a column of ${length} entries`, column.length)
  for (let i = 0; i < length; i++) if (!isRight(column[i]!)) throw logFault(`${name}[${i}]`, expected, column[i])
}
