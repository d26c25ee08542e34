import type { HeadState } from '../domain/index.ts'
import { packedIndex, packedLength } from '../numeric/index.ts'
import { expectedNoise } from './bayesian-head.ts'
import type { FeatureBlock } from './predict-block.ts'

/** One head's part in a score. */
export interface ScoreTerm {
  readonly head: HeadState
  /** What its prediction is multiplied by. */
  readonly weight: number
}

/**
 * Packed covariance of the scores Σ weight · ψ'w of all rows of a block, for independent heads: Σ weight² · E[noise] · ψ_a' P ψ_b.
 * Its diagonal is what `predictBlock` gives as variances. Costs rows · width² per head.
 */
export function scoreCovariance(terms: readonly ScoreTerm[], block: FeatureBlock): Float64Array {
  const { rows, width, matrix } = block
  const covariance = new Float64Array(packedLength(rows))
  const product = new Float64Array(width)
  for (const { head, weight } of terms) {
    const factor = weight * weight * expectedNoise(head)
    for (let a = 0; a < rows; a++) {
      multiplyRow(head, block, { row: a, out: product })
      for (let b = 0; b <= a; b++) {
        const at = packedIndex(a, b)
        covariance[at] = covariance[at]! + factor * dotRow(product, matrix, b * width)
      }
    }
  }
  return covariance
}

/** P ψ over the block's columns. */
function multiplyRow(
  head: HeadState,
  { offset, width, matrix }: FeatureBlock,
  { row, out }: { readonly row: number; readonly out: Float64Array },
): void {
  out.fill(0)
  for (let j = 0; j < width; j++) {
    const value = matrix[row * width + j]!
    if (value === 0) continue
    for (let i = 0; i < width; i++) out[i] = out[i]! + value * head.covariance[packedIndex(offset + i, offset + j)]!
  }
}

function dotRow(product: Float64Array, matrix: Float64Array, from: number): number {
  let sum = 0
  for (let j = 0; j < product.length; j++) sum += product[j]! * matrix[from + j]!
  return sum
}
