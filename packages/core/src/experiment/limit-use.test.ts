import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { userId } from '../domain/index.ts'
import { BUCKETS } from './assignment.ts'
import { limitPartOf, limitParts } from './limit-use.ts'
import { runningOf } from './testing/scenes.ts'

const LIMIT = { name: 'email-a-day', channel: 'email', sendsPerDay: 1_000 } as const
const NOW = Date.UTC(2026, 2, 10)

const splitting = (over: Parameters<typeof runningOf>[0] = {}) => runningOf({ budgetSplit: [LIMIT.name], ...over })

describe('the parts of a shared limit', () => {
  it('are one of everybody, where no experiment splits it', () => {
    expect(limitParts(LIMIT, [], NOW)).toEqual([{ name: 'email-a-day', most: 1_000 }])
    expect(limitParts(LIMIT, [runningOf({})], NOW)).toEqual([{ name: 'email-a-day', most: 1_000 }])
    expect(limitPartOf(LIMIT, [runningOf({})], { userId: userId('ann'), now: NOW })).toBe('email-a-day')
  })

  it('are those of the variants and of users outside, by the buckets that each owns', () => {
    const weights = { control: 200_000, greedy: 800_000 }
    expect(limitParts(LIMIT, [splitting({ traffic: 500_000, weights })], NOW)).toEqual([
      { name: 'email-a-day', most: 500 },
      { name: 'email-a-day/greedy-or-not=control', most: 100 },
      { name: 'email-a-day/greedy-or-not=greedy', most: 400 },
    ])
  })

  it('sum to the limit, and every user draws on one of them, as often as its size says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: BUCKETS }), fc.integer({ min: 0, max: 10_000 }), (traffic, sendsPerDay) => {
        const limit = { ...LIMIT, sendsPerDay }
        const running = [splitting({ traffic })]
        const parts = limitParts(limit, running, NOW)
        expect(parts.reduce((sum, { most }) => sum + most, 0)).toBe(sendsPerDay)
        const names = parts.map(({ name }) => name)
        for (const id of ['ann', 'bob', 'cid']) {
          expect(names).toContain(limitPartOf(limit, running, { userId: userId(id), now: NOW }))
        }
      }),
    )
    const running = [splitting({ traffic: 500_000 })]
    const drawn = Array.from({ length: 4_000 }, (_, i) =>
      limitPartOf(LIMIT, running, { userId: userId(`u-${i}`), now: NOW }),
    )
    const share = drawn.filter((name) => name.endsWith('=control')).length / drawn.length
    // A quarter but for four standard errors of 4,000 users.
    expect(Math.abs(share - 0.25)).toBeLessThan(0.028)
  })
})
