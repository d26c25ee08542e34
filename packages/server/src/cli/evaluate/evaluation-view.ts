import type { PolicyEvaluation, PolicyPreCheck, WeightShape } from '@paloma/core'

/** An evaluation as text and page show it. */
export interface EvaluationView {
  /** What was judged on what, in words. */
  readonly target: string
  readonly log: string
  readonly level: number
  readonly evaluation: PolicyEvaluation
  readonly preCheck: PolicyPreCheck
  readonly shape: WeightShape
  /** By objective. */
  readonly units: Readonly<Record<string, string>>
}
