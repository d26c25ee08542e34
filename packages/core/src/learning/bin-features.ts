import type { FeatureRows } from './ridge.ts'

// Cuts at 32 quantiles lose little against all cuts and make a round linear in the rows.
const MOST_BINS = 32

/** Features as small integers: bin b holds values ≤ cuts[b], the last bin what is above all cuts. */
export interface BinnedFeatures {
  /** One column per feature, parallel to `picks`. */
  readonly columns: readonly Uint8Array[]
  readonly cuts: readonly Float64Array[]
}

/** Cuts every feature between its distinct values, or at quantiles where there are more than 32 of them. */
export function binFeatures(rows: FeatureRows, picks: readonly number[]): BinnedFeatures {
  const size = rows[picks[0] ?? 0]?.length ?? 0
  const values = columnsOf(rows, picks, size)
  const cuts = values.map((column) => cutsOf(column.slice().sort()))
  const columns = values.map((column, j) => {
    const bins = new Uint8Array(column.length)
    for (let k = 0; k < bins.length; k++) bins[k] = binOf(cuts[j]!, column[k]!)
    return bins
  })
  return { columns, cuts }
}

// Plain loops, row by row: `from` with a function asks an iterator for every row, and going through the rows once for every
// feature waits for memory as often.
function columnsOf(rows: FeatureRows, picks: readonly number[], size: number): readonly Float64Array[] {
  const columns = Array.from({ length: size }, () => new Float64Array(picks.length))
  for (let k = 0; k < picks.length; k++) {
    const row = rows[picks[k]!]!
    for (let j = 0; j < size; j++) columns[j]![k] = row[j]!
  }
  return columns
}

function cutsOf(sorted: Float64Array): Float64Array {
  const distinct = sorted.filter((value, i) => i === 0 || value !== sorted[i - 1])
  if (distinct.length <= MOST_BINS) return distinct.subarray(0, -1)
  const cuts = Float64Array.from(
    { length: MOST_BINS - 1 },
    (_, q) => sorted[Math.floor(((q + 1) * sorted.length) / MOST_BINS)]!,
  )
  return cuts.filter((value, i) => (i === 0 || value !== cuts[i - 1]) && value < sorted[sorted.length - 1]!)
}

/** The first bin whose cut is at or above `value`. */
function binOf(cuts: Float64Array, value: number): number {
  let [low, high] = [0, cuts.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (value <= cuts[middle]!) high = middle
    else low = middle + 1
  }
  return low
}

/** How many rows share bins, over all features: what a sum of step functions needs of the rows. */
export interface BinCounts {
  /** Where the bins of each feature begin, and after the last feature where they end. */
  readonly offsets: readonly number[]
  readonly size: number
  /** Rows in each bin. */
  readonly rows: Float64Array
  /** `size` × `size`: at `a` · `size` + `b` the rows of bin `a` that lie in bin `b` or one before it of the same feature. */
  readonly upTo: Float64Array
}

/** Counts rows by pairs of bins. */
export function countBins({ columns, cuts }: BinnedFeatures): BinCounts {
  const offsets = [0]
  for (const { length } of cuts) offsets.push(offsets[offsets.length - 1]! + length + 1)
  const size = offsets[columns.length]!
  const joint = jointCounts(columns, offsets)
  const rows = Float64Array.from({ length: size }, (_, a) => joint[a * size + a]!)
  for (let a = 0; a < size; a++) {
    for (let f = 0; f < columns.length; f++) {
      for (let b = offsets[f]! + 1; b < offsets[f + 1]!; b++) {
        joint[a * size + b] = joint[a * size + b]! + joint[a * size + b - 1]!
      }
    }
  }
  return { offsets, size, rows, upTo: joint }
}

/** Rows that lie in both of two bins. */
function jointCounts(columns: readonly Uint8Array[], offsets: readonly number[]): Float64Array {
  const size = offsets[columns.length]!
  const joint = new Float64Array(size * size)
  const rows = columns[0]?.length ?? 0
  for (let f = 0; f < columns.length; f++) {
    for (let g = f; g < columns.length; g++) {
      const [a, b] = [columns[f]!, columns[g]!]
      for (let i = 0; i < rows; i++) {
        const at = (offsets[f]! + a[i]!) * size + offsets[g]! + b[i]!
        joint[at] = joint[at]! + 1
      }
    }
  }
  for (let a = 0; a < size; a++) for (let b = 0; b < a; b++) joint[a * size + b] = joint[b * size + a]!
  return joint
}
