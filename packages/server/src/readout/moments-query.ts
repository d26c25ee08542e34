import { thirdLength, type VectorMoments } from '@paloma/core'
import type { Analytics, SqlValue } from './duckdb.ts'
import type { Facts } from './facts.ts'
import type { MetricVector } from './metric-vector.ts'
import { type Centre, thirdSums, toThird } from './third-sums.ts'

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

// A vector of eight (a ratio and its past, two covariates and their indicators) has 120 third moments; a longer one is read
// out without them.
const MOST_COLUMNS = 8
const SAMPLE_ROWS = 4096

/** What is asked: vectors, what users are told apart by, and whether skewness is to be known. */
export interface MomentsQuery {
  readonly vectors: readonly MetricVector[]
  readonly by: readonly string[]
  readonly withThird?: boolean
}

/**
 * Moments of all vectors in one pass over the users: counts, averages and centred covariances (Welford within, Chan et
 * al. between threads), never sums of squares. Third moments are sums of cubes around a point near the mean, moved to it afterwards.
 */
export async function queryMoments(
  analytics: Analytics,
  facts: Facts,
  { vectors, by, withThird = false }: MomentsQuery,
): Promise<readonly MomentsRow[]> {
  const centres = withThird ? await findCentres(analytics, facts, vectors) : []
  const centred = vectors.map((vector, i) => ({ ...vector, centre: centres[i] ?? null }))
  const answers = centred.flatMap(({ names, gap, centre }) => [
    `count(${gap})`,
    ...momentsOf(names),
    ...thirdSums(names, centre),
  ])
  const rows = await analytics.rows(`SELECT ${by.join(', ')}, count(*), count(matched), ${answers.join(', ')}
    FROM ${cleaned(facts, vectors)} GROUP BY ALL ORDER BY ALL`)
  return rows.map((row) => toMoments(row, by.length, centred))
}

/**
 * Averages of some thousand rows, by vector: near enough to the mean that cubes around them lose no digits. Null for a vector
 * too long for third moments.
 */
async function findCentres(
  analytics: Analytics,
  facts: Facts,
  vectors: readonly MetricVector[],
): Promise<readonly (Centre | null)[]> {
  const sample = { ...facts, relation: `(SELECT * FROM ${facts.relation} LIMIT ${SAMPLE_ROWS})` }
  const names = vectors.flatMap((vector) => vector.names)
  const averages = names.map((name) => `avg(${name})`).join(', ')
  const [row = []] = await analytics.rows(`SELECT ${averages} FROM ${cleaned(sample, vectors, 'JOIN')}`)
  let at = 0
  return vectors.map((vector) => {
    const own = vector.names.map(() => finite(row[at++]))
    return own.length > MOST_COLUMNS ? null : own
  })
}

function finite(value: unknown): number {
  const number = Number(value ?? 0)
  return Number.isFinite(number) ? number : 0
}

/** One row per user who counts: the columns of `exposure` and the vectors. */
export function cleaned(
  facts: Facts,
  vectors: readonly MetricVector[],
  join: 'LEFT JOIN' | 'JOIN' = 'LEFT JOIN',
): string {
  const select = vectors.flatMap((vector) => vector.select)
  return `(SELECT e.*, f.u AS matched, ${select.join(', ')}
    FROM (SELECT * FROM exposure WHERE ok) e ${join} ${facts.relation} f ON ${facts.belongs})`
}

/** Count, averages and centred covariances of a vector. */
export function momentsOf(names: readonly string[]): readonly string[] {
  const cross = names.flatMap((a, i) =>
    names.slice(0, i + 1).map((b) => (a === b ? `var_pop(${a})` : `covar_pop(${a}, ${b})`)),
  )
  return [`count(${names[0]})`, ...names.map((name) => `avg(${name})`), ...cross]
}

/** A row of dimensions, users, matched, and per vector its gap, what `momentsOf` asks and, with a centre, its third sums. */
export function toMoments(
  row: readonly SqlValue[],
  dimensions: number,
  vectors: readonly (Pick<MetricVector, 'names'> & { readonly centre?: Centre | null })[],
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
  const moments = vectors.map(({ names, centre = null }) => {
    gaps.push(take())
    const n = take()
    const mean = Float64Array.from(names, take)
    const cross = Float64Array.from({ length: (names.length * (names.length + 1)) / 2 }, () => n * take())
    if (centre === null) return { n, mean, cross }
    const sums = Float64Array.from({ length: thirdLength(names.length) }, take)
    return { n, mean, cross, third: toThird({ n, mean, cross }, sums, centre) }
  })
  return { dimensions: row.slice(0, dimensions), users, matched, gaps, moments }
}
