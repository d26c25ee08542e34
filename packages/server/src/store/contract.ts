import type {
  Channel,
  DatedProfile,
  Decision,
  DecisionId,
  DecisionSummary,
  EpochMs,
  LearningFeatures,
  Opportunity,
  OpportunityId,
  Outcome,
  Refusal,
  Said,
  SendId,
  UserId,
  UserProfile,
  UserState,
} from '@paloma/core/domain'
import type { ExperimentStore } from './experiments-contract.ts'
import type { InboxStore } from './inbox-contract.ts'
import type { RegistryStore } from './registry-contract.ts'
import type { RetentionStore } from './retention-contract.ts'

export type { ExperimentStore, ExperimentUpdate, ExposedSend, OutcomeSpan } from './experiments-contract.ts'
export { INBOX_STATUSES, type InboxItem, type InboxStatus, type InboxStore } from './inbox-contract.ts'
export { RowsRefused, SENDS_IN_FLIGHT, USER_MOVED } from './refusals.ts'
export type { ApiKey, RegistryStore } from './registry-contract.ts'
export type { Gone, Place, RetentionStore, Round, TableSize } from './retention-contract.ts'

/**
 * Operational state, ledger, queue and registry. Every method is atomic: it happens whole or not at all, and what it
 * has answered survives a crash (with PGlite: of the process, not of the machine). Lists of results run parallel to
 * the lists given.
 */
export interface Store {
  readonly traits: {
    readonly name: 'pglite' | 'postgres'
    /** Other processes may write to it: what is remembered of it may be stale. */
    readonly isShared: boolean
  }
  readonly users: UserStore
  readonly opportunities: OpportunityStore
  readonly outcomes: OutcomeStore
  readonly decisions: DecisionStore
  readonly sends: SendStore
  readonly inbox: InboxStore
  readonly registry: RegistryStore
  readonly experiments: ExperimentStore
  readonly retention: RetentionStore
  /** Resolves when the store answers; rejects with STORE_UNREACHABLE. */
  ping(): Promise<void>
  /** Becomes the only one of all processes that does `role` (an advisory lock, lost with the connection). */
  lead(role: string): Promise<boolean>
  close(): Promise<void>
}

