import { choleskyFactor, choleskySolve } from '../numeric/index.ts'
import { bilinearForm, dot, isConstantColumn, selectMoments } from './transform-moments.ts'
import { crossProduct, mergeVectorMoments, type VectorMoments } from './vector-moments.ts'

/** The two sides of one comparison: the same columns in the same order. */
export interface Arms {
  readonly treatment: VectorMoments
  readonly control: VectorMoments
}

/** How covariates entered: slopes per arm (Lin), one slope for both, or not at all. */
export type AdjustmentKind = 'lin' | 'pooled' | 'none'

/** Slopes of the outcome (column 0) on the kept covariates. */
export interface Adjustment {
  readonly kind: AdjustmentKind
  /** Columns ≥ 1 that entered; a constant one, a linear combination of those before it or one with NaN does not. */
  readonly kept: readonly number[]
  /** Slopes by arm, parallel to `kept`. */
  readonly treatment: Float64Array
  readonly control: Float64Array
}

/** Below so many units in an arm, slopes per arm cost more than they bring: one slope for both. */
export const LEAST_UNITS_FOR_LIN = 50
/** Covariates that explain less than this share of the variance are left out. */
export const LEAST_EXPLAINED = 0.01
// A covariate of which less than this share is not explained by those before it is a combination of them.
const COLLINEAR = 1e-9

const NO_ADJUSTMENT: Adjustment = {
  kind: 'none',
  kept: [],
  treatment: new Float64Array(),
  control: new Float64Array(),
}

/**
 * Which regression adjustment holds for column 0 on all later columns: Lin's full interaction (2013) from 50 units per
 * arm on, where the covariates vary in both arms; the slope of both arms together below that (GrowthBook's θ); none where
 * covariates explain less than 1 % of the variance within arms, or leave no degrees of freedom.
 */
export function chooseAdjustment({ treatment, control }: Arms): Adjustment {
  const kept = usableCovariates({ treatment, control })
  const units = treatment.n + control.n
  if (kept.length === 0 || units - 2 - kept.length < 1) return NO_ADJUSTMENT
  if (!(explainedShare(withinArms(treatment, control), kept) >= LEAST_EXPLAINED)) return NO_ADJUSTMENT
  const own = [slopesOf(treatment, kept), slopesOf(control, kept)] as const
  const least = Math.max(LEAST_UNITS_FOR_LIN, kept.length + 3)
  if (own[0] !== null && own[1] !== null && treatment.n >= least && control.n >= least) {
    return { kind: 'lin', kept, treatment: own[0], control: own[1] }
  }
  const slopes = slopesOf(mergeVectorMoments(treatment, control), kept)
  return slopes === null ? NO_ADJUSTMENT : { kind: 'pooled', kept, treatment: slopes, control: slopes }
}

/** Sums of cross products within arms, around each arm's own means. */
function withinArms(a: VectorMoments, b: VectorMoments): VectorMoments {
  return { n: a.n + b.n, mean: a.mean, cross: a.cross.map((value, i) => value + b.cross[i]!) }
}

function usableCovariates({ treatment, control }: Arms): readonly number[] {
  const within = withinArms(treatment, control)
  const kept: number[] = []
  for (let column = 1; column < within.mean.length; column++) {
    if (isConstantColumn(treatment, column) && isConstantColumn(control, column)) continue
    if (isIndependent(within, column, kept)) kept.push(column)
  }
  return kept
}

/** Whether a column holds more than combinations of others; never for one that is not finite. */
function isIndependent(moments: VectorMoments, column: number, others: readonly number[]): boolean {
  const own = crossProduct(moments, column, column)
  if (others.length === 0) return own > 0 && Number.isFinite(own)
  const slopes = solveFor(moments, column, others)
  return slopes !== null && own - explainedBy(moments, slopes, { column, others }) > COLLINEAR * own
}

function explainedBy(
  moments: VectorMoments,
  slopes: Float64Array,
  { column, others }: { readonly column: number; readonly others: readonly number[] },
): number {
  return dot(
    slopes,
    others.map((other) => crossProduct(moments, column, other)),
  )
}

/** Slopes of `column` on `others` by least squares; null where they are not linearly independent. */
function solveFor(moments: VectorMoments, column: number, others: readonly number[]): Float64Array | null {
  const factor = choleskyFactor(selectMoments(moments, others).cross, others.length)
  if (factor === null) return null
  return choleskySolve(
    factor,
    others.map((other) => crossProduct(moments, column, other)),
  )
}

function explainedShare(moments: VectorMoments, kept: readonly number[]): number {
  const slopes = solveFor(moments, 0, kept)
  const total = crossProduct(moments, 0, 0)
  return slopes === null || !(total > 0) ? 0 : explainedBy(moments, slopes, { column: 0, others: kept }) / total
}

/** Slopes of column 0, or null where the covariates do not vary independently within these moments. */
function slopesOf(moments: VectorMoments, kept: readonly number[]): Float64Array | null {
  const isFull = kept.every(
    (column, i) => !isConstantColumn(moments, column) && isIndependent(moments, column, kept.slice(0, i)),
  )
  return isFull ? solveFor(moments, 0, kept) : null
}

/** x̄₁ − x̄₀ or the like, over the kept covariates. */
export function meansOf(moments: VectorMoments, columns: readonly number[]): Float64Array {
  return Float64Array.from(columns, (column) => moments.mean[column]!)
}

/** Variance of slopes' difference times the pooled mean of the covariates: Δ' S_x Δ / n, S_x over both arms. */
export function sharedVariance(pooled: VectorMoments, u: ArrayLike<number>, v: ArrayLike<number>): number {
  return bilinearForm(pooled.cross, u, v) / (pooled.n - 1) / pooled.n
}
