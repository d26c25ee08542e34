import { type MetricHistory, quantileInterval } from '../statistics/index.ts'
import { sampleOf } from './compare-quantile.ts'
import type { OrderStatistics } from './experiment-summary.ts'

const LEVEL = 0.95

/**
 * What the past says of a quantile: its value, and as variance per unit that which, divided by the units, is its squared
 * standard error. Nothing is explained by what was before. Assumes what `quantileInterval` does.
 */
export function quantileHistory(
  statistics: OrderStatistics,
  { quantile, units }: { readonly quantile: number; readonly units: number },
): MetricHistory {
  if (statistics.n < 2) return { kind: 'undefined', reason: 'too-few-units' }
  const found = quantileInterval(sampleOf(statistics, quantile), LEVEL)
  if (found.kind === 'undefined') return { kind: 'undefined', reason: found.reason }
  return { kind: 'history', units, mean: found.mean, variance: units * found.stdError ** 2, rSquared: 0 }
}
