import { lineY, type PlotOptions, ruleX } from '@observablehq/plot'
import { formatNumber, formatShare } from '../../words/format-number.ts'
import type { Figure, SeriesStyle } from './figure.ts'

/** Shares at and above a value. */
export interface TailRow {
  readonly x: number
  readonly shares: readonly number[]
}

/** What a plot of shares above a value shows; one share per series. */
export interface TailOptions {
  readonly title: string
  readonly caption: string
  readonly xLabel: string
  readonly series: readonly SeriesStyle[]
  readonly rows: readonly TailRow[]
  /** A value to draw a line at. */
  readonly mark?: number
}

function drawTail({ rows, series, xLabel, mark }: TailOptions): PlotOptions {
  return {
    height: 260,
    marginLeft: 52,
    marginRight: 14,
    marginBottom: 40,
    marginTop: 28,
    x: {
      type: 'log',
      label: `${xLabel} \u2192`,
      tickFormat: (value: number) => String(Number(value.toPrecision(2))),
      ticks: 5,
      grid: true,
    },
    y: { label: '\u2191 %', percent: true, domain: [0, 100], grid: true, ticks: 5 },
    marks: [
      ...(mark === undefined
        ? []
        : [ruleX([mark], { stroke: 'var(--usual)', strokeWidth: 2, strokeDasharray: '2 3' })]),
      ...series.map(({ color, dash }, s) =>
        lineY(rows, {
          x: 'x',
          y: (row: TailRow) => row.shares[s],
          stroke: color,
          strokeWidth: 2.4,
          ...(dash === '' ? {} : { strokeDasharray: dash }),
        }),
      ),
    ],
  }
}

/** Shares that lie at or above a value, over a scale of powers of ten. */
export function tailFigure(options: TailOptions): Figure {
  return {
    title: options.title,
    caption: options.caption,
    legend: options.series,
    table: {
      columns: [options.xLabel, ...options.series.map(({ label }) => label)],
      rows: options.rows.map(({ x, shares }) => [formatNumber(x), ...shares.map(formatShare)]),
    },
    draw: () => drawTail(options),
  }
}
