import { type ClusterRow, ENOUGH_CLUSTERS, type VectorColumns } from '@paloma/core'
import type { Analytics, SqlValue } from './duckdb.ts'
import type { MetricVector, VectorScene } from './metric-vector.ts'
import { cleaned, type MomentsRow, momentsOf, toMoments } from './moments-query.ts'
import { CLUSTER_KEY } from './units.ts'

/** A group of clusters: as of users, and the clusters one by one where they are few. */
export interface ClusterMomentsRow extends MomentsRow {
  /** By vector. */
  readonly clusters?: readonly (readonly ClusterRow[])[]
}

/**
 * The vector of a cluster in place of its users': sums of numerator and denominator (users, of a mean), of the same before
 * exposure, and users.
 */
export function clusterVector(vector: MetricVector): MetricVector {
  const { columns, names } = vector
  const { denominator, before } = columns
  const numerator = names[0]!
  const users = `${numerator}_users`
  const size = denominator === null ? users : names[denominator]!
  const past = before.map((column) => names[column]!)
  const isRatio = denominator !== null
  const outer = [numerator, size, ...past, ...(isRatio ? [users] : [])]
  const summed = outer.map((name) =>
    name === users ? `CAST(nullif(count(${numerator}), 0) AS DOUBLE) AS ${users}` : `sum(${name}) AS ${name}`,
  )
  return { ...vector, columns: clusterColumns(columns, { isRatio, size: outer.length }), select: summed, names: outer }
}

function clusterColumns(
  { names, before }: VectorColumns,
  { isRatio, size }: { readonly isRatio: boolean; readonly size: number },
): VectorColumns {
  const past = before.map((_, i) => 2 + i)
  const users = isRatio ? size - 1 : 1
  return {
    names: [names[0]!, isRatio ? names[1]! : 'users', ...before.map((column) => names[column]!), 'users'].slice(
      0,
      size,
    ),
    numerator: 0,
    denominator: 1,
    // Of a mean, what users did before is a ratio to the same users.
    before: isRatio || past.length === 0 ? past : [...past, users],
    covariates: [],
    users,
  }
}

/** As `queryMoments`, with clusters (and slots of time) as units instead of users. */
export async function queryClusterMoments(
  analytics: Analytics,
  { spec, facts }: Pick<VectorScene, 'spec' | 'facts'>,
  { vectors, by }: { readonly vectors: readonly MetricVector[]; readonly by: readonly string[] },
): Promise<readonly ClusterMomentsRow[]> {
  const summed = vectors.map(clusterVector)
  const relation = `(SELECT ${by.map(dimension).join(', ')}, count(*) AS members, count(matched) AS met,
      ${summed.flatMap(({ select }) => select).join(', ')}
    FROM ${cleaned(facts, vectors)} GROUP BY ${[...CLUSTER_KEY, ...by.filter((column) => !isOfCluster(column))].join(', ')})`
  const answers = summed.flatMap(({ names }) => ['0', ...momentsOf(names)])
  const found = await analytics.rows(`SELECT ${by.join(', ')}, sum(members), sum(met), ${answers.join(', ')}
    FROM ${relation} GROUP BY ALL ORDER BY ALL`)
  const rows = found.map((row) => toMoments(row, by.length, summed))
  const most = Math.max(0, ...rows.flatMap(({ moments }) => moments.map(({ n }) => n)))
  if (most >= ENOUGH_CLUSTERS * spec.readOut.variants.length) return rows
  const places = summed.flatMap(({ names }) => names.slice(0, 2))
  const each = await analytics.rows(`SELECT ${[...by, ...places].join(', ')} FROM ${relation} ORDER BY ALL`)
  return rows.map((row) => ({ ...row, clusters: clustersOf(each, { row, vectors: summed.length }) }))
}

/**
 * As `queryClusterMoments`, of the sums over users exposed up to and with each day; the day is the last dimension. A cluster
 * counts from the day on which a user of it does.
 */
export async function queryClusterLooks(
  analytics: Analytics,
  { facts }: Pick<VectorScene, 'facts'>,
  { vectors, by }: { readonly vectors: readonly MetricVector[]; readonly by: readonly string[] },
): Promise<readonly MomentsRow[]> {
  const key = CLUSTER_KEY.join(', ')
  const summed = vectors.map(clusterVector)
  const names = summed.flatMap((vector) => vector.names)
  const soFar = names.map((name) => `sum(coalesce(${name}, 0)) OVER (PARTITION BY ${key} ORDER BY day) AS ${name}`)
  const counted = summed.flatMap(({ names: own, columns }) =>
    own.map((name) => `CASE WHEN ${own[columns.users!]} > 0 THEN ${name} END AS ${name}`),
  )
  const answers = summed.flatMap((vector) => ['0', ...momentsOf(vector.names)])
  const found = await analytics.rows(`WITH daily AS (
      SELECT ${key}, day, ${summed.flatMap(({ select }) => select).join(', ')} FROM ${cleaned(facts, vectors)} GROUP BY ${key}, day),
    places AS (SELECT ${key}, ${by.map((column) => `min(${column}) AS ${column}`).join(', ')} FROM exposure WHERE ok GROUP BY ${key}),
    days AS (SELECT DISTINCT day FROM daily),
    so_far AS (SELECT ${by.join(', ')}, day, ${soFar.join(', ')} FROM places CROSS JOIN days LEFT JOIN daily USING (${key}, day)),
    counted AS (SELECT ${by.join(', ')}, day, ${counted.join(', ')} FROM so_far)
    SELECT ${by.join(', ')}, day, 0, 0, ${answers.join(', ')} FROM counted GROUP BY ALL ORDER BY ALL`)
  return found.map((row) => toMoments(row, by.length + 1, summed))
}

/** What a cluster has once, however its users came. */
function isOfCluster(column: string): boolean {
  return column === 'phase' || column === 'stratum' || column === 'day'
}

function dimension(column: string): string {
  if (!isOfCluster(column)) return column
  return `${column === 'day' ? 'max' : 'min'}(${column}) AS ${column}`
}

function clustersOf(
  rows: readonly (readonly SqlValue[])[],
  { row, vectors }: { readonly row: MomentsRow; readonly vectors: number },
): readonly (readonly ClusterRow[])[] {
  const { length } = row.dimensions
  const own = rows.filter((each) => row.dimensions.every((value, i) => each[i] === value))
  return Array.from({ length: vectors }, (_, i) =>
    own.flatMap((each) => {
      const [sum = null, units = null] = each.slice(length + 2 * i, length + 2 * i + 2)
      return sum === null ? [] : [{ sum: Number(sum), units: Number(units) }]
    }),
  )
}
