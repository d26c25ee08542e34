import {
  CHANNELS,
  type Channel,
  type EpochMs,
  factorSdOf,
  type HeadState,
  type LearningFeatures,
  type Objective,
  type PolicyArtifact,
  type PolicyState,
  priorEffectSdOf,
  type SlowLogOddsColumns,
  type SlowPart,
  slowEffectOf,
} from '../domain/index.ts'
import { createHead, forgetHead, updateHead } from './bayesian-head.ts'
import { isHazard, priorLossHeads } from './hazards.ts'
import {
  keepOf,
  learnAdvantages,
  learnValues,
  pricesFatigue,
  pricesLaterReach,
  priorLaterHeads,
} from './later-sends.ts'
import { learnLosses, learnOutcomes, learnResponses, type SendResult, sendResultOf } from './learn-sends.ts'
import { learnVisits, type VisitResult, visitResultOf } from './learn-visits.ts'
import { type RewardOutcome, rewardOf } from './reward.ts'
import { priorSendHeads, RESPONSE_HEAD, RESPONSE_WINDOW_HOURS, throughResponse } from './send-heads.ts'
import { isVisit, priorVisitHeads } from './visit-heads.ts'

/** Shape of the features every head of a state shares: w = [baseline weights, action weights]. */
export interface HeadShape {
  readonly baselineWidth: number
  /** Columns of the baseline block that tell of the moment of the decision. */
  readonly momentColumns?: readonly number[]
  readonly actionWidth: number
  /** Column of the action block that indicates each channel. */
  readonly channelColumns: Readonly<Partial<Record<Channel, number>>>
  /** Column of the action block that holds the incremental claim for each objective, in prior effect sds. */
  readonly claimColumns: Readonly<Record<string, number>>
  readonly schemaHash: string
  /** Columns of the action block with what a send is expected to bring by itself, by objective and channel. */
  readonly expectedColumns: Readonly<Record<string, Readonly<Partial<Record<Channel, number>>>>>
  readonly actionNames: readonly string[]
  /** Column of the action block with what the artifact's slow model says, by objective. */
  readonly slowColumns: Readonly<Record<string, number>>
  /** Likewise with its patterns of log odds. */
  readonly slowLogOdds?: SlowLogOddsColumns
  readonly artifact?: PolicyArtifact | undefined
}

/** Prior on baseline weights, in noise variances: wide, because baselines are learned from every decision. */
const BASELINE_PRIOR_VARIANCE = 4
/** The noise estimate starts as if it had been seen on this many rewards. */
const NOISE_WEIGHT = 20
/** Share of an incremental claim that is believed before rewards have shown how true such claims come. */
const CLAIM_TRUST = 0.5

/** Where effects come through a response, what a feature may change beside it, as a share of the effects' size. */
const RESIDUAL_SHARE = 0.1
/** Where they come through the hazard of the next visit. */
const VISIT_RESIDUAL_SHARE = 0.5
/** How far the true effect may lie from what sends bring by themselves, as a share of it. */
const INCREMENTAL_SD = 0.3

/**
 * Two sends that still weigh on somebody are believed to make one more annoy as much as effects are large, beyond what answers show;
 * and how sure that is, in the size of effects.
 */
const HARM_SD = 2

