import type { VectorMoments } from '@paloma/core'
import type { Analytics, SqlValue } from './duckdb.ts'
import type { Facts } from './facts.ts'
import type { MetricVector } from './metric-vector.ts'

/** One group of users: the values of the dimensions, how many they are, and the moments of every vector. */
export interface MomentsRow {
  readonly dimensions: readonly SqlValue[]
  readonly users: number
  /** Users with a row of facts. */
  readonly matched: number
  /** Users who lack a covariate, by vector. */
  readonly gaps: readonly number[]
  readonly moments: readonly VectorMoments[]
}

/**
 * Moments of all vectors in one pass over the users: counts, averages and centred covariances (Welford within, Chan et
 * al. between threads), never sums of squares.
 */
export async function queryMoments(
  analytics: Analytics,
  facts: Facts,
  { vectors, by }: { readonly vectors: readonly MetricVector[]; readonly by: readonly string[] },
): Promise<readonly MomentsRow[]> {
  const answers = vectors.flatMap(({ names, gap }) => [`count(${gap})`, ...momentsOf(names)])
  const rows = await analytics.rows(`SELECT ${by.join(', ')}, count(*), count(matched), ${answers.join(', ')}
    FROM ${cleaned(facts, vectors)} GROUP BY ALL ORDER BY ALL`)
  return rows.map((row) => toMoments(row, by.length, vectors))
}

/** One row per user who counts: the columns of `exposure` and the vectors. */
export function cleaned(facts: Facts, vectors: readonly MetricVector[]): string {
  const select = vectors.flatMap((vector) => vector.select)
  return `(SELECT e.*, f.u AS matched, ${select.join(', ')}
    FROM (SELECT * FROM exposure WHERE ok) e LEFT JOIN ${facts.relation} f ON ${facts.belongs})`
}

/** Count, averages and centred covariances of a vector. */
export function momentsOf(names: readonly string[]): readonly string[] {
  const cross = names.flatMap((a, i) =>
    names.slice(0, i + 1).map((b) => (a === b ? `var_pop(${a})` : `covar_pop(${a}, ${b})`)),
  )
  return [`count(${names[0]})`, ...names.map((name) => `avg(${name})`), ...cross]
}

/** A row of dimensions, users, matched, and per vector its gap and what `momentsOf` asks. */
export function toMoments(
  row: readonly SqlValue[],
  dimensions: number,
  vectors: readonly Pick<MetricVector, 'names'>[],
): MomentsRow {
  let at = dimensions
  const take = (): number => {
    const value = row[at]
    at += 1
    return value === null || value === undefined ? 0 : Number(value)
  }
  const users = take()
  const matched = take()
  const gaps: number[] = []
  const moments = vectors.map(({ names }) => {
    gaps.push(take())
    const n = take()
    const mean = Float64Array.from(names, take)
    const cross = Float64Array.from({ length: (names.length * (names.length + 1)) / 2 }, () => n * take())
    return { n, mean, cross }
  })
  return { dimensions: row.slice(0, dimensions), users, matched, gaps, moments }
}
