import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../domain/index.ts'

/** World days, local hours and weekends. Day d is [startAt + d days, startAt + (d + 1) days); zones are indices. */
export interface WorldClock {
  readonly startAt: EpochMs
  /** Which world day a moment lies in; negative before the start. */
  dayOf(at: EpochMs): number
  /** Local hour in [0, 24) of a moment. */
  localHour(zone: number, at: EpochMs): number
  /** The one moment of the world day at which the zone's clocks show that hour (on days of clock change: about). */
  momentAt(zone: number, day: number, localHour: number): EpochMs
  /** Whether the middle of the world day falls on a Saturday or Sunday there. */
  isWeekend(zone: number, day: number): boolean
}

function offsetMinutes(formatter: Intl.DateTimeFormat, at: EpochMs): number {
  const part: Record<string, number> = {}
  for (const { type, value } of formatter.formatToParts(at)) part[type] = Number(value)
  const local = daysFromCivil(part.year!, part.month!, part.day!) * 1440 + part.hour! * 60 + part.minute!
  return local - Math.floor(at / MINUTE_MS)
}

/** Days since 1970-01-01 of a date in the Gregorian calendar, months from 1, by counting leap days from March. */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const monthsSinceMarch = (month + 9) % 12
  const leapDays = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400)
  return shifted * 365 + leapDays + Math.floor((153 * monthsSinceMarch + 2) / 5) + day - 719_469
}

function offsetsOf(zone: string, startAt: EpochMs, days: number): Float64Array {
  const formatter = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  const middle = startAt + DAY_MS / 2
  return Float64Array.from({ length: days }, (_, day) => offsetMinutes(formatter, middle + day * DAY_MS) * MINUTE_MS)
}

function positiveModulo(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus
}

/** Tabulates each zone's distance from UTC per world day from the platform's IANA data. */
export function createClock(zones: readonly string[], startAt: EpochMs, days: number): WorldClock {
  const tables = zones.map((zone) => offsetsOf(zone, startAt, days))
  const offsetAt = (zone: number, day: number): number => tables[zone]![Math.min(days - 1, Math.max(0, day))]!
  const dayOf = (at: EpochMs): number => Math.floor((at - startAt) / DAY_MS)
  return {
    startAt,
    dayOf,
    localHour: (zone, at) => positiveModulo(at + offsetAt(zone, dayOf(at)), DAY_MS) / HOUR_MS,
    momentAt: (zone, day, localHour) => {
      const begin = startAt + day * DAY_MS
      const wanted = localHour * HOUR_MS - (begin + offsetAt(zone, day))
      return begin + Math.floor(positiveModulo(wanted, DAY_MS))
    },
    isWeekend: (zone, day) => {
      const localDay = Math.floor((startAt + (day + 0.5) * DAY_MS + offsetAt(zone, day)) / DAY_MS)
      return (localDay + 4) % 7 === 0 || (localDay + 4) % 7 === 6
    },
  }
}
