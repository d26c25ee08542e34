import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS } from '../domain/index.ts'
import { usualHours } from './usual-hours.ts'

/** Monday, 1 June 2026, 00:00 UTC. */
const MONDAY = 1_780_272_000_000
const NOW = MONDAY + 21 * DAY_MS
const EVENINGS = Array.from({ length: 10 }, (_, i) => MONDAY + i * DAY_MS + 20 * HOUR_MS)

function at(hour: number, visits: readonly number[], day = 0): number {
  return usualHours(visits, { now: NOW, at: NOW + day * DAY_MS + hour * HOUR_MS, offsetMs: 0 })
}

describe('usualHours', () => {
  it('says nothing of somebody who never came', () => {
    expect(at(8, [])).toBe(0)
  })

  it('is highest where the visits were, and below 0 far from them', () => {
    const hours = Array.from({ length: 24 }, (_, hour) => at(hour, EVENINGS))
    expect(hours.indexOf(Math.max(...hours))).toBe(20)
    expect(at(20, EVENINGS)).toBeGreaterThan(0.7)
    expect(at(8, EVENINGS)).toBeLessThan(-0.5)
  })

  it('believes a few visits less than many', () => {
    expect(at(20, EVENINGS.slice(0, 1))).toBeGreaterThan(0)
    expect(at(20, EVENINGS.slice(0, 1))).toBeLessThan(at(20, EVENINGS))
  })

  it('counts a visit on a weekend for less on a weekday than on a weekend', () => {
    const saturday = [MONDAY + 5 * DAY_MS + 20 * HOUR_MS]
    expect(at(20, saturday)).toBeLessThan(at(20, saturday, 5))
  })

  it('averages to the density of a day without visits, whatever the visits were', () => {
    const visit = fc.integer({ min: NOW - 27 * DAY_MS, max: NOW })
    fc.assert(
      fc.property(fc.array(visit, { maxLength: 20 }), (visits) => {
        let sum = 0
        for (let quarter = 0; quarter < 96; quarter += 1) sum += Math.exp(at(quarter / 4, visits))
        expect(sum / 96).toBeCloseTo(1, 6)
      }),
    )
  })

  it('forgets what is 28 days old and knows nothing of tomorrow', () => {
    expect(at(20, [NOW - 28 * DAY_MS, NOW + HOUR_MS])).toBe(0)
  })
})
