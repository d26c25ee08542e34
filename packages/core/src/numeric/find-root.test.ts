import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findRoot } from './find-root.ts'

describe('findRoot', () => {
  it.each([
    [(x: number) => x * x - 2, 0, 2, Math.SQRT2],
    [Math.cos, 1, 2, Math.PI / 2],
    [(x: number) => Math.expm1(x - 3), -50, 50, 3],
    [(x: number) => (x - 0.25) ** 9, -1, 2, 0.25],
    [(x: number) => (x < 0.7 ? -1 : 1), 0, 1, 0.7],
    [(x: number) => x, 0, 1, 0],
    [(x: number) => x - 1, 0, 1, 1],
  ])('finds the root of %s in [%d, %d]', (f, low, high, root) => {
    expect(Math.abs(findRoot(f, { low, high }) - root)).toBeLessThan(1e-9)
  })

  it('finds the root of any rising cubic', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -9, max: 9, noNaN: true }),
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        (root, slope) => {
          const f = (x: number) => (x - root) ** 3 + slope * (x - root)
          expect(Math.abs(findRoot(f, { low: -10, high: 10 }) - root)).toBeLessThan(1e-8)
        },
      ),
      { seed: 1 },
    )
  })

  it('refuses a bracket without a change of sign', () => {
    expect(() => findRoot((x) => x * x + 1, { low: -1, high: 1 })).toThrow(
      'f must change its sign in [-1, 1], got 2 and 2',
    )
    expect(() => findRoot(() => Number.NaN, { low: 0, high: 1 })).toThrow(/got NaN and NaN/)
  })
})
