import { Temporal } from 'temporal-polyfill'
import { PalomaError } from './error.ts'
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from './time.ts'

/** What the wall clock of a zone shows at a moment. */
export interface LocalTime {
  /** Days since 1970-01-01 in the local calendar. */
  readonly dayNumber: number
  /** Whole minutes after local midnight by the wall clock, 0 to 1439. */
  readonly minuteOfDay: number
  /** 0 is Monday, 6 is Sunday. */
  readonly dayOfWeek: number
}

/** A stretch `[from, until)` in which the zone keeps one offset from UTC. */
interface Stretch {
  readonly from: EpochMs
  readonly until: EpochMs
  readonly offsetMs: number
}

interface Zone {
  readonly name: string
  readonly stretches: Stretch[]
  recent: Stretch
}

/** The largest moment ECMAScript and Temporal know, in both directions. */
const LAST_MS = 8.64e15

/** No zone was ever further ahead of UTC (Alaska before 1867: +15:13:42). */
const LARGEST_OFFSET_MS = 16 * HOUR_MS

/** 1970-01-01 was a Thursday. */
const FIRST_DAY_OF_WEEK = 3

const NEVER: Stretch = { from: 0, until: 0, offsetMs: 0 }

// A pure memo: the same zone and moment always have the same stretch.
const zones = new Map<string, Zone>()

/** Whether `name` is a zone we can compute with: an IANA name, in any case, or a fixed offset such as `+05:30`. */
export function isTimeZone(name: string): boolean {
  return zones.has(name) || temporalKnows(name)
}

/** What the wall clock shows; throws UNKNOWN_TIME_ZONE, or TIME_OUT_OF_RANGE for a moment that is no moment. */
export function localTime(zone: string, at: EpochMs): LocalTime {
  const localMs = at + stretchAt(zoneNamed(zone), at).offsetMs
  const dayNumber = Math.floor(localMs / DAY_MS)
  const minuteOfDay = Math.floor((localMs - dayNumber * DAY_MS) / MINUTE_MS)
  const weekday = (dayNumber + FIRST_DAY_OF_WEEK) % 7
  return { dayNumber, minuteOfDay, dayOfWeek: weekday < 0 ? weekday + 7 : weekday }
}

/** The first moment of a local day, also where midnight is skipped or comes twice. */
export function localMidnight(zone: string, dayNumber: number): EpochMs {
  return atLocalMinute(zone, dayNumber, 0)
}

/**
 * The moment at which the wall clock shows `minuteOfDay` (1440 is the next midnight). A minute that the zone skips moves
 * forward to the first moment after the gap; one that comes twice means the first.
 */
export function atLocalMinute(zone: string, dayNumber: number, minuteOfDay: number): EpochMs {
  const localMs = dayNumber * DAY_MS + minuteOfDay * MINUTE_MS
  const found = zoneNamed(zone)
  let stretch = stretchAt(found, localMs - LARGEST_OFFSET_MS)
  while (localMs - stretch.offsetMs >= stretch.until) stretch = stretchAt(found, stretch.until)
  return Math.max(localMs - stretch.offsetMs, stretch.from)
}

function temporalKnows(name: string): boolean {
  try {
    new Temporal.ZonedDateTime(0n, name)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function zoneNamed(name: string): Zone {
  const known = zones.get(name)
  if (known !== undefined) return known
  if (!temporalKnows(name)) {
    throw new PalomaError('UNKNOWN_TIME_ZONE', `timeZone must be an IANA name, got ${JSON.stringify(name)}`, {
      hint: 'for example Europe/Berlin or America/New_York',
    })
  }
  const zone: Zone = { name, stretches: [], recent: NEVER }
  zones.set(name, zone)
  return zone
}

function stretchAt(zone: Zone, at: EpochMs): Stretch {
  if (at >= zone.recent.from && at < zone.recent.until) return zone.recent
  for (const stretch of zone.stretches) {
    if (at >= stretch.from && at < stretch.until) {
      zone.recent = stretch
      return stretch
    }
  }
  const stretch = computeStretch(zone.name, at)
  zone.stretches.push(stretch)
  zone.recent = stretch
  return stretch
}

function computeStretch(zone: string, at: EpochMs): Stretch {
  if (!(Math.abs(at) < LAST_MS)) {
    throw new PalomaError('TIME_OUT_OF_RANGE', `at must be a moment within ±${LAST_MS} ms of 1970, got ${at}`)
  }
  const ms = Math.floor(at)
  const here = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone)
  // `previous` is strictly before, so a transition at this very moment is found from one millisecond later.
  const before = here.add({ milliseconds: 1 }).getTimeZoneTransition('previous')
  const after = here.getTimeZoneTransition('next')
  return {
    from: before?.epochMilliseconds ?? -LAST_MS,
    until: after?.epochMilliseconds ?? LAST_MS,
    offsetMs: here.offsetNanoseconds / 1e6,
  }
}
