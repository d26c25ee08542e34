import { thirdAround, type VectorMoments } from '@paloma/core'
import { numeral } from './sql.ts'

/** A point that cubes are summed around. */
export type Centre = readonly number[]

/** SQL of Σ (x_i − c_i)(x_j − c_j)(x_k − c_k), k ≤ j ≤ i; nothing without a centre. */
export function thirdSums(names: readonly string[], centre: Centre | null): readonly string[] {
  if (centre === null) return []
  const moved = names.map((name, i) => `(${name} - ${numeral(centre[i]!)})`)
  return moved.flatMap((x, i) =>
    moved.slice(0, i + 1).flatMap((y, j) => moved.slice(0, j + 1).map((z) => `sum(${x} * ${y} * ${z})`)),
  )
}

/** Those sums around the mean. */
export function toThird({ n, mean, cross }: VectorMoments, sums: Float64Array, centre: Centre): Float64Array {
  // Σ u³ around 0 of u = x − c, seen from ū: what the rows' own shift added is taken off again.
  const shift = mean.map((m, i) => m - centre[i]!)
  const added = thirdAround([{ n, shift, cross, third: new Float64Array(sums.length) }], mean.length)
  return sums.map((sum, i) => sum - added[i]!)
}
