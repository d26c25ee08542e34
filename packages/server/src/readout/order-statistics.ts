import { type OrderStatistics, PalomaError } from '@paloma/core'
import type { Analytics } from './duckdb.ts'
import type { MetricVector, VectorScene } from './metric-vector.ts'
import { cleaned } from './moments-query.ts'

// Places of a quantile further out have a chance below φ(12).
const REACH_SDS = 12
const SPARE = 5

/**
 * The values around a metric's quantile in every variant: all that its interval can touch, some thousands however many users
 * there are. Undefined for other metrics; throws METRIC_UNSUPPORTED for quantiles of events.
 */
export async function orderStatistics(
  analytics: Analytics,
  { spec, facts }: Pick<VectorScene, 'spec' | 'facts'>,
  vector: MetricVector,
): Promise<readonly OrderStatistics[] | undefined> {
  const { metric, names } = vector
  const { quantileSettings } = metric
  if (metric.metricType !== 'quantile' || quantileSettings === undefined) return undefined
  if (quantileSettings.type !== 'unit') {
    throw new PalomaError(
      'METRIC_UNSUPPORTED',
      `metric "${metric.name}": quantileSettings.type expects unit, got ${quantileSettings.type}`,
      {
        hint: 'quantiles of events are not read out of tables yet',
      },
    )
  }
  const value = names[0]!
  const counted = `${value} IS NOT NULL${quantileSettings.ignoreZeros === true ? ` AND ${value} <> 0` : ''}`
  const values = `(SELECT v, ${value} FROM ${cleaned(facts, [vector])} WHERE ${counted})`
  const found: OrderStatistics[] = []
  for (const [v, { name }] of spec.readOut.variants.entries()) {
    const [row = []] = await analytics.rows(
      `SELECT count(*), min(${value}), max(${value}) FROM ${values} WHERE v = ${v}`,
    )
    const n = Number(row[0])
    const { from, count } = windowOf(n, quantileSettings.quantile)
    const inside = await analytics.rows(
      `SELECT ${value} FROM ${values} WHERE v = ${v} ORDER BY ${value} LIMIT ${count} OFFSET ${from}`,
    )
    found.push({
      variant: name,
      n,
      least: Number(row[1] ?? 0),
      most: Number(row[2] ?? 0),
      from,
      values: Float64Array.from(inside, ([x]) => Number(x)),
    })
  }
  return found
}

function windowOf(n: number, share: number): { readonly from: number; readonly count: number } {
  const reach = REACH_SDS * Math.sqrt(n * share * (1 - share)) + SPARE
  const from = Math.max(0, Math.floor(n * share - reach))
  return { from, count: Math.min(n, Math.ceil(n * share + reach)) - from }
}
