import type {
  Channel,
  ConsentState,
  Decision,
  DecisionId,
  DecisionSummary,
  DualPrice,
  EpochMs,
  Group,
  Opportunity,
  OpportunityId,
  Outcome,
  PolicyArtifact,
  PriceTarget,
  PropensityFactor,
  Said,
  Scalar,
  SendId,
  TrustedHorizon,
  UserId,
  UserProfile,
} from '@paloma/core'
import type { ApiKey, InboxItem, InboxStatus, OpportunityStatus, Send, TableSize } from '../store/contract.ts'
import type { AuditResult, NightlyAudit, ReplayResult } from './audit-contract.ts'
import type { EvaluationUsecases } from './evaluations-contract.ts'
import type { ExperimentUsecases } from './experiments-contract.ts'

export * from './audit-contract.ts'
export * from './evaluations-contract.ts'

export type {
  Actor,
  DeepQuestions,
  ExperimentResults,
  ExperimentUsecases,
  ExperimentView,
  ExposureReport,
  PastOfResults,
  PlanBasis,
  PlanFromLog,
  PlannedPast,
} from './experiments-contract.ts'

/** Why one item of a list was refused, while its neighbours went through. */
export interface ItemError {
  readonly code: string
  readonly detail: string
  /** JSON pointer inside the item. */
  readonly pointer?: string
  /** What to do about it. */
  readonly hint?: string
}

/** What its sender should know of an item that went through, because not all of it counts as he may think. */
export type ItemWarning = Pick<ItemError, 'code' | 'detail' | 'pointer'>

/** What became of one item of a list; results run parallel to the list given. */
export type ItemResult<T> =
  | {
      readonly ok: true
      readonly status: 'created' | 'duplicate' | 'updated'
      readonly value: T
      readonly warnings?: readonly ItemWarning[]
    }
  | { readonly ok: false; readonly error: ItemError }

/** Changes to a user: absent members stay as they are, `null` removes. */
export interface UserPatch {
  readonly userId: UserId
  /** When traits, zone, locale and addresses were said; absent: now. What was said later stands. */
  readonly saidAt?: EpochMs
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
    readonly saidAt?: EpochMs
  }
}

/** An event as Segment's libraries send it, already checked and parsed. Times are epoch milliseconds. */
export interface IncomingEvent {
  readonly type: 'identify' | 'track' | 'page' | 'screen' | 'group' | 'alias'
  readonly messageId: string
  /** userId, or anonymousId when there is no userId. */
  readonly userId: string
  /** Set when both ids are given: the anonymous id becomes an alias. */
  readonly anonymousId?: string
  readonly previousId?: string
  /** Track event name, page or screen name. */
  readonly name: string
  readonly timestamp?: EpochMs
  readonly sentAt?: EpochMs
  readonly properties: Readonly<Record<string, unknown>>
  readonly traits: Readonly<Record<string, unknown>>
  readonly context: Readonly<Record<string, unknown>>
}

export interface DecideCommand {
  readonly decisionId: DecisionId
  readonly userId: UserId
  readonly context: Readonly<Record<string, Scalar>>
  /** Only with a virtual clock. */
  readonly at?: EpochMs
  /** False: only decide and record; the caller delivers. */
  readonly deliver: boolean
}

/** One action with everything that speaks for and against it. */
export interface ExplainedAction {
  readonly action: 'hold' | string
  readonly opportunityId: OpportunityId | null
  readonly message: string | null
  readonly variant: string | null
  readonly channel: Channel | null
  readonly sendAt: EpochMs | null
  /** 0 for a refused action: it could not be chosen. */
  readonly probability: number
  /** What it would have been if nobody explored: 1 for the best score, shared among ties; null where the policy looks at no score. */
  readonly withoutExploration: number | null
  /** Score, its standard deviation and price on the common value scale; null for a refused action, which is not valued. */
  readonly score: number | null
  readonly scoreSd: number | null
  readonly price: number | null
  /** Per objective: incremental value in its unit, its standard deviation, and weight × value; empty for a refused one. */
  readonly values: Readonly<
    Record<string, { readonly value: number; readonly sd: number; readonly weighted: number; readonly unit: string }>
  >
  readonly refusals: readonly { readonly reason: string; readonly rule?: string; readonly until?: EpochMs }[]
}

export interface Explanation {
  readonly decisionId: DecisionId
  readonly userId: UserId
  readonly at: EpochMs
  readonly reason: string
  /** Sentences for people, e.g. "costs 0.4 contactable days". */
  readonly summary: readonly string[]
  readonly chosen: ExplainedAction
  /** The propensity as a product of what was chosen step by step. */
  readonly factors: readonly PropensityFactor[]
  /** Best score first, then the refused. */
  readonly actions: readonly ExplainedAction[]
  /** Largest contributions to the chosen score, by feature and objective. */
  readonly contributions: readonly {
    readonly feature: string
    readonly objective: string
    readonly contribution: number
  }[]
  readonly policy: string
  readonly snapshotVersion: string
  readonly stateId: number
}

