import { DAY_MS, type EpochMs } from '../domain/index.ts'

// The Gregorian calendar repeats after 400 years; years are counted from March, so that the leap day comes last.
const DAYS_OF_400_YEARS = 146_097
const MARCH_OF_YEAR_0 = 719_468

/** `2026-01-31` for a number of days since 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms"). */
export function isoDay(day: number): string {
  const z = day + MARCH_OF_YEAR_0
  const era = Math.floor(z / DAYS_OF_400_YEARS)
  const dayOfEra = z - era * DAYS_OF_400_YEARS
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const date = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(date)}`
}

/** `2026-01-31T12:00:00Z`, to the second. */
export function isoMoment(at: EpochMs): string {
  const day = Math.floor(at / DAY_MS)
  const seconds = Math.floor((at - day * DAY_MS) / 1000)
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(twoDigits).join(':')
  return `${isoDay(day)}T${clock}Z`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
