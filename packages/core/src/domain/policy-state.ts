import type { MessageEvidence } from './message-evidence.ts'
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

/** A numbered, immutable state of what was learned. A decision names the one it was made with. */
export interface PolicyState {
  readonly id: number
  readonly createdAt: EpochMs
  /** Hash of features and objectives it was learned under; another schema refuses it. */
  readonly schemaHash: string
  readonly heads: Readonly<Record<string, HeadState>>
  /** By objective: rewards of decisions made before this moment are folded in. */
  readonly learnedUntil: Readonly<Record<string, EpochMs>>
  /** `experiment/variant` whose users learn it by themselves; absent: everybody's. */
  readonly line?: string
  /** Of single messages; absent where nothing was learned of them. */
  readonly messages?: MessageEvidence
}
