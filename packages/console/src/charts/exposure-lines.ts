import { lineY, type PlotOptions, ruleY, text } from '@observablehq/plot'
import type { ReadOut } from '../experiment-answers.ts'

/** Users of one variant exposed up to and with a day. */
export interface ExposurePoint {
  readonly day: string
  readonly variant: string
  readonly users: number
}

/** First exposures added up, every variant on every day that has any. */
export function exposurePoints({
  exposures,
  variants,
}: Pick<ReadOut, 'exposures' | 'variants'>): readonly ExposurePoint[] {
  const days = [...new Set(exposures.map(({ day }) => day))].sort()
  return variants.flatMap(({ name: variant }) => {
    const own = exposures.filter((cell) => cell.variant === variant)
    let users = 0
    return days.map((day) => {
      for (const cell of own) if (cell.day === day) users += cell.users
      return { day, variant, users }
    })
  })
}

/** Dashes tell variants apart where colours do not; the first, the control, is drawn quietly. */
const STYLES = [
  { stroke: 'var(--quiet)' },
  { stroke: 'var(--accent)' },
  { stroke: 'var(--against)', strokeDasharray: '7 3' },
  { stroke: 'var(--good)', strokeDasharray: '2 3' },
] as const
const LINE_HEIGHT = 15

/** A line per variant; names stand at the ends, one under the other so that equal lines do not hide them. */
export function exposurePlot(points: readonly ExposurePoint[], variants: readonly string[]): PlotOptions {
  const lastDay = points.at(-1)?.day ?? ''
  const ends = points.filter(({ day }) => day === lastDay).sort((a, b) => b.users - a.users)
  const timed = (list: readonly ExposurePoint[]) => list.map((point) => ({ ...point, at: new Date(point.day) }))
  const style = (name: string) => STYLES[variants.indexOf(name) % STYLES.length] ?? STYLES[0]
  return {
    height: 260,
    marginLeft: 56,
    marginRight: 120,
    marginBottom: 40,
    x: { label: 'day of first exposure \u2192', type: 'utc' },
    y: { label: '\u2191 users so far', grid: true, zero: true },
    marks: [
      ruleY([0]),
      ...variants.map((name) =>
        lineY(timed(points.filter(({ variant }) => variant === name)), {
          x: 'at',
          y: 'users',
          strokeWidth: 2.5,
          ...style(name),
        }),
      ),
      ...ends.map((end, i) =>
        text(timed([end]), {
          x: 'at',
          y: () => ends[0]?.users ?? 0,
          text: 'variant',
          dx: 10,
          dy: i * LINE_HEIGHT,
          textAnchor: 'start',
          fontWeight: 600,
          fill: style(end.variant).stroke,
        }),
      ),
    ],
  }
}
