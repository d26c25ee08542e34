import type { AdjustedEffect } from './adjusted-effect.ts'
import type { Arms } from './adjustment.ts'
import { linearEffect } from './linear-effect.ts'

/**
 * The difference of two means, treatment − control, of column `metric`, adjusted for the columns `covariates`, which must
 * have been known before exposure. With full interaction (Lin 2013): (ȳ₁ − b₁'(x̄₁ − x̄)) − (ȳ₀ − b₀'(x̄₀ − x̄)), variance
 * Σ s²_res,k / n_k + (b₁ − b₀)' S_x (b₁ − b₀) / n, s²_res with n_k − 1 − p degrees of freedom. `chooseAdjustment` says when one slope or none is used instead. Fails when units influence
 * one another, when a covariate was touched by the treatment, and for heavy tails in small arms. Reasons:
 * `too-few-units`, `zero-variance`, `not-finite`. Throws a RangeError for a column that does not exist.
 */
export function meanEffect(
  arms: Arms & { readonly metric?: number; readonly covariates?: readonly number[] },
): AdjustedEffect {
  const { treatment, control, metric = 0 } = arms
  const all = Array.from(treatment.mean, (_, column) => column)
  const covariates = arms.covariates ?? all.filter((column) => column > metric)
  const unit = unitVector(treatment.mean.length, metric)
  const xs = covariates.map((column) => unitVector(treatment.mean.length, column))
  return linearEffect(
    { treatment, control },
    {
      treatment: { weights: unit, mean: treatment.mean[metric]! },
      control: { weights: unit, mean: control.mean[metric]! },
      covariates: xs,
      columns: covariates,
    },
  )
}

/** Weights that pick one column of `dimension`. */
export function unitVector(dimension: number, column: number): Float64Array {
  if (!(Number.isInteger(column) && column >= 0 && column < dimension)) {
    throw new RangeError(`column must be an integer in [0, ${dimension}), got ${column}`)
  }
  const unit = new Float64Array(dimension)
  unit[column] = 1
  return unit
}
