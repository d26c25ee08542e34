import { PalomaError } from '../domain/index.ts'
import { packedLength } from '../numeric/index.ts'
import { createWaves, fillWaves, type WaveFeatures } from './wave-features.ts'

/** Heads whose numbers lie side by side, so that their sums run at once. */
export const LANES = 4

export interface BanditShape {
  /** Number of actions; each has a head of its own. */
  readonly actions: number
  /** Numbers per context, best within [0, 1]. */
  readonly features: number
}

/** What is believed before the first reward. */
export interface BanditPrior {
  /** Expected reward of an action never tried. */
  readonly rewardMean: number
  /** Standard deviation of one reward around its expectation; worth `NOISE_WEIGHT` rewards. */
  readonly noiseSd: number
}

/** A learner for one reward and many actions; its arrays change in place. Serialise with `banditToBytes`. */
export interface ContextualBandit extends BanditShape {
  readonly prior: BanditPrior
  /** 1 + features: intercept and the context itself. */
  readonly plain: number
  /** plain + waves. */
  readonly dimension: number
  readonly waves: WaveFeatures
  /** Weight i of action 4b + l at 4 (b · dimension + i) + l. */
  readonly weights: Float64Array
  /** Packed covariance of the plain weights of action 4b + l, its entry i at 4 (b · packed + i) + l; for spread. */
  readonly spreads: Float64Array
  /** Packed covariance of all weights per action, in noise variances; for learning. */
  readonly covariances: readonly Float64Array[]
  /** How many rewards each action has had. */
  readonly tried: Float64Array
  /** By `RUNNING`. */
  readonly running: Float64Array
}

/** What a learner counts: contexts learned from, the sum of their squared norms, and the noise as weight and weighted squares. */
const RUNNING = { contexts: 0, squaredNorms: 1, noiseWeight: 2, noiseSquares: 3 } as const

/** Expected reward per action and the variance of that expectation. */
export interface BanditPrediction {
  readonly means: Float64Array
  readonly variances: Float64Array
}

/** The statement about the noise counts like this many rewards. */
const NOISE_WEIGHT = 20
/** Prior precision of a weight, per mean squared norm of the contexts: a typical context starts with variance 33 noises. */
const PRECISION = 0.03
/** Prior variance of a wave's weight against that of a plain one: bends must be earned. */
const WAVE_SHARE = 0.05
/** Waves by default. */
const WAVES = 64

const DEFAULT_PRIOR: BanditPrior = { rewardMean: 0.5, noiseSd: 0.5 }

/** A learner that knows only its prior. Throws BANDIT_SHAPE_INVALID naming the count or prior that is out of range. */
export function createBandit(
  { actions, features }: BanditShape,
  { prior = DEFAULT_PRIOR, waves: count = WAVES }: { readonly prior?: BanditPrior; readonly waves?: number } = {},
): ContextualBandit {
  requireShape(Number.isInteger(actions) && actions >= 1, 'actions', actions, 'a whole number ≥ 1')
  requireShape(Number.isInteger(features) && features >= 0, 'features', features, 'a whole number ≥ 0')
  requireShape(Number.isInteger(count) && count >= 0, 'waves', count, 'a whole number ≥ 0')
  requireShape(Number.isFinite(prior.rewardMean), 'prior.rewardMean', prior.rewardMean, 'a finite number')
  requireShape(prior.noiseSd > 0 && prior.noiseSd < Infinity, 'prior.noiseSd', prior.noiseSd, 'a finite number > 0')
  const plain = 1 + features
  const waves = createWaves(features, features === 0 ? 0 : count)
  const dimension = plain + waves.count
  const lanes = LANES * Math.ceil(actions / LANES)
  const bandit = {
    actions,
    features,
    prior,
    plain,
    dimension,
    waves,
    weights: new Float64Array(lanes * dimension),
    spreads: new Float64Array(lanes * packedLength(plain)),
    covariances: Array.from({ length: actions }, () => new Float64Array(packedLength(dimension))),
    tried: new Float64Array(actions),
    running: Float64Array.of(0, 0, NOISE_WEIGHT, NOISE_WEIGHT * prior.noiseSd * prior.noiseSd),
  }
  for (let action = 0; action < actions; action++) bandit.weights[weightAt(bandit, action)] = prior.rewardMean
  return bandit
}

