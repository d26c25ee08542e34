import type { Channel, Consent, Decision, Group, Scalar } from '@paloma/core/domain'

/** A moment as the API writes it: ISO 8601. */
export type IsoTime = string

export interface Readiness {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>
}

/** What the server counts, read from its metrics. */
export interface Counts {
  readonly decisions: number
  readonly stateId: number
  readonly usersInMemory: number
  readonly isLearner: boolean
  readonly sends: Readonly<Record<string, number>>
}

/** One decision in a list. */
export interface RecentDecision {
  readonly decisionId: string
  readonly userId: string
  readonly at: IsoTime
  readonly action:
    | { readonly kind: 'hold' }
    | { readonly kind: 'send'; readonly channel: Channel; readonly opportunityId: string }
  readonly propensity: number
  readonly policy: string
  readonly sendStatus: string | null
}

export interface Interval {
  readonly mean: number | null
  readonly low: number | null
  readonly high: number | null
}

export interface GroupResult {
  readonly users: number
  readonly sendsPerUser: number
  readonly reach: number
  readonly optOutsPerUser: number
  readonly objectives: Readonly<Record<string, Interval>>
  readonly combined: Interval
}

export interface GroupComparison {
  readonly from: IsoTime
  readonly until: IsoTime
  readonly level: number
  readonly groups: Readonly<Record<string, GroupResult>>
  readonly differences: Readonly<Record<string, Readonly<Record<string, Interval>>>>
}

export interface UserDetail {
  readonly userId: string
  readonly group: Group
  readonly openOpportunities: number
  readonly traits: Readonly<Record<string, Scalar>>
  readonly timeZone?: string
  readonly locale?: string
  readonly addresses: Readonly<Record<string, unknown>>
  readonly consent: Consent
  readonly consentSaidAt: {
    readonly channels: Readonly<Record<string, IsoTime>>
    readonly topics: Readonly<Record<string, IsoTime>>
    readonly channelTopics: Readonly<Record<string, IsoTime>>
    readonly learning?: IsoTime
    readonly exploration?: IsoTime
  }
  readonly liftedOptOuts: readonly { readonly channel: Channel; readonly since: IsoTime }[]
  readonly suppressions: readonly { readonly channel: Channel; readonly reason: string; readonly since: IsoTime }[]
  readonly createdAt: IsoTime
}

export interface Refusal {
  readonly words: string
  readonly rule?: string
  readonly until?: IsoTime
}

export type Action =
  | { readonly kind: 'hold' }
  | { readonly kind: 'send'; readonly opportunityId: string; readonly channel: Channel; readonly sendAt: IsoTime }

/** The part of a decision record that a timeline tells. */
export interface DecisionRecord extends Pick<Decision, 'policy' | 'chosen' | 'propensity'> {
  readonly reasonWords: string
  readonly decisionId: string
  readonly at: IsoTime
  readonly actions: readonly Action[]
  readonly refused: readonly {
    readonly candidate: { readonly channel: Channel }
    readonly refusals: readonly Refusal[]
  }[]
}

export interface SendRecord {
  readonly sendId: string
  readonly decisionId: string
  readonly message: string
  readonly channel: Channel
  readonly status: string
  readonly dueAt: IsoTime
  readonly error: string | null
  readonly refusals: readonly Refusal[]
}

export interface OutcomeRecord {
  readonly messageId: string
  readonly name: string
  readonly decisionId: string | null
  readonly isMachine: boolean
  readonly reachLoss: string | null
  readonly values: Readonly<Record<string, number>>
}

export interface OpportunityRecord {
  readonly id: string
  readonly producer: string
  readonly message: string
  readonly status: string
}

export type TimelineEntry =
  | { readonly kind: 'decision'; readonly at: IsoTime; readonly decision: DecisionRecord }
  | { readonly kind: 'send'; readonly at: IsoTime; readonly send: SendRecord }
  | { readonly kind: 'outcome'; readonly at: IsoTime; readonly outcome: OutcomeRecord }
  | { readonly kind: 'opportunity'; readonly at: IsoTime; readonly opportunity: OpportunityRecord }

export interface TimelinePage {
  readonly data: readonly TimelineEntry[]
  readonly nextCursor: string | null
}

export interface ExplainedAction {
  readonly action: string
  readonly message: string | null
  readonly variant: string | null
  readonly channel: Channel | null
  readonly sendAt: IsoTime | null
  readonly probability: number
  /** Null, as `scoreSd` and `price`, for a refused action: it was never valued. */
  readonly score: number | null
  readonly scoreSd: number | null
  readonly price: number | null
  readonly values: Readonly<
    Record<string, { readonly value: number; readonly sd: number; readonly weighted: number; readonly unit: string }>
  >
  readonly refusals: readonly Refusal[]
}

export interface Contribution {
  readonly feature: string
  readonly objective: string
  readonly contribution: number
}

export interface Explanation {
  readonly decisionId: string
  readonly userId: string
  readonly at: IsoTime
  readonly reasonWords: string
  readonly summary: readonly string[]
  readonly chosen: ExplainedAction
  readonly actions: readonly ExplainedAction[]
  readonly contributions: readonly Contribution[]
  readonly policy: string
  readonly snapshotVersion: string
  readonly stateId: number
}

export interface ReplayResult {
  readonly decisionId: string
  readonly identical: boolean
  readonly differences: readonly { readonly pointer: string; readonly logged: unknown; readonly replayed: unknown }[]
  /** Why it could not be computed again; then nothing was compared. */
  readonly fault?: { readonly code: string; readonly detail: string }
}
