import type { DrawAudit } from '@paloma/core'
import type {
  Action,
  Assignment,
  Category,
  Channel,
  Claim,
  Consent,
  ConsentState,
  Content,
  Decision,
  DecisionReason,
  Group,
  Outcome,
  Scalar,
  Suppression,
  UserProfile,
  Variant,
} from '@paloma/core/domain'

/** A moment on the wire: ISO 8601 with a zone. */
export type IsoTime = string

/** A moment as it may be given: ISO 8601, or epoch milliseconds. */
export type TimeInput = IsoTime | number

/** RFC 9457: what went wrong, with the fields at fault. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance: string
  readonly code: string
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[]
  readonly requestId: string
  readonly hint?: string
}

/** Why one item of a list was refused. */
export interface WireItemError {
  readonly code: string
  readonly detail: string
  readonly pointer?: string
}

/** What became of one item of a list; results run parallel to the request. `warnings`: it went through, and not all of it counts. */
export type WireItemResult<T> =
  | {
      readonly ok: true
      readonly status: 'created' | 'duplicate' | 'updated'
      readonly value: T
      readonly warnings?: readonly WireItemError[]
    }
  | { readonly ok: false; readonly error: WireItemError }

export interface WireResults<T> {
  readonly results: readonly WireItemResult<T>[]
}

/** A page of a list; `nextCursor` is null on the last one. */
export interface WirePage<T> {
  readonly data: readonly T[]
  readonly nextCursor: string | null
}

/** Changes to a user: absent members stay, `null` removes. */
export interface UserInput {
  readonly userId: string
  /** When traits, zone, locale and addresses were said; absent: now. What was said later stands. */
  readonly saidAt?: TimeInput
  readonly traits?: Readonly<Record<string, Scalar | null>>
  readonly timeZone?: string | null
  readonly locale?: string | null
  readonly addresses?: {
    readonly email?: string | null
    readonly push?: {
      readonly endpoint: string
      readonly keys: { readonly p256dh: string; readonly auth: string }
    } | null
    readonly pushToken?: string | null
    readonly sms?: string | null
    readonly webhook?: string | null
  }
  readonly consent?: {
    readonly channels?: Readonly<Partial<Record<Channel, ConsentState>>>
    readonly topics?: Readonly<Record<string, ConsentState>>
    readonly channelTopics?: Readonly<Record<string, ConsentState>>
    readonly learning?: boolean
    readonly exploration?: boolean
    /** When the user said so. Without it a no counts as said now, and a yes takes back no no. */
    readonly saidAt?: TimeInput
  }
}

export interface WireUser extends Omit<UserProfile, 'userId' | 'createdAt' | 'suppressions'> {
  readonly userId: string
  readonly consent: Consent
  readonly createdAt: IsoTime
  readonly suppressions: readonly (Omit<Suppression, 'since'> & { readonly since: IsoTime })[]
}

export interface WireUserDetail extends WireUser {
  /** When what `consent` says was said, where that is known; a yes without a time takes back no no. */
  readonly consentSaidAt: {
    readonly channels: Readonly<Partial<Record<Channel, IsoTime>>>
    readonly topics: Readonly<Record<string, IsoTime>>
    readonly channelTopics: Readonly<Record<string, IsoTime>>
    readonly learning?: IsoTime
    readonly exploration?: IsoTime
  }
  /** Opt-outs that a later yes to their channel has lifted. */
  readonly liftedOptOuts: readonly { readonly channel: Channel; readonly since: IsoTime }[]
  readonly group: Group
  readonly openOpportunities: number
}

/** A proposal to send one message to one user; `content` is short for one variant named `default`. */
export interface OpportunityInput {
  readonly id: string
  readonly producer: string
  readonly userId: string
  readonly message: string
  readonly category?: Category
  readonly topic?: string
  readonly channels: readonly Channel[]
  readonly content?: Readonly<Partial<Record<Channel, Content>>>
  readonly variants?: readonly Variant[]
  readonly window: { readonly notBefore?: TimeInput; readonly expires: TimeInput }
  readonly claims?: readonly Claim[]
  readonly features?: Readonly<Record<string, Scalar>>
  readonly dedupeKey?: string
  readonly groupKey?: string
  readonly supersedes?: string
}

export type WireOpportunityStatus = 'open' | 'taken' | 'sent' | 'superseded' | 'withdrawn' | 'expired'

export interface WireOpportunity {
  readonly id: string
  readonly producer: string
  readonly userId: string
  readonly message: string
  readonly category: Category
  readonly topic: string
  readonly channels: readonly Channel[]
  readonly variants: readonly Variant[]
  readonly window: { readonly notBefore: IsoTime; readonly expires: IsoTime }
  readonly claims: readonly Claim[]
  readonly features: Readonly<Record<string, Scalar>>
  readonly dedupeKey?: string
  readonly groupKey?: string
  readonly supersedes?: string
  readonly status: WireOpportunityStatus
}

export interface DecideInput {
  readonly userId: string
  /** The idempotency key: the same id always gives the same decision. */
  readonly decisionId: string
  readonly context?: Readonly<Record<string, Scalar>>
  /** Only with a virtual clock. */
  readonly at?: TimeInput
  /** False: only decide and record; the caller delivers. Default true. */
  readonly deliver?: boolean
}

export type WireSendStatus =
  | 'planned'
  | 'closed'
  | 'reserved'
  | 'dispatching'
  | 'sent'
  | 'failed'
  | 'unknown'
  | 'refused'

