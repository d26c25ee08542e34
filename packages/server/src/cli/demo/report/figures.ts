import {
  type Figure,
  type ForestRow,
  forestFigure,
  formatNumber,
  formatShare,
  linesFigure,
  type SeriesPoint,
} from '../../report/index.ts'
import { actionsFigure } from './charts/actions.ts'
import { calibrationFigure } from './charts/calibration.ts'
import { GROUP_LINES, pairLabel } from './groups.ts'
import type { DailyGroupPoint, DemoReportData } from './report-data.ts'

const MAIN_PAIR = 'paloma-businessAsUsual'
const COMBINED = 'combined'

function basisOf({ comparison, days }: DemoReportData): string {
  const users = Object.values(comparison.groups).reduce((sum, group) => sum + group.users, 0)
  return `n = ${formatNumber(users, 0)} users over ${days} days, ${formatShare(comparison.level)} intervals`
}

/** Every pair's difference for one objective. */
function pairRows({ comparison }: DemoReportData, objective: string): readonly ForestRow[] {
  return Object.entries(comparison.differences).flatMap(([pair, byObjective]) => {
    const interval = byObjective[objective]
    const color = pair === MAIN_PAIR ? 'var(--paloma)' : 'var(--quiet)'
    return interval === undefined ? [] : [{ label: pairLabel(pair), interval, color }]
  })
}

/** Paloma against business as usual, every objective times its weight: parts that add up to the combined difference. */
function weightedRows({ comparison, objectives }: DemoReportData): readonly ForestRow[] {
  const differences = comparison.differences[MAIN_PAIR] ?? {}
  const entries = [...objectives.map(({ name, weight }) => ({ name, weight })), { name: COMBINED, weight: 1 }]
  return entries.flatMap(({ name, weight }) => {
    const found = differences[name]
    if (found === undefined) return []
    const ends = [found.low * weight, found.high * weight]
    const interval = { mean: found.mean * weight, low: Math.min(...ends), high: Math.max(...ends) }
    return [{ label: name, interval, color: name === COMBINED ? 'var(--paloma)' : 'var(--quiet)' }]
  })
}

/** Differences: first all objectives on the common scale, then each in its own unit. */
export function differenceFigures(data: DemoReportData): readonly Figure[] {
  const basis = basisOf(data)
  const measures = [...data.objectives, { name: COMBINED, unit: 'common scale' }]
  return [
    forestFigure({
      title: 'Paloma \u2212 business as usual, on the common scale',
      caption: `Difference per user, weight \u00d7 objective; ${basis}. Right of the dashed line is better.`,
      unit: 'weighted difference per user',
      rows: weightedRows(data),
    }),
    ...measures.map(({ name, unit }) =>
      forestFigure({
        title: `Difference in ${name}`,
        caption: `${unit} per user; ${basis}.`,
        unit,
        rows: pairRows(data, name),
      }),
    ),
  ]
}

function points(daily: readonly DailyGroupPoint[], pick: (point: DailyGroupPoint) => number): readonly SeriesPoint[] {
  return daily.map((point) => ({ x: point.day, series: point.group, y: pick(point) }))
}

/** Mean sends per user and day of each week times seven, so that a short last week compares with the others. */
export function weeklySends(daily: readonly DailyGroupPoint[]): readonly SeriesPoint[] {
  const weeks = new Map<string, { x: number; group: DailyGroupPoint['group']; sum: number; days: number }>()
  for (const { day, group, sendsPerUser } of daily) {
    const x = Math.floor((day - 1) / 7) + 1
    const week = weeks.get(`${group} ${x}`) ?? { x, group, sum: 0, days: 0 }
    weeks.set(`${group} ${x}`, { ...week, sum: week.sum + sendsPerUser, days: week.days + 1 })
  }
  return [...weeks.values()].map(({ x, group, sum, days }) => ({ x, series: group, y: (7 * sum) / days }))
}

/** What happened over time, per group. */
export function timeFigures(data: DemoReportData): readonly Figure[] {
  const users = `n = ${formatNumber(data.users, 0)} users; group means, shown without intervals`
  return [
    linesFigure({
      title: 'Combined objective so far',
      caption: `Cumulative per user on the common scale, by day; ${users}.`,
      xLabel: 'day',
      yLabel: 'combined per user',
      series: GROUP_LINES,
      points: points(data.daily, (point) => point.combinedPerUser),
      fromZero: true,
    }),
    linesFigure({
      title: 'Reach left',
      caption: `Channels still reachable of those reachable at first, in per cent, by day; ${users}.`,
      xLabel: 'day',
      yLabel: 'reach left, %',
      series: GROUP_LINES,
      points: points(data.daily, (point) => point.reach),
      isPercent: true,
    }),
    linesFigure({
      title: 'Sends per user and week',
      caption: `Sends per user, by week (seven times the daily mean of the week); ${users}.`,
      xLabel: 'week',
      yLabel: 'sends per user and week',
      series: GROUP_LINES,
      points: weeklySends(data.daily),
      fromZero: true,
    }),
  ]
}

/** What Paloma chose, and whether its predictions came true. */
export function policyFigures(data: DemoReportData): readonly Figure[] {
  const calibration = data.objectives.flatMap((objective) => {
    const bins = (data.calibration ?? []).filter((bin) => bin.objective === objective.name)
    return bins.length === 0 ? [] : [calibrationFigure(objective, bins, data.comparison.level)]
  })
  return [actionsFigure(data.actions), ...calibration]
}
