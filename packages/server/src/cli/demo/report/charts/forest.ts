import { dot, type PlotOptions, ruleX, ruleY, text } from '@observablehq/plot'
import type { Interval } from '../../../../usecases/contract.ts'
import type { Figure } from '../figure.ts'
import { decimalsFor, formatNumber, formatSigned } from '../format-number.ts'

/** One interval of a forest plot. */
export interface ForestRow {
  readonly label: string
  readonly interval: Interval
  readonly color: string
}

/** An interval is drawn only when all three numbers are there. */
export function isFinite3({ mean, low, high }: Interval): boolean {
  return Number.isFinite(mean) && Number.isFinite(low) && Number.isFinite(high)
}

/** `+1.2 [0.4, 2.0]`, to the digits the interval deserves; a mean alone when there is no interval. */
export function intervalText(interval: Interval, sign: 'signed' | 'plain' = 'signed'): string {
  const { mean, low, high } = interval
  const format = sign === 'signed' ? formatSigned : formatNumber
  if (!isFinite3(interval)) return Number.isFinite(mean) ? `${format(mean)} (no interval)` : 'not known'
  const decimals = decimalsFor(high - low)
  return `${format(mean, decimals)} [${format(low, decimals)}, ${format(high, decimals)}]`
}

const ROW_HEIGHT = 46

function drawForest(rows: readonly ForestRow[], unit: string): PlotOptions {
  const drawn = rows.filter((row) => isFinite3(row.interval))
  const ends = drawn.flatMap(({ interval }) => [interval.low, interval.high])
  const order = rows.map((row) => row.label)
  const texts = { y: 'label', dy: -13, fontSize: 12, fill: 'currentColor' } as const
  return {
    height: rows.length * ROW_HEIGHT + 54,
    marginLeft: 12,
    marginRight: 12,
    marginTop: 14,
    marginBottom: 40,
    x: { label: `${unit} \u2192`, labelAnchor: 'right', domain: paddedDomain(ends), grid: true, ticks: 5 },
    y: { axis: null, domain: order, type: 'band', padding: 0 },
    marks: [
      ruleX([0], { stroke: 'currentColor', strokeDasharray: '4 3' }),
      ruleY(drawn, {
        y: 'label',
        x1: (row: ForestRow) => row.interval.low,
        x2: (row: ForestRow) => row.interval.high,
        stroke: (row: ForestRow) => row.color,
        strokeWidth: 3,
        dy: 8,
      }),
      dot(drawn, {
        y: 'label',
        x: (row: ForestRow) => row.interval.mean,
        fill: (row: ForestRow) => row.color,
        r: 5.5,
        dy: 8,
      }),
      text(rows, { ...texts, text: 'label', frameAnchor: 'left', textAnchor: 'start' }),
      text(rows, {
        ...texts,
        text: (row: ForestRow) => intervalText(row.interval),
        frameAnchor: 'right',
        textAnchor: 'end',
        fontWeight: 600,
      }),
    ],
  }
}

/** Room around the intervals, zero always in view. */
function paddedDomain(ends: readonly number[]): readonly [number, number] {
  const low = Math.min(0, ...ends)
  const high = Math.max(0, ...ends)
  const pad = (high - low || 1) * 0.06
  return [low - pad, high + pad]
}

/** Differences with their intervals against a line at zero. */
export function forestFigure(options: {
  readonly title: string
  readonly caption: string
  readonly unit: string
  readonly rows: readonly ForestRow[]
}): Figure {
  const { title, caption, unit, rows } = options
  return {
    title,
    caption,
    legend: [],
    table: {
      columns: ['Difference', `Mean (${unit})`, 'Low', 'High'],
      rows: rows.map(({ label, interval }) => [
        label,
        formatSigned(interval.mean),
        formatSigned(interval.low),
        formatSigned(interval.high),
      ]),
    },
    draw: () => drawForest(rows, unit),
  }
}
