import { dot, type Markish, type PlotOptions, ruleX, ruleY, text, tickX } from '@observablehq/plot'
import { decimalsFor, formatNumber, formatSigned } from '../../words/format-number.ts'
import type { Figure } from './figure.ts'

/** A mean with the ends of its interval; not finite where there is none. */
export interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
}

/** One interval of a forest plot. */
export interface ForestRow {
  readonly label: string
  readonly interval: Interval
  readonly color: string
  /** A bound that the interval is held against, drawn as a tick across its row. */
  readonly mark?: number
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
  return `${format(mean, decimals)} [${format(low, decimals)},\u00a0${format(high, decimals)}]`
}

// On a phone the numbers of a row stand under its name, else beside it.
const NARROW_BELOW = 500

interface RowLayout {
  readonly height: number
  readonly nameDy: number
  readonly figuresDy: number
  readonly figuresAnchor: 'left' | 'right'
  readonly intervalDy: number
}

const WIDE_ROW: RowLayout = { height: 46, nameDy: -11, figuresDy: -11, figuresAnchor: 'right', intervalDy: 9 }
const NARROW_ROW: RowLayout = { height: 62, nameDy: -20, figuresDy: -5, figuresAnchor: 'left', intervalDy: 13 }

// Half the height of a mark, in pixels.
const MARK_REACH = 9

function intervalMarks(rows: readonly ForestRow[], layout: RowLayout): readonly Markish[] {
  const place = { y: 'label', dy: layout.intervalDy } as const
  const drawn = rows.filter((row) => isFinite3(row.interval))
  const marked = rows.filter((row) => row.mark !== undefined)
  return [
    tickX(marked, {
      y: 'label',
      x: (row: ForestRow) => row.mark,
      insetTop: layout.height / 2 + layout.intervalDy - MARK_REACH,
      insetBottom: layout.height / 2 - layout.intervalDy - MARK_REACH,
      stroke: 'var(--usual)',
      strokeWidth: 3,
    }),
    ruleY(drawn, {
      ...place,
      x1: (row: ForestRow) => row.interval.low,
      x2: (row: ForestRow) => row.interval.high,
      stroke: (row: ForestRow) => row.color,
      strokeWidth: 3,
    }),
    dot(drawn, { ...place, x: (row: ForestRow) => row.interval.mean, fill: (row: ForestRow) => row.color, r: 5.5 }),
  ]
}

function textMarks(rows: readonly ForestRow[], layout: RowLayout, sign: 'signed' | 'plain'): readonly Markish[] {
  // The stroke is a halo in the page's colour: grid and zero line do not cross the words.
  const look = { y: 'label', fontSize: 12, fill: 'currentColor', stroke: 'var(--ground)', strokeWidth: 5 } as const
  const { nameDy, figuresDy, figuresAnchor } = layout
  return [
    text(rows, { ...look, text: 'label', dy: nameDy, frameAnchor: 'left', textAnchor: 'start' }),
    text(rows, {
      ...look,
      text: (row: ForestRow) => intervalText(row.interval, sign),
      dy: figuresDy,
      frameAnchor: figuresAnchor,
      textAnchor: figuresAnchor === 'left' ? 'start' : 'end',
      fontWeight: 600,
    }),
  ]
}

/** What a forest plot shows. */
export interface ForestOptions {
  readonly title: string
  readonly caption: string
  readonly unit: string
  readonly rows: readonly ForestRow[]
  /** Whether means carry a plus where they are above 0; `signed` unless said. */
  readonly sign?: 'signed' | 'plain'
}

function drawForest({ rows, unit, sign = 'signed' }: ForestOptions, width: number): PlotOptions {
  const layout = width < NARROW_BELOW ? NARROW_ROW : WIDE_ROW
  const drawn = rows.filter((row) => isFinite3(row.interval))
  const ends = drawn.flatMap(({ interval, mark }) => [interval.low, interval.high, mark ?? 0])
  return {
    height: rows.length * layout.height + 54,
    marginLeft: 12,
    marginRight: 12,
    marginTop: 14,
    marginBottom: 40,
    x: { label: `${unit} \u2192`, labelAnchor: 'right', domain: paddedDomain(ends), grid: true, ticks: 5 },
    y: { axis: null, domain: rows.map((row) => row.label), type: 'band', padding: 0 },
    marks: [
      ruleX([0], { stroke: 'currentColor', strokeDasharray: '4 3' }),
      ...textMarks(rows, layout, sign),
      ...intervalMarks(rows, layout),
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

/** Differences, or values with `sign: 'plain'`, with their intervals against a line at zero. */
export function forestFigure(options: ForestOptions): Figure {
  const { title, caption, unit, rows, sign = 'signed' } = options
  const format = sign === 'signed' ? formatSigned : formatNumber
  return {
    title,
    caption,
    legend: [],
    table: {
      columns: [sign === 'signed' ? 'Difference' : 'Value', `Mean (${unit})`, 'Low', 'High'],
      rows: rows.map(({ label, interval }) => [
        label,
        format(interval.mean),
        format(interval.low),
        format(interval.high),
      ]),
    },
    draw: (width) => drawForest(options, width),
  }
}
