import { type ExperimentMetric, windowMs } from '../domain/index.ts'
import {
  type AdjustedEffect,
  type Effect,
  onScale,
  type RelativeEffect,
  relativeEffect,
  type TestedMetric,
  type TestMethod,
} from '../statistics/index.ts'
import { compareMetric, type Pair } from './compare-metric.ts'
import { compareQuantile } from './compare-quantile.ts'
import type { ExperimentSummary, MetricSummary } from './experiment-summary.ts'
import type { ReadOutSpec } from './read-out-spec.ts'
import { type Look, looksOf, type TestPlanInput, testMethod } from './test-plan.ts'

/** One metric of one treatment, compared but not yet judged. */
export interface ComparedMetric {
  readonly metric: ExperimentMetric
  readonly summary: MetricSummary
  readonly pair: Pair
  readonly found: AdjustedEffect
  readonly relative: RelativeEffect
  /** What the rule tests: on the log or share scale where there is a base, else in the metric's unit. */
  readonly scale: 'relative' | 'absolute'
  readonly tested: Effect
  readonly margin: number | null
  readonly minimalEffect: number | null
  /** What its looks and tests are made from. */
  readonly plan: TestPlanInput
  readonly looks: readonly Look[]
  readonly test: TestMethod
  /** How it is watched for harm; null where values still grow. */
  readonly monitoring: TestMethod | null
}

/** Compares a treatment with the control on one metric, and says how it is to be tested. */
export function compareForRule(
  data: { readonly spec: ReadOutSpec; readonly summary: ExperimentSummary },
  metric: ExperimentMetric,
  treatment: string,
): ComparedMetric {
  const { spec } = data
  const summary = metricSummaryOf(data.summary, metric.name)
  const pair = { treatment, control: spec.control }
  const found = compareSummary(metric, summary, pair)
  const relative = relativeEffect(found)
  const isRelative = relative.kind === 'relative'
  const base = Math.abs(found.controlMean?.unadjusted ?? Number.NaN)
  const onRule = (share: number): number => {
    const place = Math.abs(isRelative ? onScale(relative, share) : share * base)
    return place > 0 && Number.isFinite(place) ? place : Number.NaN
  }
  const sign = metric.inverse === true ? -1 : 1
  const { nonInferiorityMargin, targetMDE } = metric
  return {
    metric,
    summary,
    pair,
    found,
    relative,
    scale: isRelative ? 'relative' : 'absolute',
    tested: isRelative ? relative.scaled : found.effect,
    margin: nonInferiorityMargin === undefined ? null : onRule(-sign * nonInferiorityMargin),
    minimalEffect: targetMDE === undefined ? null : onRule(sign * targetMDE),
    ...plansOf({ spec, summary, pair, asOf: data.summary.asOf, metric, found }),
  }
}

function compareSummary(metric: ExperimentMetric, summary: MetricSummary, pair: Pair): AdjustedEffect {
  const { quantileSettings } = metric
  return quantileSettings === undefined
    ? compareMetric(summary, pair)
    : compareQuantile(summary, pair, quantileSettings.quantile)
}

function metricSummaryOf(summary: ExperimentSummary, name: string): MetricSummary {
  const found = summary.metrics.find(({ metric }) => metric === name)
  if (found === undefined) throw new RangeError(`summary must hold every metric of the spec, lacks ${name}`)
  return found
}

function plansOf(input: {
  readonly spec: ReadOutSpec
  readonly summary: MetricSummary
  readonly pair: Pair
  readonly asOf: number | null
  readonly metric: ExperimentMetric
  readonly found: AdjustedEffect
}): Pick<ComparedMetric, 'plan' | 'looks' | 'test' | 'monitoring'> {
  const { spec, summary, pair, asOf, metric, found } = input
  const delayMs = metric.windowSettings === undefined ? 0 : windowMs(metric.windowSettings).until
  const plan = { spec, asOf, delayMs, metric: summary, pair, quantile: metric.metricType === 'quantile' ? found : null }
  if (!summary.isComplete) {
    // Values that still grow would be tested again and again on users already counted: shown, not decided on.
    const isDue = spec.sequential.kind === 'fixed' && (spec.end === null || asOf === null || asOf >= spec.end)
    return { plan, looks: [], test: { kind: 'fixed', isDue }, monitoring: null }
  }
  const looks = looksOf(plan)
  const test = testMethod(plan, looks)
  // Clusters without sums by day: nothing can be watched on the way.
  const isWatchable = spec.unit?.kind !== 'cluster' || summary.looks !== undefined
  if (test.kind !== 'fixed' || spec.end === null || !isWatchable) {
    return { plan, looks, test, monitoring: test }
  }
  // Harm is watched for on every day, even where success is tested once.
  const watched = {
    ...plan,
    spec: {
      ...spec,
      sequential: { kind: 'groupSequential', maxUsers: null, spending: 'power', looks: 'daily' } as const,
    },
  }
  return { plan, looks, test, monitoring: testMethod(watched, looksOf(watched)) }
}

/** The metric as the decision rule takes it; null for roles that do not decide, and for margins without a base. */
export function testedMetric(compared: ComparedMetric): TestedMetric | null {
  const { metric, tested, margin, minimalEffect, test, monitoring } = compared
  if (metric.role === 'quality' || metric.role === 'exploratory') return null
  const hasBase = margin === null || Number.isFinite(margin)
  return {
    name: metric.name,
    role: metric.role,
    inverse: metric.inverse === true,
    effect: hasBase ? tested : { kind: 'undefined', reason: 'zero-baseline', effect: null },
    ...(margin === null ? {} : { margin: hasBase ? margin : 1 }),
    ...(minimalEffect === null || !Number.isFinite(minimalEffect) || metric.role !== 'success'
      ? {}
      : { minimalEffect }),
    test,
    monitoring,
  }
}
