import type { HeadState } from '../domain/index.ts'
import { packedLength } from '../numeric/index.ts'
import { expectedNoise } from './bayesian-head.ts'

/** Rows of features which are 0 outside the weights [offset, offset + width). */
export interface FeatureBlock {
  readonly offset: number
  readonly rows: number
  readonly width: number
  /** rows × width, row-major. */
  readonly matrix: Float64Array
}

/**
 * Expected reward and its variance for every row of a block, into `out.mean` and `out.variance` (length `rows`); equal to
 * `predictHead` on the rows filled up with zeros. Costs (non-zero entries)² / 2 per row.
 */
export function predictBlock(
  head: HeadState,
  block: FeatureBlock,
  out: { readonly mean: Float64Array; readonly variance: Float64Array },
): void {
  const { offset, rows, width, matrix } = block
  const noise = expectedNoise(head)
  const places = new Int32Array(width)
  const values = new Float64Array(width)
  for (let row = 0; row < rows; row++) {
    let count = 0
    let mean = 0
    for (let j = 0, at = row * width; j < width; j++, at++) {
      const value = matrix[at]!
      if (value === 0) continue
      values[count] = value
      places[count++] = offset + j
      mean += value * head.mean[offset + j]!
    }
    out.mean[row] = mean
    out.variance[row] = noise * sparseForm(head.covariance, { places, values, count })
  }
}

/** ψ' P ψ over the `count` non-zero entries of ψ, whose places rise. */
function sparseForm(
  covariance: Float64Array,
  sparse: { readonly places: Int32Array; readonly values: Float64Array; readonly count: number },
): number {
  const { places, values, count } = sparse
  let sum = 0
  for (let i = 0; i < count; i++) {
    const start = packedLength(places[i]!)
    let below = 0
    for (let j = 0; j < i; j++) below += covariance[start + places[j]!]! * values[j]!
    sum += values[i]! * (2 * below + covariance[start + places[i]!]! * values[i]!)
  }
  return sum
}