export interface UserStore {
  /**
   * Changes users under row locks, in id order. `update` gets what is stored (or undefined), with the times of its words,
   * and returns what shall be; returning the same object writes nothing. Ids may repeat; updates then run in the order
   * given. Answers profiles without those times. Rejects with USER_MOVED.
   */
  change(
    changes: readonly {
      readonly userId: UserId
      readonly update: (current: DatedProfile | undefined) => DatedProfile
    }[],
  ): Promise<readonly UserProfile[]>
  /**
   * Profiles with sends, responses and visits in (now − 28 days, now]. Unknown users are absent from the map. Sends are
   * those that went or may have gone out, at their dispatch, and reserved ones, when due, all at the latest now; visits
   * are one per UTC day, the latest.
   */
  loadStates(ids: readonly UserId[], now: EpochMs): Promise<ReadonlyMap<UserId, UserState>>
  /** When the words of a user were said; undefined where he is not known, nothing where none bears a time. */
  saidOf(id: UserId): Promise<Said | undefined>
  /** Who an anonymous or previous id belongs to now; absent ids are nobody's alias. */
  resolveAliases(ids: readonly string[]): Promise<ReadonlyMap<string, UserId>>
  /** The other ids of a user, by name; what was exported before they were joined still carries them. */
  aliasesOf(id: UserId): Promise<readonly string[]>
  /** Makes `previousId` an alias of `userId` and moves its outcomes and history over. */
  addAlias(previousId: string, userId: UserId): Promise<void>
  /**
   * Forgets the user under all his ids: profile, opportunities, outcomes, decisions, sends, inbox, aliases. Answers how
   * many rows went. Rejects with SENDS_IN_FLIGHT while a send of his is dispatching.
   */
  erase(id: UserId, at: EpochMs): Promise<{ readonly rows: number }>
  /**
   * What became of those of the ids that have no profile, by now: the owner of an alias, null for nobody. What was decided
   * for them while they were merged or erased is given to their owner, or deleted.
   */
  settle(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, UserId | null>>
  /** How many there are. */
  count(): Promise<number>
  /** Users in id order with the times of their words, for exports and group comparisons. */
  page(after: UserId | null, limit: number): Promise<readonly DatedProfile[]>
}

/** `until` is exclusive. */
export interface TimeSpan {
  readonly from: EpochMs
  readonly until: EpochMs
}

/** A page, newest first; `before` is exclusive. */
interface Backwards {
  readonly before?: EpochMs
  readonly limit: number
}

/** What became of a row that its caller named: new, already there alike, or already there and different. */
export type InsertResult = 'inserted' | 'duplicate' | 'conflict'

/** `open` may be decided on; `taken` has a send or plan; the rest are final. */
export const OPPORTUNITY_STATUSES = ['open', 'taken', 'sent', 'superseded', 'withdrawn', 'expired'] as const
export type OpportunityStatus = (typeof OPPORTUNITY_STATUSES)[number]

export interface OpportunityStore {
  /** Also marks what a new one `supersedes`, or shares a `dedupeKey` with, as superseded, unless it may have gone out. Rejects with USER_MOVED. */
  insertMany(items: readonly Opportunity[], at: EpochMs): Promise<readonly InsertResult[]>
  /**
   * Open and not expired at `now`, per user, oldest id first. Proposals never change: of those in `known`, which this
   * store answered before, the same objects are given back without being read again.
   */
  openFor(
    ids: readonly UserId[],
    now: EpochMs,
    known?: readonly Opportunity[],
  ): Promise<ReadonlyMap<UserId, readonly Opportunity[]>>
  get(
    ids: readonly OpportunityId[],
  ): Promise<ReadonlyMap<OpportunityId, { readonly opportunity: Opportunity; readonly status: OpportunityStatus }>>
  withdraw(id: OpportunityId): Promise<boolean>
  /** Marks up to `limit` open ones as expired whose window has closed at `now`; answers how many. They were no longer open for anybody. */
  closeExpired(now: EpochMs, limit: number): Promise<number>
  /** By when they were proposed, newest first; `before` is exclusive. */
  listByUser(
    userId: UserId,
    options: Backwards,
  ): Promise<
    readonly { readonly opportunity: Opportunity; readonly status: OpportunityStatus; readonly proposedAt: EpochMs }[]
  >
}

export interface OutcomeStore {
  /** Idempotent by `messageId`. Never changes an outcome that is there. Rejects with USER_MOVED. */
  insertMany(items: readonly Outcome[]): Promise<readonly InsertResult[]>
  /** By messageId, those that are stored. */
  getMany(messageIds: readonly string[]): Promise<ReadonlyMap<string, Outcome>>
  listByUser(userId: UserId, options: Backwards): Promise<readonly Outcome[]>
  /** One UTC day, in order of (at, messageId), for export. */
  listByDay(day: string, after: string | null, limit: number): Promise<readonly Outcome[]>
  /** What users did in [at, at + windowMs], oldest first, machines left out; null for who is unknown or is not to be learned from. */
  within(moments: readonly Moment[], windowMs: number): Promise<readonly (readonly SeenOutcome[] | null)[]>
  /** Channels lost in [from, until) by what people did: bounces and machines left out. */
  lossesIn(span: TimeSpan): Promise<readonly { readonly userId: UserId; readonly channel: Channel | null }[]>
  /** How many there are of each UTC day (YYYY-MM-DD). */
  countByDay(): Promise<ReadonlyMap<string, number>>
}

export type Moment = Pick<Decision, 'userId' | 'at'>
/** What a reward is computed from. */
export type SeenOutcome = Pick<Outcome, 'at' | 'name' | 'values' | 'reachLoss' | 'channel'>

/** A matured decision with what the learner needs, of somebody who allows it. */
export interface LearningExample extends Pick<Decision, 'decisionId' | 'userId' | 'at'> {
  readonly learning: LearningFeatures
  /** In [at, at + window], machine ones left out, oldest first. */
  readonly outcomes: readonly LearnedOutcome[]
}

/** `isOwn`: the event named the decision at hand; a guess by time does not count. */
export type LearnedOutcome = { readonly isOwn: boolean } & SeenOutcome & Pick<Outcome, 'isResponse'>

/** Totals of one user in an interval; the raw material of group comparisons. */
export interface UserTotals {
  readonly userId: UserId
  /** By objective name: Σ values of outcomes that are not machine-made. */
  readonly values: Readonly<Record<string, number>>
  /** By objective name: different UTC days with an outcome that counts for it and is not machine-made. */
  readonly days: Readonly<Record<string, number>>
  readonly sends: number
  readonly reachLosses: readonly { readonly at: EpochMs; readonly channel: Channel | null }[]
}

export interface DecisionStore {
  /**
   * Writes decisions and, in the same transaction, what follows from the choice: a `reserved` send (send now), a
   * `planned` one (send later), the opportunity `taken`; a decision with `plannedSendId` closes that plan (and reopens
   * its opportunity unless it is chosen again). Idempotent by decisionId: for a duplicate the stored record is returned.
   * If two decisions of one user reserve in the same moment, both stand; caps are checked again at dispatch.
   */
  insertMany(
    items: readonly NewDecision[],
  ): Promise<readonly { readonly result: InsertResult; readonly decision: DecisionSummary }[]>
  /** The record in the form that `insertMany` takes: it is small, and a decision that is packed at once leaves nothing behind. */
  pack(decision: Decision): PackedDecision
  get(id: DecisionId): Promise<Decision | undefined>
  getMany(ids: readonly DecisionId[]): Promise<ReadonlyMap<DecisionId, Decision>>
  /** Whom stored decisions were made for; the others are absent. Reads no records. */
  usersOf(ids: readonly DecisionId[]): Promise<ReadonlyMap<DecisionId, UserId>>
  listByUser(userId: UserId, options: Backwards): Promise<readonly Decision[]>
  /** Everybody's, newest first, from the one before `before` on. Rejects with CURSOR_GONE where `before` is not stored. */
  listRecent(options: { readonly before?: DecisionId; readonly limit: number }): Promise<readonly Decision[]>
  /** The user's latest decision at or before `at` and not older than `since` whose send went out; joins outcomes by window. */
  lastSentFor(
    keys: readonly {
      readonly userId: UserId
      readonly channel: Channel | null
      readonly since: EpochMs
      readonly at: EpochMs
    }[],
  ): Promise<readonly (DecisionId | null)[]>
  /**
   * Decisions with learning features and `from ≤ at < until`, oldest first by (at, decisionId), with the outcomes of
   * their window. Users whose consent to be learned from is withdrawn are left out.
   */
  matured(options: {
    readonly from: EpochMs
    readonly until: EpochMs
    readonly windowMs: number
  }): AsyncIterable<readonly LearningExample[]>
  /** One UTC day, in order of (at, decisionId), for export and replay audits. */
  listByDay(day: string, after: DecisionId | null, limit: number): Promise<readonly Decision[]>
  /** UTC days (YYYY-MM-DD) that have decisions or outcomes, oldest first. */
  days(): Promise<readonly string[]>
  count(): Promise<number>
  /** Totals over [from, until) of those of the users who existed before `until`, by id. */
  totals(from: EpochMs, until: EpochMs, users: readonly UserId[]): Promise<readonly UserTotals[]>
}

/** A decision as its store writes it, and behind it what is learned from it, if anything; nobody else looks into either. */
export interface PackedDecision {
  readonly bytes: Uint8Array
  /** How many of the bytes are the record; the others are learned from. */
  readonly recordSize: number
}

export interface NewDecision {
  readonly decision: DecisionSummary
  readonly packed: PackedDecision
  /** What the caller asked for, so that the same id with another request is a conflict. */
  readonly fingerprint: string
  /** False: only decide and record, the caller delivers himself; nothing is reserved. */
  readonly deliver: boolean
  /** The plan this decision re-decides. */
  readonly plannedSendId?: SendId
}

/**
 * planned → (re-decided) closed; reserved → dispatching → sent | failed | unknown, or refused at the last moment.
 * dispatching → reserved again where the provider took nothing. `unknown` is never retried by itself.
 */
export const SEND_STATUSES = [
  'planned',
  'closed',
  'reserved',
  'dispatching',
  'sent',
  'failed',
  'unknown',
  'refused',
] as const
export type SendStatus = (typeof SEND_STATUSES)[number]

/** One message on its way to one user; `sendId` is the provider's idempotency key. */
export interface Send {
  readonly sendId: SendId
  readonly decisionId: DecisionId
  readonly userId: UserId
  readonly opportunityId: OpportunityId
  readonly message: string
  readonly variant: string
  readonly channel: Channel
  readonly category: Opportunity['category']
  readonly topic: string
  readonly groupKey: string | null
  readonly decidedAt: EpochMs
  /** When it may next be handed over: its slot, later after a refusal that may pass. */
  readonly dueAt: EpochMs
  readonly status: SendStatus
  /** How often the provider said "not now"; nothing was sent then. */
  readonly attempts: number
  /** When the status last changed. */
  readonly updatedAt: EpochMs
  readonly providerMessageId: string | null
  readonly error: string | null
  readonly refusals: readonly Refusal[]
}

/** Outcome of the last-moment check of one reserved send. */
export type DispatchVerdict =
  | {
      readonly kind: 'go'
      /** Counters that the send takes one of; where one is used up, `otherwise` holds instead. */
      readonly uses?: readonly string[]
      readonly otherwise?: DispatchVerdict
      /** What names the address it goes to; kept with the send. */
      readonly addressMark?: string | null
    }
  | { readonly kind: 'refuse'; readonly refusals: readonly Refusal[] }
  /** Quiet hours with `wait`: try again then, still reserved. */
  | { readonly kind: 'postpone'; readonly until: EpochMs }

/** A send that is `dispatching`, with what is needed to render it. */
export interface Dispatch {
  readonly send: Send
  readonly user: UserState
  readonly opportunity: Opportunity
}

export type DispatchResult =
  | { readonly kind: 'sent'; readonly providerMessageId: string | null }
  /** The provider took nothing and may take it later: reserved again, due at `until`, one attempt more. */
  | { readonly kind: 'retry'; readonly error: string; readonly until: EpochMs }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'unknown'; readonly error: string }

