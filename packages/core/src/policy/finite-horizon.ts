import { PalomaError } from '../domain/index.ts'
import { bestProbabilities } from './best-probabilities.ts'
import { horizonIndex } from './horizon-index.ts'

/** How much is still to come, and how it is explored. */
export interface HorizonOptions {
  /** Observations still to be distributed over all actions, the present ones included; ≥ 0. */
  readonly remaining: number
  /** Variance of one reward of each action, > 0. */
  readonly noiseVariances: ArrayLike<number>
  /** Times the index of a single uncertain action. */
  readonly optimism?: number
  /** Standard deviations of the belief that the draw scatters by: rewards come late, so a batch must not be of one action. */
  readonly spread?: number
}

/**
 * Horizon-aware sharpened Thompson sampling: the probability that an action's optimistic value is the largest, for values
 * N(score + optimism · g(τ) · sd, (spread · sd)²), where g is the index of `horizonIndex` and τ = remaining · variance /
 * noise. Early it explores what could still pay off within the horizon, late it is nearly greedy; see
 * docs/methods/finite-horizon.md. The defaults were chosen on headline tests with batches of 1/60 to 1/200 of the horizon: far
 * larger batches want more spread. Assumes stable rates: a response that drifts needs forgetting before it comes here.
 */
export function finiteHorizon(
  scores: Float64Array,
  variances: Float64Array,
  { remaining, noiseVariances, optimism = 1.3, spread = 0.2 }: HorizonOptions,
): Float64Array {
  if (!(remaining >= 0)) throw new PalomaError('HORIZON_INVALID', `remaining must be ≥ 0, got ${remaining}`)
  const values = new Float64Array(scores.length)
  const scatter = new Float64Array(scores.length)
  for (let k = 0; k < scores.length; k++) {
    const variance = variances[k]!
    const noise = noiseVariances[k]!
    if (!(noise > 0)) throw new PalomaError('HORIZON_INVALID', `noiseVariances[${k}] must be > 0, got ${noise}`)
    values[k] = scores[k]! + optimism * horizonIndex((remaining * variance) / noise) * Math.sqrt(variance)
    scatter[k] = spread * spread * variance
  }
  return bestProbabilities(values, scatter)
}
