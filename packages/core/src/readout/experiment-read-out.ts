import type { MetricRole, MetricType } from '../domain/index.ts'
import type {
  AdjustmentKind,
  DroppedReason,
  Estimate,
  ExperimentVerdict,
  MetricVerdict,
  RandomisationTest,
  TestLevels,
  VerdictReason,
} from '../statistics/index.ts'
import type { LeftOut } from './experiment-summary.ts'
import type { Exploration } from './exploration.ts'
import type { UtilityReadOut } from './read-out-utility.ts'

/** What a check of the data found. `unknown`: it could not be made; `moot`: there was nothing to test. */
export const CHECK_STATUSES = ['passed', 'warning', 'failed', 'unknown', 'moot'] as const
export type CheckStatus = (typeof CHECK_STATUSES)[number]

/** One check of the data's quality, in words and for machines. */
export interface CheckResult {
  readonly name: string
  readonly status: CheckStatus
  /** Null for facts and for tests that could not be made. */
  readonly pValue: number | null
  readonly words: string
}

/** A variant as it was planned and as it was found. */
export interface VariantCount {
  readonly name: string
  readonly weight: number
  readonly users: number
  /** Null where users were randomised. */
  readonly clusters: number | null
}

/** One variant's side of a metric. */
export interface SideOfMetric {
  readonly users: number
  /** Clusters, or slots of time, where those were randomised: what the uncertainty is counted in. */
  readonly clusters: number | null
  /** Null where nobody has a value. Of a ratio, the ratio of sums. */
  readonly mean: number | null
  /** Wilson's 95 % interval of a share of users; null of anything else. */
  readonly shareInterval: readonly [number, number] | null
  /** Standard deviation between users; null below two, and for ratios. */
  readonly stdDeviation: number | null
}

/** How a metric was tested at this look. */
export interface TestOfMetric {
  readonly method: 'groupSequential' | 'confidenceSequence' | 'fixed' | 'none'
  /** One-sided level of the test that its role calls for; null for metrics that do not decide. */
  readonly alpha: number | null
  /** How many standard errors an effect must lie from the tested value; null where no test takes place now. */
  readonly critical: number | null
  /** Information so far as a share of the planned; null without a plan. */
  readonly fraction: number | null
  /** Looks taken so far, this one among them. */
  readonly looks: number
  /** One-sided, for an effect on the good side of 0, or of a guardrail's margin; of a single look. */
  readonly pValue: number | null
  /** Evidence against no effect that holds however often one looks, and its p value. */
  readonly eValue: number | null
  readonly alwaysValidP: number | null
}

/** A metric's result under Statsig's names. Intervals are `[low, high]`; changes in per cent. */
export interface ResultFields {
  readonly metricID: string
  readonly value: number | null
  readonly confidence_interval_delta: readonly [number, number] | null
  readonly percent_change: number | null
  readonly percent_confidence_interval_delta: readonly [number, number] | null
  readonly test_mean: number | null
  readonly control_mean: number | null
  readonly test_std: number | null
  readonly control_std: number | null
  readonly test_units: number
  readonly control_units: number
  /** Two-sided, of a single look. */
  readonly p_value: number | null
  readonly directionality: 'increase' | 'decrease'
}

/** One metric of one treatment against the control. */
export interface MetricReadOut {
  readonly metric: string
  readonly role: MetricRole
  readonly metricType: MetricType
  readonly inverse: boolean
  readonly unit: string | null
  readonly verdict: MetricVerdict
  readonly treatment: SideOfMetric
  readonly control: SideOfMetric
  /** In the metric's unit, at the level that the rule implies. */
  readonly absolute: Estimate
  /** As a share of the control mean. */
  readonly relative: Estimate
  /** Without covariates, at the same level. */
  readonly unadjusted: Estimate
  /** Without the cap; null where none is declared. */
  readonly uncapped: Estimate | null
  readonly cappedAt: number | null
  readonly stoppedEarly: EarlyStop | null
  readonly adjustment: AdjustmentReadOut
  /** What test and intervals were corrected for; null where they were not. */
  readonly skewness: SkewnessReadOut | null
  readonly nonInferiorityMargin: number | null
  readonly targetMDE: number | null
  readonly test: TestOfMetric
  readonly isSuperior: boolean
  readonly isNonInferior: boolean | null
  readonly hasDeteriorated: boolean
  readonly isPowered: boolean | null
  readonly leftOut: readonly LeftOut[]
  /** Where few clusters were randomised: two-sided p of drawing the assignment anew, right however few they are. */
  readonly randomisation: RandomisationTest | null
  /** What a reader must know beside the numbers. */
  readonly notes: readonly string[]
  readonly fields: ResultFields
}

