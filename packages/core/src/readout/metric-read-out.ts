import { MINUTE_MS, windowMs, wordsForCode } from '../domain/index.ts'
import { packedIndex } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import {
  type AdjustedEffect,
  confidenceSequence,
  criticalValue,
  type Effect,
  type Estimate,
  effectBounds,
  effectPValue,
  type MetricResult,
  type MetricVerdict,
  type ProportionCount,
  proportionEffect,
  type RandomisationTest,
  randomisationTest,
  sampleCovariance,
  type TestMethod,
  undefinedEstimate,
  type VectorMoments,
  wilsonInterval,
} from '../statistics/index.ts'
import { adjustmentReadOut } from './adjustment-read-out.ts'
import { compareMetric, fewClusters, momentsOfVariant, usersIn } from './compare-metric.ts'
import type { ComparedMetric } from './compared-metric.ts'
import { earlyStop } from './effect-over-time.ts'
import type { MetricReadOut, SideOfMetric, TestOfMetric } from './experiment-read-out.ts'
import { adaptivePhases } from './read-out-spec.ts'
import { resultFields } from './result-fields.ts'
import { skewnessNotes, skewnessOf } from './skewness-read-out.ts'
import { LEAST_CLUSTERS_FOR_LOOKS } from './test-plan.ts'

/** Level of the interval of a single share. */
const SHARE_LEVEL = 0.95

/** What of the rule a metric's numbers are shown with. */
export interface ShownWith {
  /** What the rule found; null for metrics that do not decide. */
  readonly result: MetricResult | null
  /** One-sided level of the shown interval. */
  readonly alpha: number
  readonly isInvalid: boolean
  readonly expectedUsers: number
}

/** One metric with every number a reader needs, intervals being those that the rule tests with. */
export function metricReadOut(compared: ComparedMetric, shown: ShownWith): MetricReadOut {
  const { metric, summary, found, margin } = compared
  const test = testOf(compared, shown)
  const absolute = intervalWith(found.effect, test.critical)
  const relative = relativeWith(compared, test.critical)
  const treatment = sideOf(compared, compared.pair.treatment, found.treatmentMean)
  const control = sideOf(compared, compared.pair.control, found.controlMean)
  const { result } = shown
  return {
    metric: metric.name,
    role: metric.role,
    metricType: metric.metricType,
    inverse: metric.inverse === true,
    unit: metric.unit ?? null,
    verdict: verdictOf(compared, shown, {
      treatment,
      control,
      headline: compared.scale === 'relative' ? relative : absolute,
    }),
    treatment,
    control,
    absolute,
    relative,
    unadjusted: intervalWith(found.unadjusted, test.critical),
    uncapped: summary.capping === null || summary.quantiles !== undefined ? null : uncappedOf(compared, test.critical),
    cappedAt: summary.capping?.limit ?? null,
    stoppedEarly: earlyStop(compared, shown.alpha),
    adjustment: adjustmentReadOut(found, summary.columns.names),
    skewness: skewnessOf(compared),
    nonInferiorityMargin: metric.nonInferiorityMargin ?? null,
    targetMDE: metric.targetMDE ?? null,
    test,
    isSuperior: result?.isSuperior ?? false,
    isNonInferior: result?.isNonInferior ?? null,
    hasDeteriorated: result?.hasDeteriorated ?? false,
    isPowered: result?.isPowered ?? null,
    leftOut: summary.leftOut,
    randomisation: randomisationOf(compared),
    notes: notesOn(compared, margin),
    fields: resultFields({ metric, absolute, relative, effect: found.effect, treatment, control }),
  }
}

function testOf(compared: ComparedMetric, shown: ShownWith): TestOfMetric {
  const { metric, tested, margin, test, looks } = compared
  const method: TestMethod =
    metric.role === 'deterioration' && compared.monitoring !== null ? compared.monitoring : test
  const fraction = method.kind === 'groupSequential' ? (method.fractions.at(-1) ?? null) : null
  const common = { alpha: shown.alpha, fraction, looks: Math.max(1, looks.length) }
  if (tested.kind === 'undefined') {
    return { ...common, method: 'none', critical: null, pValue: null, eValue: null, alwaysValidP: null }
  }
  const sign = metric.inverse === true ? -1 : 1
  const at = margin !== null && Number.isFinite(margin) ? -sign * margin : 0
  return {
    ...common,
    method: method.kind === 'fixedPower' ? 'fixed' : method.kind,
    critical: criticalValue(method, { alpha: shown.alpha, dof: tested.dof }),
    pValue: effectPValue(tested, { alternative: sign > 0 ? 'greater' : 'less', at }),
    ...alwaysValid(compared, shown),
  }
}

