import { lineY, type PlotOptions } from '@observablehq/plot'
import { formatNumber } from '../../words/format-number.ts'
import type { Figure, SeriesStyle } from './figure.ts'

/** One line of a plot. */
export interface Series {
  readonly name: string
  readonly style: SeriesStyle
  /** Drawn wider than the others. */
  readonly isMain?: boolean
}

/** One number of one series at one moment. */
export interface SeriesPoint {
  readonly x: number
  /** Name of its series. */
  readonly series: string
  readonly y: number
}

/** What a line plot shows. */
export interface LineOptions {
  readonly title: string
  readonly caption: string
  /** `day` or `week`. */
  readonly xLabel: string
  readonly yLabel: string
  readonly series: readonly Series[]
  readonly points: readonly SeriesPoint[]
  readonly isStep?: boolean
  readonly isPercent?: boolean
  /** Where the axis of moments is marked; unless said at whole numbers. */
  readonly xTicks?: readonly number[]
  /** Whether the axis must begin at zero; a stock that hardly falls is better seen without. */
  readonly fromZero?: boolean
}

function drawLines(options: LineOptions, series: readonly Series[]): PlotOptions {
  const { points, xLabel, yLabel, isStep, isPercent, xTicks = wholeTicks(points), fromZero } = options
  return {
    height: 300,
    marginLeft: 52,
    marginRight: 14,
    marginBottom: 40,
    marginTop: 28,
    x: { label: `${xLabel} \u2192`, tickFormat: 'd', ticks: xTicks },
    y: {
      label: `\u2191 ${yLabel}`,
      grid: true,
      zero: fromZero === true,
      percent: isPercent === true,
      ticks: 6,
      nice: true,
    },
    marks: series.map(({ name, style, isMain }) =>
      lineY(
        points.filter((point) => point.series === name),
        {
          x: 'x',
          y: 'y',
          stroke: style.color,
          strokeWidth: isMain === true ? 2.6 : 2,
          curve: isStep === true ? 'step' : 'linear',
          ...(style.dash === '' ? {} : { strokeDasharray: style.dash }),
        },
      ),
    ),
  }
}

/** At most seven whole numbers across the range: days and weeks have no halves. */
function wholeTicks(points: readonly SeriesPoint[]): readonly number[] {
  const last = points.reduce((most, point) => Math.max(most, point.x), 1)
  const first = points.reduce((least, point) => Math.min(least, point.x), last)
  const step = Math.max(1, Math.ceil((last - first) / 6))
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step)
}

/** The numbers as one row per moment and one column per series. */
function pivot(options: LineOptions, series: readonly Series[]): Figure['table'] {
  const moments = [...new Set(options.points.map((point) => point.x))].sort((a, b) => a - b)
  const found = new Map(options.points.map((point) => [`${point.series} ${point.x}`, point.y]))
  const scale = options.isPercent === true ? 100 : 1
  return {
    columns: [options.xLabel, ...series.map(({ style }) => style.label)],
    rows: moments.map((x) => [
      String(x),
      ...series.map(({ name }) => formatNumber((found.get(`${name} ${x}`) ?? Number.NaN) * scale)),
    ]),
  }
}

/** One line per series over days or weeks; series without points are left out. */
export function linesFigure(options: LineOptions): Figure {
  const series = options.series.filter(({ name }) => options.points.some((point) => point.series === name))
  return {
    title: options.title,
    caption: options.caption,
    legend: series.map(({ style }) => style),
    table: pivot(options, series),
    draw: () => drawLines(options, series),
  }
}