export type TimelineEntry =
  | { readonly kind: 'decision'; readonly at: EpochMs; readonly decision: Decision }
  | { readonly kind: 'outcome'; readonly at: EpochMs; readonly outcome: Outcome }
  | { readonly kind: 'send'; readonly at: EpochMs; readonly send: Send }
  | {
      readonly kind: 'opportunity'
      readonly at: EpochMs
      readonly opportunity: Opportunity
      readonly status: OpportunityStatus
    }

/** A mean and its interval; NaN where there are too few users, or nothing varies, to say. */
export interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
}

export interface GroupResult {
  readonly users: number
  readonly sendsPerUser: number
  /** Share of the pairs of user and channel that could be reached at first and still can; NaN without any. */
  readonly reach: number
  readonly optOutsPerUser: number
  readonly objectives: Readonly<Record<string, Interval>>
  readonly combined: Interval
}

export interface GroupComparison {
  readonly from: EpochMs
  readonly until: EpochMs
  /** Confidence level of every interval, e.g. 0.95. */
  readonly level: number
  readonly groups: Readonly<Record<Group, GroupResult>>
  /** `paloma-businessAsUsual` and so on: per objective and `combined`. */
  readonly differences: Readonly<Record<string, Readonly<Record<string, Interval>>>>
  /** By pair, in how many sets of matched users the difference was taken; absent unless asked for by `matchedBy`. */
  readonly matchedSets?: Readonly<Record<string, number>>
}

/** What a message of a bounce mailbox said, and what was made of it. */
export interface TakenReport {
  readonly kind: 'bounce' | 'complaint' | 'other'
  /** Of a bounce: the enhanced status code, and whether the address will never take mail. */
  readonly status: string | null
  readonly isHard: boolean | null
  /** Whom it is about, as the report has it. */
  readonly address: string | null
  /** The message it is about; null where none of ours is named. */
  readonly sendId: string | null
  readonly decisionId: string | null
  readonly event: {
    readonly name: string
    readonly messageId: string
    readonly status: 'created' | 'duplicate' | 'updated'
  } | null
  /** Why nothing was made of it. */
  readonly detail: string | null
}

/** What the last run of a deletion found and did. */
export interface RetentionRun {
  readonly at: EpochMs
  /** Rows deleted, of all tables. */
  readonly rows: number
  /** Why days stay that are older than the configuration says. */
  readonly heldBy: readonly string[]
}

/** How long is kept, what is there, and what became of the rest. */
export interface RetentionStatus {
  /** Null: for ever. */
  readonly storeDays: number | null
  readonly exportedDays: number | null
  /** From when on the store, and the exported history, have every day whole; null where nothing was deleted for its age. */
  readonly keptSince: EpochMs | null
  readonly exportedSince: EpochMs | null
  readonly oldestDecision: EpochMs | null
  readonly lastRun: RetentionRun | null
  /** Largest first; rows by the store's statistics. */
  readonly tables: readonly TableSize[]
}

