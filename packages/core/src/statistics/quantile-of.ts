/** Numbers in rising order, NaN last. */
export function sortedValues(values: Iterable<number>): Float64Array {
  return Float64Array.from(values).sort()
}

/** Whether all of some sorted values are finite: −∞ would be the first, ∞ or NaN the last. */
export function areFinite(sorted: Float64Array): boolean {
  return sorted.length === 0 || (Number.isFinite(sorted[0]) && Number.isFinite(sorted.at(-1)))
}

/** The quantile `share` in [0, 1] of sorted values, between the two nearest (Hyndman & Fan 1996, type 7); undefined of none. */
export function quantileOf(sorted: Float64Array, share: number): number | undefined {
  if (sorted.length === 0) return undefined
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const low = sorted[below]!
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!
  return low + (place - below) * (high - low)
}