function requireShape(holds: boolean, field: string, value: number, expected: string): void {
  if (!holds) throw new PalomaError('BANDIT_SHAPE_INVALID', `${field} must be ${expected}, got ${value}`)
}

function weightAt({ dimension }: ContextualBandit, action: number): number {
  return LANES * Math.floor(action / LANES) * dimension + (action % LANES)
}

function spreadAt({ plain }: ContextualBandit, action: number): number {
  return LANES * Math.floor(action / LANES) * packedLength(plain) + (action % LANES)
}

/** Working memory, kept because allocating it costs as much as a small prediction. */
let scratch = { phi: new Float64Array(256), gain: new Float64Array(256) }

function scratchFor(dimension: number): typeof scratch {
  if (scratch.phi.length < dimension) {
    scratch = { phi: new Float64Array(2 * dimension), gain: new Float64Array(2 * dimension) }
  }
  return scratch
}

/** φ = (1, context, waves); answers its plain part's squared norm. Throws CONTEXT_INVALID. */
function expand({ features, waves, plain }: ContextualBandit, context: ArrayLike<number>, phi: Float64Array): number {
  if (context.length !== features) throw invalidContext('context.length', context.length, `${features}`)
  phi[0] = 1
  let norm = 1
  for (let i = 0; i < features; i++) {
    const value = context[i]!
    phi[i + 1] = value
    norm += value * value
  }
  if (!Number.isFinite(norm)) {
    const at = Array.from(context).findIndex((value) => !Number.isFinite(value * value))
    throw invalidContext(`context[${at}]`, context[at], 'a finite number')
  }
  fillWaves(waves, context, { out: phi, at: plain })
  return norm
}

function invalidContext(field: string, value: number | undefined, expected: string): PalomaError {
  return new PalomaError('CONTEXT_INVALID', `${field} must be ${expected}, got ${value}`, {
    hint: 'nothing was learned; leave the context out or repair its features',
  })
}

/** Prior variance of a plain weight, in noise variances, given the contexts so far and one more. */
function priorVariance({ running }: ContextualBandit, norm: number): number {
  return (running[RUNNING.contexts]! + 1) / (PRECISION * (running[RUNNING.squaredNorms]! + norm))
}

/**
 * Expected reward of every action at `context` and its variance, into `out`. The variance is that of the plain part of
 * the head alone. Throws CONTEXT_INVALID.
 */
export function predictBandit(bandit: ContextualBandit, context: ArrayLike<number>, out: BanditPrediction): void {
  const { phi } = scratchFor(bandit.dimension)
  const norm = expand(bandit, context, phi)
  const { actions, tried, running } = bandit
  const noise = running[RUNNING.noiseSquares]! / running[RUNNING.noiseWeight]!
  const untried = noise * priorVariance(bandit, norm) * norm
  for (let first = 0; first < actions; first += LANES) {
    addMeans(bandit, { phi, first, out })
    addSpreads(bandit, { phi, first, out })
    for (let k = first; k < Math.min(first + LANES, actions); k++) {
      out.variances[k] = tried[k] === 0 ? untried : noise * Math.max(0, out.variances[k]!)
    }
  }
}

interface LaneTask {
  readonly phi: Float64Array
  /** The first action of the bundle. */
  readonly first: number
  readonly out: BanditPrediction
}

function addMeans({ weights, dimension }: ContextualBandit, { phi, first, out }: LaneTask): void {
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
  writeLanes(out.means, first, [m0, m1, m2, m3])
}

