import type { MetricRole } from '../domain/index.ts'
import { normalCdf } from '../numeric/index.ts'
import {
  criticalValue,
  decideExperiment,
  type ExperimentDecision,
  type TestLevels,
  type TreatmentDecision,
} from '../statistics/index.ts'
import { type ComparedMetric, compareForRule, testedMetric } from './compared-metric.ts'
import { type BandOptions, effectOverTime } from './effect-over-time.ts'
import { effectiveSuccessTests } from './effective-success.ts'
import type { CheckStatus, ComparisonReadOut, ExperimentReadOut, VariantCount } from './experiment-read-out.ts'
import type { ExperimentSummary, ExposureCell } from './experiment-summary.ts'
import { explore } from './exploration.ts'
import { exploreSegments } from './explore-segments.ts'
import { isoDay, isoMoment } from './iso-day.ts'
import { metricReadOut } from './metric-read-out.ts'
import { checkResult, qualityChecks } from './quality-checks.ts'
import { plannedUsers, type ReadOutSpec } from './read-out-spec.ts'
import { readOutUtility } from './read-out-utility.ts'
import { withoutThirdMoments } from './skewness-read-out.ts'
import { withWords } from './with-words.ts'

/**
 * What an experiment found: the data's quality first, then the decision of the rule with its grounds, then every metric
 * of every treatment with the intervals that the rule implies, so that display and decision cannot disagree. Segments
 * are exploration and enter no decision. Throws a RangeError for a summary that lacks a metric of the spec.
 */
export function readOut(given: ExperimentSummary, spec: ReadOutSpec): ExperimentReadOut {
  const summary = spec.skewness === 'ignored' ? withoutThirdMoments(given) : given
  const treatments = spec.variants.map(({ name }) => name).filter((name) => name !== spec.control)
  const compared = treatments.map((treatment) =>
    spec.metrics.map((metric) => compareForRule({ spec, summary }, metric, treatment)),
  )
  const checks = qualityChecks({ spec, summary, compared: compared.flat() })
  const effectiveSuccess = spec.successTests === 'nyholt' ? effectiveSuccessTests(summary, spec) : null
  const decision = decideExperiment({
    treatments: treatments.map((name, i) => ({
      name,
      metrics: compared[i]!.map(testedMetric).filter((metric) => metric !== null),
    })),
    quality: checks.map(({ check }) => check),
    ...(effectiveSuccess === null ? {} : { effectiveSuccess }),
    errors: { alpha: spec.alpha, beta: spec.beta, alphaMinus: spec.alphaDeterioration },
  })
  const results = checks.map((check) => checkResult(check, decision.levels.monitoring))
  const variants = variantCounts(summary, spec)
  return withWords({
    experiment: spec.experiment,
    asOf: summary.asOf === null ? null : isoMoment(summary.asOf),
    control: spec.control,
    variants,
    quality: { status: worstStatus(results.map(({ status }) => status)), checks: results },
    decision: {
      verdict: decision.verdict,
      ships: decision.ships,
      sentence: sentenceOf(decision),
      reasons: decision.reasons,
      levels: decision.levels,
      effectiveSuccess,
    },
    comparisons: treatments.map((_, i) =>
      comparisonOf({ spec, summary, decision, variants }, decision.treatments[i]!, compared[i]!),
    ),
    segments: exploreSegments(summary, spec),
    exploration: explore({ summary, spec, compared: compared.flat() }),
    exposures: summary.exposed.flatMap(({ variant, day, users }) =>
      day === null ? [] : [{ variant, day: isoDay(day), users }],
    ),
    overTime: compared
      .flat()
      .filter(isFollowed)
      .map((each) => effectOverTime(each, bandOf(each, { spec, decision, variants }))),
  })
}

function variantCounts({ exposed, clusters }: ExperimentSummary, { variants }: ReadOutSpec): readonly VariantCount[] {
  const countIn = (cells: readonly ExposureCell[], name: string): number =>
    cells.reduce((sum, cell) => sum + (cell.variant === name ? cell.users : 0), 0)
  return variants.map(({ name, weight }) => ({
    name,
    weight,
    users: countIn(exposed, name),
    clusters: clusters === undefined ? null : countIn(clusters.exposed, name),
  }))
}

