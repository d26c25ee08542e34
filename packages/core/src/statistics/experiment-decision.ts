import type { Effect } from './effect.ts'
import type { ErrorBudget, TestLevels } from './test-levels.ts'
import type { TestMethod } from './test-method.ts'

/** One metric of one treatment, as the rule sees it. Effect, margin and minimal effect share one unit. */
export interface TestedMetric {
  readonly name: string
  /** `deterioration`: watched for harm only. Success metrics and guardrails are watched too. */
  readonly role: 'success' | 'guardrail' | 'deterioration'
  /** A decrease is good. */
  readonly inverse?: boolean
  /** Treatment − control, absolute or relative. */
  readonly effect: Effect
  /** Of a guardrail, > 0: how much worse is tolerated. */
  readonly margin?: number
  /** Of a success metric, > 0: the effect worth finding. Without it the metric cannot be called powered. */
  readonly minimalEffect?: number
  readonly test: TestMethod
  /** How it is watched for harm, where not by `test`; null where it cannot be (values that are not complete yet). */
  readonly monitoring?: TestMethod | null
}

/**
 * A test of the data (`pValue` null: it could not be made), one for which there was nothing to test (it keeps its share of
 * the error, so that levels do not depend on the data), or a fact that needs no test.
 */
export type QualityCheck =
  /** Fails below the level that the rule gives it, and below `alarm` whatever that level. */
  | { readonly kind: 'test'; readonly name: string; readonly pValue: number | null; readonly alarm?: number }
  | { readonly kind: 'moot'; readonly name: string }
  | {
      readonly kind: 'fact'
      readonly name: string
      readonly isBroken: boolean
      /** Nothing is broken, and somebody should look. */
      readonly isDoubtful?: boolean
    }

/** A treatment against the control. */
export interface TestedTreatment {
  readonly name: string
  readonly metrics: readonly TestedMetric[]
}

export interface ExperimentEvidence {
  /** All with the same metrics. */
  readonly treatments: readonly TestedTreatment[]
  readonly quality: readonly QualityCheck[]
  readonly errors?: Partial<ErrorBudget>
  /** Stands for the number of success metrics where they are correlated: `effectiveTests` of their correlations. */
  readonly effectiveSuccess?: number
}

/** `invalid`: broken data; `stop`: harm; `ship`; `doNotShip`: a benefit as planned would have shown; `keepRunning`. */
export const EXPERIMENT_VERDICTS = ['invalid', 'stop', 'ship', 'doNotShip', 'keepRunning'] as const
export type ExperimentVerdict = (typeof EXPERIMENT_VERDICTS)[number]

/**
 * Where the whole shown interval lies, seen from what is good for this metric. `unreliable`: no interval, or broken
 * data.
 */
export type MetricVerdict = 'better' | 'worse' | 'inconclusive' | 'unreliable'

export const VERDICT_REASONS = [
  'quality-failed',
  'quality-unknown',
  'deteriorated',
  'superior',
  'guardrails-passed',
  'guardrail-not-passed',
  'not-superior',
  'metric-undefined',
  'not-monitored',
  'no-test-now',
  'not-powered',
  'no-minimal-effect',
  'ended-underpowered',
  'powered',
  'no-decision-metric',
] as const
export type VerdictReasonCode = (typeof VERDICT_REASONS)[number]

/** One ground of a verdict: for machines, and in words. */
export interface VerdictReason {
  readonly code: VerdictReasonCode
  readonly treatment: string | null
  /** Metric or quality check. */
  readonly name: string | null
  readonly words: string
}

/** An interval in the metric's own sign: the bounds of the tests at level `alpha` on each side. */
export interface TestInterval {
  readonly low: number
  readonly high: number
  readonly alpha: number
}

/** What the rule found of one metric. */
export interface MetricResult {
  readonly name: string
  readonly role: TestedMetric['role']
  readonly inverse: boolean
  readonly effect: Effect
  /** What the rule tests, as an interval; null without a standard error, or without a test at this look. */
  readonly interval: TestInterval | null
  /** The interval of the test for harm. */
  readonly monitoringInterval: TestInterval | null
  readonly verdict: MetricVerdict
  /** The interval lies wholly on the good side of 0. */
  readonly isSuperior: boolean
  /** The interval lies wholly on the good side of the margin; null for other than guardrails. */
  readonly isNonInferior: boolean | null
  /** The interval for harm lies wholly on the bad side of 0. */
  readonly hasDeteriorated: boolean
  /** The planned effect, or margin, would be found with the planned power; null where nothing was planned. */
  readonly isPowered: boolean | null
}

export interface TreatmentDecision {
  readonly name: string
  readonly verdict: ExperimentVerdict
  readonly metrics: readonly MetricResult[]
  readonly reasons: readonly VerdictReason[]
}

export interface ExperimentDecision {
  readonly verdict: ExperimentVerdict
  readonly levels: TestLevels
  /** Treatments that may ship; more than one where several passed. */
  readonly ships: readonly string[]
  readonly treatments: readonly TreatmentDecision[]
  /** Of the data's quality, then of each treatment. */
  readonly reasons: readonly VerdictReason[]
}
