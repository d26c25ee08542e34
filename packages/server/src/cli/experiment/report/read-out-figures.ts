import type { ComparisonReadOut, EffectOverTime, ExperimentReadOut, MetricReadOut, MetricRole } from '@paloma/core'
import { bandFigure, type Figure, type ForestRow, forestFigure, formatNumber, linesFigure } from '../../report/index.ts'

const TITLES: Readonly<Record<MetricRole, string>> = {
  success: 'Success metrics',
  guardrail: 'Guardrails',
  deterioration: 'Watched for harm',
  quality: 'Quality of the data',
  exploratory: 'Exploration, no decision',
}
const ORDER: readonly MetricRole[] = ['success', 'guardrail', 'deterioration', 'quality', 'exploratory']

/**
 * A forest plot per part that metrics have, in per cent of the control mean, with the intervals that the rule tests; metrics without a base
 * in a plot of their own, those without an answer in none.
 */
export function forestFigures(
  { control, variants }: ExperimentReadOut,
  { treatment, metrics }: ComparisonReadOut,
): readonly Figure[] {
  const users = variants.reduce((sum, variant) => sum + variant.users, 0)
  return ORDER.flatMap((role) => {
    const own = metrics.filter((metric) => metric.role === role)
    const level = own[0]?.test.alpha ?? null
    const sides = level === null ? '' : `, each end one-sided at ${formatNumber(level)}`
    const marks = role === 'guardrail' ? ' The tick is the largest loss that is accepted.' : ''
    const whose = `${treatment} \u2212 ${control}`
    const how = `n = ${formatNumber(users, 0)} users; intervals as tested${sides}.`
    const shares = own.filter(({ relative }) => relative.mean !== null)
    const apart = own.filter(({ relative, absolute }) => relative.mean === null && absolute.kind === 'estimate')
    const together = forestFigure({
      title: TITLES[role],
      caption: `${whose}, % of the control mean; ${how}${marks}`,
      unit: '% of control',
      rows: shares.map(forestRow),
    })
    return [
      ...(shares.length === 0 ? [] : [together]),
      ...apart.map((metric) =>
        forestFigure({
          title: `${TITLES[role]}: ${metric.metric}`,
          caption: `${whose}, ${metric.unit ?? 'in its own unit'}, because the control mean is no base for a share; ${how}`,
          unit: metric.unit ?? 'difference',
          rows: [absoluteRow(metric)],
        }),
      ),
    ]
  })
}

function absoluteRow({ metric, inverse, absolute, verdict }: MetricReadOut): ForestRow {
  const none = Number.NaN
  return {
    label: inverse ? `${metric} (less is better)` : metric,
    interval: absolute.kind === 'estimate' ? absolute : { mean: none, low: none, high: none },
    color: COLORS[verdict],
  }
}

function forestRow(metric: MetricReadOut): ForestRow {
  const { relative, nonInferiorityMargin, inverse, verdict } = metric
  const none = Number.NaN
  const interval =
    relative.kind === 'estimate'
      ? { mean: 100 * relative.mean, low: 100 * relative.low, high: 100 * relative.high }
      : { mean: relative.mean === null ? none : 100 * relative.mean, low: none, high: none }
  const mark = nonInferiorityMargin === null ? {} : { mark: (inverse ? 100 : -100) * nonInferiorityMargin }
  return {
    label: inverse ? `${metric.metric} (less is better)` : metric.metric,
    interval,
    color: COLORS[verdict],
    ...mark,
  }
}

const COLORS: Readonly<Record<MetricReadOut['verdict'], string>> = {
  better: 'var(--paloma)',
  worse: 'var(--usual)',
  inconclusive: 'var(--quiet)',
  unreliable: 'var(--line)',
}

const STYLES = [
  { color: 'var(--quiet)', dash: '' },
  { color: 'var(--paloma)', dash: '' },
  { color: 'var(--random)', dash: '7 3' },
  { color: 'var(--usual)', dash: '2 3' },
] as const

/** Users so far by variant, day by day. */
export function exposureFigure({ exposures, variants }: ExperimentReadOut): Figure {
  const days = daysOf(exposures.map(({ day }) => day))
  const points = variants.flatMap(({ name }) => {
    let sum = 0
    return days.map((day, i) => {
      sum += exposures
        .filter((cell) => cell.variant === name && cell.day === day)
        .reduce((n, { users }) => n + users, 0)
      return { x: i + 1, series: name, y: sum }
    })
  })
  return linesFigure({
    title: 'Users exposed so far',
    caption: `By variant and day of first exposure; day 1 is ${days[0]}; all users counted, so there is no interval.`,
    xLabel: 'day',
    yLabel: 'users',
    fromZero: true,
    series: variants.map(({ name }, i) => ({ name, style: { label: name, ...STYLES[i % STYLES.length]! } })),
    points,
  })
}

function daysOf(days: readonly string[]): readonly string[] {
  return [...new Set(days)].sort()
}

const BANDS: Readonly<Record<EffectOverTime['band'], string>> = {
  groupSequential: 'the bounds of the group sequential test at each look',
  confidenceSequence: 'a confidence sequence, which holds at all looks together',
}

/** The effect of each decisive metric as users came, with the band in which it may be looked at. */
export function overTimeFigures({ overTime, comparisons }: ExperimentReadOut): readonly Figure[] {
  const metricOf = ({ treatment, metric }: EffectOverTime): MetricReadOut | undefined =>
    comparisons.find((each) => each.treatment === treatment)?.metrics.find((each) => each.metric === metric)
  const isDrawn = ({ points }: EffectOverTime): boolean =>
    points.length > 1 && points.some(({ effect }) => effect !== null)
  return overTime.filter(isDrawn).map((each) => overTimeFigure(each, metricOf(each)))
}

function overTimeFigure(followed: EffectOverTime, metric: MetricReadOut | undefined): Figure {
  const { treatment, scale, band, points } = followed
  const isRelative = scale === 'relative'
  const times = (value: number | null): number | null => (value === null ? null : value * (isRelative ? 100 : 1))
  const unit = isRelative ? '% of the control mean' : (metric?.unit ?? 'difference')
  const users = formatNumber(points.at(-1)?.users ?? 0, 0)
  const margin = isRelative ? (metric?.nonInferiorityMargin ?? null) : null
  return bandFigure({
    title: `${followed.metric}: ${treatment} so far`,
    caption: `${unit}, users up to and with each day of exposure; day 1 is ${points[0]?.day}; n = ${users} at the end; the band is ${BANDS[band]}.`,
    xLabel: 'day',
    yLabel: isRelative ? 'difference, %' : 'difference',
    points: points.map(({ effect, low, high }, i) => ({
      x: i + 1,
      y: times(effect),
      low: times(low),
      high: times(high),
    })),
    ...(margin === null ? {} : { mark: (metric?.inverse === true ? 100 : -100) * margin }),
  })
}
