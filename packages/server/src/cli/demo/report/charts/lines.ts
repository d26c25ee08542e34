import { lineY, type PlotOptions } from '@observablehq/plot'
import { GROUPS, type Group } from '@paloma/core/domain'
import type { Figure } from '../figure.ts'
import { formatNumber } from '../format-number.ts'
import { GROUP_STYLES } from '../groups.ts'

/** One number of one group at one moment. */
export interface GroupPoint {
  readonly x: number
  readonly group: Group
  readonly y: number
}

/** What a line plot shows. */
export interface LineOptions {
  readonly title: string
  readonly caption: string
  /** `day` or `week`. */
  readonly xLabel: string
  readonly yLabel: string
  readonly points: readonly GroupPoint[]
  readonly isStep?: boolean
  readonly isPercent?: boolean
  /** Whether the axis must begin at zero; a stock that hardly falls is better seen without. */
  readonly fromZero?: boolean
}

function drawLines(options: LineOptions, groups: readonly Group[]): PlotOptions {
  const { points, xLabel, yLabel, isStep, isPercent, fromZero } = options
  return {
    height: 300,
    marginLeft: 52,
    marginRight: 14,
    marginBottom: 40,
    marginTop: 28,
    x: { label: `${xLabel} \u2192`, tickFormat: 'd', ticks: wholeTicks(points) },
    y: {
      label: `\u2191 ${yLabel}`,
      grid: true,
      zero: fromZero === true,
      percent: isPercent === true,
      ticks: 6,
      nice: true,
    },
    marks: groups.map((group) =>
      lineY(
        points.filter((point) => point.group === group),
        {
          x: 'x',
          y: 'y',
          stroke: GROUP_STYLES[group].color,
          strokeWidth: group === 'paloma' ? 2.6 : 2,
          curve: isStep === true ? 'step' : 'linear',
          ...(GROUP_STYLES[group].dash === '' ? {} : { strokeDasharray: GROUP_STYLES[group].dash }),
        },
      ),
    ),
  }
}

/** At most seven whole numbers across the range: days and weeks have no halves. */
function wholeTicks(points: readonly GroupPoint[]): readonly number[] {
  const last = points.reduce((most, point) => Math.max(most, point.x), 1)
  const first = points.reduce((least, point) => Math.min(least, point.x), last)
  const step = Math.max(1, Math.ceil((last - first) / 6))
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step)
}

/** The numbers as one row per moment and one column per group. */
function pivot(options: LineOptions, groups: readonly Group[]): Figure['table'] {
  const moments = [...new Set(options.points.map((point) => point.x))].sort((a, b) => a - b)
  const found = new Map(options.points.map((point) => [`${point.group} ${point.x}`, point.y]))
  const scale = options.isPercent === true ? 100 : 1
  return {
    columns: [options.xLabel, ...groups.map((group) => GROUP_STYLES[group].label)],
    rows: moments.map((x) => [
      String(x),
      ...groups.map((group) => formatNumber((found.get(`${group} ${x}`) ?? Number.NaN) * scale)),
    ]),
  }
}

/** One line per group over days or weeks; groups without points are left out. */
export function linesFigure(options: LineOptions): Figure {
  const groups = GROUPS.filter((group) => options.points.some((point) => point.group === group))
  return {
    title: options.title,
    caption: options.caption,
    legend: groups.map((group) => GROUP_STYLES[group]),
    table: pivot(options, groups),
    draw: () => drawLines(options, groups),
  }
}
