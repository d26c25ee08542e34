/** How units come: the same number of new ones every day, or like in the past, where those who come back count once. */
export type Arrivals =
  | { readonly kind: 'steady'; readonly unitsPerDay: number }
  /** Distinct units seen up to and with day 1, 2, … of a past period; never falls. */
  | { readonly kind: 'history'; readonly cumulative: readonly number[] }

// Beyond a year nothing that a past month says holds.
const MOST_DAYS = 365

/**
 * Distinct units after `days` days. A history is read where it reaches, between days by straight lines, and carried on
 * as a power of time, U(T)(d / T)^γ with γ from its second half (γ = log₂ U(T) / U(T/2), at most 1): returning users
 * make it flatten. Too many far beyond the history, where the population runs out. Throws a RangeError for a history
 * that falls or is empty.
 */
export function unitsAfter(arrivals: Arrivals, days: number): number {
  if (arrivals.kind === 'steady') return Math.max(0, days) * arrivals.unitsPerDay
  const { cumulative } = arrivals
  checkHistory(cumulative)
  const length = cumulative.length
  if (days <= length) return between(cumulative, Math.max(0, days))
  const last = cumulative[length - 1]!
  const middle = between(cumulative, length / 2)
  const growth = middle > 0 ? Math.min(1, Math.log2(last / middle)) : 1
  return last * (days / length) ** growth
}

/** Whole days until so many distinct units have come; null where a year is not enough. */
export function daysUntil(arrivals: Arrivals, units: number): number | null {
  for (let days = 1; days <= MOST_DAYS; days++) if (unitsAfter(arrivals, days) >= units) return days
  return null
}

/** The cumulative count at a place between days; 0 on day 0. */
function between(cumulative: readonly number[], days: number): number {
  const below = Math.floor(days)
  const start = below === 0 ? 0 : cumulative[below - 1]!
  const end = cumulative[below] ?? start
  return start + (days - below) * (end - start)
}

function checkHistory(cumulative: readonly number[]): void {
  if (cumulative.length === 0) throw new RangeError('cumulative must not be empty')
  const fall = cumulative.findIndex((units, day) => !(units >= (cumulative[day - 1] ?? 0) && Number.isFinite(units)))
  if (fall >= 0) throw new RangeError(`cumulative must never fall, got ${cumulative[fall]} on day ${fall + 1}`)
}
