import type {
  Conclusion,
  DesignFault,
  EpochMs,
  Experiment,
  ExperimentChange,
  ExperimentDesign,
  ExperimentReadOut,
  ExposureCount,
  MetricRole,
  PhaseSampleRatio,
  PlanReadOut,
  PlanUnit,
  Ramp,
} from '@paloma/core'

/** Who changes an experiment, for its audit trail. */
export type Actor = string

/** An experiment with what a start would refuse about it now. */
export interface ExperimentView {
  readonly experiment: Experiment
  readonly faults: readonly DesignFault[]
}

/** Who was exposed to what, and whether the split is as planned. */
export interface ExposureReport {
  readonly key: string
  readonly users: number
  /** Exposed to more than one variant: a fault of the data, or moved by a change of weights. */
  readonly crossed: number
  readonly counts: readonly ExposureCount[]
  /** By phase; empty for slots of time, whose number is not a matter of chance per user. */
  readonly sampleRatios: readonly PhaseSampleRatio[]
}

/** What the log says of an experiment. */
export interface ExperimentResults {
  readonly readOut: ExperimentReadOut
  /** Outcomes count up to here. */
  readonly until: EpochMs
  /** Users whom a change of weights moved, and users exposed who took part in no phase that can be read. */
  readonly leftOut: { readonly moved: number; readonly outside: number }
  /** Where they were asked for, experiments that are over, from whose effects the Bayesian view's prior was learned. */
  readonly past?: PastOfResults
}

/** Which experiments that are over told of their effects, and which no longer could. */
export interface PastOfResults {
  readonly experiments: readonly string[]
  readonly unreadable: readonly string[]
}

/** What may be asked beside the decision, at a price of seconds. */
export interface DeepQuestions {
  /** Whom a treatment moves. */
  readonly heterogeneity?: boolean
  /** The prior of the Bayesian view, from own experiments that are over. */
  readonly pastEffects?: boolean
}

/** What the log says of one metric of a design. */
export interface PlannedPast {
  readonly name: string
  readonly role: MetricRole
  /** Units whose window had closed: users, or slots of time. */
  readonly units: number
  /** Null where there is none. */
  readonly mean: number | null
  /** Per unit; of a ratio, of its linearised values. */
  readonly stdDeviation: number | null
  /** Share of the variance that the time before exposure explains. */
  readonly explained: number | null
  /** Why a plan may not rest on it, and what was expected; null where it may. */
  readonly fault: string | null
}

/** Whom and when a plan from the log looked at. */
export interface PlanBasis {
  readonly from: 'live' | 'history'
  /** Users would have come from here on. */
  readonly since: EpochMs
  readonly until: EpochMs
  /** Whole days between, over which arrivals were counted. */
  readonly days: number
  readonly unit: PlanUnit
  /** That would have been exposed. */
  readonly units: number
  readonly users: number
  /** Of them, those that the experiment's buckets and traffic would take, 0 to 1. */
  readonly share: number
  /** That the experiment would get, on average over the days; null without a whole day. */
  readonly unitsPerDay: number | null
  /** Exposed users ÷ users that decisions were made for, in its groups and targeting; null of slots of time. */
  readonly triggerRate: number | null
}

/** A plan from the log's own history of the metrics. */
export interface PlanFromLog {
  readonly key: string
  /** Null where something stands in the way. */
  readonly plan: PlanReadOut | null
  readonly faults: readonly DesignFault[]
  /** Every metric of the design. */
  readonly metrics: readonly PlannedPast[]
  readonly basis: PlanBasis
}

/** What can be asked and told of experiments. */
export interface ExperimentUsecases {
  /** Idempotent by key: the same design again is a duplicate, another one replaces a draft. */
  create(
    design: ExperimentDesign,
    actor: Actor,
  ): Promise<ExperimentView & { readonly status: 'created' | 'duplicate' | 'updated' }>
  list(): Promise<readonly Experiment[]>
  get(key: string): Promise<(ExperimentView & { readonly changes: readonly ExperimentChange[] }) | undefined>
  /** Rejects with EXPERIMENT_INVALID, EXPERIMENT_CONFLICT (naming the other) and EXPERIMENT_STOPPED. */
  start(key: string, actor: Actor): Promise<Experiment | undefined>
  ramp(key: string, ramp: Ramp, actor: Actor): Promise<Experiment | undefined>
  stop(
    key: string,
    end: { readonly decision: Conclusion; readonly reason: string },
    actor: Actor,
  ): Promise<Experiment | undefined>
  /** Also for what is always on: `layer:<name>` and `withhold:<message>:<period>`. */
  exposures(key: string): Promise<ExposureReport | undefined>
  /**
   * From the store (`live`), or with exported days out of their files (`history`): the same answer, at any size. Rejects
   * with EXPERIMENT_UNREADABLE and NOBODY_EXPOSED; deep questions are answered one at a time, beside decisions: RESULTS_BUSY where too many wait.
   */
  results(key: string, from?: 'live' | 'history', deep?: DeepQuestions): Promise<ExperimentResults | undefined>
  /**
   * Users and days until a design decides, from the last `days` of the log. Rejects with EXPERIMENT_INVALID (as a start would),
   * EXPERIMENT_STOPPED and EXPERIMENT_WITHOUT_PAST.
   */
  plan(
    key: string,
    options: { readonly from: 'live' | 'history'; readonly days: number },
  ): Promise<PlanFromLog | undefined>
}
