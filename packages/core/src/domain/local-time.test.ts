import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { PalomaError } from './error.ts'
import { atLocalMinute, isTimeZone, localMidnight, localTime } from './local-time.ts'
import { DAY_MS, MINUTE_MS } from './time.ts'

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'America/Havana',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Asia/Kathmandu',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
] as const

/** Changes of the clocks that fall into the years the properties draw from. */
const CHANGES: readonly (readonly [string, string])[] = [
  ['Europe/Berlin', '2026-03-29T01:00:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00:00Z'],
  ['America/New_York', '2026-03-08T07:00:00Z'],
  ['America/New_York', '2026-11-01T06:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
  ['America/Sao_Paulo', '2018-11-04T03:00:00Z'],
  ['America/Havana', '2025-11-02T05:00:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
]

const ms = (text: string) => Temporal.Instant.from(text).epochMilliseconds
const zoned = (zone: string, at: number) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)

const anyMoment = fc.record({
  zone: fc.constantFrom(...ZONES),
  at: fc.integer({ min: ms('2010-01-01T00:00:00Z'), max: ms('2031-01-01T00:00:00Z') }),
})
const nearAChange = fc
  .record({ change: fc.constantFrom(...CHANGES), offsetMs: fc.integer({ min: -2 * DAY_MS, max: 2 * DAY_MS }) })
  .map(({ change, offsetMs }) => ({ zone: change[0], at: ms(change[1]) + offsetMs }))
const moment = fc.oneof(anyMoment, nearAChange)

function temporalAt(zone: string, dayNumber: number, minuteOfDay: number): number {
  const wall = new Temporal.PlainDate(1970, 1, 1)
    .add({ days: dayNumber })
    .toPlainDateTime()
    .add({ minutes: minuteOfDay })
  const earlier = wall.toZonedDateTime(zone, { disambiguation: 'earlier' })
  const isGap = !earlier.toPlainDateTime().equals(wall)
  return isGap ? earlier.getTimeZoneTransition('next')!.epochMilliseconds : earlier.epochMilliseconds
}

describe('localTime', () => {
  it('agrees with Temporal in every zone and around every change of the clocks', () => {
    fc.assert(
      fc.property(moment, ({ zone, at }) => {
        const expected = zoned(zone, at)
        const epoch = new Temporal.PlainDate(1970, 1, 1)
        expect(localTime(zone, at)).toEqual({
          dayNumber: epoch.until(expected.toPlainDate(), { largestUnit: 'days' }).days,
          minuteOfDay: expected.hour * 60 + expected.minute,
          dayOfWeek: expected.dayOfWeek - 1,
        })
      }),
      { seed: 11, numRuns: 600 },
    )
  })

  it.each(CHANGES)('switches at the very millisecond in %s at %s', (zone, text) => {
    const at = ms(text)
    const before = localTime(zone, at - MINUTE_MS)
    const after = localTime(zone, at)
    const shown = (t: typeof before) => t.dayNumber * 1440 + t.minuteOfDay
    expect(shown(after) - shown(before)).not.toBe(1)
    expect(localTime(zone, at - 1)).toEqual(before)
  })

  it('gives days before 1970 a weekday as well', () => {
    expect(localTime('UTC', -1)).toEqual({ dayNumber: -1, minuteOfDay: 1439, dayOfWeek: 2 })
    expect(localTime('UTC', -8 * DAY_MS)).toEqual({ dayNumber: -8, minuteOfDay: 0, dayOfWeek: 2 })
  })
})

describe('atLocalMinute', () => {
  it('agrees with Temporal on the first moment the wall clock shows, or the end of the gap', () => {
    fc.assert(
      fc.property(moment, fc.integer({ min: 0, max: 1440 }), ({ zone, at }, minuteOfDay) => {
        const { dayNumber } = localTime(zone, at)
        expect(atLocalMinute(zone, dayNumber, minuteOfDay)).toBe(temporalAt(zone, dayNumber, minuteOfDay))
      }),
      { seed: 12, numRuns: 600 },
    )
  })

  it.each([
    ['a skipped minute', 'Europe/Berlin', '2026-03-29', 150, '2026-03-29T01:00:00Z'],
    ['a repeated minute', 'Europe/Berlin', '2026-10-25', 150, '2026-10-25T00:30:00Z'],
    ['a half-hour gap', 'Australia/Lord_Howe', '2026-10-04', 135, '2026-10-03T15:30:00Z'],
    ['a skipped midnight', 'America/Sao_Paulo', '2018-11-04', 0, '2018-11-04T03:00:00Z'],
    ['a repeated midnight', 'America/Havana', '2025-11-02', 0, '2025-11-02T04:00:00Z'],
    ['a skipped day', 'Pacific/Apia', '2011-12-30', 720, '2011-12-30T10:00:00Z'],
  ])('places %s', (_, zone, day, minuteOfDay, expected) => {
    const dayNumber = ms(`${day}T00:00:00Z`) / DAY_MS
    expect(atLocalMinute(zone, dayNumber, minuteOfDay)).toBe(ms(expected))
  })

  it('starts a day where Temporal starts it', () => {
    fc.assert(
      fc.property(moment, ({ zone, at }) => {
        expect(localMidnight(zone, localTime(zone, at).dayNumber)).toBe(zoned(zone, at).startOfDay().epochMilliseconds)
      }),
      { seed: 13, numRuns: 300 },
    )
  })
})

describe('isTimeZone', () => {
  it.each(['Europe/Berlin', 'europe/berlin', 'UTC', 'Asia/Calcutta', '+05:30'])('knows %s', (name) => {
    expect(isTimeZone(name)).toBe(true)
  })

  it.each(['', 'Mars/Olympus', 'Europe/Berlin[u-ca=iso8601]', '2026-01-01T00:00Z'])('refuses %j', (name) => {
    expect(isTimeZone(name)).toBe(false)
    expect(() => localTime(name, 0)).toThrow(PalomaError)
    expect(() => atLocalMinute(name, 0, 0)).toThrow('timeZone must be an IANA name')
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('names a moment that is none: %s', (at) => {
    expect(() => localTime('Europe/Berlin', at)).toThrow('at must be a moment')
  })
})