const BY_SEVERITY: readonly CheckStatus[] = ['failed', 'unknown', 'warning', 'passed']

function worstStatus(statuses: readonly CheckStatus[]): CheckStatus {
  return BY_SEVERITY.find((status) => statuses.includes(status)) ?? 'passed'
}

function sentenceOf({ verdict, ships }: ExperimentDecision): string {
  switch (verdict) {
    case 'invalid':
      return 'The data is broken: find the fault before reading any effect.'
    case 'stop':
      return 'Stop: every treatment does harm.'
    case 'ship':
      return `Ship ${ships.join(' or ')}.`
    case 'doNotShip':
      return 'Do not ship: an effect worth having would have shown, or the test is over.'
    case 'keepRunning':
      return 'Keep running: nothing can be decided yet.'
  }
}

/** Exploratory metrics, quantiles and those that still grow are not followed over time. */
function isFollowed({ metric, summary, plan }: ComparedMetric): boolean {
  return metric.role !== 'exploratory' && summary.isComplete && plan.quantile === null
}

interface Whole {
  readonly spec: ReadOutSpec
  readonly decision: ExperimentDecision
  readonly variants: readonly VariantCount[]
}

function bandOf({ metric }: ComparedMetric, { spec, decision, variants }: Whole): BandOptions {
  const users = variants.reduce((sum, variant) => sum + variant.users, 0)
  return {
    alpha: alphaOf(metric.role, { spec, levels: decision.levels }),
    expectedUsers: plannedUsers(spec) ?? Math.max(1, users),
  }
}

function comparisonOf(
  whole: Whole & { readonly summary: ExperimentSummary },
  decided: TreatmentDecision,
  compared: readonly ComparedMetric[],
): ComparisonReadOut {
  const { spec, summary, decision } = whole
  const results = new Map(decided.metrics.map((result) => [result.name, result]))
  return {
    treatment: decided.name,
    verdict: decided.verdict,
    reasons: decided.reasons,
    metrics: compared.map((each) =>
      metricReadOut(each, {
        result: results.get(each.metric.name) ?? null,
        isInvalid: decision.verdict === 'invalid',
        ...bandOf(each, whole),
      }),
    ),
    utility: readOutUtility({ summary, spec }, decided.name, {
      results: decided.metrics,
      level: levelNow(compared, decision.levels.success),
      isClear: isClear(decision, decided),
    }),
  }
}

/** The one-sided level that a metric's part in the decision gives it. */
function alphaOf(
  role: MetricRole,
  { spec, levels }: { readonly spec: ReadOutSpec; readonly levels: TestLevels },
): number {
  if (role === 'success') return levels.success
  if (role === 'guardrail') return levels.guardrail
  return role === 'deterioration' ? levels.monitoring : spec.alpha
}

/** Nothing ships while the data are not known to be in order, or after harm. */
function isClear({ reasons }: ExperimentDecision, { verdict }: TreatmentDecision): boolean {
  const isDoubtful = reasons.some(({ code }) => code === 'quality-failed' || code === 'quality-unknown')
  return !isDoubtful && verdict !== 'invalid' && verdict !== 'stop'
}

/**
 * Confidence of a one-sided bound that may be read at this look, beside tests that are repeated: that of the metric which the decision
 * tests most strictly now. Null where one of them is not tested at this look.
 */
function levelNow(compared: readonly ComparedMetric[], alpha: number): number | null {
  const decisive = compared.filter(({ metric: { role } }) => role === 'success' || role === 'guardrail')
  const bounds = decisive.map(({ test }) => criticalValue(test, { alpha, dof: null }))
  if (bounds.some((critical) => critical === null)) return null
  return Math.max(1 - alpha, ...bounds.map((critical) => normalCdf(critical ?? 0)))
}
