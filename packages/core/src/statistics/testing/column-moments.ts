import { type VectorMoments, vectorMomentsOf } from '../vector-moments.ts'

/** Moments of rows given as columns of equal length. */
export function columnMoments(...columns: readonly (readonly number[])[]): VectorMoments {
  const rows = columns[0]!.map((_, i) => columns.map((column) => column[i]!))
  return vectorMomentsOf(rows, columns.length)
}
