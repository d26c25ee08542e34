import { PalomaError } from '../domain/index.ts'
import { packedLength } from '../numeric/index.ts'
import { createWaves, fillWaves, type WaveFeatures } from './wave-features.ts'

/** Actions whose numbers lie side by side, so that their sums run at once. */
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
  /** Standard deviation of one reward around its expectation; counts like 20 rewards. */
  readonly noiseSd: number
}

/** A learner for one reward and many actions; its arrays change in place. Serialise with `banditToBytes`. */
export interface ContextualBandit extends BanditShape {
  readonly prior: BanditPrior
  /** 1 + features: what the plain head sees. */
  readonly plainDimension: number
  /** 1 + features + waves: what the rich head sees. */
  readonly dimension: number
  /** 1 + the waves that tell how much is known. */
  readonly spreadDimension: number
  readonly waves: WaveFeatures
  /** Weight i of action 4b + l at 4 (b · dimension + i) + l. */
  readonly weights: Float64Array
  readonly plainWeights: Float64Array
  /** Covariance per action, packed, in noise variances. */
  readonly covariances: readonly Float64Array[]
  readonly plainCovariances: readonly Float64Array[]
  /** Packed covariance of the few features that tell the spread; entry i of action 4b + l at 4 (b · packed + i) + l. */
  readonly spreads: Float64Array
  /** How many rewards each action has had. */
  readonly tried: Float64Array
  /** By `RUNNING`. */
  readonly running: Float64Array
  readonly work: BanditWork
}

/** Working memory of a learner, valid for one context: allocating it anew would cost as much as a small prediction. */
interface BanditWork {
  /** The context, then the signed roots of its numbers. */
  readonly seen: Float64Array
  /** (1, context, waves), and its beginning. */
  readonly phi: Float64Array
  readonly plainPhi: Float64Array
  /** (1, first waves / 2). */
  readonly doubt: Float64Array
  /** Squared norms of (1, context) and of `doubt`. */
  readonly norms: Float64Array
  /** Products of two numbers of `doubt`, packed; those of different ones twice. */
  readonly doubtProducts: Float64Array
  readonly gain: Float64Array
  readonly plainGain: Float64Array
  /** By action, with room for a whole number of lanes. */
  readonly means: Float64Array
  readonly forms: Float64Array
  readonly doubtGain: Float64Array
}

/**
 * What a learner counts: contexts with the sums of their squared norms, the noise as weight and weighted squares, and how much
 * of the way from the plain head to the rich one rewards have gone, as a product and a square that fade.
 */
export const RUNNING = {
  contexts: 0,
  norms: 1,
  spreadNorms: 2,
  noiseWeight: 3,
  noiseSquares: 4,
  blendProduct: 5,
  blendSquare: 6,
} as const

/** The statement about the noise counts like this many rewards. */
const NOISE_WEIGHT = 20
/** Before the first reward the rich head is believed half. */
const BLEND = { product: 0.5, square: 1 } as const
/** Prior precision of a weight, per mean squared norm of the contexts: a typical context starts with variance 33 noises. */
const PRECISION = 0.03
/** Waves by default: as many as 1,250 / actions, because an action of many has few rewards, but within these ends. */
const WAVES = { perAction: 1250, least: 48, most: 192 } as const
/** The first of them tell how much is known; more would make doubt last longer and cost time. */
const SPREAD_WAVES = 12
/** What a wave is multiplied by where it tells the spread: next to the intercept it then weighs little. */
const SPREAD_SCALE = 0.5

const DEFAULT_PRIOR: BanditPrior = { rewardMean: 0.5, noiseSd: 0.5 }

/** How many waves a learner for so many actions gets. */
function wavesFor(actions: number): number {
  return Math.max(WAVES.least, Math.min(WAVES.most, Math.round(WAVES.perAction / actions)))
}

/** A learner that knows only its prior. Throws BANDIT_SHAPE_INVALID naming the count or prior that is out of range. */
export function createBandit(
  { actions, features }: BanditShape,
  {
    prior = DEFAULT_PRIOR,
    waves: count = wavesFor(actions),
  }: { readonly prior?: BanditPrior; readonly waves?: number } = {},
): ContextualBandit {
  requireShape(Number.isInteger(actions) && actions >= 1, `actions must be a whole number ≥ 1, got ${actions}`)
  requireShape(Number.isInteger(features) && features >= 0, `features must be a whole number ≥ 0, got ${features}`)
  requireShape(Number.isInteger(count) && count >= 0, `waves must be a whole number ≥ 0, got ${count}`)
  requireShape(Number.isFinite(prior.rewardMean), `prior.rewardMean must be a finite number, got ${prior.rewardMean}`)
  requireShape(
    prior.noiseSd > 0 && prior.noiseSd < Infinity,
    `prior.noiseSd must be a finite number > 0, got ${prior.noiseSd}`,
  )
  const waves = createWaves(features, features === 0 ? 0 : count)
  const plainDimension = 1 + features
  const dimension = plainDimension + waves.count
  const spreadDimension = 1 + Math.min(SPREAD_WAVES, waves.count)
  const noiseSquares = NOISE_WEIGHT * prior.noiseSd * prior.noiseSd
  return {
    actions,
    features,
    prior,
    plainDimension,
    dimension,
    spreadDimension,
    waves,
    weights: priorWeights(actions, dimension, prior.rewardMean),
    plainWeights: priorWeights(actions, plainDimension, prior.rewardMean),
    covariances: Array.from({ length: actions }, () => new Float64Array(packedLength(dimension))),
    plainCovariances: Array.from({ length: actions }, () => new Float64Array(packedLength(plainDimension))),
    spreads: new Float64Array(lanesFor(actions) * packedLength(spreadDimension)),
    tried: new Float64Array(actions),
    running: Float64Array.of(0, 0, 0, NOISE_WEIGHT, noiseSquares, BLEND.product, BLEND.square),
    work: workFor({ actions, features, dimension, spreadDimension }),
  }
}

