import type {
  Channel,
  EpochMs,
  Experiment,
  ExperimentChange,
  Exposure,
  ExposureCount,
  Outcome,
  SendId,
  UserId,
} from '@paloma/core/domain'

/** What one change makes of the experiments there are: the one that differs, and what the audit trail says of it. */
export interface ExperimentUpdate {
  readonly experiment: Experiment
  readonly change: Omit<ExperimentChange, 'key' | 'revision'>
}

/** Which outcomes of exposed users are asked for. */
export interface OutcomeSpan {
  readonly beforeMs: number
  readonly until: EpochMs
  /** Days since 1970, UTC, whose outcomes are left out as far as they were received up to `at`. */
  readonly exported?: readonly { readonly day: number; readonly at: EpochMs }[]
}

/** A message that went out to a user of an experiment. */
export interface ExposedSend {
  readonly userId: UserId
  readonly sendId: SendId
  readonly message: string
  readonly channel: Channel
  /** When its outcome became known. */
  readonly at: EpochMs
}

export interface ExperimentStore {
  /**
   * Changes one experiment while nobody else changes any. `update` gets all of them, by key, and answers what shall be,
   * or null for nothing; the revision it answers is written to the audit trail. What it throws changes nothing. Answers
   * what was written.
   */
  change(update: (all: readonly Experiment[]) => ExperimentUpdate | null): Promise<Experiment | null>
  /** By key. */
  list(): Promise<readonly Experiment[]>
  get(key: string): Promise<Experiment | undefined>
  /** Oldest first. */
  changes(key: string): Promise<readonly ExperimentChange[]>
  /** A number that differs whenever some experiment has changed. */
  revision(): Promise<number>
  /** By variant and phase; what decisions wrote in the same transaction. */
  exposureCounts(key: string): Promise<readonly ExposureCount[]>
  /**
   * In order of user and slot; `after` is the last of the page before. Those of `withoutDays` (days since 1970, UTC) are as if
   * they were not there.
   */
  exposures(
    key: string,
    after: Pick<Exposure, 'userId' | 'slot'> | null,
    limit: number,
    withoutDays?: readonly number[],
  ): Promise<readonly Exposure[]>
  /**
   * What exposed users did from `beforeMs` before their first exposure on, up to `until`, machine events left out; pages
   * in order of (user, at, messageId).
   */
  outcomes(key: string, span: OutcomeSpan): AsyncIterable<readonly Outcome[]>
  /**
   * Messages that a provider took for exposed users from their first exposure on, up to `until`; pages in order of (user,
   * sendId).
   */
  sends(key: string, span: { readonly until: EpochMs }): AsyncIterable<readonly ExposedSend[]>
  /** Exposures of these users to variants of these experiments, in any order. */
  exposuresOf(
    keys: readonly string[],
    users: readonly UserId[],
  ): Promise<readonly (Pick<Exposure, 'userId' | 'variant' | 'at'> & { readonly key: string })[]>
}
