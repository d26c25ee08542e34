import type { EpochMs, ExperimentReadOut, ReadOutSpec } from '@paloma/core'

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
