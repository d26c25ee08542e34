import { PalomaError } from '../domain/index.ts'
import { addOuterProduct, choleskyFactor, choleskySolve, packedIndex, packedLength } from '../numeric/index.ts'

/** FeatureRows of numbers, all of one length. */
export type FeatureRows = readonly ArrayLike<number>[]

/** A linear prediction: intercept + Σ weights · features. */
export interface LinearModel {
  readonly intercept: number
  readonly weights: Float64Array
}

/**
 * Ridge regression (Hoerl & Kennard 1970) with a free intercept: least squares plus `penalty` · |weights|², features
 * taken as they are, so scale them alike. Sums run over `picks`, the indices of the rows used, in the order given. Throws
 * ROWS_EMPTY without a row and RIDGE_SINGULAR when features are so alike that `penalty` cannot tell them apart.
 */
export function fitRidge(rows: FeatureRows, targets: ArrayLike<number>, options: RidgeOptions): LinearModel {
  const { picks, penalty } = options
  const first = picks[0]
  if (first === undefined) throw new PalomaError('ROWS_EMPTY', 'picks must name at least 1 row, got 0')
  const size = rows[first]!.length
  const means = meansOf(rows, picks, size)
  let level = 0
  for (const i of picks) level += targets[i]! / picks.length
  const matrix = new Float64Array(packedLength(size))
  const right = new Float64Array(size)
  const centred = new Float64Array(size)
  for (const i of picks) {
    const row = rows[i]!
    const residual = targets[i]! - level
    for (let j = 0; j < size; j++) {
      centred[j] = row[j]! - means[j]!
      right[j] = right[j]! + centred[j]! * residual
    }
    addOuterProduct(matrix, centred, 1)
  }
  const weights = solveRidge(matrix, right, penalty)
  return { intercept: level - dot(weights, means), weights }
}

/** Which rows, and how strongly weights are held at 0. */
export interface RidgeOptions {
  readonly picks: ArrayLike<number> & Iterable<number>
  /** > 0, in units of rows: a feature of variance 1 keeps n / (n + penalty) of its weight. */
  readonly penalty: number
}

function meansOf(rows: FeatureRows, picks: ArrayLike<number> & Iterable<number>, size: number): Float64Array {
  const means = new Float64Array(size)
  for (const i of picks) for (let j = 0; j < size; j++) means[j] = means[j]! + rows[i]![j]! / picks.length
  return means
}

function solveRidge(matrix: Float64Array, right: Float64Array, penalty: number): Float64Array {
  for (let j = 0; j < right.length; j++) {
    const at = packedIndex(j, j)
    matrix[at] = matrix[at]! + penalty
  }
  const factor = choleskyFactor(matrix, right.length)
  if (factor === null) throw new PalomaError('RIDGE_SINGULAR', `penalty must separate the features, got ${penalty}`)
  return choleskySolve(factor, right)
}

/** The prediction of a linear model at one row. */
export function predictLinear({ intercept, weights }: LinearModel, row: ArrayLike<number>): number {
  return intercept + dot(weights, row)
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
