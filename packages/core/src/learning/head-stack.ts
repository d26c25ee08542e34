import { type HeadState, PalomaError } from '../domain/index.ts'
import { packedLength } from '../numeric/index.ts'
import { expectedNoise } from './bayesian-head.ts'

/** How many heads lie side by side: as many running sums as a processor core keeps busy at once. */
const LANES = 4

/** Up to four heads of one shape, their entries interleaved: number i of head k at 4i + k. */
interface Bundle {
  readonly heads: number
  readonly noise: Float64Array
  readonly mean: Float64Array
  readonly covariance: Float64Array
}

/** The weights [offset, offset + width) of several heads of one shape, laid out to be predicted together. */
export interface HeadStack {
  readonly heads: number
  readonly width: number
  readonly bundles: readonly Bundle[]
}

/** Rows of features, row-major, and where expected reward and variance go: head k of row r at k · rows + r. */
export interface StackBlock {
  readonly rows: number
  readonly matrix: Float64Array
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/** The non-zero entries of one row; places are those of lane 0, four times the column. */
interface SparseRow {
  readonly places: Int32Array
  readonly values: Float64Array
}

/** Four running sums. */
interface Sums {
  readonly mean: Float64Array
  readonly form: Float64Array
}

/** Copies the weights that features outside [offset, offset + width) never touch. Throws HEADS_DIFFER on unlike shapes. */
export function stackHeads(
  heads: readonly HeadState[],
  { offset, width }: { readonly offset: number; readonly width: number },
): HeadStack {
  for (const { dimension } of heads) {
    if (dimension === offset + width) continue
    throw new PalomaError('HEADS_DIFFER', `dimension of every head must be ${offset + width}, got ${dimension}`)
  }
  const bundles: Bundle[] = []
  for (let first = 0; first < heads.length; first += LANES) {
    bundles.push(bundleOf(heads.slice(first, first + LANES), { offset, width }))
  }
  return { heads: heads.length, width, bundles }
}

function bundleOf(
  heads: readonly HeadState[],
  { offset, width }: { readonly offset: number; readonly width: number },
): Bundle {
  const noise = new Float64Array(LANES)
  const mean = new Float64Array(LANES * width)
  const covariance = new Float64Array(LANES * packedLength(width))
  for (const [lane, head] of heads.entries()) {
    noise[lane] = expectedNoise(head)
    for (let i = 0; i < width; i++) {
      mean[LANES * i + lane] = head.mean[offset + i]!
      const from = packedLength(offset + i) + offset
      for (let j = 0; j <= i; j++) covariance[LANES * (packedLength(i) + j) + lane] = head.covariance[from + j]!
    }
  }
  return { heads: heads.length, noise, mean, covariance }
}

/**
 * Expected reward and its variance of every head at every row, bit for bit what `predictBlock` gives head by head:
 * the sums run in the same order, only beside one another.
 */
export function predictStack({ width, bundles }: HeadStack, block: StackBlock): void {
  const { rows, matrix } = block
  const sparse: SparseRow = { places: new Int32Array(width), values: new Float64Array(width) }
  const sums: Sums = { mean: new Float64Array(LANES), form: new Float64Array(LANES) }
  for (let row = 0; row < rows; row++) {
    const count = takeNonZero(sparse, matrix, { from: row * width, width })
    for (let b = 0; b < bundles.length; b++) {
      const bundle = bundles[b]!
      addMeans(bundle.mean, { sparse, count, sum: sums.mean })
      addForms(bundle.covariance, { sparse, count, sum: sums.form })
      for (let lane = 0; lane < bundle.heads; lane++) {
        const at = (b * LANES + lane) * rows + row
        block.mean[at] = sums.mean[lane]!
        block.variance[at] = bundle.noise[lane]! * sums.form[lane]!
      }
    }
  }
}

function takeNonZero(
  { places, values }: SparseRow,
  matrix: Float64Array,
  { from, width }: { readonly from: number; readonly width: number },
): number {
  let count = 0
  for (let j = 0; j < width; j++) {
    const value = matrix[from + j]!
    if (value === 0) continue
    values[count] = value
    places[count++] = LANES * j
  }
  return count
}

interface SparseTask {
  readonly sparse: SparseRow
  readonly count: number
  readonly sum: Float64Array
}

/** ψ'w in every lane. */
function addMeans(weights: Float64Array, { sparse, count, sum }: SparseTask): void {
  const { places, values } = sparse
  let m0 = 0
  let m1 = 0
  let m2 = 0
  let m3 = 0
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    const at = places[i]!
    m0 += value * weights[at]!
    m1 += value * weights[at + 1]!
    m2 += value * weights[at + 2]!
    m3 += value * weights[at + 3]!
  }
  sum[0] = m0
  sum[1] = m1
  sum[2] = m2
  sum[3] = m3
}

/** ψ'Pψ in every lane. Integer arithmetic throughout: a place that may be a fraction costs a check per entry. */
function addForms(covariance: Float64Array, { sparse, count, sum }: SparseTask): void {
  const { places, values } = sparse
  sum.fill(0)
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    const column = places[i]! >> 2
    const start = Math.imul(column, column + 1) << 1 // LANES · packedLength(column)
    let b0 = 0
    let b1 = 0
    let b2 = 0
    let b3 = 0
    for (let j = 0; j < i; j++) {
      const other = values[j]!
      const at = (start + places[j]!) | 0
      b0 += covariance[at]! * other
      b1 += covariance[at + 1]! * other
      b2 += covariance[at + 2]! * other
      b3 += covariance[at + 3]! * other
    }
    const own = (start + places[i]!) | 0
    sum[0] = sum[0]! + value * (2 * b0 + covariance[own]! * value)
    sum[1] = sum[1]! + value * (2 * b1 + covariance[own + 1]! * value)
    sum[2] = sum[2]! + value * (2 * b2 + covariance[own + 2]! * value)
    sum[3] = sum[3]! + value * (2 * b3 + covariance[own + 3]! * value)
  }
}