/** What an effect was adjusted for. */
export interface AdjustmentReadOut {
  readonly kind: AdjustmentKind
  /** By name, those that entered. */
  readonly covariates: readonly string[]
  /** 1 − adjusted ÷ unadjusted variance. */
  readonly varianceReduction: number
  /** Those that could not enter. */
  readonly dropped: readonly { readonly covariate: string; readonly reason: DroppedReason; readonly words: string }[]
  readonly words: string
}

/** How skewed the tested effect is. */
export interface SkewnessReadOut {
  /** Third cumulant of the effect ÷ SE³. */
  readonly ofEffect: number
  /** Users of both variants from which on the correction can be trusted; null where it can be already. */
  readonly usersNeeded: number | null
}

/** One treatment against the control. */
export interface ComparisonReadOut {
  readonly treatment: string
  readonly verdict: ExperimentVerdict
  readonly reasons: readonly VerdictReason[]
  readonly metrics: readonly MetricReadOut[]
  /** Null where no weights are declared, or a metric has no standard error. */
  readonly utility: UtilityReadOut | null
}

/** One metric in one segment: exploration, corrected for how many were looked at, never part of a decision. */
export interface SegmentReadOut {
  readonly segment: string
  readonly value: string
  readonly treatment: string
  readonly metric: string
  readonly users: number
  readonly relative: Estimate
  readonly absolute: Estimate
  readonly pValue: number | null
  /** Benjamini–Hochberg among all segments and metrics. */
  readonly qValue: number | null
  readonly isDiscovery: boolean
}

/** What may be said where a sequential test crossed its bound before the planned end: the plain effect lies too far out. */
export interface EarlyStop {
  /** Last day of exposure at the look that crossed; null: the present look. */
  readonly day: string | null
  readonly users: number
  readonly scale: 'relative' | 'absolute'
  readonly medianUnbiased: number
  readonly low: number
  readonly high: number
  /** One-sided, by the stage-wise ordering. */
  readonly pValue: number
}

/** Effect with the users of all days up to one, and the band that held then. */
export interface EffectOverTime {
  readonly treatment: string
  readonly metric: string
  /** Shares of the control mean, or the metric's unit. */
  readonly scale: 'relative' | 'absolute'
  readonly band: 'groupSequential' | 'confidenceSequence'
  readonly points: readonly {
    readonly day: string
    readonly users: number
    readonly effect: number | null
    readonly low: number | null
    readonly high: number | null
  }[]
}

/** The whole answer: quality first, then the decision with its reasons, then every number. */
export interface ExperimentReadOut {
  readonly experiment: string
  /** ISO; null where the data have no time. */
  readonly asOf: string | null
  readonly control: string
  readonly variants: readonly VariantCount[]
  readonly quality: { readonly status: CheckStatus; readonly checks: readonly CheckResult[] }
  readonly decision: {
    readonly verdict: ExperimentVerdict
    readonly ships: readonly string[]
    readonly sentence: string
    readonly reasons: readonly VerdictReason[]
    readonly levels: TestLevels
    /** How many tests the success metrics count as (Nyholt); null: each of them. */
    readonly effectiveSuccess: number | null
  }
  readonly comparisons: readonly ComparisonReadOut[]
  readonly segments: readonly SegmentReadOut[]
  /** What may be asked beside the decision, and never enters it. */
  readonly exploration: Exploration
  /** By day of exposure. */
  readonly exposures: readonly { readonly variant: string; readonly day: string; readonly users: number }[]
  readonly overTime: readonly EffectOverTime[]
}
