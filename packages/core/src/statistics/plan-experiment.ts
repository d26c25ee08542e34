import { type Arrivals, daysUntil } from './arrivals.ts'
import type { UndefinedReason } from './estimate.ts'
import { DEFAULT_TEST, type PlannedDrift, type PlannedTest, plannedDrift } from './planned-test.ts'
import { checkPlannedMetric, type PlannedMetric, requiredUnits, type Split, type Traffic } from './required-units.ts'
import { type ErrorBudget, type TestLevels, testLevels } from './test-levels.ts'

export interface ExperimentPlanInput {
  /** Success metrics and guardrails. */
  readonly metrics: readonly PlannedMetric[]
  readonly treatments?: number
  /** Default: control √C to 1 for each of C treatments, which makes the comparisons with it shortest. */
  readonly split?: Split
  readonly errors?: Partial<ErrorBudget>
  readonly effectiveSuccess?: number
  /** Metrics watched for harm; all of `metrics` unless said. */
  readonly deterioration?: number
  readonly quality?: number
  readonly test?: PlannedTest
  readonly traffic?: Partial<Traffic>
  readonly arrivals?: Arrivals
}

/** What one metric needs. */
export interface MetricPlan extends PlannedDrift {
  readonly name: string
  readonly role: PlannedMetric['role']
  /** Of all groups together; null where it cannot be said. */
  readonly units: number | null
  readonly reason: UndefinedReason | null
}

export interface ExperimentPlan {
  readonly levels: TestLevels
  readonly split: Split
  readonly metrics: readonly MetricPlan[]
  /** Whole units, of all groups together, that decide on every metric; null while a metric has no answer. */
  readonly units: number | null
  readonly control: number | null
  readonly treatment: number | null
  /** The metric that needs most units, or the first one without an answer. */
  readonly bottleneck: string | null
  /** Null without arrivals, or where a year is not enough. */
  readonly days: number | null
}

/**
 * Units and days after which the rule of `decideExperiment` will decide: each success metric at its minimal effect and
 * each guardrail at its margin has the power that keeps the error of the whole rule (`testLevels`), with the sequential
 * test's inflation, and the largest need counts. Deterioration metrics are watched and not planned for. Assumes that
 * past means and variances hold. Throws a RangeError for values out of range; a metric that has no answer is in the plan
 * with its reason.
 */
export function planExperiment(input: ExperimentPlanInput): ExperimentPlan {
  const { metrics, treatments = 1, test = DEFAULT_TEST, arrivals } = input
  metrics.forEach(checkPlannedMetric)
  const levels = plannedLevels(input)
  const split = input.split ?? evenSplit(treatments)
  checkSplit(split, treatments)
  const traffic = { triggerRate: 1, designEffect: 1, ...input.traffic }
  checkTraffic(traffic)
  const drifts = driftsByRole(levels, test, metrics)
  const plans = metrics.map((metric) => metricPlan(metric, { ...drifts[metric.role]!, split, traffic }))
  const unknown = plans.find(({ units }) => units === null)
  const worst = plans.reduce<MetricPlan | null>(
    (most, plan) => ((plan.units ?? 0) > (most?.units ?? 0) ? plan : most),
    null,
  )
  const units = unknown === undefined && worst !== null ? Math.ceil(worst.units ?? 0) : null
  return {
    levels,
    split,
    metrics: plans,
    units,
    control: units === null ? null : Math.ceil(units * split.control),
    treatment: units === null ? null : Math.ceil(units * split.treatment),
    bottleneck: (unknown ?? worst)?.name ?? null,
    days: units === null || arrivals === undefined ? null : daysUntil(arrivals, units),
  }
}

/**
 * Control √C : 1 for each of C treatments: least variance of the comparisons with control for equal spreads (Dunnett
 * 1955).
 */
export function evenSplit(treatments: number): Split {
  const whole = Math.sqrt(treatments) + treatments
  return { control: Math.sqrt(treatments) / whole, treatment: 1 / whole }
}

/** The levels of the rule for the metrics of a plan. */
export function plannedLevels({
  metrics,
  treatments = 1,
  effectiveSuccess,
  deterioration = metrics.length,
  quality = 1,
  errors,
}: ExperimentPlanInput): TestLevels {
  const success = metrics.filter(({ role }) => role === 'success').length
  const counts = {
    treatments,
    success: success === 0 ? 0 : Math.min(success, effectiveSuccess ?? success),
    guardrails: metrics.length - success,
    deterioration,
    quality,
  }
  return testLevels(counts, errors)
}

/** The drift that each role's metrics need. */
export function driftsByRole(
  levels: TestLevels,
  test: PlannedTest,
  metrics: readonly PlannedMetric[],
): Partial<Record<PlannedMetric['role'], PlannedDrift>> {
  const roles = [...new Set(metrics.map(({ role }) => role))]
  return Object.fromEntries(
    roles.map((role) => [role, plannedDrift(test, { alpha: levels[role], power: levels.power })]),
  )
}

function metricPlan(
  metric: PlannedMetric,
  { split, traffic, ...planned }: PlannedDrift & { readonly split: Split; readonly traffic: Traffic },
): MetricPlan {
  const needed = requiredUnits(metric, { drift: planned.drift, split, traffic })
  const { name, role } = metric
  if (needed.kind === 'undefined') return { name, role, ...planned, units: null, reason: needed.reason }
  return { name, role, ...planned, units: needed.units, reason: null }
}

function checkSplit({ control, treatment }: Split, treatments: number): void {
  if (!(control > 0 && treatment > 0 && control + treatments * treatment <= 1 + 1e-9)) {
    throw new RangeError(`split must be above 0 and sum to at most 1, got ${control} + ${treatments} × ${treatment}`)
  }
}

function checkTraffic({ triggerRate, designEffect }: Traffic): void {
  if (!(triggerRate > 0 && triggerRate <= 1)) throw new RangeError(`triggerRate must be in (0, 1], got ${triggerRate}`)
  if (!(designEffect >= 1 && Number.isFinite(designEffect))) {
    throw new RangeError(`designEffect must be ≥ 1, got ${designEffect}`)
  }
}
