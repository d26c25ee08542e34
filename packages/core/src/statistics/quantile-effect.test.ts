import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  eventQuantileSample,
  quantileDifference,
  quantileEffect,
  quantileInterval,
  quantileSample,
} from './quantile-effect.ts'

const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 30, maxLength: 60 })

describe('quantiles', () => {
  it('move and stretch with the values', () => {
    fc.assert(
      fc.property(values, values, fc.double({ min: 0.1, max: 9, noNaN: true }), (a, b, factor) => {
        const turn = (list: readonly number[]) => list.map((v) => 5 + factor * v)
        const [one, moved] = [quantileSample(a, 0.5), quantileSample(turn(a), 0.5)]
        const [before, after] = [quantileInterval(one, 0.9), quantileInterval(moved, 0.9)]
        fc.pre(before.kind !== 'undefined' && after.kind !== 'undefined')
        expect(after.low).toBeCloseTo(5 + factor * before.low, 8)
        const difference = quantileDifference(one, quantileSample(b, 0.5), 0.9)
        const other = quantileDifference(moved, quantileSample(turn(b), 0.5), 0.9)
        const swapped = quantileDifference(quantileSample(b, 0.5), one, 0.9)
        fc.pre(difference.kind !== 'undefined' && other.kind !== 'undefined' && swapped.kind !== 'undefined')
        expect(other.high).toBeCloseTo(factor * difference.high, 7)
        expect(swapped.mean).toBeCloseTo(-difference.mean, 9)
        expect(swapped.stdError).toBeCloseTo(difference.stdError, 9)
      }),
      { seed: 15, numRuns: 60 },
    )
  })

  it('of larger arms are known better by the root of their size', () => {
    const wave = (n: number, shift: number) =>
      Array.from({ length: n }, (_, i) => shift + 10 * Math.sin(i * 1.7) + i / n)
    const [small, large] = [4000, 16_000].map((n) => {
      return quantileDifference(quantileSample(wave(n, 1), 0.5), quantileSample(wave(n, 0), 0.5), 0.95)
    })
    if (small?.kind !== 'estimate' || large?.kind !== 'estimate') throw new Error('no interval')
    const expected = (small.high - small.low) * Math.sqrt(4000 / 16_000)
    expect(Math.abs(large.high - large.low - expected)).toBeLessThan(0.05 * expected)
  })

  it('of events are worth fewer where users repeat themselves', () => {
    const users = Array.from({ length: 300 }, (_, i) => Array.from({ length: 10 }, () => Math.sin(i * 1.3)))
    const found = eventQuantileSample(users, 0.5)
    expect(found.sorted.length).toBe(3000)
    expect(Math.abs(found.effectiveSize - 300)).toBeLessThan(10)
    expect(eventQuantileSample(users.slice(0, 1), 0.5).effectiveSize).toBe(0)
  })

  it('answer with a reason', () => {
    expect(quantileInterval(quantileSample([], 0.5), 0.9)).toEqual({
      kind: 'undefined',
      reason: 'too-few-units',
      mean: null,
    })
    expect(quantileInterval(quantileSample([3, 4], 0.99), 0.9)).toMatchObject({ reason: 'not-reached' })
    const same = quantileSample(
      Array.from({ length: 50 }, () => 2),
      0.5,
    )
    expect(quantileInterval(same, 0.9)).toEqual({ kind: 'undefined', reason: 'zero-variance', mean: 2 })
    expect(quantileDifference(same, same, 0.9)).toEqual({ kind: 'undefined', reason: 'zero-variance', mean: 0 })
    expect(quantileEffect(same, quantileSample([1], 0.5))).toMatchObject({ kind: 'undefined', reason: 'too-few-units' })
    const broken = quantileSample([1, Number.NaN, 2], 0.5)
    expect(quantileInterval(broken, 0.9)).toEqual({ kind: 'undefined', reason: 'not-finite', mean: null })
    expect(quantileDifference(same, broken, 0.9)).toEqual({ kind: 'undefined', reason: 'not-finite', mean: null })
    expect(() => quantileSample([1], 1)).toThrow(/share must be in \(0, 1\), got 1/)
  })
})
