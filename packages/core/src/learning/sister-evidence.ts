import { type HeadState, PalomaError } from '../domain/index.ts'
import { choleskyFactor, choleskyInvert, multiplyPacked } from '../numeric/index.ts'
import { expectedNoise } from './bayesian-head.ts'
import type { SisterEvidence } from './hierarchical-prior.ts'

/**
 * What a head has learned beyond its prior, as evidence for a hierarchy: the prior's natural parameters are taken off, both
 * in units of the head's expected noise. Throws HEAD_PRIOR_INVALID when the two do not fit and HEAD_NOT_POSITIVE when a covariance cannot
 * be inverted.
 */
export function sisterEvidence(head: HeadState, prior: HeadState, features: ArrayLike<number>): SisterEvidence {
  if (prior.dimension !== head.dimension)
    throw new PalomaError('HEAD_PRIOR_INVALID', `prior.dimension must be ${head.dimension}, got ${prior.dimension}`)
  const learned = naturalOf(head)
  const believed = naturalOf(prior)
  const noise = expectedNoise(head)
  return {
    features,
    precision: learned.precision.map((value, i) => (value - believed.precision[i]!) / noise),
    information: learned.information.map((value, i) => (value - believed.information[i]!) / noise),
  }
}

function naturalOf({ covariance, mean, dimension }: HeadState): {
  readonly precision: Float64Array
  readonly information: Float64Array
} {
  const factor = choleskyFactor(covariance, dimension)
  if (factor === null)
    throw new PalomaError('HEAD_NOT_POSITIVE', 'covariance must be positive definite, but it has no Cholesky factor')
  const precision = choleskyInvert(factor, dimension)
  return { precision, information: multiplyPacked(precision, mean) }
}
