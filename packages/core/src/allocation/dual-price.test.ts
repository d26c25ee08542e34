import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DualPrice, PriceTarget } from '../domain/index.ts'
import { normalCdf } from '../numeric/index.ts'
import { nextDualPrice, priceUnitOf, type TargetUse, targetPricesOf } from './dual-price.ts'

const WEEKLY: PriceTarget = { name: 'volume', measure: 'sendsPerUserWeek', atMost: 2 }
const USERS = 7_000_000
const STANDING: DualPrice = { price: 0, level: 0, gain: 1, error: 0, measured: null, until: 0, atLimit: false }

/** So many sends a user and week in one day of a crowd so large that chance plays no part. */
function dayOf(sendsPerUserWeek: number, days = 1): TargetUse {
  return { users: USERS, days, sends: (sendsPerUserWeek * USERS * days) / 7, losses: 0, spend: 0 }
}

function after(target: PriceTarget, before: DualPrice | undefined, use: TargetUse, unit = 0.1): DualPrice {
  return nextDualPrice(before, { target, use, unit, at: 1 })
}

describe('the price of a target', () => {
  it('is unit · (e^z − 1), z = .15 a day and .3 at once of ln(measured / target)', () => {
    const first = after(WEEKLY, undefined, dayOf(4))
    expect(first.level).toBeCloseTo(0.15 * Math.LN2, 5)
    expect(first.price).toBeCloseTo(0.1 * Math.expm1(0.45 * Math.LN2), 5)
    const second = after(WEEKLY, first, dayOf(2, 2))
    expect(second.level).toBeCloseTo(first.level, 5)
    expect(second.price).toBeCloseTo(0.1 * Math.expm1(first.level), 5)
    expect(second).toMatchObject({ measured: 2, until: 1, atLimit: false })
  })

  it('counts losses per thousand sends, and money per day', () => {
    const use = { users: 50, days: 2, sends: 4_000, losses: 12, spend: 80 }
    expect(after({ ...WEEKLY, measure: 'lossesPerThousandSends' }, undefined, use).measured).toBe(3)
    expect(after({ ...WEEKLY, measure: 'spendPerDay' }, undefined, use).measured).toBe(40)
    expect(after(WEEKLY, undefined, use).measured).toBe(280)
  })

  it('stays where nothing could be counted', () => {
    const known = { ...STANDING, price: 0.2, level: 1, measured: 3 }
    const nobody = { users: 0, days: 1, sends: 0, losses: 0, spend: 0 }
    for (const measure of ['sendsPerUserWeek', 'lossesPerThousandSends'] as const)
      expect(after({ ...WEEKLY, measure }, known, nobody)).toEqual({ ...known, measured: null, until: 1 })
  })

  it('hardly moves for a few events', () => {
    const use = { users: 10, days: 7, sends: 3, losses: 1, spend: 0 }
    const price = after({ ...WEEKLY, measure: 'lossesPerThousandSends', atMost: 3 }, undefined, use)
    expect(price.measured).toBeCloseTo(333.3, 1)
    expect(price.level).toBeLessThan(0.15 * 3 * Math.log(1.25))
  })

  it('is never below 0, rises with what was measured, and stays within 1,000 units', () => {
    const level = fc.double({ min: 0, max: Math.log1p(1_000), noNaN: true })
    const measured = fc.double({ min: 0, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(level, measured, measured, fc.double({ min: 0, max: 9, noNaN: true }), (at, a, b, days) => {
        const before = { ...STANDING, level: at }
        const [less, more] = [Math.min(a, b), Math.max(a, b)].map((each) => after(WEEKLY, before, dayOf(each, days)))
        expect(less!.price).toBeGreaterThanOrEqual(0)
        expect(more!.price).toBeGreaterThanOrEqual(less!.price)
        expect(more!.price).toBeLessThanOrEqual(100 + 1e-9)
      }),
    )
  })

  it('does not wind up: after a year far above the target it is back at 0 within seven weeks below it', () => {
    let price: DualPrice | undefined
    for (let day = 0; day < 365; day += 1) price = after(WEEKLY, price, dayOf(50))
    expect(price?.atLimit).toBe(true)
    let days = 0
    for (; price!.price > 0; days += 1) price = after(WEEKLY, price, dayOf(0.2))
    expect(days).toBeLessThan(49)
  })

  it('refuses counts that cannot be', () => {
    expect(() => after(WEEKLY, undefined, { ...dayOf(1), sends: Number.NaN })).toThrow(
      'use.sends must be a finite number ≥ 0, got NaN',
    )
  })
})

describe('a crowd that answers prices', () => {
  const MOST_SENDS_A_WEEK = 7

  /** Each day the share of users whose score, normal with mean and spread .1, lies above the price. */
  function weeklySends(mean: number, price: number): number {
    return MOST_SENDS_A_WEEK * normalCdf((mean - price) / 0.1)
  }

  it.each([
    { unit: 0.01, slow: 45 },
    { unit: 0.1, slow: 30 },
    { unit: 1, slow: 45 },
  ])('comes to the target and stays there when it drifts, with a unit of $unit', ({ unit, slow }) => {
    let price: DualPrice | undefined
    const volumes: number[] = []
    for (let day = 0; day < 240; day += 1) {
      // Half a year in which sends become worth five times as much, then a sudden fall.
      const mean = day < 180 ? 0.05 + (0.2 * day) / 180 : 0.1
      const volume = weeklySends(mean, price?.price ?? 0)
      volumes.push(volume)
      price = after(WEEKLY, price, dayOf(volume), unit)
    }
    const worst = (from: number, until: number): number =>
      Math.max(...volumes.slice(from, until).map((volume) => Math.abs(volume / WEEKLY.atMost - 1)))
    expect(volumes[0]).toBeGreaterThan(2 * WEEKLY.atMost)
    expect(worst(slow, 180)).toBeLessThan(0.2)
    expect(worst(180 + slow, 240)).toBeLessThan(0.1)
  })

  it('halves its gain when it swings, and leaves it alone where that may be chance', () => {
    const above = after(WEEKLY, undefined, dayOf(3))
    expect(after(WEEKLY, above, dayOf(1)).gain).toBe(0.5)
    expect(after(WEEKLY, above, { users: 70, days: 1, sends: 17, losses: 0, spend: 0 }).gain).toBe(1)
  })

  it('costs nothing where the target is not reached anyway', () => {
    let price: DualPrice | undefined
    for (let day = 0; day < 60; day += 1) price = after(WEEKLY, price, dayOf(weeklySends(-0.1, price?.price ?? 0)))
    expect(price).toMatchObject({ price: 0, level: 0 })
  })
})

describe('what a send through a channel is charged', () => {
  it('sums targets of the channel and of all, per send and per expected loss', () => {
    const standing = (price: number): DualPrice => ({ ...STANDING, price })
    const targets: readonly PriceTarget[] = [
      WEEKLY,
      { ...WEEKLY, name: 'push', channel: 'push' },
      { ...WEEKLY, name: 'email', channel: 'email' },
      { ...WEEKLY, name: 'money', measure: 'spendPerDay' },
      { ...WEEKLY, name: 'lost', measure: 'lossesPerThousandSends', channel: 'push' },
      { ...WEEKLY, name: 'new' },
    ]
    const prices = { volume: standing(1), push: standing(2), email: standing(4), money: standing(3), lost: standing(9) }
    expect(targetPricesOf(targets, prices, { channel: 'push', pricePerSend: 0.5 })).toEqual({
      perSend: 4.5,
      perLoss: 9,
    })
  })

  it('is measured by what sends usually change', () => {
    const value = { events: [], aggregate: 'any' as const, windowHours: 1, unit: 'u' }
    const objectives = [
      { ...value, name: 'a', weight: -2, priorEffectSd: 0.3, scale: 2 },
      { ...value, name: 'b', aggregate: 'reachLost' as const, model: 'hazard' as const, weight: 0.1, scale: 60 },
    ]
    expect(priceUnitOf({ measure: 'sendsPerUserWeek' }, objectives)).toBeCloseTo(1.2 + 0.03, 12)
    expect(priceUnitOf({ measure: 'lossesPerThousandSends' }, objectives)).toBeCloseTo(1.23 / 0.005, 9)
    expect(priceUnitOf({ measure: 'spendPerDay' }, objectives)).toBe(1)
  })
})
