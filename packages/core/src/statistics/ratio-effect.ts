import type { AdjustedEffect } from './adjusted-effect.ts'
import type { Arms } from './adjustment.ts'
import { linearEffect } from './linear-effect.ts'
import { unitVector } from './mean-effect.ts'
import { mergeVectorMoments, type VectorMoments } from './vector-moments.ts'

/** Where numerator and denominator of a ratio stand. */
export interface RatioParts {
  readonly numerator: number
  readonly denominator: number
}

/** Columns of a ratio metric. */
export interface RatioColumns extends Partial<RatioParts> {
  /** The same two before exposure: adjusted for as a ratio. */
  readonly before?: RatioParts
  /** Further covariates. */
  readonly covariates?: readonly number[]
}

/**
 * The difference of two ratios of sums, treatment − control, by the delta method: z = R + (m − R d) / d̄ per arm (Deng et al.
 * 2018, eq. 3), then as a mean, adjusted for the ratio before exposure, linearised over both arms, and other covariates.
 * Columns are m, d and, if there are four or more, m and d before exposure, unless said otherwise. Fails where d̄ is
 * uncertain (few units with d > 0) or d is itself moved by the treatment, when a ratio is not what one wants. Reasons:
 * `zero-denominator` and those of `meanEffect`.
 */
export function ratioEffect(arms: Arms & RatioColumns): AdjustedEffect {
  const { treatment, control, numerator = 0, denominator = 1 } = arms
  const { before, covariates } = covariatesOf(arms)
  const d = [treatment.mean[denominator]!, control.mean[denominator]!]
  if (d.some((mean) => mean === 0) && treatment.n > 0 && control.n > 0) return withoutRatio
  const dimension = treatment.mean.length
  const xs = covariates.map((column) => unitVector(dimension, column))
  const past = before === null ? null : pastRatio(mergeVectorMoments(treatment, control), before)
  return linearEffect(
    { treatment, control },
    {
      treatment: ratioOf(treatment, numerator, denominator),
      control: ratioOf(control, numerator, denominator),
      covariates: past === null ? xs : [past, ...xs],
      columns: past === null || before === null ? covariates : [before.numerator, ...covariates],
      denominator,
    },
  )
}

function covariatesOf({ treatment, before, covariates, numerator = 0, denominator = 1 }: Arms & RatioColumns): {
  readonly before: RatioParts | null
  readonly covariates: readonly number[]
} {
  const isDefault = numerator === 0 && denominator === 1 && before === undefined && covariates === undefined
  const dimension = treatment.mean.length
  if (!isDefault || dimension < 4) return { before: before ?? null, covariates: covariates ?? [] }
  return {
    before: { numerator: 2, denominator: 3 },
    covariates: Array.from({ length: dimension - 4 }, (_, i) => i + 4),
  }
}

/** A ratio and the weights of its linearised form, (m − R d) / d̄. */
export function ratioOf(
  moments: VectorMoments,
  numerator: number,
  denominator: number,
): { readonly weights: Float64Array; readonly mean: number } {
  const size = moments.mean[denominator]!
  const ratio = moments.mean[numerator]! / size
  const weights = new Float64Array(moments.mean.length)
  weights[numerator] = 1 / size
  weights[denominator] = weights[denominator]! - ratio / size
  return { weights, mean: ratio }
}

/** The past ratio, linearised over both arms; null where nobody had a past denominator. */
function pastRatio(pooled: VectorMoments, before: RatioParts): Float64Array | null {
  const { weights } = ratioOf(pooled, before.numerator, before.denominator)
  return weights.every(Number.isFinite) ? weights : null
}

const withoutRatio: AdjustedEffect = {
  effect: { kind: 'undefined', reason: 'zero-denominator', effect: null },
  unadjusted: { kind: 'undefined', reason: 'zero-denominator', effect: null },
  adjustment: 'none',
  covariates: [],
  dropped: [],
  varianceReduction: 0,
  treatmentMean: null,
  controlMean: null,
  baseline: null,
  linearisation: null,
}