export type WireAction =
  | { readonly kind: 'hold' }
  | {
      readonly kind: 'send'
      readonly opportunityId: string
      readonly variant: string
      readonly channel: Channel
      readonly sendAt: IsoTime
    }

/** The short answer to a decision; the whole record lies at `GET /v1/decisions/{decisionId}`. */
export interface WireDecisionAnswer {
  readonly decisionId: string
  readonly userId: string
  readonly at: IsoTime
  readonly action: WireAction
  readonly propensity: number
  readonly reason: DecisionReason
  readonly policy: string
  readonly stateId: number
  readonly assignments: readonly Assignment[]
  readonly sendId: string | null
  readonly sendStatus: WireSendStatus | null
}

export interface WireRefusal {
  readonly reason: string
  /** The reason for people. */
  readonly words: string
  readonly rule?: string
  readonly until?: IsoTime
}

/** A whole decision record; columns run parallel to `actions`. */
export interface WireDecision
  extends Pick<
    Decision,
    | 'trigger'
    | 'snapshotVersion'
    | 'stateId'
    | 'policy'
    | 'assignments'
    | 'reason'
    | 'values'
    | 'prices'
    | 'losses'
    | 'scores'
    | 'scoreVariances'
    | 'probabilities'
    | 'chosen'
    | 'propensity'
    | 'draw'
    | 'learning'
  > {
  /** `reason` for people. */
  readonly reasonWords: string
  readonly decisionId: string
  readonly userId: string
  readonly at: IsoTime
  readonly actions: readonly WireAction[]
  readonly refused: readonly {
    readonly candidate: Omit<Extract<Action, { kind: 'send' }>, 'kind' | 'sendAt' | 'opportunityId'> & {
      readonly opportunityId: string
      readonly sendAt: IsoTime
    }
    readonly refusals: readonly WireRefusal[]
  }[]
  readonly inputs: {
    readonly profile: WireUser
    readonly history: {
      readonly sends: readonly {
        readonly at: IsoTime
        readonly channel: Channel
        readonly category: Category
        readonly message: string
        readonly topic: string
        readonly groupKey?: string
        readonly opportunityId: string
      }[]
      readonly responses: readonly { readonly at: IsoTime; readonly channel: Channel }[]
      readonly visits: readonly IsoTime[]
    }
    readonly opportunityIds: readonly string[]
    readonly context: Readonly<Record<string, Scalar>>
  }
}

export interface WireReplay {
  readonly decisionId: string
  readonly identical: boolean
  readonly differences: readonly { readonly pointer: string; readonly logged: unknown; readonly replayed: unknown }[]
  /** Why it could not be computed again; then nothing was compared. */
  readonly fault?: { readonly code: string; readonly detail: string }
}

/** What ran while a virtual clock was moved on. */
export interface WireClockAnswer {
  readonly now: IsoTime
  readonly redecided: number
  readonly dispatched: number
  readonly stateId: number
}

export interface WireAudit {
  readonly checked: number
  readonly identical: number
  readonly failures: readonly WireReplay[]
  /** Whether choices fell as often as their probabilities say, by policy. */
  readonly draws: readonly DrawAudit[]
}

export interface WireOutcome extends Omit<Outcome, 'userId' | 'decisionId' | 'at' | 'receivedAt'> {
  readonly userId: string
  readonly decisionId: string | null
  readonly at: IsoTime
  readonly receivedAt: IsoTime
}

export interface WireSend {
  readonly sendId: string
  readonly decisionId: string
  readonly userId: string
  readonly opportunityId: string
  readonly message: string
  readonly variant: string
  readonly channel: Channel
  readonly category: Category
  readonly topic: string
  readonly groupKey: string | null
  readonly dueAt: IsoTime
  readonly status: WireSendStatus
  readonly updatedAt: IsoTime
  readonly providerMessageId: string | null
  readonly error: string | null
  readonly refusals: readonly WireRefusal[]
}

export type WireTimelineEntry =
  | { readonly kind: 'decision'; readonly at: IsoTime; readonly decision: WireDecision }
  | { readonly kind: 'outcome'; readonly at: IsoTime; readonly outcome: WireOutcome }
  | { readonly kind: 'send'; readonly at: IsoTime; readonly send: WireSend }
  | { readonly kind: 'opportunity'; readonly at: IsoTime; readonly opportunity: WireOpportunity }

export type WireInboxStatus = 'unseen' | 'seen' | 'read' | 'interacted' | 'archived'

export interface WireInboxItem {
  readonly sendId: string
  readonly decisionId: string
  readonly userId: string
  readonly message: string
  readonly content: Readonly<Record<string, string>>
  readonly createdAt: IsoTime
  readonly status: WireInboxStatus
  readonly statusAt: IsoTime
}

export interface WireInbox {
  readonly items: readonly WireInboxItem[]
  readonly unseen: number
  readonly nextCursor: string | null
}

/** A Segment-shaped event; unknown members are tolerated. */
export interface EventInput {
  readonly type: 'identify' | 'track' | 'page' | 'screen' | 'group' | 'alias'
  readonly messageId?: string
  readonly userId?: string
  readonly anonymousId?: string
  readonly previousId?: string
  readonly groupId?: string
  readonly event?: string
  readonly name?: string
  readonly timestamp?: TimeInput
  readonly sentAt?: TimeInput
  readonly properties?: Readonly<Record<string, unknown>>
  readonly traits?: Readonly<Record<string, unknown>>
  readonly context?: Readonly<Record<string, unknown>>
}

export interface WireBatchAnswer extends WireResults<{ readonly messageId: string }> {
  /** True when no item was refused. */
  readonly success: boolean
}
