import type { AdjustmentKind, DroppedCovariate } from './adjustment.ts'
import type { Effect } from './effect.ts'

/** A mean as counted, and as it would be with the covariates of both arms together. */
export interface ArmMean {
  readonly unadjusted: number
  readonly adjusted: number
}

/** What an effect is a share of: the control arm's mean, unadjusted, and how it varies together with the effect. */
export interface Baseline {
  readonly mean: number
  /** Squared standard error of `mean`. */
  readonly variance: number
  /** Covariance of the effect with `mean`. */
  readonly covariance: number
}

/**
 * An effect as a difference of linear combinations of the columns, so that effects on several metrics have a joint
 * covariance: Cov_ij = Σ_k √(scale_ik scale_jk) r_ik' C_k r_jk / n_k + shared_i' S_x shared_j / n.
 */
export interface Linearisation {
  /** Weights of the treatment's columns whose mean's residual carries its part of the variance. */
  readonly treatment: Float64Array
  readonly control: Float64Array
  /** Difference of slopes, on the columns of covariates: what the pooled mean of the covariates contributes. */
  readonly shared: Float64Array
  /** 1 / degrees of freedom of the residual variance, by arm. */
  readonly treatmentScale: number
  readonly controlScale: number
}

/** A difference of two arms, and what was done to make it precise. */
export interface AdjustedEffect {
  readonly effect: Effect
  /** The same without covariates. */
  readonly unadjusted: Effect
  readonly adjustment: AdjustmentKind
  /** Columns of the covariates that entered. */
  readonly covariates: readonly number[]
  /** Columns of those that could not enter, and why. */
  readonly dropped: readonly DroppedCovariate[]
  /** 1 − adjusted ÷ unadjusted variance; 0 where nothing was adjusted. */
  readonly varianceReduction: number
  readonly treatmentMean: ArmMean | null
  readonly controlMean: ArmMean | null
  /** Null where the control mean has no variance estimate. */
  readonly baseline: Baseline | null
  /** Null where there is no standard error. */
  readonly linearisation: Linearisation | null
  /** Of an effect put together from phases or strata: the share of the units whose part compares nothing and is left out. */
  readonly excludedShare?: number
}
