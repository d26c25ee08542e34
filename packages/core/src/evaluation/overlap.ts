import { type Effect, type Estimate, effectInterval } from '../statistics/index.ts'
import { clusteredEffect, clusteredMean } from './clustered.ts'
import type { EvaluationLog } from './evaluation-log.ts'
import { effectiveSampleSize } from './importance-weights.ts'
import type { UserClusters } from './user-clusters.ts'

/** How much of what the target policy would do the log has seen. */
export interface Overlap {
  readonly effectiveSampleSize: number
  /** Of the decisions. */
  readonly effectiveShare: number
  /** Largest weight over the sum of all; null where all are 0. */
  readonly largestShare: number | null
  /** Clustered by user; 1 up to chance where propensities are those of the draw and nothing is unsupported. */
  readonly meanWeight: Effect
  readonly meanWeightInterval: Estimate
  /** Mean probability that the target gives to actions the log could not have chosen; null where the log holds chosen propensities alone. */
  readonly unsupportedMass: number | null
  /** Decisions in which there is such an action. */
  readonly unsupportedDecisions: number | null
  /** Quantiles of the weights at 50, 90, 99, 99.9 and 100 %. */
  readonly quantiles: readonly { readonly at: number; readonly weight: number }[]
  /** Least propensity of a chosen action. */
  readonly leastPropensity: number
}

const QUANTILES = [0.5, 0.9, 0.99, 0.999, 1]

/** What of an overlap weights alone tell, by decision or by any other unit. */
export function overlapOfWeights(
  weights: Float64Array,
  { clusters, level }: { readonly clusters: UserClusters; readonly level: number },
): Omit<Overlap, 'unsupportedMass' | 'unsupportedDecisions' | 'leastPropensity'> {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const sorted = weights.toSorted()
  const meanWeight = clusteredEffect(clusteredMean(clusters, weights), clusters)
  const ess = effectiveSampleSize(weights)
  return {
    effectiveSampleSize: ess,
    effectiveShare: ess / weights.length,
    largestShare: sum > 0 ? sorted[sorted.length - 1]! / sum : null,
    meanWeight,
    meanWeightInterval: effectInterval(meanWeight, { level }),
    quantiles: QUANTILES.map((at) => ({ at, weight: sorted[Math.ceil(at * sorted.length) - 1]! })),
  }
}

/** Measures the overlap of the target with the log. */
export function measureOverlap(
  log: EvaluationLog,
  weights: Float64Array,
  options: { readonly clusters: UserClusters; readonly level: number },
): Overlap {
  return {
    ...overlapOfWeights(weights, options),
    ...unsupported(log),
    leastPropensity: leastOf(log.propensities),
  }
}

/** The least of a column of probabilities. */
export function leastOf(propensities: ArrayLike<number>): number {
  let least = 1
  for (let i = 0; i < propensities.length; i++) least = Math.min(least, propensities[i]!)
  return least
}

/** What the target gives to actions that the log could not have chosen. */
export function unsupported({
  offsets,
  targetPolicy,
  loggingPolicy,
}: EvaluationLog): Pick<Overlap, 'unsupportedMass' | 'unsupportedDecisions'> {
  if (loggingPolicy === undefined) return { unsupportedMass: null, unsupportedDecisions: null }
  let [mass, decisions] = [0, 0]
  for (let i = 0; i + 1 < offsets.length; i++) {
    let own = 0
    for (let k = offsets[i]!; k < offsets[i + 1]!; k++) if (loggingPolicy[k] === 0) own += targetPolicy[k]!
    mass += own
    if (own > 0) decisions += 1
  }
  return { unsupportedMass: mass / (offsets.length - 1), unsupportedDecisions: decisions }
}
