import { effectiveEvents, type OrderStatistics } from '@paloma/core'
import type { Analytics } from './duckdb.ts'
import type { MetricVector, VectorScene } from './metric-vector.ts'
import { cleaned, momentsOf, toMoments } from './moments-query.ts'
import { numeral } from './sql.ts'
import { CLUSTER_KEY } from './units.ts'

// Places of a quantile further out have a chance below φ(12).
const REACH_SDS = 12
const SPARE = 5

/** Values of one variant: of users, or of events. */
interface Values {
  /** With the column `x` and those of `owner`. */
  readonly relation: string
  /** Columns that name whose values are alike; null where each value is on its own. */
  readonly owner: string | null
  readonly share: number
}

/**
 * The values around a metric's quantile in every variant: all that its interval can touch, some thousands however many users
 * there are. Of events, and of users in clusters, also how many independent ones they are worth. Undefined for other metrics.
 */
export async function orderStatistics(
  analytics: Analytics,
  { spec, facts }: Pick<VectorScene, 'spec' | 'facts'>,
  vector: MetricVector,
): Promise<readonly OrderStatistics[] | undefined> {
  const { metric, names } = vector
  const { quantileSettings } = metric
  if (metric.metricType !== 'quantile' || quantileSettings === undefined) return undefined
  const isOfEvents = quantileSettings.type === 'event'
  const isClustered = spec.readOut.unit !== undefined
  const events = facts.events.get(metric.name)
  const counted = quantileSettings.ignoreZeros === true ? 'x <> 0' : 'x IS NOT NULL'
  const users = `(SELECT * EXCLUDE (${names[0]}), ${names[0]} AS x FROM ${cleaned(facts, [vector])})`
  const relation = isOfEvents && events !== undefined ? events : users
  const owner = isClustered ? CLUSTER_KEY.join(', ') : isOfEvents ? 'u' : null
  const found: OrderStatistics[] = []
  for (const [v, { name }] of spec.readOut.variants.entries()) {
    const own = `(SELECT * FROM ${relation} WHERE v = ${v} AND ${counted})`
    const values = { relation: own, owner, share: quantileSettings.quantile }
    found.push({ variant: name, ...(await around(analytics, values)) })
  }
  return found
}

async function around(analytics: Analytics, values: Values): Promise<Omit<OrderStatistics, 'variant'>> {
  const { relation, share } = values
  const [row = []] = await analytics.rows(
    `SELECT count(*), min(x), max(x), quantile_cont(x, ${numeral(share)}) FROM ${relation}`,
  )
  const n = Number(row[0])
  const worth = await worthOf(analytics, values, { n, quantile: row[3] === null ? null : Number(row[3]) })
  const { from, count } = windowOf(n, share, worth)
  const inside = await analytics.rows(`SELECT x FROM ${relation} ORDER BY x LIMIT ${count} OFFSET ${from}`)
  return {
    n,
    least: Number(row[1] ?? 0),
    most: Number(row[2] ?? 0),
    from,
    values: Float64Array.from(inside, ([x]) => Number(x)),
    ...(worth === n ? {} : { effectiveSize: worth }),
  }
}

/** How many independent values those of users or clusters are worth (`effectiveEvents`). */
async function worthOf(
  analytics: Analytics,
  { relation, owner, share }: Values,
  { n, quantile }: { readonly n: number; readonly quantile: number | null },
): Promise<number> {
  if (owner === null || quantile === null) return n
  const names = ['low', 'events']
  const [row = []] = await analytics.rows(`SELECT 0, 0, 0, ${momentsOf(names).join(', ')} FROM (
    SELECT CAST(count(*) FILTER (WHERE x <= ${numeral(quantile)}) AS DOUBLE) AS low, CAST(count(*) AS DOUBLE) AS events
    FROM ${relation} GROUP BY ${owner})`)
  const [moments] = toMoments(row, 0, [{ names }]).moments
  return moments === undefined ? 0 : effectiveEvents(moments, { share, events: n })
}

function windowOf(n: number, share: number, worth: number): { readonly from: number; readonly count: number } {
  // A place among the independent values spans n / worth of all.
  const scale = Math.sqrt(n / Math.max(1, worth))
  const reach = REACH_SDS * Math.sqrt(n * share * (1 - share)) * scale + SPARE * scale ** 2
  const from = Math.max(0, Math.floor(n * share - reach))
  return { from, count: Math.min(n, Math.ceil(n * share + reach)) - from }
}
