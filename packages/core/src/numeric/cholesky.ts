import { packedLength } from './packed-symmetric.ts'

/**
 * L with L L' = M for a packed symmetric n × n `matrix` (Golub & Van Loan 2013, algorithm 4.2.1, row by row); L is packed
 * the same way. Null if M is not positive definite in floating point.
 */
export function choleskyFactor(matrix: Float64Array, dimension: number): Float64Array | null {
  const factor = new Float64Array(packedLength(dimension))
  for (let i = 0, row = 0; i < dimension; row += ++i) {
    for (let j = 0, other = 0; j <= i; other += ++j) {
      let rest = matrix[row + j]!
      for (let k = 0; k < j; k++) rest -= factor[row + k]! * factor[other + k]!
      if (j < i) factor[row + j] = rest / factor[other + j]!
      else if (rest > 0) factor[row + i] = Math.sqrt(rest)
      else return null
    }
  }
  return factor
}

/** x with L L' x = `right`, given the packed factor L of an n × n matrix and an n-vector. */
export function choleskySolve(factor: Float64Array, right: ArrayLike<number>): Float64Array {
  const dimension = right.length
  const x = Float64Array.from(right)
  for (let i = 0, row = 0; i < dimension; row += ++i) {
    let rest = x[i]!
    for (let j = 0; j < i; j++) rest -= factor[row + j]! * x[j]!
    x[i] = rest / factor[row + i]!
  }
  for (let i = dimension - 1; i >= 0; i--) {
    const row = packedLength(i)
    const value = x[i]! / factor[row + i]!
    x[i] = value
    for (let j = 0; j < i; j++) x[j] = x[j]! - factor[row + j]! * value
  }
  return x
}

/** The packed inverse of L L', given the packed factor L of a `dimension` × `dimension` matrix. */
export function choleskyInvert(factor: Float64Array, dimension: number): Float64Array {
  const lower = invertTriangle(factor, dimension)
  const inverse = new Float64Array(packedLength(dimension))
  // M⁻¹ = L⁻ᵀ L⁻¹: row k of L⁻¹ adds its outer product.
  for (let k = 0; k < dimension; k++) {
    const row = packedLength(k)
    for (let i = 0, at = 0; i <= k; i++) {
      const value = lower[row + i]!
      for (let j = 0; j <= i; j++, at++) inverse[at] = inverse[at]! + value * lower[row + j]!
    }
  }
  return inverse
}

/** The packed inverse of a packed lower-triangular matrix. */
function invertTriangle(factor: Float64Array, dimension: number): Float64Array {
  const inverse = new Float64Array(packedLength(dimension))
  for (let i = 0, row = 0; i < dimension; row += ++i) {
    const pivot = 1 / factor[row + i]!
    inverse[row + i] = pivot
    for (let k = 0, other = 0; k < i; other += ++k) {
      const weight = -pivot * factor[row + k]!
      for (let j = 0; j <= k; j++) inverse[row + j] = inverse[row + j]! + weight * inverse[other + j]!
    }
  }
  return inverse
}