function addSpreads({ spreads, plain }: ContextualBandit, { phi, first, out }: LaneTask): void {
  let q0 = 0
  let q1 = 0
  let q2 = 0
  let q3 = 0
  for (let i = 0, at = first * packedLength(plain); i < plain; i++) {
    const value = phi[i]!
    if (value === 0) {
      at += LANES * (i + 1)
      continue
    }
    let b0 = 0
    let b1 = 0
    let b2 = 0
    let b3 = 0
    for (let j = 0; j < i; j++, at += LANES) {
      const other = phi[j]!
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
  writeLanes(out.variances, first, [q0, q1, q2, q3])
}

function writeLanes(out: Float64Array, first: number, values: readonly number[]): void {
  const count = Math.min(LANES, out.length - first)
  for (let lane = 0; lane < count; lane++) out[first + lane] = values[lane]!
}

/** One reward and what it was given for. */
export interface BanditReward {
  readonly action: number
  readonly reward: number
}

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
  if (!(Number.isInteger(action) && action >= 0 && action < bandit.actions)) {
    throw invalidReward('action', action, `a whole number in [0, ${bandit.actions})`)
  }
  if (!Number.isFinite(reward)) throw invalidReward('reward', reward, 'a finite number')
  const { phi, gain } = scratchFor(bandit.dimension)
  const norm = expand(bandit, context, phi)
  const { running, tried } = bandit
  if (tried[action] === 0) fillPrior(bandit, action, priorVariance(bandit, norm))
  learnWeights(bandit, { phi, gain }, { action, reward })
  learnSpread(bandit, { phi, gain }, action)
  tried[action] = tried[action]! + 1
  count(running, RUNNING.contexts, 1)
  count(running, RUNNING.squaredNorms, norm)
}

function invalidReward(field: string, value: number, expected: string): PalomaError {
  return new PalomaError('REWARD_INVALID', `${field} must be ${expected}, got ${value}`, {
    hint: 'nothing was learned; leave the reward out or repair it',
  })
}

/** The prior of an action is written down when its first reward comes: by then the size of contexts is known better. */
function fillPrior(bandit: ContextualBandit, action: number, variance: number): void {
  const { plain, dimension, covariances, spreads } = bandit
  const covariance = covariances[action]!
  const first = spreadAt(bandit, action)
  for (let i = 0; i < dimension; i++) covariance[packedLength(i) + i] = i < plain ? variance : WAVE_SHARE * variance
  for (let i = 0; i < plain; i++) spreads[first + LANES * (packedLength(i) + i)] = variance
}

interface Vectors {
  readonly phi: Float64Array
  readonly gain: Float64Array
}

function learnWeights(bandit: ContextualBandit, { phi, gain }: Vectors, { action, reward }: BanditReward): void {
  const { dimension, weights, running } = bandit
  const covariance = bandit.covariances[action]!
  const spread = multiply(covariance, { phi, gain }, dimension)
  const first = weightAt(bandit, action)
  let error = reward
  for (let i = 0; i < dimension; i++) error -= weights[first + LANES * i]! * phi[i]!
  const shrink = 1 / (1 + spread)
  const step = shrink * error
  for (let i = 0, at = first; i < dimension; i++, at += LANES) weights[at] = weights[at]! + step * gain[i]!
  for (let i = 0, k = 0; i < dimension; i++) {
    const factor = shrink * gain[i]!
    for (let j = 0; j <= i; j++, k++) covariance[k] = covariance[k]! - factor * gain[j]!
  }
  count(running, RUNNING.noiseWeight, 1)
  count(running, RUNNING.noiseSquares, step * error)
}

function count(running: Float64Array, place: number, by: number): void {
  running[place] = running[place]! + by
}

/** gain = P φ for a packed matrix; answers φ' P φ. */
function multiply(matrix: Float64Array, { phi, gain }: Vectors, dimension: number): number {
  let form = 0
  for (let i = 0, k = 0; i < dimension; i++) {
    const value = phi[i]!
    let below = 0
    for (let j = 0; j < i; j++, k++) {
      const entry = matrix[k]!
      below += entry * phi[j]!
      gain[j] = gain[j]! + entry * value
    }
    const own = matrix[k++]! * value
    gain[i] = below + own
    form += value * (2 * below + own)
  }
  return form
}

function learnSpread(bandit: ContextualBandit, { phi, gain }: Vectors, action: number): void {
  const { spreads, plain } = bandit
  const first = spreadAt(bandit, action)
  let form = 0
  for (let i = 0, at = first; i < plain; i++) {
    const value = phi[i]!
    let below = 0
    for (let j = 0; j < i; j++, at += LANES) {
      const entry = spreads[at]!
      below += entry * phi[j]!
      gain[j] = gain[j]! + entry * value
    }
    const own = spreads[at]! * value
    at += LANES
    gain[i] = below + own
    form += value * (2 * below + own)
  }
  const shrink = 1 / (1 + form)
  for (let i = 0, at = first; i < plain; i++) {
    const factor = shrink * gain[i]!
    for (let j = 0; j <= i; j++, at += LANES) spreads[at] = spreads[at]! - factor * gain[j]!
  }
}
