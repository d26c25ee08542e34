import {
  benjaminiHochberg,
  type Effect,
  type Estimate,
  effectInterval,
  effectPValue,
  interactionEffect,
} from '../statistics/index.ts'
import { compareSegment } from './compare-metric.ts'
import type { MetricSummary } from './experiment-summary.ts'
import { EXPLORATION_LEVEL, type ExplorationData } from './exploration-data.ts'
import type { OtherExperiment } from './read-out-spec.ts'

/** How another experiment changes the effect of this one on a metric. */
export interface InteractionReadOut {
  readonly experiment: string
  /** The other experiment's treatment that is compared with its control. */
  readonly beside: string
  readonly treatment: string
  readonly metric: string
  /** The effect among users with the other's treatment minus that among its control, in the metric's unit. */
  readonly interaction: Estimate
  readonly besideTreatment: Estimate
  readonly besideControl: Estimate
  readonly pValue: number | null
  /** Benjamini–Hochberg among all pairs and metrics. */
  readonly qValue: number | null
  readonly isDiscovery: boolean
}

/** The interaction of every treatment with every treatment of the other experiments, metric by metric. */
export function exploreInteractions({ spec, summary }: ExplorationData): readonly InteractionReadOut[] {
  const treatments = spec.variants.map(({ name }) => name).filter((name) => name !== spec.control)
  const found = (spec.interactions ?? []).flatMap((other) =>
    summary.metrics
      .filter(({ quantiles }) => quantiles === undefined)
      .flatMap((metric) =>
        treatmentsOf(metric, other).flatMap((beside) =>
          treatments.map((treatment) => interactionOf(metric, { other, beside }, { treatment, control: spec.control })),
        ),
      ),
  )
  const discoveries = benjaminiHochberg(found.map(({ pValue }) => pValue))
  return found.map((each, i) => ({
    ...each,
    qValue: discoveries[i]!.adjusted,
    isDiscovery: discoveries[i]!.isDiscovery,
  }))
}

/** Values of users who are not in the other experiment are empty. */
function treatmentsOf({ segments }: MetricSummary, { column, control }: OtherExperiment): readonly string[] {
  const own = segments.filter(({ segment, value }) => segment === column && value !== '' && value !== control)
  return [...new Set(own.map(({ value }) => value))].filter((value) => value !== NOT_KNOWN).sort()
}

/** What a reader of tables calls an empty segment. */
export const NOT_KNOWN = 'not known'

function interactionOf(
  { metric, columns, segments }: MetricSummary,
  { other, beside }: { readonly other: OtherExperiment; readonly beside: string },
  pair: { readonly treatment: string; readonly control: string },
): InteractionReadOut {
  const among = (value: string) => {
    const cells = segments.filter((cell) => cell.segment === other.column && cell.value === value)
    return compareSegment(columns, cells, pair).found
  }
  const found = interactionEffect(among(beside), among(other.control))
  const interval = (effect: Effect): Estimate => effectInterval(effect, { level: EXPLORATION_LEVEL })
  return {
    ...{ experiment: other.experiment, beside, treatment: pair.treatment, metric },
    interaction: interval(found.interaction),
    besideTreatment: interval(found.besideTreatment),
    besideControl: interval(found.besideControl),
    pValue: effectPValue(found.interaction, { alternative: 'different' }),
    ...{ qValue: null, isDiscovery: false },
  }
}
