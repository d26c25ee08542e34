import { type ActionRows, type HeadState, PalomaError, type SparseRows } from '../domain/index.ts'
import { packedLength } from '../numeric/index.ts'
import { expectedNoise } from './bayesian-head.ts'

/** How many heads lie side by side: as many running sums as a processor core keeps busy at once. */
const LANES = 4
/** Of every row, ψ'w and ψ'Pψ in each lane: eight numbers, side by side because every array that a loop reads costs it registers. */
const SUMS = 2 * LANES

/** Up to four heads of one shape, their entries interleaved: number i of head k at 4i + k. Lanes without a head hold 0. */
interface Bundle {
  readonly noise: Float64Array
  readonly mean: Float64Array
  readonly covariance: Float64Array
}

/** Working memory, kept because allocating it takes longer than filling it. */
interface Memory {
  /** `SUMS` numbers for every row. */
  ways: Float64Array
  proposals: Float64Array
  /** P · way in the columns that proposals use, four numbers each, way after way. */
  products: Float64Array
  /** The columns that proposals use, and by column its place among them, −1 elsewhere. */
  readonly used: Int32Array
  readonly placeOf: Int32Array
}

/** The weights [offset, offset + width) of several heads of one shape, laid out to be predicted together. */
export interface HeadStack {
  /** So many columns are written: one for every head, then, up to whole bundles, some that hold 0. */
  readonly lanes: number
  readonly width: number
  readonly bundles: readonly Bundle[]
  readonly memory: Memory
}

/** Where expected reward and variance go: column k of send i at k · rows + first + i; rows before `first` hold back and get 0. */
export interface StackColumns {
  readonly rows: number
  readonly first: number
  readonly mean: Float64Array
  readonly variance: Float64Array
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
  return { lanes: LANES * bundles.length, width, bundles, memory: freshMemory(width) }
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
  return { noise, mean, covariance }
}

function freshMemory(width: number): Memory {
  return {
    ways: new Float64Array(0),
    proposals: new Float64Array(0),
    products: new Float64Array(0),
    used: new Int32Array(width),
    placeOf: new Int32Array(width).fill(-1),
  }
}

/** Grows what is too small: sums of so many sends, products of so many numbers. */
function makeRoom(memory: Memory, sends: number, products: number): void {
  if (memory.ways.length < SUMS * sends) {
    memory.ways = new Float64Array(2 * SUMS * sends)
    memory.proposals = new Float64Array(2 * SUMS * sends)
  }
  if (memory.products.length < products) memory.products = new Float64Array(2 * products)
}

/**
 * Expected reward and its variance of every head for every send: what `predictBlock` gives head by head on full rows, up to
 * rounding. With ψ = way + proposal the means add up, and ψ'Pψ = way'P way + proposal'P proposal + 2 way'P proposal, so that what
 * many sends share is worked out once. Depends on no order of sends.
 */
export function predictActions(stack: HeadStack, rows: ActionRows, out: StackColumns): void {
  const { ways, proposals, wayOf } = rows
  const { memory } = stack
  const count = findUsed(proposals, memory)
  makeRoom(memory, wayOf.length, LANES * count * ways.size[0]!)
  for (let b = 0; b < stack.bundles.length; b++) {
    const bundle = stack.bundles[b]!
    sumRows(bundle, ways, memory.ways)
    sumRows(bundle, proposals, memory.proposals)
    multiplyWays(bundle, ways, { memory, count })
    addUp(bundle, rows, { memory, count, out, lane: LANES * b })
  }
  holdBack(stack.lanes, out)
  for (let i = 0; i < count; i++) memory.placeOf[memory.used[i]!] = -1
}

function holdBack(lanes: number, { rows, first, mean, variance }: StackColumns): void {
  for (let lane = 0; lane < lanes; lane++) {
    for (let row = lane * rows; row < lane * rows + first; row++) {
      mean[row] = 0
      variance[row] = 0
    }
  }
}

/** Lists the columns in which proposals have an entry, and answers how many there are. */
function findUsed({ size, start, columns }: SparseRows, { used, placeOf }: Memory): number {
  let count = 0
  const end = start[size[0]!]!
  for (let i = 0; i < end; i++) {
    const column = columns[i]!
    if (placeOf[column]! >= 0) continue
    placeOf[column] = count
    used[count++] = column
  }
  return count
}

/** LANES · packedLength(column): where a row of the covariance begins. Integers throughout: a place that may be a fraction costs a check. */
function rowStart(column: number): number {
  return Math.imul(column, column + 1) << 1
}

