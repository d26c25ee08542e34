import type { Channel } from './channel.ts'
import type { DecisionId, OpportunityId, UserId } from './id.ts'
import type { Opportunity, Scalar } from './opportunity.ts'
import type { ReachLoss } from './outcome.ts'
import type { Refusal } from './rules.ts'
import type { EpochMs } from './time.ts'
import type { PastSend, UserState } from './user.ts'

/** Message × channel × moment which might be chosen, before the rules. */
export interface Candidate {
  readonly opportunityId: OpportunityId
  readonly variant: string
  readonly channel: Channel
  readonly sendAt: EpochMs
}

/** A candidate that passed the rules. */
export interface SendAction extends Candidate {
  readonly kind: 'send'
}

/** What a policy chooses among: a candidate that passed the rules, or `hold`. */
export type Action = { readonly kind: 'hold' } | SendAction

/** Unit → variant of one experiment, at the moment of the decision. */
export interface Assignment {
  readonly experiment: string
  readonly variant: string
  /** Phase of the ramp, from 0. Absent, like what follows, for the comparison group. */
  readonly phase?: number
  /** Whether it could matter to this decision; analysis starts with the first that it could. */
  readonly exposed?: boolean
  /** An earlier phase had the user in another variant. */
  readonly moved?: boolean
  /** Number of the slot of time, where time is what is randomised. */
  readonly slot?: number
  /** The user's cluster then, where each has slots of its own. */
  readonly cluster?: string
}

/** Machine-readable ground for a choice. */
export const DECISION_REASONS = ['policy', 'transactional', 'holdout', 'nothing-eligible'] as const
export type DecisionReason = (typeof DECISION_REASONS)[number]

/** What triggered a decision: somebody asked, or a planned send fell due. */
export const DECISION_TRIGGERS = ['request', 'planned'] as const
export type DecisionTrigger = (typeof DECISION_TRIGGERS)[number]

/** Everything about the user and the moment that `decide` may look at. */
export interface DecisionRequest {
  readonly decisionId: DecisionId
  readonly user: UserState
  /** Open opportunities of this user. */
  readonly opportunities: readonly Opportunity[]
  /** What the caller knows of the moment, e.g. `{ screen: 'home' }`. */
  readonly context: Readonly<Record<string, Scalar>>
  readonly trigger: DecisionTrigger
}

/** Mean and variance per action, in the order of `Decision.actions`; incremental against `hold`, whose entry is 0. */
export interface ValueEstimates {
  readonly mean: readonly number[]
  readonly variance: readonly number[]
}

/** What a learner needs of a decision once its reward is known; absent when it must not or cannot be learned from. */
export interface LearningFeatures {
  /** g(x): features of user and moment. */
  readonly baseline: readonly number[]
  /** ψ(x, a) of the choice minus its mean under the logged distribution (action-centring). */
  readonly centred: readonly number[]
  /** What was sent now; null when nothing was, or when no objective looks at sends by themselves. */
  readonly sent: SentFeatures | null
  /** Where messages are learned of by themselves. */
  readonly messages?: OfferedMessages
  /** Where an objective is estimated by the hazard of the next visit. */
  readonly visit?: VisitFeatures
}

/** What hazards of the next visit look at beside g(x). Lists by channel run over those of the rules that are not seen on visits alone. */
export interface VisitFeatures {
  /** Along `VISIT_MOMENT`: what every hour after the decision is told from. */
  readonly moment: readonly number[]
  /** By channel, 1 where something was sent now, else 0. */
  readonly sent: readonly number[]
  /** By channel, the probability with which something was, given that the choice is one for now. */
  readonly chances: readonly number[]
}

/**
 * What `VisitFeatures.moment` holds, in order: local hours since Monday, 0:00; hours since the last visit, 672 where there was none; ln of visits in 28
 * days over what is usual; of the moments of those visits on the circle of a day the mean cosine and sine, once, twice and three times around,
 * shrunk; earlier sends that could bring a visit, each halved in a day, and in three.
 */
export const VISIT_MOMENT = [
  'hour of week',
  'hours since visit',
  'visit rate',
  'own cosine',
  'own sine',
  'own cosine 2',
  'own sine 2',
  'own cosine 3',
  'own sine 3',
  'sends of a day',
  'sends of three days',
] as const

