import { type HeadState, PalomaError } from '../domain/index.ts'
import { addOuterProduct, multiplyPacked, packedDiagonal } from '../numeric/index.ts'

/** What is believed about log odds before the first trial. */
export interface LogisticPrior {
  readonly mean: ArrayLike<number>
  /** One per weight, > 0. */
  readonly variance: ArrayLike<number>
}

/** One trial: its features, whether it came true, and what is added to its log odds beside the weights. */
export interface Trial {
  readonly features: ArrayLike<number>
  readonly happened: boolean
  readonly offset?: number
}

/** Newton steps on the one-dimensional problem; it is convex and starts near its solution. */
const NEWTON_STEPS = 12

/** 1 / (1 + e^−x). */
export function chanceOf(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds))
}

/** A head over log odds: its noise is 1 by convention, so that predictions of a head give mean and variance of log odds. */
export function createLogisticHead({ mean, variance }: LogisticPrior): HeadState {
  if (variance.length !== mean.length) {
    throw new PalomaError('HEAD_PRIOR_INVALID', `variance.length must be ${mean.length}, got ${variance.length}`)
  }
  for (let i = 0; i < mean.length; i++) {
    if (variance[i]! > 0 && Number.isFinite(variance[i]) && Number.isFinite(mean[i])) continue
    throw new PalomaError(
      'HEAD_PRIOR_INVALID',
      `mean[${i}] must be finite and variance[${i}] finite and > 0, got ${mean[i]} and ${variance[i]}`,
    )
  }
  return {
    dimension: mean.length,
    mean: Float64Array.from(mean),
    covariance: packedDiagonal(Float64Array.from(variance)),
    noiseShape: 2,
    noiseRate: 1,
    n: 0,
  }
}

/**
 * Bayesian logistic regression, one trial at a time: the mean moves to the mode of N(mean, P) times the trial's own
 * likelihood, found exactly along P·features (an implicit step, Kulis & Bartlett 2010, so that a rare event cannot throw it
 * off), and P loses the curvature there (online Laplace, Spiegelhalter & Lauritzen 1990). In the order given, so that a
 * replay gives the same bits. The mode of many trials is approached, not reached: keep features within about ±3. Throws
 * EXAMPLE_INVALID naming trial and field.
 */
export function updateLogistic(head: HeadState, trials: Iterable<Trial>): HeadState {
  const mean = Float64Array.from(head.mean)
  const covariance = Float64Array.from(head.covariance)
  const gain = new Float64Array(head.dimension)
  let { n } = head
  let index = 0
  for (const { features, happened, offset = 0 } of trials) {
    checkTrial(head, { features, offset }, index++)
    multiplyPacked(covariance, features, gain)
    let spread = 0
    let logOdds = offset
    for (let i = 0; i < mean.length; i++) {
      spread += gain[i]! * features[i]!
      logOdds += mean[i]! * features[i]!
    }
    const step = stepOf({ logOdds, spread, happened: happened ? 1 : 0 })
    for (let i = 0; i < mean.length; i++) mean[i] = mean[i]! + step * gain[i]!
    const chance = chanceOf(logOdds + step * spread)
    const curvature = chance * (1 - chance)
    addOuterProduct(covariance, gain, -curvature / (1 + curvature * spread))
    n += 1
  }
  return { ...head, mean, covariance, n }
}

/** Root of u = y − σ(η + u·s), which lies between 0 and y − σ(η): Newton, kept inside. */
function stepOf(at: { readonly logOdds: number; readonly spread: number; readonly happened: 0 | 1 }): number {
  const { logOdds, spread, happened } = at
  const first = happened - chanceOf(logOdds)
  let low = Math.min(0, first)
  let high = Math.max(0, first)
  let u = first / (1 + 0.25 * spread)
  for (let k = 0; k < NEWTON_STEPS; k++) {
    const chance = chanceOf(logOdds + u * spread)
    const gap = u - happened + chance
    if (gap > 0) high = u
    else low = u
    const next = u - gap / (1 + spread * chance * (1 - chance))
    if (next === u) return u
    u = next >= low && next <= high ? next : (low + high) / 2
  }
  return u
}

function checkTrial(head: HeadState, trial: Required<Pick<Trial, 'features' | 'offset'>>, index: number): void {
  const { features, offset } = trial
  if (features.length !== head.dimension) {
    const said = `examples[${index}].features.length must be ${head.dimension}, got ${features.length}`
    throw new PalomaError('EXAMPLE_INVALID', said)
  }
  for (let i = 0; i < features.length; i++) {
    if (Number.isFinite(features[i])) continue
    throw new PalomaError(
      'EXAMPLE_INVALID',
      `examples[${index}].features[${i}] must be a finite number, got ${features[i]}`,
    )
  }
  if (!Number.isFinite(offset)) {
    throw new PalomaError('EXAMPLE_INVALID', `examples[${index}].offset must be a finite number, got ${offset}`)
  }
}
