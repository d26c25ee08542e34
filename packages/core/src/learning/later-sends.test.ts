import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HeadState, Objective } from '../domain/index.ts'
import { randomFrom } from '../random/index.ts'
import {
  advantageHeadOf,
  dayWorth,
  fatiguePrice,
  keepOf,
  learnAdvantages,
  learnValues,
  priorLaterHeads,
  sendsPerDay,
  tiringOf,
  valueHeadOf,
} from './later-sends.ts'
import type { SendResult } from './learn-sends.ts'

const REACH: Objective = {
  name: 'reachability',
  events: [],
  aggregate: 'reachLost',
  windowHours: 168,
  unit: 'contactable days',
  weight: 0.02,
  model: 'hazard',
  worthPerDay: 0.02,
}
const ORDERS: Objective = {
  name: 'orders',
  events: ['Order Completed'],
  aggregate: 'sum',
  windowHours: 72,
  unit: 'EUR',
  weight: 1,
  model: 'response',
  lookAheadDays: 14,
  priorEffectSd: 0.05,
}
const SHAPE = { channels: ['push', 'email'] as const, baselineWidth: 2 }
const PRIOR = priorLaterHeads([ORDERS, REACH], SHAPE)
const PUSH = PRIOR[advantageHeadOf('push')]!

/** Sends whose advantage is .3 + .1 · x, with noise of a fifth. */
function resultsOf(count: number, key: string): readonly SendResult[] {
  const random = randomFrom(key)
  return Array.from({ length: count }, () => {
    const x = 2 * random() - 1
    const noise = 0.2 * (random() + random() + random() + random() - 2) * Math.sqrt(3)
    const gains = [0.3 + 0.1 * x + noise, 0.5]
    const sent = { channel: 'push' as const, action: [], pressure: [], gains }
    return { sent, responded: false, own: 0, losses: [], baseline: [1, x] }
  })
}

describe('what a day of reach is worth', () => {
  it('is that of a usual day for whom a channel is used as often as usual, before anything was seen', () => {
    expect(sendsPerDay(2.8)).toBeCloseTo(0.1, 12)
    expect(dayWorth(PUSH, REACH, { baseline: [1, 0], sends28d: 2.8 }).mean).toBeCloseTo(1, 12)
  })

  it('counts as usual where nothing is learned of it', () => {
    expect(dayWorth(undefined, REACH, { baseline: [1, 0], sends28d: 9 })).toEqual({ mean: 1, variance: 0 })
  })

  it('is sends per day × advantage of a send, as learned', () => {
    const heads = learnAdvantages(PRIOR, resultsOf(4000, 'worth'))
    const head = heads[advantageHeadOf('push')]!
    const { mean } = dayWorth(head, REACH, { baseline: [1, 0.5], sends28d: 14 })
    expect((mean * REACH.worthPerDay!) / sendsPerDay(14)).toBeCloseTo(0.35, 1)
    expect(heads[advantageHeadOf('email')]).toEqual(PRIOR[advantageHeadOf('email')])
  })

  it('says how sure it is: 95 % intervals cover the truth about as often over 200 logs', () => {
    let covered = 0
    for (let log = 0; log < 200; log += 1) {
      const head = learnAdvantages(PRIOR, resultsOf(120, `log ${log}`))[advantageHeadOf('push')]!
      const { mean, variance } = dayWorth(head, REACH, { baseline: [1, 0.5], sends28d: 14 })
      const truth = (0.35 * sendsPerDay(14)) / REACH.worthPerDay!
      if (Math.abs(mean - truth) <= 1.96 * Math.sqrt(variance)) covered += 1
    }
    expect(covered / 200).toBeGreaterThan(0.9)
    expect(covered / 200).toBeLessThan(0.985)
  })

  it('is never below 0, whatever was learned', () => {
    const weights = fc.tuple(fc.double({ min: -5, max: 5, noNaN: true }), fc.double({ min: -5, max: 5, noNaN: true }))
    fc.assert(
      fc.property(weights, fc.nat(40), (mean, sends28d) => {
        const head: HeadState = { ...PUSH, mean: Float64Array.from(mean) }
        expect(dayWorth(head, REACH, { baseline: [1, 0.3], sends28d }).mean).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})

describe('what a send takes from later ones', () => {
  it('sums fatigue that halves, day by day', () => {
    const sum = [1, 2, 3, 4].reduce((total, day) => total + 0.1 * 0.5 ** (day / 3), 0)
    expect(tiringOf(0.1, { halfLifeDays: 3, lookAheadDays: 4 })).toBeCloseTo(sum, 12)
  })

  it('is nothing where fatigue is not seen to take anything, or nothing was learned of later sends', () => {
    const head = PRIOR[valueHeadOf('orders', 'push')]!
    const user = { baseline: [1, 0], sends28d: 14 }
    expect(tiringOf(-0.1, { halfLifeDays: 3, lookAheadDays: 4 })).toBe(0)
    expect(fatiguePrice([{ head, tiring: 0.5, weight: 1 }], user)).toBe(0)
    expect(fatiguePrice([], user)).toBe(0)
  })

  it('is sends per day × value of a send × share that fatigue takes', () => {
    const place = { name: 'orders', place: 0 }
    const head = learnValues(PRIOR, place, resultsOf(4000, 'value'))[valueHeadOf('orders', 'push')]!
    const price = fatiguePrice([{ head, tiring: 0.4, weight: 2 }], { baseline: [1, 0], sends28d: 14 })
    expect(price).toBeCloseTo(sendsPerDay(14) * 0.5 * 0.4 * 2, 2)
  })
})

describe('keepOf', () => {
  it('forgets what depends on the policy eight times as fast, and nothing else', () => {
    expect(keepOf(advantageHeadOf('push'), 0.99)).toBeCloseTo(0.99 ** 8, 12)
    expect(keepOf('send/response', 0.99)).toBe(0.99)
  })

  it('has no head where no objective looks ahead', () => {
    expect(
      priorLaterHeads(
        [
          { ...ORDERS, lookAheadDays: 0 },
          { ...REACH, model: 'effect' },
        ],
        SHAPE,
      ),
    ).toEqual({})
  })
})
