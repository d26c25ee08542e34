import { PalomaError, type RateCount, type RatePrior } from '../domain/index.ts'
import { finiteHorizon } from './finite-horizon.ts'
import { mixFloor } from './mix-floor.ts'
import { ratePosterior } from './rate-posterior.ts'

/** What is left of a message's audience, and how much of it is always spread over all variants. */
export interface VariantHorizon {
  /** Sends still to come, the present ones included; ≥ 0. */
  readonly remaining: number
  /** Share of the distribution that is uniform, in [0, 1). */
  readonly floor: number
}

/**
 * Probabilities over the variants of one message for the next batch of sends, from what was counted so far: for rare
 * responses and an audience that ends. Every send of the batch draws from this distribution by itself, so it is each
 * send's exact propensity. A prior comes from `fitRatePrior`. Throws NO_ACTIONS without a variant.
 */
export function variantDistribution(
  counts: readonly RateCount[],
  prior: RatePrior,
  { remaining, floor }: VariantHorizon,
): Float64Array {
  if (counts.length === 0) throw new PalomaError('NO_ACTIONS', 'counts must not be empty, got 0')
  if (!(floor >= 0 && floor < 1)) throw new PalomaError('FLOOR_INVALID', `floor must be in [0, 1), got ${floor}`)
  const { means, variances, noiseVariances } = ratePosterior(counts, prior)
  return mixFloor(finiteHorizon(means, variances, { remaining, noiseVariances }), floor)
}
