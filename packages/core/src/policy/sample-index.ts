import { PalomaError } from '../domain/index.ts'

/**
 * The index at which the cumulative probability first exceeds `uniform` in [0, 1). Never an index with probability 0: when
 * rounding keeps the sum below `uniform`, the last index with a positive one. Throws NO_PROBABILITY when there is none.
 */
export function sampleIndex(probabilities: ArrayLike<number>, uniform: number): number {
  let sum = 0
  let last = -1
  for (let i = 0; i < probabilities.length; i++) {
    const probability = probabilities[i]!
    if (!(probability > 0)) continue
    sum += probability
    last = i
    if (uniform < sum) return i
  }
  if (last < 0)
    throw new PalomaError(
      'NO_PROBABILITY',
      `probabilities must have a positive entry, got ${probabilities.length} without one`,
    )
  return last
}
