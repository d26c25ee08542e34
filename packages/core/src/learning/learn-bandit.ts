import { PalomaError } from '../domain/index.ts'
import { packedGain, packedLength, subtractOuterProduct } from '../numeric/index.ts'
import { type ContextualBandit, expandContext, firstOf, LANES, priorVariances, RUNNING } from './contextual-bandit.ts'

/** One reward and the action it was given for. */
export interface BanditReward {
  readonly action: number
  readonly reward: number
}

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
  if (!Number.isFinite(reward)) throw invalidReward('reward', reward, 'a finite number')
  expandContext(bandit, context)
  if (tried[action] === 0) fillPrior(bandit, action)
  learnWeights(bandit, { action, reward })
  learnSpread(bandit, action)
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
  const { features, waves, dimension, spreadDimension, covariances, spreads } = bandit
  const { weight, spread } = priorVariances(bandit)
  const covariance = covariances[action]!
  for (let i = 0; i < dimension; i++) {
    covariance[packedLength(i) + i] = i <= features ? weight : (WAVE_VARIANCE / waves.count) * weight
  }
  const first = firstOf(action, packedLength(spreadDimension))
  for (let i = 0; i < spreadDimension; i++) spreads[first + LANES * (packedLength(i) + i)] = spread
}

function learnWeights(bandit: ContextualBandit, { action, reward }: BanditReward): void {
  const { dimension, weights, running, work } = bandit
  const { phi, gain } = work
  const covariance = bandit.covariances[action]!
  const first = firstOf(action, dimension)
  let error = reward
  for (let i = 0, at = first; i < dimension; i++, at += LANES) error -= weights[at]! * phi[i]!
  const shrink = 1 / (1 + packedGain(covariance, phi, gain))
  const step = shrink * error
  for (let i = 0, at = first; i < dimension; i++, at += LANES) weights[at] = weights[at]! + step * gain[i]!
  subtractOuterProduct(covariance, gain, shrink)
  add(running, RUNNING.noiseWeight, 1)
  add(running, RUNNING.noiseSquares, step * error)
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
  const shrink = 1 / (1 + form)
  for (let i = 0, at = first; i < spreadDimension; i++) {
    const factor = shrink * gain[i]!
    for (let j = 0; j <= i; j++, at += LANES) spreads[at] = spreads[at]! - factor * gain[j]!
  }
}
