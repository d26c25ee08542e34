import type { ReadOutSpec } from '@paloma/core'

/** Columns of the assignments; null where there is none. */
export interface AssignmentColumns {
  readonly user: string
  readonly variant: string
  /** When the user met the thing under test. */
  readonly time: string | null
  /** When the user was assigned, where that is told apart from the exposure. */
  readonly assigned: string | null
  readonly phase: string | null
  readonly stratum: string | null
  /** Columns that together name the user's cluster; none where users are on their own. */
  readonly cluster: readonly string[]
  /** Probability with which the user's variant was drawn, or by variant the columns with the chance of each. */
  readonly propensity: string | Readonly<Record<string, string>> | null
  /** A number in whose order users were assigned, where nothing says when; rows of one batch have the same. */
  readonly order?: string | null
  /** Numbers known before exposure that take out variance. */
  readonly covariates: readonly string[]
}

export const METRIC_FORMS = ['long', 'wide'] as const
export type MetricForm = (typeof METRIC_FORMS)[number]

/** Columns of the metrics. */
export interface MetricColumns {
  /** One row per user and event, or one row per user; null: as the columns say. */
  readonly form: MetricForm | null
  readonly user: string
  readonly metric: string
  readonly value: string
  readonly time: string
  /** Names a row; rows of the same id count once. */
  readonly id: string | null
  /** Ending of a wide column that holds the same number from before exposure. */
  readonly preSuffix: string
  /** What a user without a row of a wide table has. */
  readonly absent: 'missing' | 'zero'
}

/** What is to be taken apart, beside the segments of the read-out. */
export interface Decompositions {
  /** Metrics from the first stage of a funnel to its end. */
  readonly funnels: readonly { readonly name: string; readonly stages: readonly string[] }[]
  /** Metrics that are the same thing through different channels, and the one whose channel was treated. */
  readonly channels: readonly { readonly name: string; readonly metrics: readonly string[]; readonly treated: string }[]
}

/** What a plan needs and no past table says. */
export interface PlanSettings {
  readonly usersPerDay: number | null
  readonly triggerRate: number
  readonly designEffect: number
  /** By metric, where there is no history. */
  readonly baselines: Readonly<
    Record<string, { readonly mean: number; readonly stdDeviation: number | null; readonly rSquared: number }>
  >
}

/** A read-out from files: what to compute, and where its numbers stand. */
export interface FileSpec {
  readonly readOut: ReadOutSpec
  /** The moment of the read-out, UTC milliseconds; null: the last one in the data. */
  readonly asOf: number | null
  /** What is dated later than now comes from a clock that is wrong, and does not count; absent: nobody knows. */
  readonly now?: number
  readonly columns: { readonly assignments: AssignmentColumns; readonly metrics: MetricColumns }
  readonly decompositions?: Decompositions
  readonly plan?: PlanSettings
}
