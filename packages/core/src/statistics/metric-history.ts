import { packedIndex } from '../numeric/index.ts'
import { explainedByOthers } from './adjustment.ts'
import type { UndefinedReason } from './estimate.ts'
import { transformMoments } from './transform-moments.ts'
import type { VectorMoments } from './vector-moments.ts'

/** Which numbers of a user's row make a metric: one of them, or the ratio of two sums. */
export type MetricColumns =
  | { readonly kind: 'mean'; readonly value: number }
  | { readonly kind: 'ratio'; readonly numerator: number; readonly denominator: number }

/** What the past says of a metric: all that a plan needs. */
export type MetricHistory =
  | {
      readonly kind: 'history'
      readonly units: number
      readonly mean: number
      /** Variance per unit; of a ratio, that of its linearised values. */
      readonly variance: number
      /** Share of it that the covariates explain: what regression adjustment will save. */
      readonly rSquared: number
    }
  | { readonly kind: 'undefined'; readonly reason: UndefinedReason }

/** What of a unit's numbers is the metric, and what was known before. */
export interface HistoryColumns {
  readonly metric: MetricColumns
  readonly covariates?: readonly number[]
  /** Of a ratio: the same ratio before exposure. */
  readonly before?: Extract<MetricColumns, { readonly kind: 'ratio' }>
}

/**
 * Mean, variance per unit and R² on pre-period covariates of a metric, from the moments of a past period as long as the
 * experiment's. A ratio R = Σm / Σd is linearised, z = (m − R d) / mean d (delta method), and so is the ratio `before`, as
 * adjustment will take it, and covariates that say nothing new are left out of R². Assumes that the experiment will meet users
 * like these.
 */
export function metricHistory(
  moments: VectorMoments,
  { metric, covariates = [], before }: HistoryColumns,
): MetricHistory {
  const { n } = moments
  if (n < 2) return { kind: 'undefined', reason: 'too-few-units' }
  const weights = linearWeights(moments, metric)
  if (weights === null) return { kind: 'undefined', reason: 'zero-denominator' }
  const squares = covarianceOf(moments, weights, weights)
  const mean = metric.kind === 'mean' ? moments.mean[metric.value]! : ratioOf(moments, metric)
  if (!Number.isFinite(squares) || !Number.isFinite(mean)) return { kind: 'undefined', reason: 'not-finite' }
  if (!(squares > 0)) return { kind: 'undefined', reason: 'zero-variance' }
  const past = before === undefined ? null : linearWeights(moments, before)
  const known = [...(past === null ? [] : [past]), ...covariates.map((column): Weights => [[column, 1]])]
  const columns = [weights, ...known].map((each) => spread(each, moments.mean.length))
  const rSquared = explainedByOthers(transformMoments(moments, columns))
  return { kind: 'history', units: n, mean, variance: squares / (n - 1), rSquared }
}

/** Column → its weight in the metric. */
type Weights = readonly (readonly [column: number, weight: number])[]

function ratioOf(moments: VectorMoments, metric: Extract<MetricColumns, { readonly kind: 'ratio' }>): number {
  return moments.mean[metric.numerator]! / moments.mean[metric.denominator]!
}

function linearWeights(moments: VectorMoments, metric: MetricColumns): Weights | null {
  if (metric.kind === 'mean') return [[metric.value, 1]]
  const whole = moments.mean[metric.denominator]!
  if (whole === 0) return null
  return [
    [metric.numerator, 1 / whole],
    [metric.denominator, -ratioOf(moments, metric) / whole],
  ]
}

/** Centred cross product of two linear combinations of columns. */
function covarianceOf({ cross }: VectorMoments, a: Weights, b: Weights): number {
  let sum = 0
  for (const [i, wi] of a) for (const [j, wj] of b) sum += wi * wj * cross[packedIndex(i, j)]!
  return sum
}

function spread(weights: Weights, size: number): Float64Array {
  const row = new Float64Array(size)
  for (const [column, weight] of weights) row[column] = row[column]! + weight
  return row
}
