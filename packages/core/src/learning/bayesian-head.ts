import { type HeadState, PalomaError } from '../domain/index.ts'
import {
  addOuterProduct,
  choleskyFactor,
  choleskyInvert,
  choleskySolve,
  multiplyPacked,
  packedDiagonal,
  quadraticForm,
} from '../numeric/index.ts'
import { isReward, REWARD_EXPECTED } from './is-reward.ts'

/** What is believed about the weights before the first reward. */
export interface HeadPrior {
  readonly dimension: number
  readonly priorMean: ArrayLike<number>
  /** One for all weights or one per weight, in units of the noise variance; > 0. */
  readonly priorVariance: number | Float64Array
  /** Standard deviation of one reward around its mean. */
  readonly noiseSd: number
  /** How many rewards the statement about the noise is worth; > 0. */
  readonly noiseWeight: number
}

/** One reward with the features of its decision; a weight of 2 counts like the same example twice. */
export interface HeadExample {
  readonly features: ArrayLike<number>
  readonly reward: number
  readonly weight?: number
}

/** Mean of the expected reward at some features and the variance of that mean (not of a single reward). */
export interface HeadPrediction {
  readonly mean: number
  readonly variance: number
}

/**
 * A head that knows only its prior: weights N(priorMean, noise · diag(priorVariance)), noise inverse-gamma with mean
 * noiseSd². Throws HEAD_PRIOR_INVALID when lengths or signs do not fit.
 */
export function createHead({ dimension, priorMean, priorVariance, noiseSd, noiseWeight }: HeadPrior): HeadState {
  const variances = typeof priorVariance === 'number' ? new Float64Array(dimension).fill(priorVariance) : priorVariance
  requirePrior(priorMean.length === dimension, 'priorMean.length', priorMean.length, `${dimension}`)
  requirePrior(variances.length === dimension, 'priorVariance.length', variances.length, `${dimension}`)
  for (const variance of variances) requirePrior(isPositive(variance), 'priorVariance', variance, 'a finite number > 0')
  requirePrior(isPositive(noiseSd), 'noiseSd', noiseSd, 'a finite number > 0')
  requirePrior(isPositive(noiseWeight), 'noiseWeight', noiseWeight, 'a finite number > 0')
  return {
    dimension,
    mean: Float64Array.from(priorMean),
    covariance: packedDiagonal(variances),
    // Shape 1 + w/2 and rate s² w/2: the mean rate / (shape − 1) is s², and later rewards average in with s² weighing w.
    noiseShape: 1 + noiseWeight / 2,
    noiseRate: (noiseSd * noiseSd * noiseWeight) / 2,
    n: 0,
  }
}

function isPositive(value: number): boolean {
  return value > 0 && Number.isFinite(value)
}

function requirePrior(holds: boolean, field: string, value: number, expected: string): void {
  if (!holds) throw new PalomaError('HEAD_PRIOR_INVALID', `${field} must be ${expected}, got ${value}`)
}

/** Posterior mean of the noise variance, rate / (shape − 1). */
export function expectedNoise(head: HeadState): number {
  return head.noiseRate / (head.noiseShape - 1)
}

/**
 * Bayesian linear regression with normal-inverse-gamma noise (Gelman et al. 2013, §14.2; recursive form by Sherman &
 * Morrison 1950): one rank-1 step per example, in the order given, so that the same examples give the same bits however
 * they are split into calls. Assumes rewards that are linear in the features with one noise variance; the intervals
 * mislead where rewards of one user depend on each other. Throws EXAMPLE_INVALID naming the example and its field, and
 * HEAD_NOT_POSITIVE when features are so large that rounding ate the covariance; the given head is never changed.
 */
export function updateHead(head: HeadState, examples: Iterable<HeadExample>): HeadState {
  const mean = Float64Array.from(head.mean)
  const covariance = Float64Array.from(head.covariance)
  const gain = new Float64Array(head.dimension)
  let { noiseShape, noiseRate, n } = head
  let index = 0
  for (const { features, reward, weight = 1 } of examples) {
    checkExample(head, { features, reward, weight }, index++)
    multiplyPacked(covariance, features, gain)
    const spread = dot(gain, features)
    if (!(spread >= 0)) throw notPositive(`features' P features is ${spread}`)
    const residual = reward - dot(mean, features)
    const shrink = weight / (1 + weight * spread)
    for (let i = 0; i < mean.length; i++) mean[i] = mean[i]! + shrink * residual * gain[i]!
    addOuterProduct(covariance, gain, -shrink)
    noiseShape += weight / 2
    noiseRate += (shrink * residual * residual) / 2
    n += 1
  }
  return { dimension: head.dimension, mean, covariance, noiseShape, noiseRate, n }
}

