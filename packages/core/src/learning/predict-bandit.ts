import { packedLength } from '../numeric/index.ts'
import { type ContextualBandit, expandContext, LANES, priorVariances, RUNNING } from './contextual-bandit.ts'

/** Expected reward per action and the variance of that expectation. */
export interface BanditPrediction {
  readonly means: Float64Array
  readonly variances: Float64Array
}

/**
 * Expected reward of every action at `context` and its variance, into `out`; see docs/methods/contextual-bandit.md. The
 * variance is that of a head over a few of the waves. Throws CONTEXT_INVALID.
 */
export function predictBandit(bandit: ContextualBandit, context: ArrayLike<number>, out: BanditPrediction): void {
  expandContext(bandit, context)
  const { actions, tried, running, work } = bandit
  const noise = running[RUNNING.noiseSquares]! / running[RUNNING.noiseWeight]!
  const untried = noise * priorVariances(bandit).spread * work.norms[1]!
  const { means, variances } = out
  for (let first = 0; first < actions; first += LANES) {
    addMeans(bandit, first, means)
    addForms(bandit, first, variances)
  }
  for (let k = 0; k < actions; k++) variances[k] = tried[k] === 0 ? untried : noise * Math.max(0, variances[k]!)
}

/** w'φ of four actions. */
function addMeans({ weights, dimension, work }: ContextualBandit, first: number, out: Float64Array): void {
  const { phi } = work
  let m0 = 0
  let m1 = 0
  let m2 = 0
  let m3 = 0
  for (let i = 0, at = first * dimension; i < dimension; i++, at += LANES) {
    const value = phi[i]!
    m0 += weights[at]! * value
    m1 += weights[at + 1]! * value
    m2 += weights[at + 2]! * value
    m3 += weights[at + 3]! * value
  }
  // What lies beyond the last action is dropped: a typed array ignores it.
  out[first] = m0
  out[first + 1] = m1
  out[first + 2] = m2
  out[first + 3] = m3
}

/** z'Qz of four actions. */
function addForms({ spreads, spreadDimension, work }: ContextualBandit, first: number, out: Float64Array): void {
  const { doubt } = work
  let q0 = 0
  let q1 = 0
  let q2 = 0
  let q3 = 0
  for (let i = 0, at = (first * packedLength(spreadDimension)) | 0; i < spreadDimension; i++) {
    const value = doubt[i]!
    let b0 = 0
    let b1 = 0
    let b2 = 0
    let b3 = 0
    for (let j = 0; j < i; j++, at += LANES) {
      const other = doubt[j]!
      b0 += spreads[at]! * other
      b1 += spreads[at + 1]! * other
      b2 += spreads[at + 2]! * other
      b3 += spreads[at + 3]! * other
    }
    q0 += value * (2 * b0 + spreads[at]! * value)
    q1 += value * (2 * b1 + spreads[at + 1]! * value)
    q2 += value * (2 * b2 + spreads[at + 2]! * value)
    q3 += value * (2 * b3 + spreads[at + 3]! * value)
    at += LANES
  }
  out[first] = q0
  out[first + 1] = q1
  out[first + 2] = q2
  out[first + 3] = q3
}
