import { PalomaError } from '../domain/index.ts'
import { addOuterProduct, choleskyFactor, choleskySolve, packedDiagonal } from '../numeric/index.ts'

/** The Cholesky factor of Σ share z z' + ridge I. */
export interface CrossProducts {
  readonly factor: Float64Array
  readonly size: number
}

/** Cross products of rows, weighed by `shares` (1 each without). Throws HIERARCHY_SINGULAR. */
export function crossProducts(
  rows: readonly ArrayLike<number>[],
  ridge: number,
  shares?: readonly number[],
): CrossProducts {
  const size = rows[0]?.length ?? 0
  const matrix = packedDiagonal(new Float64Array(size).fill(ridge))
  rows.forEach((row, i) => {
    addOuterProduct(matrix, row, shares === undefined ? 1 : shares[i]!)
  })
  const factor = choleskyFactor(matrix, size)
  if (factor === null)
    throw new PalomaError('HIERARCHY_SINGULAR', `ridge must keep the features of sisters apart, got ${ridge}`)
  return { factor, size }
}

/** Least squares of `targets` on the rows the cross products were made of. */
export function regressOn(
  { factor, size }: CrossProducts,
  rows: readonly ArrayLike<number>[],
  targets: readonly number[],
): Float64Array {
  const right = new Float64Array(size)
  rows.forEach((row, i) => {
    for (let j = 0; j < size; j++) right[j] = right[j]! + row[j]! * targets[i]!
  })
  return choleskySolve(factor, right)
}
