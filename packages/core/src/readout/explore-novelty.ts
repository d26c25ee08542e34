import {
  benjaminiHochberg,
  type Estimate,
  effectInterval,
  effectPValue,
  noVectorMoments,
  noveltySlope,
} from '../statistics/index.ts'
import { EXPLORATION_LEVEL, type ExplorationData } from './exploration-data.ts'

/** How an effect changes with the days since a user first met the treatment. */
export interface NoveltyReadOut {
  readonly treatment: string
  readonly metric: string
  /** Change of the daily effect per day, in the metric's unit: against the effect's sign where it wears off. */
  readonly slope: Estimate
  /** The effect on each day since exposure. */
  readonly byDay: readonly Estimate[]
  readonly pValue: number | null
  /** Benjamini–Hochberg among all metrics and treatments. */
  readonly qValue: number | null
  readonly isDiscovery: boolean
}

/** The slope of every metric that was followed by day, on users who were watched over all of the days. */
export function exploreNovelty({ spec, summary }: ExplorationData): readonly NoveltyReadOut[] {
  // Users of phases with other shares would be taken together.
  if (spec.phases.length > 1) return []
  const treatments = spec.variants.map(({ name }) => name).filter((name) => name !== spec.control)
  const found = summary.metrics.flatMap(({ metric, daily }) => {
    if (daily === undefined) return []
    const days = Array.from({ length: daily.days }, (_, day) => day)
    const of = (name: string) =>
      daily.cells.find(({ variant }) => variant === name)?.moments ?? noVectorMoments(daily.days)
    return treatments.map((treatment) => {
      const arms = { treatment: of(treatment), control: of(spec.control) }
      const { slope, byDay } = noveltySlope(arms, { columns: days, days })
      const interval = (effect: typeof slope): Estimate => effectInterval(effect, { level: EXPLORATION_LEVEL })
      const pValue = effectPValue(slope, { alternative: 'different' })
      return { treatment, metric, slope: interval(slope), byDay: byDay.map(interval), pValue }
    })
  })
  const discoveries = benjaminiHochberg(found.map(({ pValue }) => pValue))
  return found.map((each, i) => ({
    ...each,
    qValue: discoveries[i]!.adjusted,
    isDiscovery: discoveries[i]!.isDiscovery,
  }))
}
