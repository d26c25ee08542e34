import type { MetricVector } from './metric-vector.ts'

/** The vectors of several metrics as one, of users who count in all of them. */
export function joinVectors(vectors: readonly MetricVector[]): MetricVector {
  const first = vectors[0]!
  const names = vectors.flatMap((vector) => vector.names)
  const isWhole = vectors.map((vector) => `${vector.names[0]} IS NOT NULL`).join(' AND ')
  return {
    ...first,
    names: names.map((name) => `j_${name}`),
    select: [
      ...vectors.flatMap((vector) => vector.select),
      ...names.map((name) => `CASE WHEN ${isWhole} THEN ${name} END AS j_${name}`),
    ],
  }
}
