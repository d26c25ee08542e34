import { areaY, lineY, type PlotOptions, ruleY } from '@observablehq/plot'
import type { EffectOverTime, MetricAnswer } from '../experiment-answers.ts'

/** An effect with the users of all days up to one, in the unit it is drawn in. */
export interface BandPoint {
  readonly at: Date
  readonly effect: number
  /** Absent where no test took place at that look. */
  readonly low: number | null
  readonly high: number | null
}

const BANDS: Readonly<Record<EffectOverTime['band'], string>> = {
  groupSequential: 'the bounds of the group sequential test at each look',
  confidenceSequence: 'a confidence sequence, which holds at all looks together',
}

/** What the band is, in words. */
export function bandWords({ band }: EffectOverTime): string {
  return BANDS[band]
}

/** The days that have an effect; shares of the control mean become per cent. */
export function bandPoints({ points, scale }: EffectOverTime): readonly BandPoint[] {
  const factor = scale === 'relative' ? 100 : 1
  const times = (value: number | null) => (value === null ? null : value * factor)
  return points.flatMap(({ day, effect, low, high }) =>
    effect === null ? [] : [{ at: new Date(day), effect: effect * factor, low: times(low), high: times(high) }],
  )
}

/** The accepted loss of a guardrail in per cent, on the side where loss lies; null without one. */
export function marginOf(metric: MetricAnswer | undefined, { scale }: EffectOverTime): number | null {
  const margin = metric?.nonInferiorityMargin ?? null
  if (metric === undefined || margin === null || scale === 'absolute') return null
  return (metric.inverse ? 100 : -100) * margin
}

const MOST_TIMES = 4

/** The first looks are wide beyond use: the axis shows what lies within a few times the last band. */
function domainOf(points: readonly BandPoint[], margin: number | null): readonly [number, number] {
  const last = points.findLast(({ low, high }) => low !== null && high !== null)
  const reach = last === undefined ? Number.POSITIVE_INFINITY : MOST_TIMES * ((last.high ?? 0) - (last.low ?? 0))
  const centre = last?.effect ?? 0
  const inside = (value: number) => Math.max(centre - reach, Math.min(centre + reach, value))
  const values = points.flatMap(({ effect, low, high }) => [effect, low ?? effect, high ?? effect]).map(inside)
  const all = [0, margin ?? 0, ...values]
  return [Math.min(...all), Math.max(...all)]
}

/** Effect and band by day, zero dashed, an accepted loss as a line of its own. */
export function bandPlot(
  points: readonly BandPoint[],
  options: { readonly unit: string; readonly margin: number | null },
): PlotOptions {
  const { unit, margin } = options
  const banded = points.filter(({ low, high }) => low !== null && high !== null)
  return {
    height: 240,
    marginLeft: 56,
    marginBottom: 40,
    x: { label: 'users up to and with this day \u2192', type: 'utc' },
    y: { label: `\u2191 ${unit}`, grid: true, domain: domainOf(points, margin), clamp: true },
    marks: [
      areaY(banded, { x: 'at', y1: 'low', y2: 'high', fill: 'var(--accent)', fillOpacity: 0.18 }),
      ruleY([0], { stroke: 'currentColor', strokeDasharray: '4 3' }),
      ...(margin === null ? [] : [ruleY([margin], { stroke: 'var(--against)', strokeWidth: 1.5 })]),
      lineY(points, { x: 'at', y: 'effect', stroke: 'var(--accent)', strokeWidth: 2.5 }),
    ],
  }
}
