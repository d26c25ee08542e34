import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, type UserHistory, VISIT_MOMENT } from '../domain/index.ts'
import { past, person } from '../eligibility/testing/scenes.ts'
import { featureContext } from './context.ts'
import { putVisitMoment } from './visit-moment.ts'

/** Monday, 1 June 2026, 00:00 UTC; two hours later in Berlin. */
const MONDAY = 1_780_272_000_000
const NOW = MONDAY + 21 * DAY_MS + 7.5 * HOUR_MS
const NAMED = (values: ArrayLike<number>): Record<string, number> =>
  Object.fromEntries(VISIT_MOMENT.map((name, i) => [name, values[i]!]))

function momentOf(history: Partial<UserHistory>, zone = 'UTC') {
  const user = person()
  const { timeZone: _, ...profile } = user.profile
  const x = featureContext(
    { profile: { ...profile, timeZone: zone }, history: { ...user.history, ...history } },
    { now: NOW, context: {} },
    'UTC',
  )
  const out = new Float64Array(VISIT_MOMENT.length).fill(9)
  putVisitMoment(x, out)
  return NAMED(out)
}

describe('what hazards of the next visit look at', () => {
  it('is nothing but the hour, a long time and a low rate for who never came and got nothing', () => {
    expect(momentOf({})).toEqual({
      ...NAMED(new Float64Array(VISIT_MOMENT.length)),
      'hour of week': 7.5,
      'hours since visit': 672,
      'visit rate': Math.log(1 / 33 / 0.2),
    })
  })

  it('tells own hours by the local clock, as if four visits had come at any hour', () => {
    const evenings = Array.from({ length: 12 }, (_, i) => MONDAY + (i + 1) * DAY_MS + 18 * HOUR_MS)
    const length = 12 / 16
    const berlin = momentOf({ visits: evenings }, 'Europe/Berlin') // 20:00 there
    expect(berlin['hour of week']).toBe(9.5)
    for (const [n, suffix] of [
      [1, ''],
      [2, ' 2'],
      [3, ' 3'],
    ] as const) {
      const angle = (n * 20 * Math.PI) / 12
      expect(berlin[`own cosine${suffix}`]).toBeCloseTo(length * Math.cos(angle), 9)
      expect(berlin[`own sine${suffix}`]).toBeCloseTo(length * Math.sin(angle), 9)
    }
    expect(momentOf({ visits: evenings })['own sine']).toBeCloseTo(-length, 9) // 18:00 in UTC
    expect(berlin['hours since visit']).toBeCloseTo(8 * 24 + 13.5, 9)
    expect(berlin['visit rate']).toBeCloseTo(Math.log(13 / 33 / 0.2), 12)
  })

  it('holds a rate to be low only over the days of which something is known', () => {
    const rateOf = (tenureDays: number, visits: readonly number[]): number => {
      const { profile, history } = person()
      const known = { ...profile, createdAt: NOW - tenureDays * DAY_MS }
      const x = featureContext({ profile: known, history: { ...history, visits } }, { now: NOW, context: {} }, 'UTC')
      const out = new Float64Array(VISIT_MOMENT.length)
      putVisitMoment(x, out)
      return NAMED(out)['visit rate']!
    }
    expect(rateOf(0, [])).toBe(0) // nothing is known of whom one met now
    expect(rateOf(7, [NOW - DAY_MS, NOW - 2 * DAY_MS])).toBeCloseTo(Math.log(3 / 12 / 0.2), 12)
    expect(rateOf(90, [])).toBeCloseTo(Math.log(1 / 33 / 0.2), 12)
    // His visits are older than his profile: it was brought from elsewhere.
    expect(rateOf(0, [NOW - 10 * DAY_MS, NOW - DAY_MS])).toBeCloseTo(Math.log(3 / 15 / 0.2), 12)
  })

  it('has earlier sends fade by halves, those alone that could bring a visit', () => {
    const sends = [
      past({ at: NOW - 1 * DAY_MS }),
      past({ at: NOW - 3 * DAY_MS, channel: 'email' }),
      past({ at: NOW - 1 * HOUR_MS, channel: 'in-app' }),
      past({ at: NOW - 2 * HOUR_MS, category: 'transactional' }),
      past({ at: NOW + 1 }),
      past({ at: NOW - 28 * DAY_MS }),
    ]
    const found = momentOf({ sends })
    expect(found['sends of a day']).toBeCloseTo(1 / 2 + 1 / 8, 12)
    expect(found['sends of three days']).toBeCloseTo(2 ** (-1 / 3) + 1 / 2, 12)
  })

  it('stays within bounds that a head can learn from, whatever the visits', () => {
    const visits = fc.array(fc.integer({ min: NOW - 40 * DAY_MS, max: NOW + DAY_MS }), { maxLength: 60 })
    fc.assert(
      fc.property(visits, (times) => {
        const found = momentOf({ visits: times.sort((a, b) => a - b) })
        for (const [name, value] of Object.entries(found)) {
          if (name.startsWith('own')) expect(Math.abs(value)).toBeLessThan(1)
          if (name === 'visit rate') expect(Math.abs(value)).toBeLessThanOrEqual(3)
        }
        expect(found['hours since visit']).toBeLessThanOrEqual(672)
      }),
      { seed: 20_261_130, numRuns: 50 },
    )
  })
})
