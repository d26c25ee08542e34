import type { DecisionId, UserId } from './id.ts'
import type { EpochMs } from './time.ts'

/** A user's part in an experiment, as the decisions say. */
export interface Exposure {
  readonly userId: UserId
  /** Variant, phase and decision of the first exposure. */
  readonly variant: string
  readonly phase: number
  readonly at: EpochMs
  readonly decisionId: DecisionId
  /** Slot of time, where time is what is randomised: one row per slot then. */
  readonly slot: number | null
  /** All variants the user was exposed to, in order of names; more than one is a fault, or a ramp that moved him. */
  readonly variants: readonly string[]
  /** Beside each of `variants` the cluster he was in; absent where clusters have no slots of their own. */
  readonly clusters?: readonly string[]
}

/** Users by variant and phase of their first exposure. */
export interface ExposureCount {
  readonly variant: string
  readonly phase: number
  readonly users: number
  /** Of these, exposed to another variant later. */
  readonly crossed: number
  readonly firstAt: EpochMs
  readonly lastAt: EpochMs
}