function alwaysValid(compared: ComparedMetric, shown: ShownWith): Pick<TestOfMetric, 'eValue' | 'alwaysValidP'> {
  const n = compared.looks.at(-1)?.users ?? usersOf(compared)
  if (n === 0) return { eValue: null, alwaysValidP: null }
  const sequence = confidenceSequence(compared.tested, { n, alpha: 2 * shown.alpha, expectedN: shown.expectedUsers })
  if (sequence.kind === 'undefined') return { eValue: null, alwaysValidP: null }
  return { eValue: sequence.eValue, alwaysValidP: sequence.pValue }
}

function usersOf({ summary, pair }: ComparedMetric): number {
  const { columns } = summary
  return [pair.treatment, pair.control].reduce((n, name) => n + usersIn(columns, momentsOfVariant(summary, name)), 0)
}

/** What a test with this critical value does not reject; without a test at this look the point alone. */
function intervalWith(effect: Effect, critical: number | null): Estimate {
  if (effect.kind === 'undefined') return undefinedEstimate(effect.reason, effect.effect)
  const { effect: mean, stdError, dof } = effect
  if (critical === null) return undefinedEstimate('no-test', mean)
  return { kind: 'estimate', mean, ...effectBounds(effect, critical), stdError, dof }
}

function relativeWith({ relative }: ComparedMetric, critical: number | null): Estimate {
  if (relative.kind === 'undefined') return undefinedEstimate(relative.reason, relative.effect)
  const inner = intervalWith(relative.scaled, critical)
  if (inner.kind === 'undefined') return { ...inner, mean: relative.effect }
  const { effect: mean, stdError, scale } = relative
  if (scale === 'share') return inner
  return { ...inner, mean, stdError, low: Math.expm1(inner.low), high: Math.expm1(inner.high) }
}

function uncappedOf({ summary, pair }: ComparedMetric, critical: number | null): Estimate {
  const { columns, capping } = summary
  return intervalWith(compareMetric({ columns, cells: capping?.cells ?? [] }, pair).effect, critical)
}

function sideOf(
  { metric, summary }: ComparedMetric,
  variant: string,
  mean: AdjustedEffect['controlMean'],
): SideOfMetric {
  const moments = momentsOfVariant(summary, variant)
  const { numerator, denominator } = summary.columns
  const variance = denominator === null ? sampleCovariance(moments, numerator) : undefined
  const plain = moments.n > 0 && denominator === null ? moments.mean[numerator] : undefined
  return {
    users: usersIn(summary.columns, moments),
    clusters: summary.columns.users === undefined ? null : moments.n,
    mean: finite(mean?.unadjusted ?? plain),
    shareInterval: isShareOfUsers({ metric, summary }) ? shareInterval(moments) : null,
    stdDeviation: finite(variance === undefined ? undefined : Math.sqrt(variance)),
  }
}

function isShareOfUsers({ metric, summary }: Pick<ComparedMetric, 'metric' | 'summary'>): boolean {
  const isShare = metric.metricType === 'proportion' || metric.metricType === 'retention'
  return isShare && summary.columns.denominator === null
}

function shareInterval({ n, mean }: VectorMoments): readonly [number, number] | null {
  const found = wilsonInterval(Math.round(n * mean[0]!), n, SHARE_LEVEL)
  return found.kind === 'estimate' ? [found.low, found.high] : null
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null
}

function verdictOf(
  { metric }: ComparedMetric,
  { result, isInvalid }: ShownWith,
  seen: { readonly treatment: SideOfMetric; readonly control: SideOfMetric; readonly headline: Estimate },
): MetricVerdict {
  const { treatment, control, headline } = seen
  const isSmall = Math.min(treatment.users, control.users) < (metric.minSampleSize ?? 0)
  if (isInvalid || isSmall) return 'unreliable'
  if (result !== null) return result.verdict
  if (headline.kind === 'undefined') return headline.mean === null ? 'unreliable' : 'inconclusive'
  if (headline.low > 0) return metric.inverse === true ? 'worse' : 'better'
  if (headline.high < 0) return metric.inverse === true ? 'better' : 'worse'
  return 'inconclusive'
}

function notesOn(compared: ComparedMetric, margin: number | null): readonly string[] {
  const { metric, found, relative, summary, test } = compared
  const notes: string[] = []
  if (found.effect.kind === 'undefined') notes.push(`no standard error: ${wordsForCode(found.effect.reason)}`)
  else if (relative.kind === 'undefined') notes.push(`no relative effect: ${wordsForCode(relative.reason)}`)
  const { excludedShare = 0 } = found
  if (excludedShare > 0) notes.push(`${Number((100 * excludedShare).toPrecision(3))} % ${OF_PARTS}`)
  const isBaseZero = controlMeanOf(compared) === 0
  if (margin !== null && isBaseZero) notes.push('the margin has no base: the control mean is 0')
  else if (margin !== null && relative.kind === 'undefined')
    notes.push('the margin is a share of the control mean as observed')
  if (!summary.isComplete && test.kind === 'fixed' && !test.isDue) {
    notes.push('without a window its values still grow, so it is shown and not tested')
  }
  if (compared.minimalEffect !== null && isBaseZero) notes.push('the least effect has no base: the control mean is 0')
  notes.push(...adjustmentNote(compared), ...adaptiveNote(compared))
  if (summary.isWindowIgnored === true) notes.push(NO_WINDOW)
  notes.push(...skewnessNotes(skewnessOf(compared)), ...exactNote(compared), ...clusterNote(compared))
  const small = metric.minSampleSize
  if (small !== undefined) notes.push(`unreliable below ${small} users in a variant`)
  return notes
}

