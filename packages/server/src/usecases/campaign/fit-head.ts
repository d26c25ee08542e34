import {
  addOuterProduct,
  choleskyFactor,
  choleskyInvert,
  choleskySolve,
  type HeadState,
  PalomaError,
  packedIndex,
  packedLength,
} from '@paloma/core'

/** What a Gaussian linear model needs of the data: Z'Z (packed), Z'y and y'y of one objective. */
export interface Moments {
  readonly n: number
  readonly cross: Float64Array
  readonly target: Float64Array
  readonly square: number
}

/** The prior width of interactions that explained the data best, in units of the noise's standard deviation. */
export interface FittedPrior {
  readonly interactionSd: number
  readonly logEvidence: number
}

/** How many weights there are and which of them are baseline, average effect and interaction. */
export interface HeadLayout {
  /** `[1, features…]`. */
  readonly width: number
  /** Actions other than hold. */
  readonly sends: number
}

/** Design of the regression: `[x, (1[A = a] − p_a) · x for each send a]` with x = `[1, features…]`. */
export function headDimension(layout: HeadLayout): number {
  return layout.width * (1 + layout.sends)
}

/** Baseline weights are learned from every row, so their prior hardly matters. */
const BASELINE_SD = 10
/** Average effects are not shrunk either: there are few, and an interval around a shrunken one would miss too often. */
const EFFECT_SD = 1
/** Prior standard deviations tried for interactions, in units of the noise. */
const GRID: readonly number[] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1]
const NOISE_SHAPE = 1

/**
 * Bayesian linear regression with normal-inverse-gamma noise (Murphy 2012, §7.6.3). The prior width of all interactions
 * together is chosen by the marginal likelihood (empirical Bayes; Bishop 2006, §3.5), so that interactions which the data
 * cannot tell from noise shrink towards nothing. Fails to shrink enough when rewards are far from normal and rows few.
 */
export function fitHead(
  moments: Moments,
  layout: HeadLayout,
): { readonly head: HeadState; readonly prior: FittedPrior } {
  let best: { readonly head: HeadState; readonly prior: FittedPrior } | undefined
  for (const interactionSd of GRID) {
    const fit = posterior(moments, priorPrecision(layout, interactionSd))
    if (best !== undefined && fit.logEvidence <= best.prior.logEvidence) continue
    best = { head: fit.head(), prior: { interactionSd, logEvidence: fit.logEvidence } }
  }
  if (best === undefined)
    throw new PalomaError('CAMPAIGN_FIT', 'no prior of the grid gave a finite marginal likelihood')
  return best
}

function priorPrecision({ width, sends }: HeadLayout, interactionSd: number): Float64Array {
  const precision = new Float64Array(width * (1 + sends))
  precision.fill(1 / BASELINE_SD ** 2, 0, width)
  precision.fill(1 / interactionSd ** 2, width)
  for (let a = 1; a <= sends; a += 1) precision[a * width] = 1 / EFFECT_SD ** 2
  return precision
}

interface Posterior {
  readonly logEvidence: number
  readonly head: () => HeadState
}

/** Conjugate update from a zero-mean prior: Λ = Λ₀ + Z'Z, μ = Λ⁻¹Z'y, a = a₀ + n/2, b = b₀ + (y'y − μ'Λμ)/2. */
function posterior(moments: Moments, precision: Float64Array): Posterior {
  const dimension = precision.length
  const matrix = Float64Array.from(moments.cross)
  let logPrior = 0
  for (let i = 0; i < dimension; i += 1) {
    matrix[packedIndex(i, i)] = matrix[packedIndex(i, i)]! + precision[i]!
    logPrior += Math.log(precision[i]!)
  }
  const factor = choleskyFactor(matrix, dimension)
  if (factor === null) throw new PalomaError('CAMPAIGN_FIT', 'the features are not finite enough to be regressed on')
  const mean = choleskySolve(factor, moments.target)
  const explained = mean.reduce((sum, weight, i) => sum + weight * moments.target[i]!, 0)
  const start = noiseStart(moments)
  const noiseShape = NOISE_SHAPE + moments.n / 2
  const noiseRate = NOISE_SHAPE * start + Math.max(0, moments.square - explained) / 2
  const logEvidence = 0.5 * (logPrior - logDeterminant(factor, dimension)) - noiseShape * Math.log(noiseRate)
  const head = (): HeadState => ({
    dimension,
    mean,
    covariance: choleskyInvert(factor, dimension),
    noiseShape,
    noiseRate,
    n: moments.n,
  })
  return { logEvidence, head }
}

/** The noise prior is centred at the mean square of the rewards, and worth two of them. */
function noiseStart({ square, n }: Moments): number {
  return square > 0 ? square / n : 1
}

function logDeterminant(factor: Float64Array, dimension: number): number {
  let sum = 0
  for (let i = 0; i < dimension; i += 1) sum += Math.log(factor[packedIndex(i, i)]!)
  return 2 * sum
}

/** Sums of design rows; all objectives share Z'Z. */
export interface MomentsBuilder {
  add(design: Float64Array, rewards: readonly number[]): void
  finish(): readonly Moments[]
}

/** Collects the moments of several objectives over the same design rows. */
export function momentsBuilder(dimension: number, objectives: number): MomentsBuilder {
  const cross = new Float64Array(packedLength(dimension))
  const targets = Array.from({ length: objectives }, () => new Float64Array(dimension))
  const squares = new Float64Array(objectives)
  let n = 0
  return {
    add: (design, rewards) => {
      n += 1
      addOuterProduct(cross, design, 1)
      for (let k = 0; k < objectives; k += 1) {
        const reward = rewards[k]!
        squares[k] = squares[k]! + reward * reward
        if (reward !== 0) addScaled(targets[k]!, design, reward)
      }
    },
    finish: () => targets.map((target, k) => ({ n, cross, target, square: squares[k]! })),
  }
}

function addScaled(out: Float64Array, vector: Float64Array, scale: number): void {
  for (let i = 0; i < out.length; i += 1) out[i] = out[i]! + scale * vector[i]!
}
