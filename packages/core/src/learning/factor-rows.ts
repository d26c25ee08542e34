/** The lower triangle of a symmetric matrix, row by row in full rows of `stride`, with further rows below it. */
export interface FactorRows {
  readonly matrix: Float64Array
  readonly stride: number
  /** Rows and columns of the triangle. */
  readonly size: number
  /** Rows below the triangle. */
  readonly extra: number
}

/**
 * Cholesky factor L in place (Golub & Van Loan 2013, algorithm 4.2.2), and L⁻¹ applied to each row below, which is the same
 * recursion. Four rows by two columns at a time, because that spares reads; the order of sums is fixed. False if the triangle is not positive
 * definite in floating point; the matrix is spoilt then.
 */
export function factorRows({ matrix, stride, size, extra }: FactorRows): boolean {
  const rows = size + extra
  let k = 0
  for (; k + 1 < size; k += 2) {
    if (!finishPair(matrix, stride, k)) return false
    let i = k + 2
    for (; i + 3 < rows; i += 4) solveFour(matrix, stride, { i, k })
    for (; i < rows; i++) solveRow(matrix, stride, { i, from: k, to: k + 2 })
  }
  if (k < size) {
    const rest = restOf(matrix, stride, { i: k, l: k, upTo: k })
    if (!(rest > 0)) return false
    matrix[k * stride + k] = Math.sqrt(rest)
    for (let i = k + 1; i < rows; i++) solveRow(matrix, stride, { i, from: k, to: k + 1 })
  }
  return true
}

/** Entry (i, l) less the products of the first `upTo` columns. */
function restOf(
  matrix: Float64Array,
  stride: number,
  { i, l, upTo }: { readonly i: number; readonly l: number; readonly upTo: number },
): number {
  let rest = matrix[i * stride + l]!
  for (let j = 0, a = i * stride, b = l * stride; j < upTo; j++, a++, b++) rest -= matrix[a]! * matrix[b]!
  return rest
}

/** The 2 × 2 block on the diagonal at k. */
function finishPair(matrix: Float64Array, stride: number, k: number): boolean {
  const first = restOf(matrix, stride, { i: k, l: k, upTo: k })
  if (!(first > 0)) return false
  const top = Math.sqrt(first)
  matrix[k * stride + k] = top
  const side = restOf(matrix, stride, { i: k + 1, l: k, upTo: k }) / top
  matrix[(k + 1) * stride + k] = side
  const second = restOf(matrix, stride, { i: k + 1, l: k + 1, upTo: k + 1 })
  if (!(second > 0)) return false
  matrix[(k + 1) * stride + k + 1] = Math.sqrt(second)
  return true
}

/** Columns `from` to `to` of row i. */
function solveRow(
  matrix: Float64Array,
  stride: number,
  { i, from, to }: { readonly i: number; readonly from: number; readonly to: number },
): void {
  for (let l = from; l < to; l++) {
    matrix[i * stride + l] = restOf(matrix, stride, { i, l, upTo: l }) / matrix[l * stride + l]!
  }
}

/** Columns k and k + 1 of the four rows from i on. */
function solveFour(matrix: Float64Array, stride: number, { i, k }: { readonly i: number; readonly k: number }): void {
  const [a, p] = [i * stride, k * stride]
  const [b, c, d, q] = [a + stride, a + 2 * stride, a + 3 * stride, p + stride]
  let [ap, bp, cp, dp] = [matrix[a + k]!, matrix[b + k]!, matrix[c + k]!, matrix[d + k]!]
  let [aq, bq, cq, dq] = [matrix[a + k + 1]!, matrix[b + k + 1]!, matrix[c + k + 1]!, matrix[d + k + 1]!]
  for (let j = 0; j < k; j++) {
    const x = matrix[p + j]!
    const y = matrix[q + j]!
    const s = matrix[a + j]!
    const t = matrix[b + j]!
    const u = matrix[c + j]!
    const v = matrix[d + j]!
    ap -= s * x
    aq -= s * y
    bp -= t * x
    bq -= t * y
    cp -= u * x
    cq -= u * y
    dp -= v * x
    dq -= v * y
  }
  const [top, side, bottom] = [1 / matrix[p + k]!, matrix[q + k]!, 1 / matrix[q + k + 1]!]
  matrix[a + k] = ap * top
  matrix[b + k] = bp * top
  matrix[c + k] = cp * top
  matrix[d + k] = dp * top
  matrix[a + k + 1] = (aq - matrix[a + k]! * side) * bottom
  matrix[b + k + 1] = (bq - matrix[b + k]! * side) * bottom
  matrix[c + k + 1] = (cq - matrix[c + k]! * side) * bottom
  matrix[d + k + 1] = (dq - matrix[d + k]! * side) * bottom
}
