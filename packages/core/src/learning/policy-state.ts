import {
  type Channel,
  type EpochMs,
  type HeadState,
  type Objective,
  type PolicyState,
  priorEffectSdOf,
} from '../domain/index.ts'
import { createHead, forgetHead, updateHead } from './bayesian-head.ts'

/** Shape of the features every head of a state shares: w = [baseline weights, action weights]. */
export interface HeadShape {
  readonly baselineWidth: number
  readonly actionWidth: number
  /** Column of the action block that indicates each channel. */
  readonly channelColumns: Readonly<Partial<Record<Channel, number>>>
  /** Column of the action block that holds the incremental claim for each objective, in prior effect sds. */
  readonly claimColumns: Readonly<Record<string, number>>
  readonly schemaHash: string
}

/** Prior on baseline weights, in noise variances: wide, because baselines are learned from every decision. */
const BASELINE_PRIOR_VARIANCE = 4
/** The noise estimate starts as if it had been seen on this many rewards. */
const NOISE_WEIGHT = 20
/** Share of an incremental claim that is believed before rewards have shown how true such claims come. */
const CLAIM_TRUST = 0.5

function priorHead(objective: Objective, shape: HeadShape): HeadState {
  const { baselineWidth, actionWidth, channelColumns, claimColumns } = shape
  const dimension = baselineWidth + actionWidth
  const noiseSd = objective.noiseSd ?? 1
  const effectSd = priorEffectSdOf(objective)
  const priorMean = new Float64Array(dimension)
  const priorVariance = new Float64Array(dimension).fill((effectSd / noiseSd) ** 2)
  priorVariance.fill(BASELINE_PRIOR_VARIANCE, 0, baselineWidth)
  for (const [channel, column] of Object.entries(channelColumns)) {
    priorMean[baselineWidth + column] = objective.priorEffect?.[channel] ?? 0
  }
  const claim = claimColumns[objective.name]
  if (claim !== undefined) priorMean[baselineWidth + claim] = CLAIM_TRUST * effectSd
  return createHead({ dimension, priorMean, priorVariance, noiseSd, noiseWeight: NOISE_WEIGHT })
}

/** State 0: what is believed before the first reward. */
export function initialState(objectives: readonly Objective[], shape: HeadShape, at: EpochMs): PolicyState {
  return {
    id: 0,
    createdAt: at,
    schemaHash: shape.schemaHash,
    heads: Object.fromEntries(objectives.map((objective) => [objective.name, priorHead(objective, shape)])),
    learnedUntil: Object.fromEntries(objectives.map((objective) => [objective.name, 0])),
  }
}

/** One matured reward with the features of its decision, baseline first. */
export interface RewardedExample {
  readonly features: ArrayLike<number>
  readonly reward: number
}

/** What one objective gained since the last state. */
export interface ObjectiveBatch {
  readonly examples: readonly RewardedExample[]
  /** Rewards of decisions before this moment are now all in. */
  readonly until: EpochMs
}

/** Folds matured rewards into the next numbered state; the order of examples is part of the result. */
export function learn(
  state: PolicyState,
  batches: Readonly<Record<string, ObjectiveBatch>>,
  options: { readonly at: EpochMs; readonly keep: number; readonly prior: PolicyState },
): PolicyState {
  const heads: Record<string, HeadState> = {}
  const learnedUntil: Record<string, EpochMs> = { ...state.learnedUntil }
  for (const [name, head] of Object.entries(state.heads)) {
    const batch = batches[name]
    const prior = options.prior.heads[name]
    const remembered = options.keep < 1 && prior !== undefined ? forgetHead(head, options.keep, prior) : head
    heads[name] =
      batch === undefined || batch.examples.length === 0 ? remembered : updateHead(remembered, batch.examples)
    if (batch !== undefined) learnedUntil[name] = batch.until
  }
  return { id: state.id + 1, createdAt: options.at, schemaHash: state.schemaHash, heads, learnedUntil }
}