/** Everything the server can do. HTTP, CLI, jobs and MCP call these and nothing else. */
export interface Usecases {
  readonly users: {
    upsert(patches: readonly UserPatch[]): Promise<readonly ItemResult<UserProfile>[]>
    get(id: UserId): Promise<
      | {
          readonly profile: UserProfile
          /** When his words were said, where they bear a time. */
          readonly said: Said
          readonly group: Group
          readonly openOpportunities: number
        }
      | undefined
    >
    erase(id: UserId): Promise<{ readonly rows: number }>
    list(after: UserId | null, limit: number): Promise<readonly UserProfile[]>
    /** Newest first, all kinds merged; `before` is exclusive. */
    timeline(
      id: UserId,
      options: { readonly before?: EpochMs; readonly limit: number },
    ): Promise<readonly TimelineEntry[] | undefined>
  }
  readonly opportunities: {
    propose(items: readonly Opportunity[]): Promise<readonly ItemResult<{ readonly id: OpportunityId }>[]>
    get(
      id: OpportunityId,
    ): Promise<{ readonly opportunity: Opportunity; readonly status: OpportunityStatus } | undefined>
    withdraw(id: OpportunityId): Promise<boolean>
  }
  readonly events: {
    ingest(items: readonly IncomingEvent[]): Promise<readonly ItemResult<{ readonly messageId: string }>[]>
  }
  readonly mailReports: {
    /** One raw message of a bounce mailbox; what it says of a message of ours becomes an event. */
    take(raw: Uint8Array): Promise<ItemResult<TakenReport>>
  }
  readonly decisions: {
    decide(commands: readonly DecideCommand[]): Promise<
      readonly ItemResult<{
        readonly decision: DecisionSummary
        readonly send: Pick<Send, 'sendId' | 'status' | 'dueAt'> | null
      }>[]
    >
    get(id: DecisionId): Promise<Decision | undefined>
    /** Everybody's, newest first, from the one before `before` on, with their sends. Rejects with CURSOR_GONE where `before` is not stored. */
    list(options: {
      readonly before?: DecisionId
      readonly limit: number
    }): Promise<
      readonly { readonly decision: DecisionSummary; readonly send: Pick<Send, 'sendId' | 'status'> | null }[]
    >
    explain(id: DecisionId): Promise<Explanation | undefined>
    replay(id: DecisionId): Promise<ReplayResult | undefined>
    /** Replays every decision of the log, or those of one day, and says whether choices fell as often as their probabilities; reports progress. */
    audit(options: { readonly day?: string; readonly onProgress?: (checked: number) => void }): Promise<AuditResult>
  }
  readonly inbox: {
    list(
      userId: UserId,
      options: { readonly before?: SendId; readonly limit: number; readonly withArchived?: boolean },
    ): Promise<{ readonly items: readonly InboxItem[]; readonly unseen: number }>
    mark(userId: UserId, id: SendId, status: InboxStatus): Promise<InboxItem | undefined>
    /** Calls `listener` for each new item of the user in this process or another; answers how to stop. */
    subscribe(userId: UserId, listener: (item: InboxItem) => void): Promise<() => void>
    /** The inbox token a customer's server hands to a user's browser; and back. */
    tokenFor(userId: UserId): string
    userOfToken(token: string): UserId | undefined
  }
  readonly unsubscribe: {
    /** What a token would do; undefined for a forged one. */
    show(token: string): { readonly userId: UserId; readonly channel: Channel; readonly topic: string } | undefined
    /** Acts, and answers only when nothing to this user on this channel is in flight any more. */
    act(
      token: string,
    ): Promise<{ readonly userId: UserId; readonly channel: Channel; readonly topic: string } | undefined>
  }
  readonly groups: {
    /** With `matchedBy`, differences are taken within sets of users who share the value of that trait. */
    compare(from: EpochMs, until: EpochMs, options?: { readonly matchedBy?: string }): Promise<GroupComparison>
  }
  readonly experiments: ExperimentUsecases
  /** What a changed configuration would have done in past decisions. */
  readonly evaluations: EvaluationUsecases
  readonly policies: {
    /** What the current state has learned, for another server to start from. */
    artifact(name: string): Promise<PolicyArtifact>
  }
  readonly clock: {
    readonly isVirtual: boolean
    now(): EpochMs
    /** Virtual clocks only: moves on, running everything that falls due on the way (plans, dispatch, learning). */
    advance(to: EpochMs): Promise<{ readonly redecided: number; readonly dispatched: number; readonly stateId: number }>
  }
  readonly keys: {
    create(name: string, scopes: readonly string[]): Promise<{ readonly key: ApiKey; readonly secret: string }>
    list(): Promise<readonly ApiKey[]>
    revoke(id: string): Promise<boolean>
    authenticate(secret: string): Promise<ApiKey | undefined>
  }
  readonly history: {
    /** Writes closed days (or all) to Parquet. */
    export(options: {
      readonly includeToday?: boolean
      readonly onProgress?: (day: string) => void
    }): Promise<readonly { readonly day: string; readonly decisions: number; readonly outcomes: number }[]>
  }
  readonly retention: {
    status(): Promise<RetentionStatus>
    /** For a message that something is not there: `, or it was deleted for its age …`; empty where nothing was. */
    orDeleted(): Promise<string>
  }
  readonly health: {
    ready(): Promise<{
      readonly ready: boolean
      readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>
    }>
    counts(): Promise<{
      readonly decisions: number
      readonly sends: Readonly<Record<string, number>>
      readonly stateId: number
      readonly usersInMemory: number
      readonly isLearner: boolean
      /** By objective for which single messages are believed something: up to where early signals still predict. */
      readonly horizons: Readonly<Record<string, TrustedHorizon>>
      /** Where prices of targets stand. */
      readonly priceTargets: readonly (PriceTarget & Pick<DualPrice, 'price' | 'measured' | 'atLimit'>)[]
      /** Null before the first night. */
      readonly audit: NightlyAudit | null
    }>
  }
}

/** What an API key may do. */
export const SCOPES = ['ingest', 'decide', 'read', 'admin'] as const
export type Scope = (typeof SCOPES)[number]
