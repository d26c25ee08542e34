import { type PlotOptions, rectY, ruleY } from '@observablehq/plot'
import { formatNumber } from '../../words/format-number.ts'
import type { Figure } from './figure.ts'

/** One bar: how many lie in [low, high). */
export interface Bar {
  readonly low: number
  readonly high: number
  readonly count: number
}

/** What a histogram over powers of ten shows. */
export interface BarOptions {
  readonly title: string
  readonly caption: string
  readonly xLabel: string
  readonly yLabel: string
  readonly bars: readonly Bar[]
}

function drawBars({ bars, xLabel, yLabel }: BarOptions): PlotOptions {
  return {
    height: 240,
    marginLeft: 60,
    marginRight: 14,
    marginBottom: 40,
    marginTop: 28,
    x: {
      type: 'log',
      label: `${xLabel} \u2192`,
      domain: [bars[0]?.low ?? 0.1, bars.at(-1)?.high ?? 1],
      tickFormat: (value: number) => String(Number(value.toPrecision(2))),
      ticks: 5,
    },
    y: { label: `\u2191 ${yLabel}`, grid: true, ticks: 5, zero: true },
    marks: [
      rectY(bars, { x1: 'low', x2: 'high', y: 'count', fill: 'var(--paloma)', fillOpacity: 0.75, inset: 0.5 }),
      ruleY([0], { stroke: 'currentColor' }),
    ],
  }
}

/** A histogram whose bars are equally wide on a scale of powers of ten. */
export function barsFigure(options: BarOptions): Figure {
  return {
    title: options.title,
    caption: options.caption,
    legend: [],
    table: {
      columns: [options.xLabel, options.yLabel],
      rows: options.bars.map(({ low, high, count }) => [
        `${formatNumber(low)} to ${formatNumber(high)}`,
        formatNumber(count, 0),
      ]),
    },
    draw: () => drawBars(options),
  }
}
