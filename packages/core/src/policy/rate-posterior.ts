import { PalomaError, type RateCount, type RatePrior } from '../domain/index.ts'

/** Beliefs about the rates of the variants of one message, as columns. */
export interface RatePosterior {
  readonly means: Float64Array
  /** Variance of each mean. */
  readonly variances: Float64Array
  /** Variance of one response, mean · (1 − mean). */
  readonly noiseVariances: Float64Array
}

/**
 * Beta posteriors of variants that share a level (empirical Bayes; Gelman et al. 2013, §5.1): the level from all variants,
 * each weighing trials · s / (trials + s) with s the prior's `spreadWeight`, then Beta(level · s + successes, …) per
 * variant. The level counts as known, so the common part of the uncertainty, which no comparison needs, is left out.
 * Throws COUNT_INVALID or RATE_PRIOR_INVALID naming the field.
 */
export function ratePosterior(counts: readonly RateCount[], prior: RatePrior): RatePosterior {
  checkPrior(prior)
  counts.forEach(checkCount)
  const { spreadWeight } = prior
  const level = levelOf(counts, prior)
  const means = new Float64Array(counts.length)
  const variances = new Float64Array(counts.length)
  const noiseVariances = new Float64Array(counts.length)
  for (let k = 0; k < counts.length; k++) {
    const { trials, successes } = counts[k]!
    const mean = (level * spreadWeight + successes) / (spreadWeight + trials)
    means[k] = mean
    noiseVariances[k] = mean * (1 - mean)
    variances[k] = noiseVariances[k]! / (spreadWeight + trials + 1)
  }
  return { means, variances, noiseVariances }
}

function levelOf(counts: readonly RateCount[], { levelMean, levelWeight, spreadWeight }: RatePrior): number {
  let weights = levelWeight
  let sum = levelMean * levelWeight
  for (const { trials, successes } of counts) {
    // A variant tells about the level at most as much as `spreadWeight` observations of it.
    const share = spreadWeight / (spreadWeight + trials)
    weights += share * trials
    sum += share * successes
  }
  return sum / weights
}

function checkPrior({ levelMean, levelWeight, spreadWeight }: RatePrior): void {
  if (!(levelMean > 0 && levelMean < 1)) throw priorInvalid('levelMean', 'in (0, 1)', levelMean)
  if (!isPositive(levelWeight)) throw priorInvalid('levelWeight', 'a finite number > 0', levelWeight)
  if (!isPositive(spreadWeight)) throw priorInvalid('spreadWeight', 'a finite number > 0', spreadWeight)
}

function isPositive(value: number): boolean {
  return value > 0 && Number.isFinite(value)
}

function priorInvalid(field: string, expected: string, value: number): PalomaError {
  return new PalomaError('RATE_PRIOR_INVALID', `${field} must be ${expected}, got ${value}`)
}

function checkCount({ trials, successes }: RateCount, index: number): void {
  if (!(trials >= 0 && Number.isFinite(trials)))
    throw new PalomaError('COUNT_INVALID', `counts[${index}].trials must be a finite number ≥ 0, got ${trials}`)
  if (!(successes >= 0 && successes <= trials))
    throw new PalomaError('COUNT_INVALID', `counts[${index}].successes must be in [0, ${trials}], got ${successes}`)
}
