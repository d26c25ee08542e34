import {
  benjaminiHochberg,
  effectInterval,
  effectPValue,
  relativeEffect,
  relativeInterval,
} from '../statistics/index.ts'
import { compareSegment } from './compare-metric.ts'
import type { SegmentReadOut } from './experiment-read-out.ts'
import type { ExperimentSummary, MetricSummary, SegmentCell } from './experiment-summary.ts'
import type { ReadOutSpec } from './read-out-spec.ts'

const LEVEL = 0.95

/**
 * Every metric in every segment, treatments against the control, with 95 % intervals of a single test each and
 * Benjamini–Hochberg q values over all of them together: to find questions for the next experiment, never an answer.
 */
export function exploreSegments(summary: ExperimentSummary, spec: ReadOutSpec): readonly SegmentReadOut[] {
  const treatments = spec.variants.map(({ name }) => name).filter((name) => name !== spec.control)
  const found = summary.metrics
    .filter(({ quantiles }) => quantiles === undefined)
    .flatMap((metric) =>
      valuesOf(metric, spec.segments).flatMap((cells) =>
        treatments.flatMap((treatment) => segmentOf(metric, cells, { treatment, control: spec.control })),
      ),
    )
  const discoveries = benjaminiHochberg(found.map(({ pValue }) => pValue))
  return found.map((each, i) => ({
    ...each,
    qValue: discoveries[i]!.adjusted,
    isDiscovery: discoveries[i]!.isDiscovery,
  }))
}

function valuesOf({ segments }: MetricSummary, asked: readonly string[]): readonly (readonly SegmentCell[])[] {
  const groups = new Map<string, SegmentCell[]>()
  for (const cell of segments.filter(({ segment }) => asked.includes(segment))) {
    const key = JSON.stringify([cell.segment, cell.value])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [cell])
    else group.push(cell)
  }
  return [...groups.values()]
}

function segmentOf(
  metric: MetricSummary,
  cells: readonly SegmentCell[],
  pair: { readonly treatment: string; readonly control: string },
): readonly SegmentReadOut[] {
  const [first] = cells
  const has = (name: string): boolean => cells.some(({ variant }) => variant === name)
  if (first === undefined || !has(pair.treatment) || !has(pair.control)) return []
  const { users, found: compared } = compareSegment(metric.columns, cells, pair)
  return [
    {
      segment: first.segment,
      value: first.value,
      treatment: pair.treatment,
      metric: metric.metric,
      users,
      relative: relativeInterval(relativeEffect(compared), { level: LEVEL }),
      absolute: effectInterval(compared.effect, { level: LEVEL }),
      pValue: effectPValue(compared.effect, { alternative: 'different' }),
      qValue: null,
      isDiscovery: false,
    },
  ]
}
