import { describe, expect, it } from 'vitest'
import {
  cadence,
  createWorld,
  dailyPush,
  neverSend,
  RETAIL,
  runWorld,
  splitPolicy,
  sumPerUser,
  userMetrics,
  type World,
} from './index.ts'

const START = 1_767_571_200_000 // Monday 2026-01-05T00:00Z

function retail(users: number, days: number, seed: number): World {
  return createWorld({ scenario: RETAIL, users, days, seed, startAt: START })
}

describe('userMetrics', () => {
  it('sums to the totals of a run', () => {
    const world = retail(300, 28, 5)
    const metrics = userMetrics(world, cadence())
    const totals = runWorld(world, cadence())
    const conversion = sumPerUser(metrics, 'conversion')
    for (const user of [0, 17, 299]) expect(conversion[user]).toBeCloseTo(totals.value[user]!, 8)
    expect(sumPerUser(metrics, 'orders')).toEqual(totals.orders)
    expect(sumPerUser(metrics, 'engagement')).toEqual(totals.engagement)
    expect(sumPerUser(metrics, 'retention')).toEqual(totals.activeDays)
    expect(sumPerUser(metrics, 'optOuts')).toEqual(totals.optOuts)
    expect(sumPerUser(metrics, 'sends')).toEqual(totals.sends)
  })

  it('keeps reach a stock that only falls and ends as the run does', () => {
    const world = retail(400, 40, 6)
    const { reachability, users, days } = userMetrics(world, dailyPush())
    let lost = 0
    for (let user = 0; user < users; user += 1) {
      for (let day = 1; day < days; day += 1) {
        const change = reachability[user * days + day]! - reachability[user * days + day - 1]!
        expect(change).toBeLessThanOrEqual(0)
        lost -= change
      }
    }
    expect(lost).toBeGreaterThan(20)
  })

  it('adds up over ranges of days', () => {
    const metrics = userMetrics(retail(50, 20, 7), cadence())
    const parts = [
      { from: 0, to: 7 },
      { from: 7, to: 20 },
    ].map((range) => sumPerUser(metrics, 'retention', range))
    const whole = sumPerUser(metrics, 'retention')
    expect(parts[0]!.map((value, user) => value + parts[1]![user]!)).toEqual(whole)
  })
})

describe('splitPolicy', () => {
  it('gives each group the life its policy alone would give it', () => {
    const world = retail(200, 21, 8)
    const isTreated = ({ index }: { readonly index: number }): boolean => index % 2 === 1
    const split = userMetrics(world, splitPolicy(isTreated, cadence(), neverSend()))
    const treated = userMetrics(world, cadence())
    const control = userMetrics(world, neverSend())
    for (let user = 0; user < 200; user += 1) {
      const days = (metrics: typeof split): Float64Array => metrics.conversion.slice(user * 21, (user + 1) * 21)
      expect(days(split)).toEqual(days(user % 2 === 1 ? treated : control))
    }
    expect(sumPerUser(split, 'sends').reduce((sum, sends) => sum + sends, 0)).toBeGreaterThan(300)
  })
})
