import type { Decision, EpochMs, Outcome } from '@paloma/core/domain'

/** The files of one day that an experiment is read out of. */
export interface DayParts {
  /** YYYY-MM-DD, UTC. */
  readonly day: string
  /** Paths of Parquet files. */
  readonly exposures: string
  readonly outcomes: string
  readonly outcomeRows: number
  readonly decisionRows: number
  /** When the day was read out of the store, which may have got more of it since; null where that was not noted. */
  readonly exportedAt: EpochMs | null
}

/**
 * The history of decisions, of the exposures they speak of, and of outcomes as hive-partitioned files:
 * `decisions/dt=YYYY-MM-DD/part-0.parquet`.
 */
export interface HistoryLog {
  /** Replaces the day's partition and its entry in `_manifest.json`; readers never see half a day. */
  writeDay(
    day: string,
    rows: {
      readonly decisions: AsyncIterable<readonly Decision[]>
      readonly outcomes: AsyncIterable<readonly Outcome[]>
      /** When they are read out of the store. */
      readonly exportedAt?: EpochMs
    },
  ): Promise<{ readonly decisions: number; readonly outcomes: number }>
  readDecisions(day: string): Promise<readonly Decision[]>
  readOutcomes(day: string): Promise<readonly Outcome[]>
  /** The same, a part at a time. */
  decisionPages(day: string): AsyncIterable<readonly Decision[]>
  outcomePages(day: string): AsyncIterable<readonly Outcome[]>
  days(): Promise<readonly string[]>
  /** The days whose exposures are there, oldest first; those written before there were any are not among them. */
  parts(): Promise<readonly DayParts[]>
  /** Rewrites every partition that holds the user without him. Answers how many rows went. */
  erase(userId: string): Promise<{ readonly rows: number }>
  /** Deletes all days before `day`; answers which. Readers see a day whole or not at all; a deletion that was cut short goes on with the next. */
  drop(day: string): Promise<readonly string[]>
}
