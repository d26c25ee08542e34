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

/** Why a covariate did not enter: all units are alike in it, those before it say the same, or a value is not finite. */
export type DroppedReason = 'constant' | 'collinear' | 'not-finite'

/** A covariate that did not enter. */
export interface DroppedCovariate {
  readonly column: number
  readonly reason: DroppedReason
}

/** Slopes of the outcome (column 0) on the kept covariates. */
export interface Adjustment {
  readonly kind: AdjustmentKind
  /** Columns ≥ 1 that entered. */
  readonly kept: readonly number[]
  /** Columns ≥ 1 that could not enter, and why. */
  readonly dropped: readonly DroppedCovariate[]
  /** Slopes by arm, parallel to `kept`. */
  readonly treatment: Float64Array
  readonly control: Float64Array
}

/** Below so many units in an arm, slopes per arm cost more than they bring: one slope for both. */
export const LEAST_UNITS_FOR_LIN = 50
/**
 * And below so many per covariate: that slopes are estimated adds p / n of an arm's variance, which the formula leaves out;
 * up to 1/20 intervals of 95 % cover .943.
 */
export const UNITS_PER_SLOPE = 20
/** Covariates that explain less than this share of the variance are left out. */
export const LEAST_EXPLAINED = 0.01
// A covariate of which less than this share is not explained by those before it is a combination of them.
const COLLINEAR = 1e-9

const NO_SLOPES = new Float64Array()

function withoutSlopes(dropped: Adjustment['dropped']): Adjustment {
  return { kind: 'none', kept: [], dropped, treatment: NO_SLOPES, control: NO_SLOPES }
}

/**
 * Which regression adjustment holds for column 0 on all later columns: Lin's full interaction (2013) from 50 units per
 * arm and 20 per covariate on, where the covariates vary in both arms; the slopes of both arms together below that
 * (GrowthBook's θ); none where covariates explain less than 1 % of the variance within arms, or leave no degrees of freedom.
 * A covariate that says nothing, or nothing that those before it do not say, is dropped.
 */
export function chooseAdjustment({ treatment, control }: Arms): Adjustment {
  const { kept, dropped } = usableCovariates({ treatment, control })
  const units = treatment.n + control.n
  if (kept.length === 0 || units - 2 - kept.length < 1) return withoutSlopes(dropped)
  if (!(explainedShare(withinArms(treatment, control), kept) >= LEAST_EXPLAINED)) return withoutSlopes(dropped)
  const own = [slopesOf(treatment, kept), slopesOf(control, kept)] as const
  const least = Math.max(LEAST_UNITS_FOR_LIN, UNITS_PER_SLOPE * kept.length)
  if (own[0] !== null && own[1] !== null && treatment.n >= least && control.n >= least) {
    return { kind: 'lin', kept, dropped, treatment: own[0], control: own[1] }
  }
  const slopes = slopesOf(mergeVectorMoments(treatment, control), kept)
  return slopes === null
    ? withoutSlopes(dropped)
    : { kind: 'pooled', kept, dropped, treatment: slopes, control: slopes }
}

/** Sums of cross products within arms, around each arm's own means. */
function withinArms(a: VectorMoments, b: VectorMoments): VectorMoments {
  return { n: a.n + b.n, mean: a.mean, cross: a.cross.map((value, i) => value + b.cross[i]!) }
}

/** Columns ≥ 1 that vary and say what those before them do not, and why the others do not enter. */
function usableCovariates({ treatment, control }: Arms): Pick<Adjustment, 'kept' | 'dropped'> {
  const within = withinArms(treatment, control)
  const kept: number[] = []
  const dropped: DroppedCovariate[] = []
  for (let column = 1; column < within.mean.length; column++) {
    const isConstant = isConstantColumn(treatment, column) && isConstantColumn(control, column)
    const reason = isConstant ? 'constant' : droppedReason(within, column, kept)
    if (reason === null) kept.push(column)
    else dropped.push({ column, reason })
  }
  return { kept, dropped }
}

/** Why a column cannot enter after `others`; null where it holds more than combinations of them. */
function droppedReason(moments: VectorMoments, column: number, others: readonly number[]): DroppedReason | null {
  const own = crossProduct(moments, column, column)
  if (!Number.isFinite(own)) return 'not-finite'
  if (!(own > 0)) return 'constant'
  if (others.length === 0) return null
  const slopes = solveFor(moments, column, others)
  const isNew = slopes !== null && own - explainedBy(moments, slopes, { column, others }) > COLLINEAR * own
  return isNew ? null : 'collinear'
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

/** Share of column 0 that the columns after it explain together, those left out that say nothing new. */
export function explainedByOthers(moments: VectorMoments): number {
  const others: number[] = []
  for (let column = 1; column < moments.mean.length; column++) {
    if (!isConstantColumn(moments, column) && droppedReason(moments, column, others) === null) others.push(column)
  }
  return others.length === 0 ? 0 : explainedShare(moments, others)
}

function explainedShare(moments: VectorMoments, kept: readonly number[]): number {
  const slopes = solveFor(moments, 0, kept)
  const total = crossProduct(moments, 0, 0)
  return slopes === null || !(total > 0) ? 0 : explainedBy(moments, slopes, { column: 0, others: kept }) / total
}

/** Slopes of column 0, or null where the covariates do not vary independently within these moments. */
function slopesOf(moments: VectorMoments, kept: readonly number[]): Float64Array | null {
  const isFull = kept.every(
    (column, i) => !isConstantColumn(moments, column) && droppedReason(moments, column, kept.slice(0, i)) === null,
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
