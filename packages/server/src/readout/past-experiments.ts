import { PalomaError, type PastSurrogate } from '@paloma/core'
import { type Analytics, type AnalyticsLimits, openAnalytics, type SqlValue } from './duckdb.ts'
import { numberOf, openSource, requireColumn, requireReadable } from './source.ts'

const COLUMNS = [
  ['index_effect', 'the effect on the index'],
  ['index_std_error', 'its standard error'],
  ['realised_effect', 'the long-term effect that came'],
  ['realised_std_error', 'its standard error'],
] as const

/** Column with the covariance of the two errors; 0 where there is none. */
const COVARIANCE = 'covariance'

/**
 * Past experiments in a table, one a row: `index_effect`, `index_std_error`, `realised_effect`, `realised_std_error` and, where the same users gave
 * both, `covariance`. Throws TABLE_COLUMN_MISSING, or TABLE_VALUE_INVALID with column, value and row.
 */
export async function readPastExperiments(analytics: Analytics, path: string): Promise<readonly PastSurrogate[]> {
  const source = await openSource(analytics, path)
  for (const [column, what] of COLUMNS) requireColumn(source, column, what)
  const names = [...COLUMNS.map(([column]) => column), ...(source.types.has(COVARIANCE) ? [COVARIANCE] : [])]
  await requireReadable(analytics, source, { numbers: names, moments: [] })
  await analytics.run('SET preserve_insertion_order = true')
  const rows = await analytics.rows(
    `SELECT ${names.map((column) => numberOf(source, column)).join(', ')} FROM ${source.relation}`,
  )
  return rows.map((values, i) => toPastSurrogate({ path, names, values, row: i + 1 }))
}

interface Row {
  readonly path: string
  readonly names: readonly string[]
  readonly values: readonly SqlValue[]
  /** From 1, without the header. */
  readonly row: number
}

interface Expected {
  readonly expected: string
  readonly isRight: (value: number) => boolean
}

const ANY: Expected = { expected: 'a number', isRight: () => true }

function toPastSurrogate(row: Row): PastSurrogate {
  const indexEffect = valueAt(row, 0, ANY)
  const indexStdError = valueAt(row, 1, { expected: 'a number from 0 on', isRight: (value) => value >= 0 })
  const realisedEffect = valueAt(row, 2, ANY)
  const realisedStdError = valueAt(row, 3, { expected: 'a number above 0', isRight: (value) => value > 0 })
  const product = indexStdError * realisedStdError
  const expected = `a number between ±${product}, the product of the errors`
  const isKnown = (row.values[4] ?? null) !== null
  const covariance = isKnown
    ? valueAt(row, 4, { expected, isRight: (value) => value === 0 || Math.abs(value) < product })
    : 0
  return { indexEffect, indexStdError, realisedEffect, realisedStdError, covariance }
}

/** Throws TABLE_VALUE_INVALID unless the number is finite and as it should be. */
function valueAt({ path, names, values, row }: Row, k: number, { expected, isRight }: Expected): number {
  const value = values[k] ?? null
  const number = value === null ? Number.NaN : Number(value)
  if (Number.isFinite(number) && isRight(number)) return number
  throw new PalomaError(
    'TABLE_VALUE_INVALID',
    `${path}: column "${names[k]}" expects ${expected}, got ${String(value)} in row ${row}`,
  )
}

/** The same by itself. */
export async function loadPastExperiments(path: string, limits: AnalyticsLimits): Promise<readonly PastSurrogate[]> {
  const analytics = await openAnalytics(limits)
  try {
    return await readPastExperiments(analytics, path)
  } finally {
    await analytics.close()
  }
}
