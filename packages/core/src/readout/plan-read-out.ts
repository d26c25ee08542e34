import { DAY_MS, type ExperimentMetric, PalomaError, windowMs, wordsForCode } from '../domain/index.ts'
import {
  type Arrivals,
  type DetectableEffect,
  detectableEffects,
  type ExperimentPlan,
  type ExperimentPlanInput,
  fastestSplit,
  type MetricHistory,
  type PlannedMetric,
  type PlannedTest,
  planExperiment,
  type Split,
  type Traffic,
} from '../statistics/index.ts'
import type { ReadOutSpec } from './read-out-spec.ts'
import { withWords } from './with-words.ts'

/** What a plan is made from beside the spec. */
export interface PlanData {
  /** By name of a success metric or guardrail. */
  readonly histories: Readonly<Record<string, MetricHistory>>
  readonly arrivals: Arrivals | null
  readonly traffic: Traffic
  /** Durations of the curve of detectable effects. */
  readonly days: readonly number[]
}

/** When an experiment will decide, and what it could see before. */
export interface PlanReadOut {
  readonly experiment: string
  /** Days until all users of the slowest metric are complete, windows included; null without arrivals. */
  readonly daysWithWindow: number | null
  readonly plan: ExperimentPlan
  /** Metrics of the decision as they were planned with. */
  readonly metrics: readonly PlannedMetric[]
  /** The split that would need fewest users, and how many. */
  readonly fastest: { readonly split: Split; readonly units: number | null }
  /** Relative effects that would be found, by metric and duration; empty without arrivals. */
  readonly curve: Readonly<Record<string, readonly DetectableEffect[]>>
}

const DEFAULT_LOOKS = 14
// A metric that its past explains wholly would need nobody.
const MOST_EXPLAINED = 1 - 1e-6

/**
 * Users and days until every success metric and guardrail of a spec decides with the power of the whole rule, for the split
 * of the spec, with the metric that needs most named, and the effects that shorter and longer durations would find. Throws
 * PLAN_INCOMPLETE for a success metric without `targetMDE`, or a metric of the decision without history.
 */
export function planReadOut(spec: ReadOutSpec, data: PlanData): PlanReadOut {
  const decisive = spec.metrics.filter(({ role }) => role === 'success' || role === 'guardrail')
  if (decisive.length === 0) {
    throw new PalomaError('PLAN_INCOMPLETE', 'a plan needs at least one metric of role success or guardrail, got none')
  }
  const metrics = decisive.map((metric) => plannedMetric(spec, metric, data.histories[metric.name]))
  const input = inputOf(spec, metrics, data)
  const plan = planExperiment(input)
  const { split: _, ...free } = input
  const split = fastestSplit(free)
  // What counts of a slot of time ends with it.
  const longest = spec.unit?.kind === 'switchback' ? 0 : Math.max(0, ...decisive.map(windowDays))
  return withWords({
    experiment: spec.experiment,
    daysWithWindow: plan.days === null ? null : plan.days + Math.ceil(longest),
    plan,
    metrics,
    fastest: { split, units: planExperiment({ ...free, split }).units },
    curve: data.arrivals === null ? {} : detectableEffects({ ...input, arrivals: data.arrivals, days: data.days }),
  })
}

function windowDays({ windowSettings }: ExperimentMetric): number {
  return windowSettings === undefined ? 0 : windowMs(windowSettings).until / DAY_MS
}

function plannedMetric(
  { unit }: ReadOutSpec,
  metric: ExperimentMetric,
  history: MetricHistory | undefined,
): PlannedMetric {
  const { name, role, metricType, inverse, targetMDE, nonInferiorityMargin } = metric
  const effect = role === 'guardrail' ? nonInferiorityMargin : targetMDE
  if (effect === undefined) {
    throw new PalomaError(
      'PLAN_INCOMPLETE',
      `metric "${name}" expects targetMDE, the least relative effect worth finding`,
    )
  }
  if (history === undefined || history.kind === 'undefined') {
    const why = history === undefined ? 'there is none' : wordsForCode(history.reason)
    throw new PalomaError('PLAN_INCOMPLETE', `metric "${name}" expects a history or a baseline: ${why}`, {
      hint: 'give --history FILE, or plan.baselines in the spec',
    })
  }
  // The share of a whole slot or cluster varies as its history says.
  const isShare = unit === undefined && (metricType === 'proportion' || metricType === 'retention')
  return {
    name,
    role: role === 'guardrail' ? 'guardrail' : 'success',
    kind: isShare ? 'proportion' : 'mean',
    mean: history.mean,
    variance: history.variance,
    ...growthOf(metric),
    rSquared: Math.min(history.rSquared, MOST_EXPLAINED),
    effect,
    isRelative: true,
    inverse: inverse === true,
  }
}

/**
 * How the variance follows an effect: of a ratio that of counts, of a quantile all values are stretched. The rule tests both on the
 * scale of logarithms, where an effect at equal variances would be overrated by about half of itself.
 */
function growthOf({ metricType }: ExperimentMetric): Pick<PlannedMetric, 'variancePower'> {
  if (metricType === 'ratio') return { variancePower: 1 }
  return metricType === 'quantile' ? { variancePower: 2 } : {}
}

function inputOf(spec: ReadOutSpec, metrics: readonly PlannedMetric[], data: PlanData): ExperimentPlanInput {
  const treatments = spec.variants.filter(({ name }) => name !== spec.control)
  const control = spec.variants.find(({ name }) => name === spec.control)?.weight ?? 0
  const watched = spec.metrics.filter(({ role }) => role === 'deterioration').length
  return {
    metrics,
    treatments: treatments.length,
    split: { control, treatment: Math.min(...treatments.map(({ weight }) => weight)) },
    errors: { alpha: spec.alpha, beta: spec.beta, alphaMinus: spec.alphaDeterioration },
    deterioration: metrics.length + watched,
    quality: QUALITY_TESTS + spec.metrics.filter(({ role }) => role === 'quality').length * treatments.length,
    test: plannedTest(spec),
    traffic: data.traffic,
    ...(data.arrivals === null ? {} : { arrivals: data.arrivals }),
  }
}

/** Sample ratio, missing values, difference before exposure: the tests of the data that every read-out makes. */
const QUALITY_TESTS = 3

function plannedTest({ sequential, start, end }: ReadOutSpec): PlannedTest {
  if (sequential.kind !== 'groupSequential') return { kind: sequential.kind }
  const { looks, spending } = sequential
  const days = start === null || end === null ? DEFAULT_LOOKS : Math.max(1, Math.round((end - start) / DAY_MS))
  const count = looks === 'daily' ? days : looks === 'once' ? 1 : looks.length + 1
  return {
    kind: 'groupSequential',
    looks: count,
    spending: spending === 'power' ? { kind: 'power', exponent: 2 } : { kind: spending },
  }
}
