import { packedIndex, packedLength } from '../numeric/index.ts'
import { addToThird, thirdAround, thirdLength } from './third-moments.ts'

/**
 * Count, means and centred cross products of several numbers per unit (metrics, denominators, covariates); mergeable, so
 * that shards and days add up, and all that differences of means and ratios, regression adjustment and joint covariance need.
 */
export interface VectorMoments {
  readonly n: number
  readonly mean: Float64Array
  /** Σ (x_i − mean_i)(x_j − mean_j), lower triangle packed row by row: entry (i, j ≤ i) at i(i+1)/2 + j. */
  readonly cross: Float64Array
  /** Σ (x_i − mean_i)(x_j − mean_j)(x_k − mean_k), k ≤ j ≤ i (see `thirdIndex`); absent where nobody asked for skewness. */
  readonly third?: Float64Array
}

/** Up to which order moments are kept: 3 where skewness is to be known. */
export type MomentOrder = 2 | 3

/** Moments of no rows of `dimension` numbers. */
export function noVectorMoments(dimension: number, order: MomentOrder = 2): VectorMoments {
  return {
    n: 0,
    mean: new Float64Array(dimension),
    cross: new Float64Array(packedLength(dimension)),
    ...(order === 3 ? { third: new Float64Array(thirdLength(dimension)) } : {}),
  }
}

/** Moments with one row more (Welford 1962, with cross products). Throws a RangeError for a row of another length. */
export function addRow(moments: VectorMoments, row: ArrayLike<number>): VectorMoments {
  const third = moments.third === undefined ? {} : { third: moments.third.slice() }
  const next = { n: moments.n, mean: moments.mean.slice(), cross: moments.cross.slice(), ...third }
  accumulate(next, row)
  return next
}

/** Moments of rows of `dimension` numbers each. Throws a RangeError for a row of another length. */
export function vectorMomentsOf(
  rows: Iterable<ArrayLike<number>>,
  dimension: number,
  order: MomentOrder = 2,
): VectorMoments {
  const moments = { ...noVectorMoments(dimension, order), n: 0 }
  for (const row of rows) accumulate(moments, row)
  return moments
}

function accumulate(moments: { n: number } & Omit<VectorMoments, 'n'>, row: ArrayLike<number>): void {
  const { mean, cross } = moments
  checkDimension(mean.length, row.length)
  if (moments.third !== undefined) addToThird({ ...moments, third: moments.third }, row)
  moments.n += 1
  const { n } = moments
  // Σ (x_i − mean_i)(x_j − mean_j) grows by δ_i δ_j (n − 1) / n, δ being the distance to the mean so far.
  const share = (n - 1) / n
  for (let i = 0, k = 0; i < mean.length; i++) {
    const scaled = share * (row[i]! - mean[i]!)
    for (let j = 0; j <= i; j++, k++) cross[k] = cross[k]! + scaled * (row[j]! - mean[j]!)
  }
  for (let i = 0; i < mean.length; i++) mean[i] = mean[i]! + (row[i]! - mean[i]!) / n
}

/**
 * Moments of both sets of rows together (Chan, Golub & LeVeque 1983, eq. 1.5); the order of merging is free. Throws a
 * RangeError for sets of different dimension.
 */
export function mergeVectorMoments(a: VectorMoments, b: VectorMoments): VectorMoments {
  checkDimension(a.mean.length, b.mean.length)
  if (a.n === 0) return b
  if (b.n === 0) return a
  const n = a.n + b.n
  const delta = a.mean.map((mean, i) => b.mean[i]! - mean)
  const cross = a.cross.slice()
  const scale = (a.n * b.n) / n
  for (let i = 0, k = 0; i < delta.length; i++) {
    for (let j = 0; j <= i; j++, k++) cross[k] = cross[k]! + b.cross[k]! + scale * delta[i]! * delta[j]!
  }
  const mean = a.mean.map((m, i) => m + (delta[i]! * b.n) / n)
  if (a.third === undefined || b.third === undefined) return { n, mean, cross }
  const sets = [
    { ...a, third: a.third, shift: delta.map((d) => (-d * b.n) / n) },
    { ...b, third: b.third, shift: delta.map((d) => (d * a.n) / n) },
  ]
  return { n, mean, cross, third: thirdAround(sets, delta.length) }
}

/** Σ (x_i − mean_i)(x_j − mean_j). */
export function crossProduct(moments: VectorMoments, i: number, j: number): number {
  return moments.cross[packedIndex(i, j)]!
}

/** Unbiased covariance of numbers i and j, or the variance of one; undefined below two rows. */
export function sampleCovariance(moments: VectorMoments, i: number, j: number = i): number | undefined {
  return moments.n < 2 ? undefined : crossProduct(moments, i, j) / (moments.n - 1)
}

function checkDimension(expected: number, found: number): void {
  if (expected !== found) throw new RangeError(`dimension of a row must be ${expected}, got ${found}`)
}
