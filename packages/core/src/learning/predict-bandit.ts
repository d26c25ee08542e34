import { type ContextualBandit, expandContext, LANES, priorVariances, RUNNING } from './contextual-bandit.ts'

/** Expected reward per action and the variance of that expectation. */
export interface BanditPrediction {
  readonly means: Float64Array
  readonly variances: Float64Array
}

/** The least-squares share of the rich head, raised: its noise costs squares, but hardly a comparison of means. */
const RICH_GAIN = 1.5

/**
 * Expected reward of every action at `context` and its variance, into `out`; see docs/methods/contextual-bandit.md. The mean
 * lies between those of the plain and the rich head, the variance is that of a head over a few of the waves. Throws
 * CONTEXT_INVALID.
 */
export function predictBandit(bandit: ContextualBandit, context: ArrayLike<number>, out: BanditPrediction): void {
  expandContext(bandit, context)
  const { actions, tried, running, work } = bandit
  const noise = running[RUNNING.noiseSquares]! / running[RUNNING.noiseWeight]!
  const untried = noise * priorVariances(bandit).spread * work.norms[1]!
  const share = richShare(bandit)
  const { means, forms } = work
  means.fill(0)
  forms.fill(0)
  const plainTask = { phi: work.plainPhi, share: 1, out: means }
  const richTask = { phi: work.phi, share, out: means }
  // z'Qz is linear in the entries of Q.
  const formTask = { phi: work.doubtProducts, share: 1, out: forms }
  for (let first = 0; first < actions; first += LANES) {
    addLanes(bandit.plainWeights, first, plainTask)
    addLanes(bandit.weights, first, richTask)
    addLanes(bandit.spreads, first, formTask)
  }
  for (let k = 0; k < actions; k++) {
    out.means[k] = means[k]!
    out.variances[k] = tried[k] === 0 ? untried : noise * Math.max(0, forms[k]!)
  }
}

/** How far the means go from the plain head to the rich one, in [0, 1]. */
export function richShare({ running }: ContextualBandit): number {
  const share = (RICH_GAIN * running[RUNNING.blendProduct]!) / running[RUNNING.blendSquare]!
  return Math.max(0, Math.min(1, share))
}

interface LaneTask {
  readonly phi: Float64Array
  /** How much of w'φ counts against what is there already. */
  readonly share: number
  readonly out: Float64Array
}

/** w'φ of four actions, whose weights lie side by side. */
function addLanes(weights: Float64Array, first: number, task: LaneTask): void {
  const { phi } = task
  let m0 = 0
  let m1 = 0
  let m2 = 0
  let m3 = 0
  for (let i = 0, at = first * phi.length; i < phi.length; i++, at += LANES) {
    const value = phi[i]!
    m0 += weights[at]! * value
    m1 += weights[at + 1]! * value
    m2 += weights[at + 2]! * value
    m3 += weights[at + 3]! * value
  }
  const { out, share } = task
  const rest = 1 - share
  out[first] = share * m0 + rest * out[first]!
  out[first + 1] = share * m1 + rest * out[first + 1]!
  out[first + 2] = share * m2 + rest * out[first + 2]!
  out[first + 3] = share * m3 + rest * out[first + 3]!
}
