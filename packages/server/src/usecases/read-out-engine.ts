import type { EpochMs, ExperimentReadOut, Exposure, Outcome, ReadOutSpec } from '@paloma/core'

/** A user with the first exposure; two rows with different variants are a user who met both. */
export interface AssignedUser {
  readonly user: string
  readonly variant: string
  readonly time: EpochMs
  readonly phase: string
  /** By column that the spec's interactions name: the variant in another experiment, or empty. */
  readonly others?: Readonly<Record<string, string>>
}

/** One thing a user did, under the name of a column that metrics ask for. */
export interface MeasuredValue {
  readonly user: string
  readonly metric: string
  readonly value: number
  readonly time: EpochMs
  /** Rows of the same id count once. */
  readonly id: string
}

/** Reads an experiment out of rows, however many. Rejects with NOBODY_EXPOSED where there are none. */
export type ReadOutEngine = (tables: {
  readonly spec: ReadOutSpec
  /** The moment of the read-out. */
  readonly asOf: EpochMs
  readonly assignments: AsyncIterable<readonly AssignedUser[]>
  readonly metrics: AsyncIterable<readonly MeasuredValue[]>
}) => Promise<ExperimentReadOut>

/** Where an experiment's rows come from: the store, or files of past days. */
export interface ExperimentRows {
  /** First exposures of each user and slot. */
  exposures(): AsyncIterable<readonly Exposure[]>
  /** What exposed users did from `beforeMs` before their first exposure on, up to `until`, machines left out. */
  outcomes(span: { readonly beforeMs: number; readonly until: EpochMs }): AsyncIterable<readonly Outcome[]>
}

/** Reads an experiment's rows out of Parquet files, however many, while `read` runs. */
export type HistoryReader = <T>(
  source: {
    readonly key: string
    /** Paths of the files. */
    readonly exposures: readonly string[]
    readonly outcomes: readonly string[]
    /** Exposures of the days without files. */
    readonly live: AsyncIterable<readonly Exposure[]>
  },
  read: (rows: ExperimentRows) => Promise<T>,
) => Promise<T>
