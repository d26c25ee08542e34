import { areaY, dot, lineY, type PlotOptions, ruleY } from '@observablehq/plot'
import { formatNumber } from '../../words/format-number.ts'
import type { Figure } from './figure.ts'

/** One value with the band around it at one moment; null where it is not known. */
export interface BandPoint {
  readonly x: number
  readonly y: number | null
  readonly low: number | null
  readonly high: number | null
}

/** What a plot of one line with a band shows. */
export interface BandOptions {
  readonly title: string
  readonly caption: string
  readonly xLabel: string
  readonly yLabel: string
  readonly points: readonly BandPoint[]
  /** A level to compare with, beside 0. */
  readonly mark?: number
}

// Early bands are so wide that nothing else could be seen: so many widths of the last band are drawn.
const WIDEST = 3

function domainOf({ points, mark }: BandOptions): readonly [number, number] {
  const last = points.findLast(({ low, high }) => low !== null && high !== null)
  const whole = points.flatMap(({ y, low, high }) => [y, low, high]).filter((value) => value !== null)
  const seen = [0, ...(mark === undefined ? [] : [mark])]
  if (last === undefined || last.low === null || last.high === null)
    return [Math.min(...seen, ...whole), Math.max(...seen, ...whole)]
  const reach = WIDEST * (last.high - last.low)
  const middle = (last.low + last.high) / 2
  const ends = whole.map((value) => Math.min(middle + reach, Math.max(middle - reach, value)))
  return [Math.min(...seen, ...ends), Math.max(...seen, ...ends)]
}

function drawBand(options: BandOptions): PlotOptions {
  const { points, xLabel, yLabel, mark } = options
  const banded = points.filter(({ low, high }) => low !== null && high !== null)
  const known = points.filter(({ y }) => y !== null)
  return {
    height: 280,
    marginLeft: 56,
    marginRight: 14,
    marginBottom: 40,
    marginTop: 28,
    x: { label: `${xLabel} \u2192`, tickFormat: 'd', ticks: 7 },
    y: { label: `\u2191 ${yLabel}`, grid: true, ticks: 6, domain: domainOf(options), clamp: true },
    marks: [
      areaY(banded, { x: 'x', y1: 'low', y2: 'high', fill: 'var(--paloma)', fillOpacity: 0.16 }),
      ruleY([0], { stroke: 'currentColor', strokeDasharray: '4 3' }),
      ...(mark === undefined
        ? []
        : [ruleY([mark], { stroke: 'var(--usual)', strokeWidth: 2, strokeDasharray: '2 3' })]),
      lineY(known, { x: 'x', y: 'y', stroke: 'var(--paloma)', strokeWidth: 2.4 }),
      dot(known, { x: 'x', y: 'y', fill: 'var(--paloma)', r: 2.6 }),
    ],
  }
}

/** One line over time with the band that held at each moment. */
export function bandFigure(options: BandOptions): Figure {
  const show = (value: number | null): string => (value === null ? '\u2013' : formatNumber(value))
  return {
    title: options.title,
    caption: options.caption,
    legend: [],
    table: {
      columns: [options.xLabel, options.yLabel, 'Low', 'High'],
      rows: options.points.map(({ x, y, low, high }) => [String(x), show(y), show(low), show(high)]),
    },
    draw: () => drawBand(options),
  }
}
