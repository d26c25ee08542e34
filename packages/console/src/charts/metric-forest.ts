import type { MetricRole } from '@paloma/core/domain'
import type { ComparisonAnswer, Estimate, MetricAnswer } from '../experiment-answers.ts'
import { formatNumber, formatShare, formatSigned } from '../format.ts'
import type { ForestRow, Tone } from './forest.ts'

/** Metrics of one part in an experiment, in per cent of the control mean. */
export interface MetricForest {
  readonly role: MetricRole
  readonly title: string
  readonly rows: readonly ForestRow[]
  /** One-sided level of each end of the intervals; null where nothing is decided. */
  readonly alpha: number | null
}

const TITLES: Readonly<Record<MetricRole, string>> = {
  success: 'Success metrics',
  guardrail: 'Guardrails',
  deterioration: 'Watched for harm',
  quality: 'Quality of the data',
  exploratory: 'Exploration, no decision',
}
const ORDER: readonly MetricRole[] = ['success', 'guardrail', 'deterioration', 'quality', 'exploratory']
const TONES: Readonly<Record<MetricAnswer['verdict'], Tone>> = {
  better: 'good',
  worse: 'bad',
  inconclusive: 'plain',
  unreliable: 'plain',
}

/** The intervals that the rule tests, by part; metrics without one are in the table only. */
export function metricForests({ metrics }: ComparisonAnswer): readonly MetricForest[] {
  return ORDER.flatMap((role) => {
    const own = metrics.filter((metric) => metric.role === role)
    const rows = own.flatMap(forestRow)
    return rows.length === 0 ? [] : [{ role, title: TITLES[role], rows, alpha: own[0]?.test.alpha ?? null }]
  })
}

function forestRow(metric: MetricAnswer): readonly ForestRow[] {
  const { relative, inverse, nonInferiorityMargin, verdict } = metric
  if (relative.kind === 'undefined') return []
  const row = {
    label: inverse ? `${metric.metric} (less is better)` : metric.metric,
    mean: 100 * relative.mean,
    low: 100 * relative.low,
    high: 100 * relative.high,
    tone: TONES[verdict],
  }
  if (nonInferiorityMargin === null) return [row]
  return [{ ...row, mark: (inverse ? 100 : -100) * nonInferiorityMargin }]
}

/** A verdict for people; of a guardrail that is neither better nor worse, whether its margin is kept. */
export function metricVerdict({ verdict, isNonInferior }: MetricAnswer): string {
  if (verdict !== 'inconclusive' || isNonInferior === null) return verdict
  return isNonInferior ? 'within margin' : 'margin open'
}

/** `+1.2 [+0.4, +2]`, or why there is no such answer. */
export function estimateText(estimate: Estimate, show: (value: number | null) => string = formatSigned): string {
  if (estimate.kind === 'undefined') {
    return estimate.mean === null ? estimate.words : `${show(estimate.mean)} (${estimate.words})`
  }
  return `${show(estimate.mean)} [${show(estimate.low)},\u00a0${show(estimate.high)}]`
}

const percent = (value: number | null): string => (value === null ? '\u2013' : `${formatSigned(100 * value)}\u00a0%`)

/** A p value to four digits. */
export function pText(p: number | null): string {
  if (p === null) return '\u2013'
  return p < 0.0001 ? '<\u00a00.0001' : p.toFixed(4)
}

/** Every number of a comparison, metric by metric. */
export function metricTable(
  control: string,
  { treatment, metrics }: ComparisonAnswer,
): { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  return {
    columns: ['Metric', 'Part', control, treatment, 'Users', 'Change', 'Difference', 'p', 'Variance saved', 'Verdict'],
    rows: metrics.map((metric) => [
      metric.unit === null ? metric.metric : `${metric.metric}, ${metric.unit}`,
      metric.inverse ? `${metric.role}, less is better` : metric.role,
      formatNumber(metric.control.mean),
      formatNumber(metric.treatment.mean),
      formatNumber(metric.control.users + metric.treatment.users),
      estimateText(metric.relative, percent),
      estimateText(metric.absolute),
      pText(metric.test.pValue),
      metric.adjustment.kind === 'none' ? '\u2013' : formatShare(metric.adjustment.varianceReduction),
      metricVerdict(metric),
    ]),
  }
}
