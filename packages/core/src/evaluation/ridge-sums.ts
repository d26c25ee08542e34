import { addOuterProduct, choleskyFactor, choleskySolve, packedIndex, packedLength } from '../numeric/index.ts'

/** Sums of a ridge regression of several targets on the same features. */
export interface RidgeSums {
  readonly size: number
  /** Σ x x', packed. */
  readonly matrix: Float64Array
  /** By target, Σ x y. */
  readonly right: readonly Float64Array[]
}

/** Sums of no rows. */
export function noRidgeSums(size: number, targets: number): RidgeSums {
  return {
    size,
    matrix: new Float64Array(packedLength(size)),
    right: Array.from({ length: targets }, () => new Float64Array(size)),
  }
}

/** Adds one row, in place: sums of millions of rows are not copied. */
export function addRidgeRow({ size, matrix, right }: RidgeSums, features: Float64Array, targets: Float64Array): void {
  addOuterProduct(matrix, features, 1)
  right.forEach((column, target) => {
    const y = targets[target]!
    for (let j = 0; j < size; j++) column[j] = column[j]! + features[j]! * y
  })
}

/**
 * By target, weights that minimise Σ (y − x'b)² + Σ_j penalty_j b_j² (Hoerl & Kennard 1970). Every penalty must be above 0, which keeps the
 * matrix positive definite however alike the features are.
 */
export function solveRidgeSums({ size, matrix, right }: RidgeSums, penalties: ArrayLike<number>): Float64Array[] {
  const penalised = matrix.slice()
  for (let j = 0; j < size; j++) {
    const at = packedIndex(j, j)
    penalised[at] = penalised[at]! + penalties[j]!
  }
  const factor = choleskyFactor(penalised, size)
  if (factor === null) throw new RangeError(`penalties must be above 0 and features finite, for ${size} features`)
  return right.map((column) => choleskySolve(factor, column))
}
