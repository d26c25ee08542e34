import type { EpochMs, ExperimentReadOut, Exposure, MetricHistory, Outcome, ReadOutSpec } from '@paloma/core'

/** A user with the first exposure; two rows with different variants are a user who met both. */
export interface AssignedUser {
  readonly user: string
  readonly variant: string
  readonly time: EpochMs
  readonly phase: string
  /** Where slots of time are those of clusters. */
  readonly cluster?: string
  /** By column that the spec's interactions name: the variant in another experiment, or empty. */
  readonly others?: Readonly<Record<string, string>>
  /** Covariates: what was known of the user before the exposure; absent where that was not noted. */
  readonly known?: { readonly tenureDays: number; readonly reachableChannels: number }
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

/** An experiment as rows. */
export interface ReadOutRows {
  readonly spec: ReadOutSpec
  /** The moment of the read-out. */
  readonly asOf: EpochMs
  /** Every assignment names its cluster. */
  readonly hasClusters?: boolean
  readonly assignments: AsyncIterable<readonly AssignedUser[]>
  readonly metrics: AsyncIterable<readonly MeasuredValue[]>
}

/** Reads an experiment out of rows, however many. Rejects with NOBODY_EXPOSED where there are none. */
export type ReadOutEngine = (rows: ReadOutRows) => Promise<ExperimentReadOut>

/** A user whom an experiment would have met; `time` is null where nothing it changes could have mattered. */
export interface WouldBeUser extends Omit<AssignedUser, 'time'> {
  readonly time: EpochMs | null
}

/** Units as they would have come into an experiment, and what its metrics say of them. */
export interface UnitsOfPast {
  /** By metric: its past, and of how many units whose window had closed. */
  readonly metrics: Readonly<Record<string, { readonly history: MetricHistory; readonly units: number }>>
  /** New units by day, in days since 1970-01-01 UTC, oldest first; days without any are left out. */
  readonly unitsByDay: readonly { readonly day: number; readonly units: number }[]
  /** Users, or where slots of time are randomised, those. */
  readonly units: number
  readonly users: number
  /** Users with or without exposure; null where units are not users. */
  readonly usersMet: number | null
}

/** What rows of the past say for a plan, however many; null where nobody would have been exposed. */
export type PlanEngine = (
  rows: Omit<ReadOutRows, 'assignments'> & { readonly assignments: AsyncIterable<readonly WouldBeUser[]> },
) => Promise<UnitsOfPast | null>

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
