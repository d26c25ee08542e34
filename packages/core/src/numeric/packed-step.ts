import { packedLength } from './packed-symmetric.ts'

// Four rows at a time: a processor core keeps four running sums busy, and each entry of the vector is read once for all.

/** Writes M x of a packed n × n `matrix` into `gain` and answers x' M x; fixed order, other than that of `multiplyPacked`. */
export function packedGain(matrix: Float64Array, vector: Float64Array, gain: Float64Array): number {
  const n = vector.length
  const whole = n & ~3
  for (let i = 0; i < whole; i += 4) addFourRows(matrix, i, { vector, gain })
  for (let i = whole; i < n; i++) {
    const x = vector[i]!
    let below = 0
    let k = packedLength(i)
    for (let j = 0; j < i; j++, k++) {
      const entry = matrix[k]!
      below += entry * vector[j]!
      gain[j] = gain[j]! + entry * x
    }
    gain[i] = below + matrix[k]! * x
  }
  let form = 0
  for (let i = 0; i < n; i++) form += vector[i]! * gain[i]!
  return form
}

interface Product {
  readonly vector: Float64Array
  readonly gain: Float64Array
}

/** What rows i to i + 3 add to the product: their part left of column i and its mirror image, then the corner. */
function addFourRows(matrix: Float64Array, i: number, { vector, gain }: Product): void {
  const x0 = vector[i]!
  const x1 = vector[i + 1]!
  const x2 = vector[i + 2]!
  const x3 = vector[i + 3]!
  const r0 = packedLength(i) | 0
  const r1 = (r0 + i + 1) | 0
  const r2 = (r1 + i + 2) | 0
  const r3 = (r2 + i + 3) | 0
  let b0 = 0
  let b1 = 0
  let b2 = 0
  let b3 = 0
  for (let j = 0; j < i; j++) {
    const m0 = matrix[r0 + j]!
    const m1 = matrix[r1 + j]!
    const m2 = matrix[r2 + j]!
    const m3 = matrix[r3 + j]!
    const x = vector[j]!
    b0 += m0 * x
    b1 += m1 * x
    b2 += m2 * x
    b3 += m3 * x
    gain[j] = gain[j]! + (m0 * x0 + m1 * x1 + (m2 * x2 + m3 * x3))
  }
  const c10 = matrix[r1 + i]!
  const c20 = matrix[r2 + i]!
  const c21 = matrix[r2 + i + 1]!
  const c30 = matrix[r3 + i]!
  const c31 = matrix[r3 + i + 1]!
  const c32 = matrix[r3 + i + 2]!
  gain[i] = b0 + matrix[r0 + i]! * x0 + c10 * x1 + c20 * x2 + c30 * x3
  gain[i + 1] = b1 + c10 * x0 + matrix[r1 + i + 1]! * x1 + c21 * x2 + c31 * x3
  gain[i + 2] = b2 + c20 * x0 + c21 * x1 + matrix[r2 + i + 2]! * x2 + c32 * x3
  gain[i + 3] = b3 + c30 * x0 + c31 * x1 + c32 * x2 + matrix[r3 + i + 3]! * x3
}

/** M ← M − scale · v v', in place, for a packed n × n `matrix` and an n-vector. */
export function subtractOuterProduct(matrix: Float64Array, vector: Float64Array, scale: number): void {
  const n = vector.length
  const whole = n & ~3
  for (let i = 0; i < whole; i += 4) subtractFourRows(matrix, i, { vector, scale })
  for (let i = whole; i < n; i++) {
    const factor = scale * vector[i]!
    for (let j = 0, k = packedLength(i); j <= i; j++, k++) matrix[k] = matrix[k]! - factor * vector[j]!
  }
}

interface Outer {
  readonly vector: Float64Array
  readonly scale: number
}

function subtractFourRows(matrix: Float64Array, i: number, { vector, scale }: Outer): void {
  const f0 = scale * vector[i]!
  const f1 = scale * vector[i + 1]!
  const f2 = scale * vector[i + 2]!
  const f3 = scale * vector[i + 3]!
  const r0 = packedLength(i) | 0
  const r1 = (r0 + i + 1) | 0
  const r2 = (r1 + i + 2) | 0
  const r3 = (r2 + i + 3) | 0
  for (let j = 0; j <= i; j++) {
    const x = vector[j]!
    matrix[r0 + j] = matrix[r0 + j]! - f0 * x
    matrix[r1 + j] = matrix[r1 + j]! - f1 * x
    matrix[r2 + j] = matrix[r2 + j]! - f2 * x
    matrix[r3 + j] = matrix[r3 + j]! - f3 * x
  }
  const x1 = vector[i + 1]!
  const x2 = vector[i + 2]!
  matrix[r1 + i + 1] = matrix[r1 + i + 1]! - f1 * x1
  matrix[r2 + i + 1] = matrix[r2 + i + 1]! - f2 * x1
  matrix[r3 + i + 1] = matrix[r3 + i + 1]! - f3 * x1
  matrix[r2 + i + 2] = matrix[r2 + i + 2]! - f2 * x2
  matrix[r3 + i + 2] = matrix[r3 + i + 2]! - f3 * x2
  matrix[r3 + i + 3] = matrix[r3 + i + 3]! - f3 * vector[i + 3]!
}