/** ψ'w and ψ'Pψ of every row, in every lane. */
function sumRows({ mean, covariance }: Bundle, { size, start, columns, values }: SparseRows, sums: Float64Array): void {
  const count = size[0]!
  for (let row = 0, to = 0; row < count; row++, to += SUMS) {
    let m0 = 0
    let m1 = 0
    let m2 = 0
    let m3 = 0
    let f0 = 0
    let f1 = 0
    let f2 = 0
    let f3 = 0
    const from = start[row]!
    const end = start[row + 1]!
    for (let i = from; i < end; i++) {
      const value = values[i]!
      const column = columns[i]!
      const begin = rowStart(column)
      let b0 = 0
      let b1 = 0
      let b2 = 0
      let b3 = 0
      for (let j = from; j < i; j++) {
        const other = values[j]!
        const at = (begin + (columns[j]! << 2)) | 0
        b0 += covariance[at]! * other
        b1 += covariance[at + 1]! * other
        b2 += covariance[at + 2]! * other
        b3 += covariance[at + 3]! * other
      }
      const weight = column << 2
      const own = (begin + weight) | 0
      m0 += value * mean[weight]!
      m1 += value * mean[weight + 1]!
      m2 += value * mean[weight + 2]!
      m3 += value * mean[weight + 3]!
      f0 += value * (2 * b0 + covariance[own]! * value)
      f1 += value * (2 * b1 + covariance[own + 1]! * value)
      f2 += value * (2 * b2 + covariance[own + 2]! * value)
      f3 += value * (2 * b3 + covariance[own + 3]! * value)
    }
    sums[to] = m0
    sums[to + 1] = m1
    sums[to + 2] = m2
    sums[to + 3] = m3
    sums[to + 4] = f0
    sums[to + 5] = f1
    sums[to + 6] = f2
    sums[to + 7] = f3
  }
}

/** P · way in the columns that proposals use. */
function multiplyWays(
  { covariance }: Bundle,
  ways: SparseRows,
  { memory, count }: { readonly memory: Memory; readonly count: number },
): void {
  const { size, start, columns, values } = ways
  const last = size[0]!
  const { products, used } = memory
  let to = 0
  for (let way = 0; way < last; way++) {
    const from = start[way]!
    const end = start[way + 1]!
    for (let u = 0; u < count; u++, to += LANES) {
      const column = used[u]!
      const begin = rowStart(column)
      let p0 = 0
      let p1 = 0
      let p2 = 0
      let p3 = 0
      for (let i = from; i < end; i++) {
        const value = values[i]!
        const other = columns[i]!
        const at = (column > other ? begin + (other << 2) : rowStart(other) + (column << 2)) | 0
        p0 += covariance[at]! * value
        p1 += covariance[at + 1]! * value
        p2 += covariance[at + 2]! * value
        p3 += covariance[at + 3]! * value
      }
      products[to] = p0
      products[to + 1] = p1
      products[to + 2] = p2
      products[to + 3] = p3
    }
  }
}

/** Puts way and proposal of every send together. */
function addUp(
  { noise }: Bundle,
  { proposals: { start, columns, values }, wayOf, proposalOf }: ActionRows,
  options: { readonly memory: Memory; readonly count: number; readonly out: StackColumns; readonly lane: number },
): void {
  const { memory, count, out, lane } = options
  const { ways, proposals, products, placeOf } = memory
  const { rows, first, mean, variance } = out
  const n0 = noise[0]!
  const n1 = noise[1]!
  const n2 = noise[2]!
  const n3 = noise[3]!
  for (let row = first, to = lane * rows + first; row < rows; row++, to++) {
    const way = wayOf[row - first]!
    const proposal = proposalOf[row - first]!
    const begin = Math.imul(way, count)
    let p0 = 0
    let p1 = 0
    let p2 = 0
    let p3 = 0
    const end = start[proposal + 1]!
    for (let i = start[proposal]!; i < end; i++) {
      const value = values[i]!
      const at = ((begin + placeOf[columns[i]!]!) << 2) | 0
      p0 += products[at]! * value
      p1 += products[at + 1]! * value
      p2 += products[at + 2]! * value
      p3 += products[at + 3]! * value
    }
    const w = way << 3
    const p = proposal << 3
    mean[to] = ways[w]! + proposals[p]!
    mean[to + rows] = ways[w + 1]! + proposals[p + 1]!
    mean[to + 2 * rows] = ways[w + 2]! + proposals[p + 2]!
    mean[to + 3 * rows] = ways[w + 3]! + proposals[p + 3]!
    variance[to] = n0 * (ways[w + 4]! + proposals[p + 4]! + 2 * p0)
    variance[to + rows] = n1 * (ways[w + 5]! + proposals[p + 5]! + 2 * p1)
    variance[to + 2 * rows] = n2 * (ways[w + 6]! + proposals[p + 6]! + 2 * p2)
    variance[to + 3 * rows] = n3 * (ways[w + 7]! + proposals[p + 7]! + 2 * p3)
  }
}
