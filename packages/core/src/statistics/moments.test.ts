import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addValue, mergeMoments, momentsOf, NO_MOMENTS, sampleVariance } from './moments.ts'

const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 40 })

describe('moments', () => {
  it('knows mean and variance of a list worked by hand', () => {
    const moments = momentsOf([2, 4, 4, 4, 5, 5, 7, 9])
    expect(moments).toEqual({ n: 8, mean: 5, m2: 32 })
    expect(sampleVariance(moments)).toBeCloseTo(32 / 7, 12)
  })

  it('has no variance below two values', () => {
    expect(sampleVariance(NO_MOMENTS)).toBeUndefined()
    expect(sampleVariance(momentsOf([3]))).toBeUndefined()
  })

  it('keeps the variance of values far from zero', () => {
    expect(sampleVariance(momentsOf([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]))).toBeCloseTo(30, 6)
  })

  it('merges to what one pass over both lists gives, in either order', () => {
    fc.assert(
      fc.property(values, values, (left, right) => {
        const whole = momentsOf([...left, ...right])
        for (const merged of [
          mergeMoments(momentsOf(left), momentsOf(right)),
          mergeMoments(momentsOf(right), momentsOf(left)),
        ]) {
          expect(merged.n).toBe(whole.n)
          expect(Math.abs(merged.mean - whole.mean)).toBeLessThan(1e-8 * 1e6)
          expect(Math.abs(merged.m2 - whole.m2)).toBeLessThanOrEqual(1e-9 * (whole.m2 + 1e6))
        }
      }),
      { seed: 2, numRuns: 200 },
    )
  })

  it('adds one value as merging a list of one', () => {
    const base = momentsOf([1, 2, 6])
    const added = addValue(base, 4)
    const merged = mergeMoments(base, momentsOf([4]))
    expect(added.mean).toBeCloseTo(merged.mean, 12)
    expect(added.m2).toBeCloseTo(merged.m2, 12)
  })
})