function checkExample(head: HeadState, example: Required<HeadExample>, index: number): void {
  const { features, reward, weight } = example
  if (features.length !== head.dimension) {
    throw invalidExample(index, 'features.length', features.length, `${head.dimension}`)
  }
  for (let i = 0; i < features.length; i++) {
    if (!Number.isFinite(features[i])) throw invalidExample(index, `features[${i}]`, features[i], 'a finite number')
  }
  if (!isReward(reward)) throw invalidExample(index, 'reward', reward, REWARD_EXPECTED)
  if (!(weight >= 0 && Number.isFinite(weight))) throw invalidExample(index, 'weight', weight, 'a finite number ≥ 0')
}

function invalidExample(index: number, field: string, value: number | undefined, expected: string): PalomaError {
  return new PalomaError('EXAMPLE_INVALID', `examples[${index}].${field} must be ${expected}, got ${value}`, {
    hint: 'nothing was learned from this batch; leave the example out or repair its features',
    pointer: `/examples/${index}/${field}`,
  })
}

function notPositive(what: string): PalomaError {
  return new PalomaError('HEAD_NOT_POSITIVE', `covariance must be positive definite, but ${what}`, {
    hint: 'scale features to about [−1, 1] and start again from an earlier state',
  })
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** Expected reward at `features` (length `dimension`) and its variance, E[noise] · φ' P φ. */
export function predictHead(head: HeadState, features: ArrayLike<number>): HeadPrediction {
  return {
    mean: dot(head.mean, features),
    variance: expectedNoise(head) * quadraticForm(head.covariance, features),
  }
}

/**
 * Exponential forgetting towards a prior (West & Harrison 1997, §6.3, with the prior added back): precision, information
 * vector and noise counts become `keep` × learned + (1 − keep) × prior; `keep` in (0, 1], e.g. 0.5^(1 / half-life in
 * days) once a day. Throws KEEP_OUT_OF_RANGE, or HEAD_NOT_POSITIVE when a covariance cannot be inverted.
 */
export function forgetHead(head: HeadState, keep: number, prior: HeadState): HeadState {
  if (!(keep > 0 && keep <= 1)) throw new PalomaError('KEEP_OUT_OF_RANGE', `keep must be in (0, 1], got ${keep}`)
  if (prior.dimension !== head.dimension) {
    throw new PalomaError('HEAD_PRIOR_INVALID', `prior.dimension must be ${head.dimension}, got ${prior.dimension}`)
  }
  const learned = precisionOf(head)
  const believed = precisionOf(prior)
  const precision = mix(learned.precision, believed.precision, keep)
  const factor = choleskyFactor(precision, head.dimension)
  if (factor === null) throw notPositive('the mixed precision has no Cholesky factor')
  return {
    dimension: head.dimension,
    mean: choleskySolve(factor, mix(learned.information, believed.information, keep)),
    covariance: choleskyInvert(factor, head.dimension),
    noiseShape: keep * head.noiseShape + (1 - keep) * prior.noiseShape,
    noiseRate: keep * head.noiseRate + (1 - keep) * prior.noiseRate,
    n: head.n,
  }
}

/** Natural parameters: A = P⁻¹ and A · mean. */
function precisionOf(head: HeadState): { readonly precision: Float64Array; readonly information: Float64Array } {
  const factor = choleskyFactor(head.covariance, head.dimension)
  if (factor === null) throw notPositive('it has no Cholesky factor')
  const precision = choleskyInvert(factor, head.dimension)
  return { precision, information: multiplyPacked(precision, head.mean) }
}

function mix(a: Float64Array, b: Float64Array, share: number): Float64Array {
  return a.map((value, i) => share * value + (1 - share) * b[i]!)
}
