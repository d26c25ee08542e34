import { packedIndex } from '../numeric/index.ts'

/** Number of entries of a symmetric third-order array over `dimension` columns: (i, j ≤ i, k ≤ j). */
export function thirdLength(dimension: number): number {
  return (dimension * (dimension + 1) * (dimension + 2)) / 6
}

/** Where entry (i, j ≤ i, k ≤ j) stands: layer by layer of the packed pairs. */
export function thirdIndex(i: number, j: number, k: number): number {
  return (i * (i + 1) * (i + 2)) / 6 + packedIndex(j, k)
}

/** Some rows by their moments, as seen from a point that lies `shift` below their means. */
interface Shifted {
  readonly n: number
  readonly shift: ArrayLike<number>
  readonly cross: ArrayLike<number>
  readonly third: ArrayLike<number>
}

/**
 * Σ (x_i − c_i)(x_j − c_j)(x_k − c_k) around a common point c of several sets of rows, from each set's own centred sums: M_ijk + s_i C_jk + s_j C_ik +
 * s_k C_ij + n s_i s_j s_k with s = mean − c (Chan, Golub & LeVeque 1983 carried to the third order; Pébay 2008, eq. 2.9).
 */
export function thirdAround(sets: readonly Shifted[], dimension: number): Float64Array {
  const third = new Float64Array(thirdLength(dimension))
  for (const set of sets) addShifted(third, set, dimension)
  return third
}

function addShifted(third: Float64Array, { n, shift: s, cross, third: own }: Shifted, dimension: number): void {
  let at = 0
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j <= i; j++) {
      const pair = cross[packedIndex(i, j)]!
      for (let k = 0; k <= j; k++, at++) {
        const linear = s[i]! * cross[packedIndex(j, k)]! + s[j]! * cross[packedIndex(i, k)]! + s[k]! * pair
        third[at] = third[at]! + own[at]! + linear + n * s[i]! * s[j]! * s[k]!
      }
    }
  }
}

/** One row more, before means and cross products take it up: `thirdAround` of n rows and of one, worked out. */
export function addToThird(
  moments: {
    readonly n: number
    readonly mean: Float64Array
    readonly cross: Float64Array
    readonly third: Float64Array
  },
  row: ArrayLike<number>,
): void {
  const { n, mean, cross, third } = moments
  const delta = mean.map((m, i) => row[i]! - m)
  const cubic = (n * (n - 1)) / (n + 1) ** 2
  let at = 0
  for (let i = 0; i < delta.length; i++) {
    for (let j = 0; j <= i; j++) {
      const pair = delta[i]! * delta[j]! * cubic
      for (let k = 0; k <= j; k++, at++) {
        const linear =
          delta[i]! * cross[packedIndex(j, k)]! +
          delta[j]! * cross[packedIndex(i, k)]! +
          delta[k]! * cross[packedIndex(i, j)]!
        third[at] = third[at]! - linear / (n + 1) + pair * delta[k]!
      }
    }
  }
}

/** Σ_ijk w_i w_j w_k M_ijk, the third central sum of the combination w'x. Entries with weight 0 do not count, be they NaN. */
export function cubicForm(third: Float64Array, w: ArrayLike<number>): number {
  let sum = 0
  let at = 0
  for (let i = 0; i < w.length; i++) {
    for (let j = 0; j <= i; j++) {
      for (let k = 0; k <= j; k++, at++) {
        const weight = w[i]! * w[j]! * w[k]!
        sum += weight === 0 ? 0 : timesFound(i, j, k) * weight * third[at]!
      }
    }
  }
  return sum
}

/** How many orders the three indices have. */
function timesFound(i: number, j: number, k: number): number {
  if (i === j && j === k) return 1
  return i === j || j === k ? 3 : 6
}
