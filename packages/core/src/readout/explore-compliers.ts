import { complierEffect, type Estimate, effectInterval, fiellerInterval, noVectorMoments } from '../statistics/index.ts'
import { EXPLORATION_LEVEL, type ExplorationData } from './exploration-data.ts'

/** The effect on those who received the message because of their variant. */
export interface ComplierReadOut {
  readonly treatment: string
  readonly metric: string
  /** In the metric's unit; `weak-compliance` where receipt hardly differs. */
  readonly effect: Estimate
  /** Right also where compliance is weak. */
  readonly fieller: Estimate
  /** How much more often the treatment received it. */
  readonly compliance: Estimate
}

/** Effects of receipt for every mean and share, where it is known who received the message under test. */
export function exploreCompliers({ spec, summary }: ExplorationData): readonly ComplierReadOut[] {
  if (spec.received === undefined || spec.phases.length > 1) return []
  const treatments = spec.variants.map(({ name }) => name).filter((name) => name !== spec.control)
  return summary.metrics.flatMap(({ metric, received }) => {
    if (received === undefined) return []
    const of = (name: string) => received.find(({ variant }) => variant === name)?.moments ?? noVectorMoments(2)
    return treatments.map((treatment) => {
      const found = complierEffect({ treatment: of(treatment), control: of(spec.control) })
      return {
        ...{ treatment, metric },
        effect: effectInterval(found.effect, { level: EXPLORATION_LEVEL }),
        fieller: fiellerInterval(found, EXPLORATION_LEVEL),
        compliance: effectInterval(found.compliance, { level: EXPLORATION_LEVEL }),
      }
    })
  })
}
