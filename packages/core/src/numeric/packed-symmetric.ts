/**
 * Symmetric matrices kept as their lower triangle, packed row by row: entry (i, j ≤ i) lies at i(i+1)/2 + j.
 * An n × n matrix takes n(n+1)/2 numbers.
 */

/** How many numbers the packed triangle of a `dimension` × `dimension` matrix takes. */
export function packedLength(dimension: number): number {
  return (dimension * (dimension + 1)) / 2
}

/** Where entry (row, column) lies in the packed triangle; the two may be given in either order. */
export function packedIndex(row: number, column: number): number {
  return row >= column ? packedLength(row) + column : packedLength(column) + row
}

/** The packed diagonal matrix with these diagonal entries. */
export function packedDiagonal(diagonal: ArrayLike<number>): Float64Array {
  const matrix = new Float64Array(packedLength(diagonal.length))
  for (let i = 0; i < diagonal.length; i++) matrix[packedIndex(i, i)] = diagonal[i]!
  return matrix
}

/** M x for a packed n × n `matrix` and an n-vector; writes to and returns `out`, which must not be `vector`. */
export function multiplyPacked(
  matrix: Float64Array,
  vector: ArrayLike<number>,
  out: Float64Array = new Float64Array(vector.length),
): Float64Array {
  let k = 0
  for (let i = 0; i < vector.length; i++) {
    const x = vector[i]!
    let below = 0
    for (let j = 0; j < i; j++, k++) {
      const entry = matrix[k]!
      below += entry * vector[j]!
      out[j] = out[j]! + entry * x
    }
    out[i] = below + matrix[k++]! * x
  }
  return out
}

/** x' M x for a packed n × n `matrix` and an n-vector. */
export function quadraticForm(matrix: Float64Array, vector: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0, k = 0; i < vector.length; k += ++i) {
    const x = vector[i]!
    if (x === 0) continue
    let below = 0
    for (let j = 0; j < i; j++) below += matrix[k + j]! * vector[j]!
    sum += x * (2 * below + matrix[k + i]! * x)
  }
  return sum
}

/** M ← M + scale · v v', in place, for a packed n × n `matrix` and an n-vector. */
export function addOuterProduct(matrix: Float64Array, vector: ArrayLike<number>, scale: number): void {
  for (let i = 0, k = 0; i < vector.length; i++) {
    const factor = scale * vector[i]!
    for (let j = 0; j <= i; j++, k++) matrix[k] = matrix[k]! + factor * vector[j]!
  }
}
