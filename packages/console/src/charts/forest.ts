import { dot, type PlotOptions, ruleX, ruleY, text } from '@observablehq/plot'
import type { GroupComparison, Interval } from '../answers.ts'
import { formatSigned } from '../format.ts'

/** How an interval is drawn: the one a reader looks for, the others, or by what it says. */
export type Tone = 'main' | 'plain' | 'good' | 'bad'

/** One interval of a forest plot, its ends all there. */
export interface ForestRow {
  readonly label: string
  readonly mean: number
  readonly low: number
  readonly high: number
  readonly tone: Tone
  /** Where a tick stands in the row, e.g. at the largest loss that is accepted. */
  readonly mark?: number
}

const NAMES: Readonly<Record<string, string>> = {
  paloma: 'Paloma',
  businessAsUsual: 'Business as usual',
  random: 'Random',
  holdout: 'Holdout',
}

/** A group's name for people; unknown ones as they are. */
export function groupName(group: string): string {
  return NAMES[group] ?? group
}

/** `paloma-holdout` as `Paloma − holdout`. */
export function pairName(pair: string): string {
  const [first = pair, second] = pair.split('-')
  return second === undefined ? groupName(first) : `${groupName(first)} \u2212 ${groupName(second).toLowerCase()}`
}

/** `+1.2 [+0.4, +2]`, or what there is where an end is missing. */
export function intervalText(interval: Interval, format: (value: number | null) => string = formatSigned): string {
  const { mean, low, high } = interval
  if (mean === null || low === null || high === null) return format(mean)
  return `${format(mean)} [${format(low)},\u00a0${format(high)}]`
}

/** The differences of one objective (or `combined`) that have an interval, in the server's order. */
export function forestRows(comparison: GroupComparison, objective: string): readonly ForestRow[] {
  return Object.entries(comparison.differences).flatMap(([pair, byObjective]) => {
    const { mean = null, low = null, high = null } = byObjective[objective] ?? {}
    if (mean === null || low === null || high === null) return []
    return [{ label: pairName(pair), mean, low, high, tone: pair === 'paloma-businessAsUsual' ? 'main' : 'plain' }]
  })
}

/** What of every comparison can be chosen: `combined` first, then the objectives. */
export function comparedNames(comparison: GroupComparison): readonly string[] {
  const names = new Set(Object.values(comparison.differences).flatMap((byObjective) => Object.keys(byObjective)))
  names.delete('combined')
  return ['combined', ...names]
}

const ROW_HEIGHT = 60
const COLORS: Readonly<Record<Tone, string>> = {
  main: 'var(--accent)',
  plain: 'var(--quiet)',
  good: 'var(--good)',
  bad: 'var(--bad)',
}

/** Intervals against a dashed line at zero, names and numbers above each. */
export function forestPlot(rows: readonly ForestRow[], unit: string): PlotOptions {
  const color = ({ tone }: ForestRow) => COLORS[tone]
  const marked = rows.filter(({ mark }) => mark !== undefined)
  const words = { y: 'label', frameAnchor: 'left', textAnchor: 'start', fill: 'currentColor' } as const
  const halo = { stroke: 'var(--ground)', strokeWidth: 5, fontSize: 12 } as const
  const ends = [0, ...rows.flatMap(({ low, high, mark = 0 }) => [low, high, mark])]
  const pad = (Math.max(...ends) - Math.min(...ends) || 1) * 0.06
  return {
    height: rows.length * ROW_HEIGHT + 50,
    marginLeft: 12,
    marginRight: 12,
    marginBottom: 40,
    x: { label: `${unit} \u2192`, domain: [Math.min(...ends) - pad, Math.max(...ends) + pad], grid: true, ticks: 5 },
    y: { axis: null, type: 'band', domain: rows.map((row) => row.label), padding: 0 },
    marks: [
      ruleX([0], { stroke: 'currentColor', strokeDasharray: '4 3' }),
      text(rows, { ...words, ...halo, text: 'label', dy: -18 }),
      text(rows, { ...words, ...halo, text: (row: ForestRow) => intervalText(row), dy: -3, fontWeight: 600 }),
      ruleY(rows, { y: 'label', x1: 'low', x2: 'high', stroke: color, strokeWidth: 3, dy: 14 }),
      dot(rows, { y: 'label', x: 'mean', fill: color, r: 5, dy: 14 }),
      dot(marked, { y: 'label', x: 'mark', symbol: 'times', stroke: 'var(--against)', strokeWidth: 2.5, r: 5, dy: 14 }),
    ],
  }
}
