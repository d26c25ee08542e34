/** Numbers in rising order; NaN is refused with a RangeError, for it has no place. */
export function sortedValues(values: Iterable<number>): Float64Array {
  const sorted = Float64Array.from(values).sort()
  const last = sorted.at(-1)
  if (last !== undefined && Number.isNaN(last)) throw new RangeError('values must be numbers, got NaN')
  return sorted
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
