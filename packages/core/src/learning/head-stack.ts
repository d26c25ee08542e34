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
  /** Running sums of ψ'w and ψ'Pψ after each non-zero entry of the last row, for rows that begin alike. */
  readonly meanSums: Float64Array
  readonly formSums: Float64Array
}

/** The weights [offset, offset + width) of several heads of one shape, laid out to be predicted together. */
export interface HeadStack {
  readonly heads: number
  readonly width: number
  readonly bundles: readonly Bundle[]
  /** Working memory. */
  readonly row: SparseRow
}

/** Rows of features, row-major, and where expected reward and variance go: head k of row r at k · rows + r. */
export interface StackBlock {
  readonly rows: number
  readonly matrix: Float64Array
  /** Every row once; the fewer entries change from one to the next, the less there is to compute. */
  readonly order: Int32Array
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/** The non-zero entries of the row at hand; places are those of lane 0, four times the column. */
interface SparseRow {
  readonly places: Int32Array
  readonly values: Float64Array
  count: number
  /** How many of the first entries the row before had too. */
  alike: number
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
  const row = { places: new Int32Array(width), values: new Float64Array(width), count: 0, alike: 0 }
  return { heads: heads.length, width, bundles, row }
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
  const meanSums = new Float64Array(LANES * (width + 1))
  const formSums = new Float64Array(LANES * (width + 1))
  return { heads: heads.length, noise, mean, covariance, meanSums, formSums }
}

/**
 * Expected reward and its variance of every head at every row, bit for bit what `predictBlock` gives head by head and
 * whatever the order: the sums run alike, only side by side, and those of a shared beginning are taken over.
 */
export function predictStack({ width, bundles, row }: HeadStack, block: StackBlock): void {
  const { rows, matrix, order } = block
  row.count = 0
  for (let i = 0; i < rows; i++) {
    const at = order[i]!
    takeNonZero(row, matrix, { from: at * width, width })
    for (let b = 0; b < bundles.length; b++) {
      const { heads, noise, mean, covariance, meanSums, formSums } = bundles[b]!
      addMeans(mean, row, meanSums)
      addForms(covariance, row, formSums)
      const last = LANES * row.count
      for (let lane = 0; lane < heads; lane++) {
        const to = (b * LANES + lane) * rows + at
        block.mean[to] = meanSums[last + lane]!
        block.variance[to] = noise[lane]! * formSums[last + lane]!
      }
    }
  }
}

function takeNonZero(
  row: SparseRow,
  matrix: Float64Array,
  { from, width }: { readonly from: number; readonly width: number },
): void {
  const { places, values, count: before } = row
  let count = 0
  let alike = 0
  for (let j = 0; j < width; j++) {
    const value = matrix[from + j]!
    if (value === 0) continue
    const place = LANES * j
    if (alike === count && count < before && places[count] === place && values[count] === value) alike++
    values[count] = value
    places[count++] = place
  }
  row.count = count
  row.alike = alike
}

/** ψ'w in every lane. */
function addMeans(weights: Float64Array, { places, values, count, alike }: SparseRow, sums: Float64Array): void {
  for (let i = alike, to = LANES * alike; i < count; i++, to += LANES) {
    const value = values[i]!
    const at = places[i]!
    sums[to + 4] = sums[to]! + value * weights[at]!
    sums[to + 5] = sums[to + 1]! + value * weights[at + 1]!
    sums[to + 6] = sums[to + 2]! + value * weights[at + 2]!
    sums[to + 7] = sums[to + 3]! + value * weights[at + 3]!
  }
}

/** ψ'Pψ in every lane. Integer arithmetic throughout: a place that may be a fraction costs a check per entry. */
function addForms(covariance: Float64Array, { places, values, count, alike }: SparseRow, sums: Float64Array): void {
  for (let i = alike, to = LANES * alike; i < count; i++, to += LANES) {
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
    sums[to + 4] = sums[to]! + value * (2 * b0 + covariance[own]! * value)
    sums[to + 5] = sums[to + 1]! + value * (2 * b1 + covariance[own + 1]! * value)
    sums[to + 6] = sums[to + 2]! + value * (2 * b2 + covariance[own + 2]! * value)
    sums[to + 7] = sums[to + 3]! + value * (2 * b3 + covariance[own + 3]! * value)
  }
}