export interface SendStore {
  /**
   * Takes up to `limit` due reserved sends (skipping those other processes hold, and channels other than `channels`
   * where they are given), locks their users, and asks `check` for each in order with the user's state as it is stored now, earlier verdicts of this call included as sends. In
   * one transaction `go` becomes dispatching, `refuse` refused (its opportunity reopened), `postpone` due later.
   */
  claim(
    due: {
      readonly now: EpochMs
      readonly limit: number
      readonly channels?: readonly Channel[]
      /** Counters that verdicts may use, and how far each may go: held while the transaction lasts, never exceeded. */
      readonly counters?: ReadonlyMap<string, number>
    },
    check: (item: Dispatch) => DispatchVerdict,
  ): Promise<readonly Dispatch[]>
  /** Ends dispatches. `sent` marks the opportunity sent; `failed` reopens it; `retry` leaves it taken. */
  finish(results: readonly { readonly sendId: SendId; readonly result: DispatchResult }[], at: EpochMs): Promise<void>
  /** Planned sends that are due, oldest first. */
  duePlanned(now: EpochMs, limit: number): Promise<readonly Send[]>
  /** Ends planned sends that cannot be decided again as `refused`, with the reason as their error; reopens their opportunities. */
  callOff(plans: readonly { readonly sendId: SendId; readonly reason: string }[], at: EpochMs): Promise<void>
  /** When the next planned or reserved send is due, or null. */
  nextDueAt(): Promise<EpochMs | null>
  /**
   * Dispatching sends of a dead process become `unknown`; answers how many. Embedded: all at start; shared: unchanged since `before`.
   */
  recover(before: EpochMs, at: EpochMs): Promise<number>
  /** How many sends of the user are dispatching now: an opt-out is acknowledged only when there is none. */
  inFlight(userId: UserId): Promise<number>
  get(id: SendId): Promise<Send | undefined>
  byDecision(ids: readonly DecisionId[]): Promise<ReadonlyMap<DecisionId, Send>>
  /** Of the sends of these decisions, the channel and what named the address they were let go to, where that is known. */
  addressMarks(
    ids: readonly DecisionId[],
  ): Promise<ReadonlyMap<DecisionId, { readonly channel: Channel; readonly mark: string }>>
  /** Newest first. */
  listByUser(userId: UserId, options: Backwards): Promise<readonly Send[]>
  /**
   * Pages of sends that decisions of [from, until) made and that went out or still may, transactional ones left out. A plan that was decided
   * again counts where it was decided last.
   */
  decidedIn(span: TimeSpan): AsyncIterable<readonly { readonly userId: UserId; readonly channel: Channel }[]>
  /** Sends per status, of all there are: the more, the longer it takes. */
  counts(): Promise<Readonly<Partial<Record<SendStatus, number>>>>
  /** The same of those that are still to go out, whatever lies behind. */
  countUnderWay(): Promise<Readonly<Record<'planned' | 'reserved' | 'dispatching', number>>>
}
