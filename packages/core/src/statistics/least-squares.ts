import {
  choleskyFactor,
  choleskyInvert,
  choleskySolve,
  multiplyPacked,
  packedIndex,
  packedLength,
  quadraticForm,
} from '../numeric/index.ts'
import type { UndefinedReason } from './estimate.ts'

/** Rows of regressors, all of one length; a constant is a column of ones. */
export type Regressors = readonly ArrayLike<number>[]

/** Coefficients of a linear regression with their robust covariance (packed). */
export interface LeastSquares {
  readonly kind: 'fit'
  readonly coefficients: Float64Array
  readonly covariance: Float64Array
  /** Rows less coefficients. */
  readonly dof: number
}

/** A regression, or why there is none: fewer rows than coefficients, columns that determine one another, numbers that are none. */
export type LeastSquaresFit = LeastSquares | { readonly kind: 'undefined'; readonly reason: UndefinedReason }

// A pivot below this share of its column's squares is rounding: the column is a combination of others.
const COLLINEAR = 1e-10

/**
 * Weighted least squares b = (X'WX)⁻¹ X'Wy with the sandwich covariance HC3 (MacKinnon & White 1985; Long & Ervin 2000): squared
 * residuals over (1 − leverage)², so it holds whatever the residuals' variances are, and errs on the wide side in small samples. `weights` are
 * ≥ 0, 1 each where they are not given, and taken as known. Needs independent rows; fails where a handful of rows carries a coefficient.
 */
export function leastSquares(
  rows: Regressors,
  targets: ArrayLike<number>,
  weights: ArrayLike<number> | null = null,
): LeastSquaresFit {
  const size = rows[0]?.length ?? 0
  checkShapes(rows, targets, weights)
  if (rows.length <= size) return { kind: 'undefined', reason: 'too-few-units' }
  const { matrix, right } = crossProducts(rows, targets, weights)
  if (!matrix.every(Number.isFinite) || !right.every(Number.isFinite)) {
    return { kind: 'undefined', reason: 'not-finite' }
  }
  const factor = choleskyFactor(matrix, size)
  if (factor === null || isCollinear(factor, matrix, size)) return { kind: 'undefined', reason: 'zero-variance' }
  const coefficients = choleskySolve(factor, right)
  const inverse = choleskyInvert(factor, size)
  const meat = robustMeat(rows, { targets, weights, coefficients, inverse })
  return { kind: 'fit', coefficients, covariance: sandwich(inverse, meat, size), dof: rows.length - size }
}

function checkShapes(rows: Regressors, targets: ArrayLike<number>, weights: ArrayLike<number> | null): void {
  if (targets.length !== rows.length || (weights !== null && weights.length !== rows.length)) {
    throw new RangeError(
      `targets and weights must have one entry per row, got ${targets.length} and ${weights?.length ?? 'none'} for ${rows.length}`,
    )
  }
}

function crossProducts(
  rows: Regressors,
  targets: ArrayLike<number>,
  weights: ArrayLike<number> | null,
): { readonly matrix: Float64Array; readonly right: Float64Array } {
  const size = rows[0]?.length ?? 0
  const matrix = new Float64Array(packedLength(size))
  const right = new Float64Array(size)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const weight = weights === null ? 1 : weights[i]!
    for (let a = 0, k = 0; a < size; a++) {
      const scaled = weight * row[a]!
      right[a] = right[a]! + scaled * targets[i]!
      for (let b = 0; b <= a; b++, k++) matrix[k] = matrix[k]! + scaled * row[b]!
    }
  }
  return { matrix, right }
}

function isCollinear(factor: Float64Array, matrix: Float64Array, size: number): boolean {
  for (let i = 0; i < size; i++) {
    const at = packedIndex(i, i)
    if (factor[at]! ** 2 < COLLINEAR * matrix[at]!) return true
  }
  return false
}

interface Residuals {
  readonly targets: ArrayLike<number>
  readonly weights: ArrayLike<number> | null
  readonly coefficients: Float64Array
  readonly inverse: Float64Array
}

/** Σ (w e / (1 − h))² x x'. */
function robustMeat(rows: Regressors, { targets, weights, coefficients, inverse }: Residuals): Float64Array {
  const size = coefficients.length
  const meat = new Float64Array(packedLength(size))
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const weight = weights === null ? 1 : weights[i]!
    let residual = targets[i]!
    for (let a = 0; a < size; a++) residual -= coefficients[a]! * row[a]!
    const leverage = Math.min(weight * quadraticForm(inverse, row), MOST_LEVERAGE)
    const scale = ((weight * residual) / (1 - leverage)) ** 2
    for (let a = 0, k = 0; a < size; a++) {
      const scaled = scale * row[a]!
      for (let b = 0; b <= a; b++, k++) meat[k] = meat[k]! + scaled * row[b]!
    }
  }
  return meat
}

// A row of leverage 1 is fitted exactly, and its residual of 0 says nothing.
const MOST_LEVERAGE = 1 - 1e-9

/** A⁻¹ M A⁻¹, packed. */
function sandwich(inverse: Float64Array, meat: Float64Array, size: number): Float64Array {
  const columns = Array.from({ length: size }, (_, j) =>
    Float64Array.from({ length: size }, (_each, i) => inverse[packedIndex(i, j)]!),
  )
  const covariance = new Float64Array(packedLength(size))
  const half = columns.map((column) => multiplyPacked(meat, column))
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = 0; k < size; k++) sum += columns[i]![k]! * half[j]![k]!
      covariance[packedIndex(i, j)] = sum
    }
  }
  return covariance
}
