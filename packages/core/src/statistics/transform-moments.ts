import { packedLength } from '../numeric/index.ts'
import type { Moments } from './moments.ts'
import { thirdIndex, thirdLength } from './third-moments.ts'
import { crossProduct, type VectorMoments } from './vector-moments.ts'

// A constant column carries only rounding: so many units in the last place of its mean, per row.
const ROUNDING = 1e-14

/** Moments of some of the numbers, in the order of `columns`. */
export function selectMoments(moments: VectorMoments, columns: readonly number[]): VectorMoments {
  checkColumns(moments, columns)
  const cross = new Float64Array(packedLength(columns.length))
  let k = 0
  columns.forEach((column, i) => {
    for (let j = 0; j <= i; j++, k++) cross[k] = crossProduct(moments, column, columns[j]!)
  })
  const mean = Float64Array.from(columns, (column) => moments.mean[column]!)
  return {
    n: moments.n,
    mean,
    cross,
    ...(moments.third === undefined ? {} : { third: selectThird(moments.third, columns) }),
  }
}

function selectThird(third: Float64Array, columns: readonly number[]): Float64Array {
  const selected = new Float64Array(thirdLength(columns.length))
  let at = 0
  columns.forEach((a, i) => {
    for (let j = 0; j <= i; j++) {
      for (let k = 0; k <= j; k++, at++) {
        const [x, y, z] = [a, columns[j]!, columns[k]!].sort((u, v) => v - u)
        selected[at] = third[thirdIndex(x!, y!, z!)]!
      }
    }
  })
  return selected
}

/** Moments of one of the numbers. */
export function momentsAt(moments: VectorMoments, column: number): Moments {
  checkColumns(moments, [column])
  return { n: moments.n, mean: moments.mean[column]!, m2: crossProduct(moments, column, column) }
}

/** Moments of linear combinations Σ_j weights[i][j] · x_j: means and covariances follow without the rows, third moments are left out. */
export function transformMoments(moments: VectorMoments, weights: readonly ArrayLike<number>[]): VectorMoments {
  const cross = new Float64Array(packedLength(weights.length))
  let k = 0
  weights.forEach((row, i) => {
    for (let j = 0; j <= i; j++, k++) cross[k] = bilinearForm(moments.cross, row, weights[j]!)
  })
  return { n: moments.n, mean: Float64Array.from(weights, (row) => dot(row, moments.mean)), cross }
}

/** u' M v for a packed symmetric matrix M; entries with weight 0 do not count, be they NaN. */
export function bilinearForm(matrix: Float64Array, u: ArrayLike<number>, v: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0, k = 0; i < u.length; i++) {
    for (let j = 0; j <= i; j++, k++) {
      const weight = i === j ? u[i]! * v[i]! : u[i]! * v[j]! + u[j]! * v[i]!
      if (weight !== 0) sum += matrix[k]! * weight
    }
  }
  return sum
}

/** Σ u_i v_i over the weights u that are not 0. */
export function dot(u: ArrayLike<number>, v: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < u.length; i++) if (u[i] !== 0) sum += u[i]! * v[i]!
  return sum
}

/** Whether a number is the same in every row, up to rounding. */
export function isConstantColumn(moments: VectorMoments, column: number): boolean {
  return crossProduct(moments, column, column) <= moments.n * (ROUNDING * moments.mean[column]!) ** 2
}

function checkColumns({ mean }: VectorMoments, columns: readonly number[]): void {
  const wrong = columns.find((column) => !(Number.isInteger(column) && column >= 0 && column < mean.length))
  if (wrong !== undefined) throw new RangeError(`column must be an integer in [0, ${mean.length}), got ${wrong}`)
}