/** What it was adjusted for or, where something was known from before, why it was not. */
function adjustmentNote(compared: ComparedMetric): readonly string[] {
  const { found, summary } = compared
  const { before, covariates, names } = summary.columns
  if (found.adjustment !== 'none') return [adjustmentReadOut(found, names).words]
  if (before.length + covariates.length === 0) return []
  return [`not adjusted: ${isPastKnown(compared) ? 'what is known from before explains too little' : NO_PAST}`]
}

function controlMeanOf(compared: ComparedMetric): number | null {
  return sideOf(compared, compared.pair.control, compared.found.controlMean).mean
}

/** Where the allocation followed the data. */
function adaptiveNote({ plan, summary }: ComparedMetric): readonly string[] {
  const adaptive = adaptivePhases(plan.spec)
  const found = [...new Set(summary.cells.map(({ phase }) => phase))].filter(
    (phase) => phase !== null && adaptive.has(phase),
  )
  return found.length === 0 ? [] : [`${ADAPTIVE} (${found.join(', ')})`]
}

const ADAPTIVE = 'weighed by logged chances, variance-stabilised, where the allocation followed the data'
const OF_PARTS = 'of the users are in phases or strata without both variants, and left out'
const NO_WINDOW = 'its window was not applied: the assignments do not say when users were exposed'
const NO_PAST = 'nothing is known from before exposure'

/** Whether anybody's time before exposure, or what was known then, differs from the others'. */
function isPastKnown({ summary, pair }: ComparedMetric): boolean {
  const { before, covariates, users } = summary.columns
  // Of clusters the last column is how many users they are of.
  const past = users === undefined ? [...before, ...covariates] : before.slice(0, 1)
  return [pair.treatment, pair.control].some((variant) => {
    const { cross } = momentsOfVariant(summary, variant)
    return past.some((column) => cross[packedIndex(column, column)]! > 0)
  })
}

// Below so many clusters of a variant no correction of the standard error helps (clusterEffect).
const LEAST_CLUSTERS = 5

function clusterNote({ metric, summary, pair, plan }: ComparedMetric): readonly string[] {
  if (summary.columns.users === undefined) return []
  const { unit } = plan.spec
  const isCut =
    unit?.kind === 'switchback' &&
    metric.windowSettings !== undefined &&
    windowMs(metric.windowSettings).until > unit.slotMinutes * MINUTE_MS
  const cut: string[] = isCut ? ['counted until the slot of time ends, which is before the window does'] : []
  const counts = [pair.treatment, pair.control].map((name) => momentsOfVariant(summary, name).n)
  const isThin = counts.some((n) => n > 0 && n < LEAST_CLUSTERS)
  if (unit?.kind === 'cluster' && plan.spec.sequential.kind === 'groupSequential' && summary.looks === undefined) {
    cut.push(`fewer than ${LEAST_CLUSTERS_FOR_LOOKS} clusters: tested once, at the planned end`)
  }
  return isThin ? [...cut, `${counts.join(' and ')} clusters: trust the randomisation test alone`] : cut
}

/** Null where shares changed on the way, so that not all assignments were equally likely. */
function randomisationOf({ metric, summary, pair }: ComparedMetric): RandomisationTest | null {
  const { cells } = summary
  const places = new Set(cells.map(({ phase, stratum }) => JSON.stringify([phase, stratum])))
  const few = fewClusters(cells, pair)
  if (few === null || places.size > 1) return null
  return randomisationTest(few, { random: randomFrom(`randomisation/${metric.name}/${pair.treatment}`) })
}

/** Shares of few users: a normal interval is not to be trusted there, and Fisher's exact test stands beside it. */
function exactNote({ metric, summary, pair }: ComparedMetric): readonly string[] {
  if (!isShareOfUsers({ metric, summary })) return []
  const countOf = (variant: string): ProportionCount => {
    const { n, mean } = momentsOfVariant(summary, variant)
    return { n, successes: Math.round(n * mean[0]!) }
  }
  const { exact } = proportionEffect(countOf(pair.treatment), countOf(pair.control))
  if (exact === null) return []
  const p = metric.inverse === true ? exact.less : exact.greater
  return [`fewer than five users expected in a cell: trust Fisher's exact test, one-sided p ${p.toPrecision(3)}`]
}