function lanesFor(actions: number): number {
  return LANES * Math.ceil(actions / LANES)
}

/** The intercept is the prior mean of rewards, all else 0. */
function priorWeights(actions: number, dimension: number, rewardMean: number): Float64Array {
  const weights = new Float64Array(lanesFor(actions) * dimension)
  for (let action = 0; action < actions; action++) weights[firstOf(action, dimension)] = rewardMean
  return weights
}

function workFor(sizes: BanditShape & Pick<ContextualBandit, 'dimension' | 'spreadDimension'>): BanditWork {
  const { actions, features, dimension, spreadDimension } = sizes
  const phi = new Float64Array(dimension)
  const gain = new Float64Array(dimension)
  return {
    seen: new Float64Array(2 * features),
    phi,
    plainPhi: phi.subarray(0, 1 + features),
    doubt: new Float64Array(spreadDimension),
    norms: new Float64Array(2),
    doubtProducts: new Float64Array(packedLength(spreadDimension)),
    gain,
    plainGain: gain.subarray(0, 1 + features),
    means: new Float64Array(lanesFor(actions)),
    forms: new Float64Array(lanesFor(actions)),
    doubtGain: new Float64Array(spreadDimension),
  }
}

function requireShape(holds: boolean, message: string): void {
  if (!holds) throw new PalomaError('BANDIT_SHAPE_INVALID', message)
}

/** Where the first of an action's `count` numbers lies among the lanes. */
export function firstOf(action: number, count: number): number {
  const lane = action % LANES
  return (action - lane) * count + lane
}

/**
 * Writes a context as heads see it into the learner's working memory. Throws CONTEXT_INVALID on a wrong length or a feature
 * that is not finite.
 */
export function expandContext(bandit: ContextualBandit, context: ArrayLike<number>): void {
  const { features, waves } = bandit
  const { phi, norms, seen } = bandit.work
  if (context.length !== features) throw invalidContext('context.length', context.length, `${features}`)
  if (phi[0] === 1 && isSeen(seen, context)) return
  phi[0] = 0 // until the end, lest half a context be taken for a whole one
  let norm = 1
  for (let i = 0; i < features; i++) {
    const value = context[i]!
    phi[i + 1] = value
    seen[i] = value
    seen[features + i] = value < 0 ? -Math.sqrt(-value) : Math.sqrt(value)
    norm += value * value
  }
  if (!Number.isFinite(norm)) {
    const at = Array.from(context).findIndex((value) => !Number.isFinite(value * value))
    throw invalidContext(`context[${at}]`, context[at], 'a finite number whose square is one too')
  }
  fillWaves(waves, seen, { out: phi, at: 1 + features })
  norms[0] = norm
  norms[1] = fillDoubt(bandit)
  phi[0] = 1
}

/** Squared norm of what tells the spread, which is written down with its products. */
function fillDoubt({ features, spreadDimension, work }: ContextualBandit): number {
  const { phi, doubt, doubtProducts } = work
  doubt[0] = 1
  for (let i = 1; i < spreadDimension; i++) doubt[i] = SPREAD_SCALE * phi[features + i]!
  let norm = 0
  for (let i = 0, k = 0; i < spreadDimension; i++, k++) {
    const value = doubt[i]!
    for (let j = 0; j < i; j++, k++) doubtProducts[k] = 2 * value * doubt[j]!
    doubtProducts[k] = value * value
    norm += value * value
  }
  return norm
}

/** Whether working memory holds this context already, as it does when a decision is learned from at once. */
function isSeen(seen: Float64Array, context: ArrayLike<number>): boolean {
  for (let i = 0; i < context.length; i++) if (seen[i] !== context[i]) return false
  return true
}

function invalidContext(field: string, value: number | undefined, expected: string): PalomaError {
  return new PalomaError('CONTEXT_INVALID', `${field} must be ${expected}, got ${value}`, {
    hint: 'nothing was learned; leave the context out or repair its features',
  })
}

/** Prior variance of a plain weight and of one that tells the spread, in noise variances, with the context at hand. */
export function priorVariances({ running, work }: ContextualBandit): {
  readonly weight: number
  readonly spread: number
} {
  const contexts = (running[RUNNING.contexts]! + 1) / PRECISION
  return {
    weight: contexts / (running[RUNNING.norms]! + work.norms[0]!),
    spread: contexts / (running[RUNNING.spreadNorms]! + work.norms[1]!),
  }
}
