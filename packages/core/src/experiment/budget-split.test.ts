import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUCKETS } from './assignment.ts'
import { splitLimit } from './budget-split.ts'

const HALVES = [
  { name: 'a', share: 500_000 },
  { name: 'b', share: 500_000 },
]

describe('splitLimit', () => {
  it.each([
    [1_000, 400_000, { outside: 600, variants: { a: 200, b: 200 } }],
    [101, BUCKETS, { outside: 0, variants: { a: 51, b: 50 } }],
    [1, 500_000, { outside: 1, variants: { a: 0, b: 0 } }],
    [0, BUCKETS, { outside: 0, variants: { a: 0, b: 0 } }],
  ])('splits %i of which %i millionths belong to the experiment', (limit, share, expected) => {
    expect(splitLimit(limit, { weights: HALVES, share })).toEqual(expected)
  })

  it('gives out the whole limit and is nowhere a unit off', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000_000 }),
        fc.integer({ min: 0, max: BUCKETS }),
        fc.integer({ min: 0, max: BUCKETS }),
        (limit, share, first) => {
          const weights = [
            { name: 'a', share: first },
            { name: 'b', share: BUCKETS - first },
          ]
          const { outside, variants } = splitLimit(limit, { weights, share })
          expect(outside + variants.a! + variants.b!).toBe(limit)
          expect(Math.abs(variants.a! - (limit * share * first) / BUCKETS ** 2)).toBeLessThan(1 + 1e-6)
          expect(Math.min(outside, variants.a!, variants.b!)).toBeGreaterThanOrEqual(0)
        },
      ),
      { seed: 1, numRuns: 300 },
    )
  })

  it.each([
    [-1, 0, /limit must be an integer ≥ 0, got -1/],
    [1, 1.5, /share must be an integer from 0 to 1000000 millionths, got 1.5/],
  ])('refuses a limit of %d with a share of %d', (limit, share, says) => {
    expect(() => splitLimit(limit, { weights: HALVES, share })).toThrow(says)
  })
})
