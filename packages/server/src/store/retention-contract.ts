import type { EpochMs } from '@paloma/core/domain'

/** Where a deletion stands: the last row it looked at. Only the store looks into it. */
export type Place = readonly (string | number)[]

/** One step of a deletion, oldest rows first. */
export interface Round {
  readonly before: EpochMs
  /** Where the step before ended; null for the oldest row. */
  readonly after: Place | null
  /** Rows looked at, those that stay included. */
  readonly limit: number
}

export interface Gone {
  /** Rows deleted, of every table. */
  readonly rows: number
  /** Where the next step begins; null when the last row was looked at. */
  readonly next: Place | null
}

/** What one table takes up, with its indexes. */
export interface TableSize {
  readonly table: string
  /** As the store's statistics have it, without reading the table; 0 where there are none yet. */
  readonly rows: number
  readonly bytes: number
}

/** Deletes what is old. Every step is one transaction and harmless when it is done again; what is on its way stays. */
export interface RetentionStore {
  /**
   * Decisions made before a moment, each with its send and its inbox item. One of which a part is not older than that, or whose
   * send is planned, reserved or dispatching, stays whole.
   */
  decisions(round: Round): Promise<Gone>
  /** Outcomes by when they happened. */
  outcomes(round: Round): Promise<Gone>
  /** Proposals made, and closed, before a moment, unless they are open or a send speaks of them. */
  opportunities(round: Round): Promise<Gone>
  /** Experiments, layers and withheld messages of which there are exposures. */
  exposureKeys(): Promise<readonly string[]>
  /** Exposures of one of them. */
  exposures(key: string, round: Round): Promise<Gone>
  /**
   * Up to `limit` policy states, and as many snapshots, that no decision is made with since `before`, with the notes of their use.
   * The newest `keep` of everybody's states, of each of the `lines` and of the snapshots stay, and those named in `frozen`. A use that bears no
   * time counts as one at `now`. Answers how many rows went.
   */
  models(options: {
    readonly before: EpochMs
    readonly now: EpochMs
    readonly keep: number
    readonly lines: readonly string[]
    readonly frozen: readonly number[]
    /** The snapshot in use. */
    readonly snapshot: string
    readonly limit: number
  }): Promise<number>
  /** Counters of shared limits of the days before; answers how many. */
  counters(before: EpochMs): Promise<number>
  /** When the oldest decision was made; null for none. */
  oldestDecision(): Promise<EpochMs | null>
  /** Rows of one UTC day, and when the last of its outcomes was received. */
  rowsOf(
    day: string,
  ): Promise<{ readonly decisions: number; readonly outcomes: number; readonly lastReceivedAt: EpochMs | null }>
  /** Makes the room of deleted rows ready for new ones, where nothing does so by itself; others wait meanwhile, table by table. */
  reclaim(): Promise<void>
  /** Largest first. */
  sizes(): Promise<readonly TableSize[]>
}
