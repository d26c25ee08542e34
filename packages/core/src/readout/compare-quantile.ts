import {
  type AdjustedEffect,
  type QuantileSample,
  quantileEffect,
  quantileInterval,
  type UndefinedReason,
} from '../statistics/index.ts'
import type { Pair } from './compare-metric.ts'
import type { MetricSummary, OrderStatistics } from './experiment-summary.ts'

const LEVEL = 0.95

/**
 * Difference of a quantile between two variants from the order statistics around it. Users of all phases are taken together, so
 * `no-test` where shares changed between phases.
 */
export function compareQuantile({ quantiles = [], cells }: MetricSummary, pair: Pair, share: number): AdjustedEffect {
  if (new Set(cells.map(({ phase }) => phase)).size > 1) return without('no-test')
  const [treatment, control] = [pair.treatment, pair.control].map((name) =>
    quantiles.find(({ variant }) => variant === name),
  )
  if (treatment === undefined || control === undefined || treatment.n < 2 || control.n < 2)
    return without('too-few-units')
  const [a, b] = [sampleOf(treatment, share), sampleOf(control, share)]
  const effect = quantileEffect(a, b)
  const [one, other] = [quantileInterval(a, LEVEL), quantileInterval(b, LEVEL)]
  const sideOf = (mean: number | null): AdjustedEffect['controlMean'] =>
    mean === null ? null : { unadjusted: mean, adjusted: mean }
  return {
    ...without('no-test'),
    effect,
    unadjusted: effect,
    treatmentMean: sideOf(one.mean),
    controlMean: sideOf(other.mean),
    baseline:
      other.kind === 'estimate'
        ? { mean: other.mean, variance: other.stdError ** 2, covariance: -(other.stdError ** 2) }
        : null,
  }
}

function without(reason: UndefinedReason): AdjustedEffect {
  return {
    effect: { kind: 'undefined', reason, effect: null },
    unadjusted: { kind: 'undefined', reason, effect: null },
    adjustment: 'none',
    covariates: [],
    dropped: [],
    varianceReduction: 0,
    treatmentMean: null,
    controlMean: null,
    baseline: null,
    linearisation: null,
  }
}

/** A sorted sample of which only the part around the quantile is filled in, and the ends. */
export function sampleOf(
  { n, least, most, from, values, effectiveSize = n }: OrderStatistics,
  share: number,
): QuantileSample {
  const sorted = new Float64Array(n)
  sorted[0] = least
  sorted[n - 1] = most
  sorted.set(values, from)
  return { sorted, share, effectiveSize }
}
