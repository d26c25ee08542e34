import type { MessageEvidence } from './message-evidence.ts'
import type { DualPrice } from './price-target.ts'
import type { SurrogateTest } from './surrogate.ts'
import type { EpochMs } from './time.ts'

/**
 * What one Bayesian linear head has learned about one objective: w ~ N(mean, noise · covariance).
 * `covariance` is the lower triangle, packed row by row: entry (i, j ≤ i) at i(i+1)/2 + j. With the
 * normal-inverse-gamma noise model, noise ~ IG(shape, rate).
 */
export interface HeadState {
  readonly dimension: number
  readonly mean: Float64Array
  readonly covariance: Float64Array
  readonly noiseShape: number
  readonly noiseRate: number
  /** How many rewards it has seen. */
  readonly n: number
}

/** How long the first outcome of a send takes, of matured sends, and whether that still holds. */
export interface DelayEvidence {
  /** Ends of the bins in hours; the last is the window. */
  readonly edgesHours: readonly number[]
  /** Outcomes by bin of their delay. */
  readonly outcomes: readonly number[]
  /** Outcomes that were not compared yet: those that came by the early age, and all. */
  readonly pending: { readonly early: number; readonly all: number }
  readonly test: SurrogateTest
}

/** A numbered, immutable state of what was learned. A decision names the one it was made with. */
export interface PolicyState {
  readonly id: number
  readonly createdAt: EpochMs
  /** Hash of features and objectives it was learned under; another schema refuses it. */
  readonly schemaHash: string
  readonly heads: Readonly<Record<string, HeadState>>
  /** By objective: rewards of decisions made before this moment are folded in. */
  readonly learnedUntil: Readonly<Record<string, EpochMs>>
  /**
   * Of states that began after a change of features or objectives: when that was, and from where on older decisions are learned from as if they
   * had been made with the new ones. Absent where learning began with the log.
   */
  readonly began?: { readonly at: EpochMs; readonly from: EpochMs }
  /** `experiment/variant` whose users learn it by themselves; absent: everybody's. */
  readonly line?: string
  /** By objective that is learned early, how long outcomes of sends take; absent where none is. */
  readonly delays?: Readonly<Record<string, DelayEvidence>>
  /** By name of a target, its price; absent before the first step. */
  readonly dualPrices?: Readonly<Record<string, DualPrice>>
  /** Of single messages; absent where nothing was learned of them. */
  readonly messages?: MessageEvidence
}
