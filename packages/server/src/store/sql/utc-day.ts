import { DAY_MS, type EpochMs, PalomaError } from '@paloma/core/domain'

/** The name (YYYY-MM-DD) of the UTC day with that number, counted from 1970-01-01. */
export function dayName(dayNumber: number): string {
  return new Date(dayNumber * DAY_MS).toISOString().slice(0, 10)
}

/** `[from, until)` of a UTC day. Throws INVALID_DAY unless it is written YYYY-MM-DD and exists. */
export function dayBounds(day: string): { readonly from: EpochMs; readonly until: EpochMs } {
  const from = Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(from) || dayName(from / DAY_MS) !== day) {
    throw new PalomaError('INVALID_DAY', `day must be a UTC day written YYYY-MM-DD, got ${JSON.stringify(day)}`)
  }
  return { from, until: from + DAY_MS }
}