interface EffectPrior {
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/** Effects are learned from nothing but rewards: channels and claims say what to expect. */
function effectPrior(objective: Objective, shape: HeadShape): EffectPrior {
  const { baselineWidth, actionWidth, channelColumns, claimColumns } = shape
  const effectSd = priorEffectSdOf(objective)
  const mean = new Float64Array(baselineWidth + actionWidth)
  const variance = new Float64Array(mean.length).fill((effectSd / (objective.noiseSd ?? 1)) ** 2)
  for (const [channel, column] of Object.entries(channelColumns)) {
    mean[baselineWidth + column] = objective.priorEffect?.[channel] ?? 0
  }
  const claim = claimColumns[objective.name]
  if (claim !== undefined) mean[baselineWidth + claim] = CLAIM_TRUST * effectSd
  return { mean, variance }
}

/**
 * Effects are what sends bring by themselves, up to a factor per channel, and what comes of a channel without a trace;
 * little is left for other features.
 */
function responsePrior(objective: Objective, shape: HeadShape): EffectPrior {
  const { baselineWidth, actionWidth, channelColumns } = shape
  const effectSd = priorEffectSdOf(objective)
  const noiseSd = objective.noiseSd ?? 1
  const mean = new Float64Array(baselineWidth + actionWidth)
  const variance = new Float64Array(mean.length).fill(((RESIDUAL_SHARE * effectSd) / noiseSd) ** 2)
  for (const [channel, column] of Object.entries(channelColumns)) {
    mean[baselineWidth + column] = objective.priorEffect?.[channel] ?? 0
    variance[baselineWidth + column] = (effectSd / noiseSd) ** 2
  }
  for (const [j, name] of shape.actionNames.entries()) {
    if (!name.startsWith('fatigue on')) continue
    mean[baselineWidth + j] = -effectSd
    variance[baselineWidth + j] = ((HARM_SD * effectSd) / noiseSd) ** 2
  }
  return { mean, variance }
}

/**
 * Effects are the extra chances that the hazard gives, up to a factor per channel. It knows channel and moment alone, so that messages, producers and what
 * they claim are left to other features, each of which may change a share of the size effects have.
 */
function visitPrior(objective: Objective, { baselineWidth, actionWidth }: HeadShape): EffectPrior {
  const sd = (VISIT_RESIDUAL_SHARE * priorEffectSdOf(objective)) / (objective.noiseSd ?? 1)
  const mean = new Float64Array(baselineWidth + actionWidth)
  return { mean, variance: new Float64Array(mean.length).fill(sd * sd) }
}

/** Puts down how much comes of what a send is expected to bring: as the artifact says, or 1 / `traced`. */
function putFactors({ mean, variance }: EffectPrior, objective: Objective, shape: HeadShape): void {
  const { baselineWidth, expectedColumns, artifact } = shape
  const effectSd = priorEffectSdOf(objective)
  const told = artifact?.objectives[objective.name]
  const factors = told?.model === 'response' ? told.factors : undefined
  for (const [channel, column] of Object.entries(expectedColumns[objective.name] ?? {})) {
    const factor = factors?.[channel]
    const traced = isVisit(objective) ? 1 : (objective.traced?.[channel] ?? 1)
    const weight = factor === undefined ? effectSd / traced : effectSd * factor.mean
    const sd = factor === undefined ? INCREMENTAL_SD * weight : effectSd * factor.sd
    mean[baselineWidth + column] = weight
    variance[baselineWidth + column] = (sd / (objective.noiseSd ?? 1)) ** 2
  }
}

/**
 * Effects are what the slow model says, up to a factor, and a residual that is learned online: before the first reward the head says what the
 * artifact does. What the owner and upstream claim is left to the artifact, which knew it.
 */
function slowPrior(
  part: SlowPart,
  objective: Objective,
  { baselineWidth, actionWidth, slowColumns }: HeadShape,
): EffectPrior {
  const effectSd = priorEffectSdOf(objective)
  const noiseSd = objective.noiseSd ?? 1
  const mean = new Float64Array(baselineWidth + actionWidth)
  const variance = new Float64Array(mean.length).fill((part.residualSd / noiseSd) ** 2)
  const column = baselineWidth + slowColumns[objective.name]!
  mean[column] = effectSd
  variance[column] = ((factorSdOf(part) * effectSd) / noiseSd) ** 2
  return { mean, variance }
}

function priorOf(objective: Objective, shape: HeadShape): EffectPrior {
  const slow = shape.artifact === undefined ? undefined : slowEffectOf(shape.artifact, objective.name)
  const prior = slow === undefined ? ownPrior(objective, shape) : slowPrior(slow, objective, shape)
  if (objective.model === 'response' || isVisit(objective)) putFactors(prior, objective, shape)
  return prior
}

function ownPrior(objective: Objective, shape: HeadShape): EffectPrior {
  if (objective.model === 'response') return responsePrior(objective, shape)
  return isVisit(objective) ? visitPrior(objective, shape) : effectPrior(objective, shape)
}

function priorHead(objective: Objective, shape: HeadShape): HeadState {
  const { mean, variance } = priorOf(objective, shape)
  variance.fill(BASELINE_PRIOR_VARIANCE, 0, shape.baselineWidth)
  return createHead({
    dimension: mean.length,
    priorMean: mean,
    priorVariance: variance,
    noiseSd: objective.noiseSd ?? 1,
    noiseWeight: NOISE_WEIGHT,
  })
}

function priorHeads(objectives: readonly Objective[], shape: HeadShape): Readonly<Record<string, HeadState>> {
  const effects = objectives.filter((objective) => !isHazard(objective))
  return {
    ...Object.fromEntries(effects.map((objective) => [objective.name, priorHead(objective, shape)])),
    ...priorSendHeads(objectives, shape),
    ...(objectives.some(isHazard) ? priorLossHeads(channelsOf(shape), shape.artifact) : {}),
    ...priorVisitHeads(objectives, { ...shape, channels: channelsOf(shape) }),
    ...priorLaterHeads(objectives, { channels: channelsOf(shape), baselineWidth: shape.baselineWidth }),
  }
}

function channelsOf({ channelColumns }: HeadShape): readonly Channel[] {
  return CHANNELS.filter((channel) => channelColumns[channel] !== undefined)
}

/** What is learned for its own sake: objectives, and how people answer sends where an objective builds on it. */
export interface LearningTarget {
  readonly name: string
  readonly windowHours: number
  /** Null for the answers themselves. */
  readonly objective: Objective | null
}

/** Everything to learn, in the order in which it must be learned: outcomes build on answers. */
export function learningTargets(objectives: readonly Objective[]): readonly LearningTarget[] {
  const response = { name: RESPONSE_HEAD, windowHours: RESPONSE_WINDOW_HOURS, objective: null }
  return [
    ...(throughResponse(objectives).length > 0 ? [response] : []),
    ...objectives.map((objective) => ({ name: objective.name, windowHours: objective.windowHours, objective })),
  ]
}

/** State 0: what is believed before the first reward. */
export function initialState(objectives: readonly Objective[], shape: HeadShape, at: EpochMs): PolicyState {
  return {
    id: 0,
    createdAt: at,
    schemaHash: shape.schemaHash,
    heads: priorHeads(objectives, shape),
    learnedUntil: Object.fromEntries(learningTargets(objectives).map(({ name }) => [name, 0])),
  }
}

/** One matured reward with the features of its decision, baseline first, and what became of the send, if there was one. */
export interface RewardedExample {
  readonly features: ArrayLike<number>
  readonly reward: number
  readonly send?: SendResult | null
  /** How long its user stayed away, where that is learned; null where the decision kept nothing for it. */
  readonly visit?: VisitResult | null
}

/** A decision with what its user did in the window, machine-made outcomes left out. */
export interface MaturedDecision {
  readonly at: EpochMs
  readonly learning: LearningFeatures
  readonly outcomes: readonly RewardOutcome[]
}

/** The example that a matured decision is for a target. */
export function exampleOf({ objective }: LearningTarget, decision: MaturedDecision): RewardedExample {
  const { at, learning, outcomes } = decision
  const example = {
    features: Float64Array.from([...learning.baseline, ...learning.centred]),
    reward: objective === null ? 0 : rewardOf(objective, at, outcomes),
    send: sendResultOf(objective, at, decision),
  }
  return objective !== null && isVisit(objective)
    ? { ...example, visit: visitResultOf(objective, at, decision) }
    : example
}

/** What one target gained since the last state. */
export interface ObjectiveBatch {
  readonly examples: readonly RewardedExample[]
  /** Rewards of decisions before this moment are now all in. */
  readonly until: EpochMs
}

function remembered(
  state: PolicyState,
  { keep, prior }: { readonly keep: number; readonly prior: PolicyState },
): Heads {
  if (keep === 1) return state.heads
  return Object.fromEntries(
    Object.entries(state.heads).map(([name, head]) => {
      const believed = prior.heads[name]
      return [name, believed === undefined ? head : forgetHead(head, keepOf(name, keep), believed)]
    }),
  )
}

type Heads = PolicyState['heads']

function sendsOf(examples: readonly RewardedExample[]): readonly SendResult[] {
  return examples.flatMap(({ send }) => (send === null || send === undefined ? [] : [send]))
}

function visitsOf(examples: readonly RewardedExample[]): readonly VisitResult[] {
  return examples.flatMap(({ visit }) => (visit === null || visit === undefined ? [] : [visit]))
}

/** Folds what one target gained into every head that looks at it. */
function learnTarget(
  heads: Heads,
  { target: { name, objective }, place }: { readonly target: LearningTarget; readonly place: number },
  examples: readonly RewardedExample[],
): Heads {
  const sends = sendsOf(examples)
  if (objective === null) return learnResponses(heads, sends)
  if (isHazard(objective)) {
    const left = learnLosses(heads, sends)
    return pricesLaterReach(objective) ? learnAdvantages(left, sends) : left
  }
  const valued = pricesFatigue(objective) ? learnValues(heads, { name, place }, sends) : heads
  // Objectives that are learned early have had their sends: see `learnEarly`.
  const learned = objective.earlyHours === undefined ? learnOutcomes(valued, { name }, sends) : valued
  const visited = isVisit(objective) ? learnVisits(learned, objective, visitsOf(examples)) : learned
  const head = visited[name]
  return head === undefined ? visited : { ...visited, [name]: updateHead(head, examples) }
}

/** Folds matured rewards into the next numbered state; the order of examples is part of the result. */
export function learn(
  state: PolicyState,
  batches: Readonly<Record<string, ObjectiveBatch>>,
  options: {
    readonly at: EpochMs
    readonly keep: number
    readonly prior: PolicyState
    readonly objectives: readonly Objective[]
  },
): PolicyState {
  let heads = remembered(state, options)
  const learnedUntil: Record<string, EpochMs> = { ...state.learnedUntil }
  for (const target of learningTargets(options.objectives)) {
    const batch = batches[target.name]
    if (batch === undefined) continue
    if (batch.examples.length > 0) {
      const place = target.objective === null ? -1 : options.objectives.indexOf(target.objective)
      heads = learnTarget(heads, { target, place }, batch.examples)
    }
    learnedUntil[target.name] = batch.until
  }
  return { id: state.id + 1, createdAt: options.at, schemaHash: state.schemaHash, heads, learnedUntil }
}
