import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { meanEffect } from './mean-effect.ts'
import { fisherTest, newcombeInterval, proportionEffect, shareMoments } from './proportion-effect.ts'
import { columnMoments } from './testing/column-moments.ts'
import { winsorCap, winsorised } from './winsorise.ts'

const share = fc
  .integer({ min: 1, max: 200 })
  .chain((n) => fc.record({ n: fc.constant(n), successes: fc.integer({ min: 0, max: n }) }))

describe('proportionEffect', () => {
  it('is the difference of means of 0 and 1, and exact only where a cell is thin', () => {
    const values = [1, 0, 0, 1, 1, 0, 0, 0]
    expect(shareMoments({ successes: 3, n: 8 }).cross[0]).toBeCloseTo(columnMoments(values).cross[0]!, 12)
    const found = proportionEffect({ successes: 40, n: 100 }, { successes: 30, n: 90 })
    expect(found.exact).toBeNull()
    expect(found.effect).toEqual(
      meanEffect({
        treatment: shareMoments({ successes: 40, n: 100 }),
        control: shareMoments({ successes: 30, n: 90 }),
      }).effect,
    )
    expect(proportionEffect({ successes: 1, n: 50 }, { successes: 3, n: 50 }).exact).not.toBeNull()
  })

  it('has mirrored tests and intervals when labels are swapped', () => {
    fc.assert(
      fc.property(share, share, (a, b) => {
        const [one, other] = [fisherTest(a, b), fisherTest(b, a)]
        expect(one.greater).toBeCloseTo(other.less, 9)
        expect(one.different).toBeCloseTo(other.different, 9)
        const [left, right] = [newcombeInterval(a, b, 0.9), newcombeInterval(b, a, 0.9)]
        if (left.kind === 'undefined' || right.kind === 'undefined') throw new Error('no interval')
        expect(left.low).toBeCloseTo(-right.high, 12)
        expect(left.low).toBeGreaterThanOrEqual(-1)
        expect(left.high).toBeLessThanOrEqual(1)
      }),
      { seed: 14, numRuns: 100 },
    )
  })

  it('answers with a reason for nobody, and tests nothing where all are alike', () => {
    const none = { successes: 0, n: 0 }
    expect(proportionEffect(none, { successes: 1, n: 4 })).toEqual({
      effect: { kind: 'undefined', reason: 'too-few-units', effect: null },
      exact: null,
    })
    expect(newcombeInterval(none, none, 0.9)).toMatchObject({ reason: 'too-few-units' })
    const silent = proportionEffect({ successes: 0, n: 10 }, { successes: 0, n: 20 })
    expect(silent.effect).toEqual({ kind: 'undefined', reason: 'zero-variance', effect: 0 })
    expect(silent.exact).toBeNull()
    expect(newcombeInterval({ successes: 0, n: 10 }, { successes: 0, n: 20 }, 0.9)).toMatchObject({
      kind: 'estimate',
      mean: 0,
    })
    expect(() => proportionEffect({ successes: 5, n: 4 }, none)).toThrow(/got 5 of 4/)
  })
})

describe('winsorCap', () => {
  it('cuts above the quantile over both arms and leaves the rest', () => {
    const values = Array.from({ length: 1001 }, (_, i) => i)
    expect(winsorCap(values)).toBeCloseTo(999, 9)
    expect([winsorised(5000, 999), winsorised(3, 999), winsorised(5000, null)]).toEqual([999, 3, 5000])
  })

  it('has nothing to cut of a metric that nearly everybody has at 0, or of nobody', () => {
    expect(winsorCap([...Array.from({ length: 5000 }, () => 0), 7])).toBeNull()
    expect(winsorCap([])).toBeNull()
    expect(winsorCap([1, 2, 3, Number.NaN])).toBeNull()
    expect(() => winsorCap([1], 0)).toThrow(/share must be in \(0, 1\], got 0/)
  })
})
