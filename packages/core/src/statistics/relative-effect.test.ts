import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { effectInterval } from './effect-interval.ts'
import { meanEffect } from './mean-effect.ts'
import { onScale, relativeEffect, relativeInterval } from './relative-effect.ts'
import { columnMoments } from './testing/column-moments.ts'

const relativeOf = (a: readonly number[], b: readonly number[]) =>
  relativeEffect(meanEffect({ treatment: columnMoments(a), control: columnMoments(b) }))

const positive = fc.array(fc.double({ min: 5, max: 6, noNaN: true }), { minLength: 4, maxLength: 20 })

describe('relativeEffect', () => {
  it('turns its sign on the log scale when the labels are swapped, and does not know the unit', () => {
    fc.assert(
      fc.property(positive, positive, fc.double({ min: 0.1, max: 50, noNaN: true }), (a, b, unit) => {
        const [one, other] = [relativeOf(a, b), relativeOf(b, a)]
        const scaled = relativeOf(
          a.map((v) => v * unit),
          b.map((v) => v * unit),
        )
        fc.pre(one.kind === 'relative' && other.kind === 'relative' && scaled.kind === 'relative')
        expect(one.scale).toBe('log')
        expect(other.scaled.effect).toBeCloseTo(-one.scaled.effect, 9)
        expect(other.scaled.stdError).toBeCloseTo(one.scaled.stdError, 9)
        expect(scaled.effect).toBeCloseTo(one.effect, 9)
        expect(scaled.stdError).toBeCloseTo(one.stdError, 9)
      }),
      { seed: 11, numRuns: 60 },
    )
  })

  it('is a share of the size of a negative control mean', () => {
    const found = relativeOf([-4, -5, -4.5], [-10, -11, -10.5])
    expect(found).toMatchObject({ kind: 'relative', scale: 'share' })
    expect(found.effect).toBeCloseTo(6 / 10.5, 12)
    if (found.kind === 'relative') expect(onScale(found, 0.1)).toBe(0.1)
  })

  it('answers with a reason where there is no base', () => {
    expect(relativeOf([1, 2, 3], [0, 0, 0])).toMatchObject({ kind: 'undefined', reason: 'zero-baseline' })
    expect(relativeOf([1, 2, 3], [-1, 4, -2, 0.1])).toMatchObject({ kind: 'undefined', reason: 'weak-baseline' })
    expect(relativeOf([1], [2, 3])).toMatchObject({ kind: 'undefined', reason: 'too-few-units' })
    expect(relativeInterval(relativeOf([1], [2, 3]), { level: 0.9 })).toEqual({
      kind: 'undefined',
      reason: 'too-few-units',
      mean: null,
    })
  })

  it('never claims a loss of more than everything', () => {
    const found = relativeInterval(relativeOf([0, 0, 0.1, 0.2], [5, 6, 7, 6]), { level: 0.99 })
    expect(found.kind === 'estimate' && found.low > -1 && found.high > found.low).toBe(true)
  })
})

describe('effectInterval', () => {
  it('has one finite end where one side is asked for, at the whole level', () => {
    const effect = { kind: 'effect', effect: 2, stdError: 1, dof: null } as const
    const lower = effectInterval(effect, { level: 0.95, side: 'lower' })
    const both = effectInterval(effect, { level: 0.9 })
    expect(lower).toMatchObject({ high: Number.POSITIVE_INFINITY })
    expect(lower.kind === 'estimate' && both.kind === 'estimate' && lower.low).toBeCloseTo(2 - 1.6448536269514722, 12)
    expect(effectInterval(effect, { level: 0.95, side: 'upper' })).toMatchObject({ low: Number.NEGATIVE_INFINITY })
  })
})
