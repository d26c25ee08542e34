import { PalomaError } from '../domain/index.ts'
import { packedGain, packedLength, subtractOuterProduct } from '../numeric/index.ts'
import { type ContextualBandit, expandContext, firstOf, LANES, priorVariances, RUNNING } from './contextual-bandit.ts'
import { isReward, REWARD_EXPECTED } from './is-reward.ts'

/**
 * A reward of a far outlier counts for less, so that it leaves 10⁻⁸ of what was open in its direction: rounding, 10⁻¹⁶, would turn less into a
 * variance below 0, and the weights would run away.
 */
const MOST_AT_ONCE = 1e8

/** One reward and the action it was given for. */
export interface BanditReward {
  readonly action: number
  readonly reward: number
}

/** What is kept per reward of the comparison of both heads: the last 500 count. */
const BLEND_KEEP = 0.998
/** Prior variance of the weights of all waves together against that of one plain weight. */
const WAVE_VARIANCE = 4

/**
 * Learns one reward: a rank-1 step of the chosen action's head and nothing else (docs/methods/contextual-bandit.md), in
 * the order given, so that the same rewards give the same bits. Throws CONTEXT_INVALID and REWARD_INVALID before anything
 * has changed.
 */
export function learnBandit(
  bandit: ContextualBandit,
  context: ArrayLike<number>,
  { action, reward }: BanditReward,
): void {
  const { actions, tried, running, work } = bandit
  if (!(Number.isInteger(action) && action >= 0 && action < actions)) {
    throw invalidReward('action', action, `a whole number in [0, ${actions})`)
  }
  if (!isReward(reward)) throw invalidReward('reward', reward, REWARD_EXPECTED)
  expandContext(bandit, context)
  if (tried[action] === 0) fillPrior(bandit, action)
  const plain = learnHead(plainHead(bandit, action), reward)
  const rich = learnHead(richHead(bandit, action), reward)
  learnSpread(bandit, action)
  learnBlend(running, plain.error, rich.error)
  add(running, RUNNING.noiseWeight, 1)
  add(running, RUNNING.noiseSquares, rich.shrink * rich.error * rich.error)
  tried[action] = tried[action]! + 1
  add(running, RUNNING.contexts, 1)
  add(running, RUNNING.norms, work.norms[0]!)
  add(running, RUNNING.spreadNorms, work.norms[1]!)
}

function invalidReward(field: string, value: number, expected: string): PalomaError {
  return new PalomaError('REWARD_INVALID', `${field} must be ${expected}, got ${value}`, {
    hint: 'nothing was learned; leave the reward out or repair it',
  })
}

function add(running: Float64Array, place: number, by: number): void {
  running[place] = running[place]! + by
}

/** The prior of an action is written down when its first reward comes: by then the size of contexts is known better. */
function fillPrior(bandit: ContextualBandit, action: number): void {
  const { features, waves, dimension, spreadDimension, covariances, plainCovariances, spreads } = bandit
  const { weight, spread } = priorVariances(bandit)
  const covariance = covariances[action]!
  for (let i = 0; i < dimension; i++) {
    covariance[packedLength(i) + i] = i <= features ? weight : (WAVE_VARIANCE / waves.count) * weight
  }
  for (let i = 0; i <= features; i++) plainCovariances[action]![packedLength(i) + i] = weight
  const first = firstOf(action, packedLength(spreadDimension))
  for (let i = 0; i < spreadDimension; i++) spreads[first + LANES * (packedLength(i) + i)] = spread
}

/** One action's head: its weights lie among those of three others, its covariance alone. */
interface Head {
  readonly weights: Float64Array
  readonly covariance: Float64Array
  readonly phi: Float64Array
  readonly gain: Float64Array
  readonly first: number
}

function plainHead({ plainWeights, plainCovariances, plainDimension, work }: ContextualBandit, action: number): Head {
  return {
    weights: plainWeights,
    covariance: plainCovariances[action]!,
    phi: work.plainPhi,
    gain: work.plainGain,
    first: firstOf(action, plainDimension),
  }
}

function richHead({ weights, covariances, dimension, work }: ContextualBandit, action: number): Head {
  return {
    weights,
    covariance: covariances[action]!,
    phi: work.phi,
    gain: work.gain,
    first: firstOf(action, dimension),
  }
}

/** A rank-1 step; answers the error before it and by how much the step was shrunk. */
function learnHead(
  { weights, covariance, phi, gain, first }: Head,
  reward: number,
): { readonly error: number; readonly shrink: number } {
  let error = reward
  for (let i = 0, at = first; i < phi.length; i++, at += LANES) error -= weights[at]! * phi[i]!
  // Rounding may leave a form that is 0 a little below it.
  const form = Math.max(0, packedGain(covariance, phi, gain))
  const weight = form > MOST_AT_ONCE ? MOST_AT_ONCE / form : 1
  const shrink = weight / (1 + weight * form)
  const step = shrink * error
  for (let i = 0, at = first; i < phi.length; i++, at += LANES) weights[at] = weights[at]! + step * gain[i]!
  subtractOuterProduct(covariance, gain, shrink)
  return { error, shrink }
}

/** Least squares of what the plain head missed on what the rich head says otherwise; both fade. */
function learnBlend(running: Float64Array, plainError: number, richError: number): void {
  const apart = plainError - richError
  running[RUNNING.blendProduct] = BLEND_KEEP * running[RUNNING.blendProduct]! + apart * plainError
  running[RUNNING.blendSquare] = BLEND_KEEP * running[RUNNING.blendSquare]! + apart * apart
}

/** The same step of the small head that tells the spread, whose numbers lie among those of three other actions. */
function learnSpread({ spreads, spreadDimension, work }: ContextualBandit, action: number): void {
  const { doubt, doubtGain: gain } = work
  const first = firstOf(action, packedLength(spreadDimension))
  let form = 0
  for (let i = 0, at = first; i < spreadDimension; i++, at += LANES) {
    const value = doubt[i]!
    let below = 0
    for (let j = 0; j < i; j++, at += LANES) {
      const entry = spreads[at]!
      below += entry * doubt[j]!
      gain[j] = gain[j]! + entry * value
    }
    const own = spreads[at]! * value
    gain[i] = below + own
    form += value * (2 * below + own)
  }
  const shrink = 1 / (1 + Math.max(0, form))
  for (let i = 0, at = first; i < spreadDimension; i++) {
    const factor = shrink * gain[i]!
    for (let j = 0; j <= i; j++, at += LANES) spreads[at] = spreads[at]! - factor * gain[j]!
  }
}
