import { unitsMultiple } from '../statistics/index.ts'
import { momentsOfVariant } from './compare-metric.ts'
import type { ComparedMetric } from './compared-metric.ts'
import type { SkewnessReadOut } from './experiment-read-out.ts'
import type { ExperimentSummary } from './experiment-summary.ts'

// Below this a bound moves by less than a hundredth of a standard error.
const WORTH_A_NOTE = 0.01

/** What tests and intervals of a metric were corrected for. */
export function skewnessOf({ tested, summary, pair }: ComparedMetric): SkewnessReadOut | null {
  if (tested.kind === 'undefined' || tested.asymmetry === undefined) return null
  const multiple = unitsMultiple(tested.asymmetry)
  const users = momentsOfVariant(summary, pair.treatment).n + momentsOfVariant(summary, pair.control).n
  return {
    ofEffect: tested.asymmetry.skewness,
    usersNeeded: multiple === null ? null : Math.ceil(multiple * users),
  }
}

/** The same in words. */
export function skewnessNotes(skewness: SkewnessReadOut | null): readonly string[] {
  if (skewness === null || Math.abs(skewness.ofEffect) < WORTH_A_NOTE) return []
  const { ofEffect, usersNeeded } = skewness
  const corrected = `corrected for skewness ${ofEffect.toFixed(2)} of the effect`
  return usersNeeded === null
    ? [corrected]
    : [`${corrected}, which is too much to be trusted: it takes ${usersNeeded} users, or a cap on the values`]
}

/** The summary with what a correction for skewness needs taken out. */
export function withoutThirdMoments(summary: ExperimentSummary): ExperimentSummary {
  const without = <Cell extends { readonly moments: { readonly third?: Float64Array } }>(cell: Cell): Cell => {
    const { third: _, ...moments } = cell.moments
    return { ...cell, moments }
  }
  return {
    ...summary,
    metrics: summary.metrics.map((metric) => ({
      ...metric,
      cells: metric.cells.map(without),
      segments: metric.segments.map(without),
      capping: metric.capping === null ? null : { ...metric.capping, cells: metric.capping.cells.map(without) },
    })),
  }
}
