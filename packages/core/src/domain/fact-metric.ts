/** How the users' numbers become one number of a variant (GrowthBook's names). */
export const METRIC_TYPES = ['proportion', 'retention', 'mean', 'quantile', 'ratio', 'dailyParticipation'] as const
export type MetricType = (typeof METRIC_TYPES)[number]

/** What a metric is for in an experiment's decision. `exploratory` ones are shown and never decide. */
export const METRIC_ROLES = ['success', 'guardrail', 'deterioration', 'quality', 'exploratory'] as const
export type MetricRole = (typeof METRIC_ROLES)[number]

export const TIME_UNITS = ['minutes', 'hours', 'days', 'weeks'] as const
export type TimeUnit = (typeof TIME_UNITS)[number]

export const FACT_AGGREGATIONS = ['sum', 'max', 'count'] as const
export type FactAggregation = (typeof FACT_AGGREGATIONS)[number]

/** One number per user: the rows of one event, or a column of a table with one row per user. */
export interface FactColumn {
  readonly column: string
  /** Of the rows of one user; `sum` where nothing is said. One row per user needs none. */
  readonly aggregation?: FactAggregation
}

/** From when to when after exposure rows count. A user counts only once the window has closed. */
export interface WindowSettings {
  readonly type: 'conversion'
  readonly delayValue?: number
  readonly delayUnit?: TimeUnit
  readonly windowValue: number
  readonly windowUnit: TimeUnit
}

/** Values beyond are set to it: a number, or a percentile of all users pooled. */
export interface CappingSettings {
  readonly type: 'absolute' | 'percentile'
  /** In the metric's unit, or a share in (0, 1) such as 0.999. */
  readonly value: number
  /** A percentile of the values that are not 0. */
  readonly ignoreZeros?: boolean
}

/** What was believed of the relative effect before the experiment; for the Bayesian view only. */
export interface PriorSettings {
  readonly mean: number
  readonly stddev: number
}

/** How many days before exposure the adjustment of a metric looks that does not say so. */
export const PRE_DAYS = 28

/** Adjustment for what users did before they were exposed (CUPED). */
export interface RegressionAdjustmentSettings {
  readonly enabled: boolean
  /** Length of the period before exposure; `PRE_DAYS` where nothing is said. */
  readonly days?: number
}

export interface QuantileSettings {
  /** Of the users' values, or of single events. */
  readonly type: 'unit' | 'event'
  readonly quantile: number
  readonly ignoreZeros?: boolean
}

/** A metric as it is declared once and used by many experiments. */
export interface FactMetric {
  readonly name: string
  readonly metricType: MetricType
  readonly numerator: FactColumn
  /** Of a ratio, and of nothing else. */
  readonly denominator?: FactColumn
  /** A decrease is good. */
  readonly inverse?: boolean
  readonly unit?: string
  readonly windowSettings?: WindowSettings
  readonly cappingSettings?: CappingSettings
  readonly priorSettings?: PriorSettings
  readonly regressionAdjustmentSettings?: RegressionAdjustmentSettings
  readonly quantileSettings?: QuantileSettings
  /** Least relative effect worth finding, a share of the control mean. */
  readonly targetMDE?: number
  /** Fewer users in a variant: the metric is shown as unreliable. */
  readonly minSampleSize?: number
}

/** A metric with its part in one experiment. */
export interface ExperimentMetric extends FactMetric {
  readonly role: MetricRole
  /** Of a guardrail: the largest relative loss that is still accepted, a share of the control mean, ≥ 0. */
  readonly nonInferiorityMargin?: number
}

const UNIT_MS: Readonly<Record<TimeUnit, number>> = {
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
  weeks: 604_800_000,
}

/** First and last moment of a window after exposure, in milliseconds. */
export function windowMs(window: WindowSettings): { readonly from: number; readonly until: number } {
  const from = (window.delayValue ?? 0) * UNIT_MS[window.delayUnit ?? 'hours']
  return { from, until: from + window.windowValue * UNIT_MS[window.windowUnit] }
}
