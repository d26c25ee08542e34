import type { MetricVector } from './metric-vector.ts'

/** The vectors of several metrics as one, of users who count in all of them. */
export function joinVectors(vectors: readonly MetricVector[]): MetricVector {
  const first = vectors[0]!
  const names = vectors.flatMap((vector) => vector.names)
  const isWhole = vectors.map((vector) => `${vector.names[0]} IS NOT NULL`).join(' AND ')
  return {
    ...first,
    names: names.map((name) => `j_${name}`),
    ones: vectors.flatMap((vector, i) => {
      const start = vectors.slice(0, i).reduce((sum, each) => sum + each.names.length, 0)
      return vector.ones.map((place) => start + place)
    }),
    select: [
      ...vectors.flatMap((vector) => vector.select),
      ...names.map((name) => `CASE WHEN ${isWhole} THEN ${name} END AS j_${name}`),
    ],
  }
}

/** A metric on each of its first days, of users who count in it. */
export function dailyVector(vector: MetricVector, days: readonly string[]): MetricVector {
  const names = days.map((_, day) => `${vector.names[0]}_day${day}`)
  const select = days.map(
    (column, day) => `CASE WHEN ${vector.names[0]} IS NOT NULL THEN coalesce(f.${column}, 0) END AS ${names[day]}`,
  )
  return { ...vector, names, select: [...vector.select, ...select] }
}

/** A metric and whether the user received the message under test, of users who count in both. */
export function receiptVector(vector: MetricVector, receipt: MetricVector): MetricVector {
  const { names, select } = joinVectors([firstOf(vector), firstOf(receipt)])
  return { ...vector, names, select }
}

function firstOf(vector: MetricVector): MetricVector {
  return { ...vector, names: vector.names.slice(0, 1) }
}
