import type { ComparedMetric } from './compared-metric.ts'
import type { ExperimentSummary } from './experiment-summary.ts'
import type { ReadOutSpec } from './read-out-spec.ts'

/** Level of every interval of the exploration. */
export const EXPLORATION_LEVEL = 0.95

/** What a question of the exploration is asked of. */
export interface ExplorationData {
  readonly spec: ReadOutSpec
  readonly summary: ExperimentSummary
  /** Every metric of every treatment. */
  readonly compared: readonly ComparedMetric[]
}
