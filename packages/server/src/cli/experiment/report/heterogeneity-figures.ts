import type { ExperimentReadOut, HeterogeneityReadOut } from '@paloma/core'
import { type Figure, forestFigure, formatNumber, linesFigure } from '../../report/index.ts'

/** Per answer the Qini curve against treating by chance, and the effects by segment. */
export function heterogeneityFigures({ exploration }: Pick<ExperimentReadOut, 'exploration'>): readonly Figure[] {
  return exploration.heterogeneity.flatMap((each) => [...qiniFigure(each), ...segmentFigure(each)])
}

function qiniFigure({ metric, treatment, curve, users }: HeterogeneityReadOut): readonly Figure[] {
  if (curve === null) return []
  const end = curve.gains.at(-1) ?? 0
  const points = curve.shares.flatMap((share, i) => [
    { x: 100 * share, series: 'model', y: 100 * curve.gains[i]! },
    { x: 100 * share, series: 'chance', y: 100 * share * end },
  ])
  return [
    linesFigure({
      title: `${metric}: whom ${treatment} moves`,
      caption: `Qini curve of one split, n = ${formatNumber(users, 0)} users, half of them ranked by a model of the other half, highest expected effect first; gain of treating so many of them, per 100 users, as in the treated. The line lies above that of chance where the ranking is worth something; the table above has the intervals.`,
      xLabel: '% of users treated',
      xTicks: [0, 20, 40, 60, 80, 100],
      yLabel: 'gain per 100 users',
      series: [
        { name: 'model', isMain: true, style: { label: 'by the model', color: 'var(--paloma)', dash: '' } },
        { name: 'chance', style: { label: 'by chance', color: 'var(--quiet)', dash: '7 3' } },
      ],
      points,
    }),
  ]
}

function segmentFigure({ metric, treatment, segments }: HeterogeneityReadOut): readonly Figure[] {
  const rows = segments.flatMap(({ segment, value, effect, isDiscovery }) =>
    effect.kind === 'undefined'
      ? []
      : [{ label: `${segment} = ${value}`, interval: effect, color: isDiscovery ? 'var(--paloma)' : 'var(--quiet)' }],
  )
  if (rows.length === 0) return []
  return [
    forestFigure({
      title: `${metric}: effect of ${treatment} by segment`,
      caption:
        'In the unit of the metric, 95 % intervals of a single test each; coloured where the difference from everybody else stands out (false discoveries held at 10 %).',
      unit: 'difference',
      rows,
    }),
  ]
}