/** Which message was sent, and which ones could have been. */
export interface OfferedMessages {
  /** Null when nothing was sent now. */
  readonly sent: { readonly message: string; readonly variant: string; readonly channel: Channel } | null
  /** Of every message and channel on offer now: 1 where it was chosen, else 0, minus its probability. */
  readonly centred: readonly { readonly message: string; readonly channel: Channel; readonly value: number }[]
}

/** What `SentFeatures.pressure` begins with, in order. All but the first are ≥ 0 and make a loss likelier. */
export const PRESSURE_NAMES = ['always', 'fatigue', 'fatigue elsewhere', 'unanswered', 'newcomer'] as const

/** What is known of one send before anything came of it. */
export interface SentFeatures {
  readonly channel: Channel
  /** ψ(x, a), without what models of sends add to it; with the artifact's patterns of log odds. */
  readonly action: readonly number[]
  /** How pressed the user is on the channel, along `PRESSURE_NAMES`; then the artifact's patterns of losing it, by cause. */
  readonly pressure: readonly number[]
  /**
   * By how much its score lay above that of the best action without its channel, at least 0; then its value through each objective,
   * in their order. Absent where no objective looks ahead.
   */
  readonly gains?: readonly number[]
}

/** By channel, what a contactable day is worth for this user, × that of a usual one, and its standard deviation. */
export type DayWorths = Readonly<Partial<Record<Channel, { readonly times: number; readonly sd: number }>>>

/** By channel and cause, the chance that one send now loses it. */
export type LossChances = Readonly<Partial<Record<Channel, Readonly<Partial<Record<ReachLoss, number>>>>>>

/**
 * The record of one choice for one user at one moment; with the snapshot, the policy state and the opportunities it
 * names, enough to compute it again exactly. Columns (`values`, `prices`, …) run parallel to `actions`.
 */
export interface Decision {
  readonly decisionId: DecisionId
  readonly userId: UserId
  readonly at: EpochMs
  readonly trigger: DecisionTrigger
  readonly snapshotVersion: string
  readonly stateId: number
  /** Name and kind of the policy that gave the distribution, e.g. `paloma/thompson`. */
  readonly policy: string
  readonly assignments: readonly Assignment[]
  readonly reason: DecisionReason
  readonly actions: readonly Action[]
  /** By objective, in its own unit. */
  readonly values: Readonly<Record<string, ValueEstimates>>
  /** Σ price × use, per action, with what a send takes from later ones where an objective looks ahead. */
  readonly prices: readonly number[]
  /** Of the channels among the actions; empty when no objective counts lost reach by hazards. */
  readonly losses: LossChances
  /** Of every channel, where an objective learns what days are worth; else absent. */
  readonly dayWorths?: DayWorths
  /** Where the choice takes the one place of its channel: see `PastSend.waits`. */
  readonly waits?: PastSend['waits']
  /** Σ weight × value − price, per action; the scale on which actions compete. */
  readonly scores: readonly number[]
  readonly scoreVariances: readonly number[]
  readonly probabilities: readonly number[]
  /** Index into `actions`. */
  readonly chosen: number
  readonly propensity: number
  /** The uniform number that made the draw. */
  readonly draw: number
  readonly refused: readonly { readonly candidate: Candidate; readonly refusals: readonly Refusal[] }[]
  readonly learning: LearningFeatures | null
  readonly inputs: {
    readonly user: UserState
    readonly opportunityIds: readonly OpportunityId[]
    /** Message family of each opportunity, so that a log says what was sent without asking for the proposal. */
    readonly messages: readonly string[]
    readonly context: Readonly<Record<string, Scalar>>
  }
}

/** The action that was chosen. */
export function chosenAction(decision: Decision): Action {
  const action = decision.actions[decision.chosen]
  if (action === undefined) throw new RangeError(`decision ${decision.decisionId} has no action ${decision.chosen}`)
  return action
}

/** Index of the first action that sends: `hold` comes first where it may be chosen. */
export function firstSend(actions: readonly Action[]): number {
  return actions[0]?.kind === 'hold' ? 1 : 0
}
