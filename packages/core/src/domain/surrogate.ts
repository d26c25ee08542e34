/** Ways in which an early signal stops to predict. */
export const SURROGATE_FAULTS = ['outcomes-below-forecast', 'outcomes-above-forecast', 'forecasts-too-sure'] as const
export type SurrogateFault = (typeof SURROGATE_FAULTS)[number]

/** Whether the early signal still predicts, with the evidence against it so far. */
export type SurrogateVerdict =
  | { readonly kind: 'holds' }
  | { readonly kind: 'broken'; readonly reason: SurrogateFault; readonly atCohort: number }

/** A running test; a value that is replaced cohort by cohort. */
export interface SurrogateTest {
  /** Chance of ever calling a good surrogate broken. */
  readonly alpha: number
  readonly cohorts: number
  /** Evidence for each way of being broken since some cohort, see `ALTERNATIVES`. */
  readonly evidence: readonly number[]
  readonly verdict: SurrogateVerdict
}
