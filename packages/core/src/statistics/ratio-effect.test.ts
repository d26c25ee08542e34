import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { effectCovariance } from './joint-effects.ts'
import { meanEffect } from './mean-effect.ts'
import { ratioEffect } from './ratio-effect.ts'
import { columnMoments } from './testing/column-moments.ts'
import { known } from './testing/known-effect.ts'

const value = fc.double({ min: -50, max: 50, noNaN: true })
const column = fc.array(value, { minLength: 60, maxLength: 60 })

describe('ratioEffect', () => {
  it('is the difference of means where every denominator is 1', () => {
    fc.assert(
      fc.property(column, column, (a, b) => {
        const ones = a.map(() => 1)
        const ratio = ratioEffect({ treatment: columnMoments(a, ones), control: columnMoments(b, ones) }).effect
        const mean = meanEffect({ treatment: columnMoments(a), control: columnMoments(b) }).effect
        fc.pre(ratio.kind === 'effect' && mean.kind === 'effect')
        expect(ratio.effect).toBeCloseTo(mean.effect, 9)
        expect(ratio.stdError).toBeCloseTo(mean.stdError, 9)
      }),
      { seed: 12, numRuns: 40 },
    )
  })

  it('answers with a reason where there is nothing to divide by, or nobody', () => {
    const some = columnMoments([1, 2, 3], [1, 1, 2])
    expect(ratioEffect({ treatment: some, control: columnMoments([1, 2], [0, 0]) }).effect).toEqual({
      kind: 'undefined',
      reason: 'zero-denominator',
      effect: null,
    })
    expect(ratioEffect({ treatment: some, control: columnMoments([1], [1]) }).effect).toMatchObject({
      reason: 'too-few-units',
    })
    expect(ratioEffect({ treatment: some, control: columnMoments([1, Number.NaN], [1, 1]) }).effect).toMatchObject({
      reason: 'not-finite',
    })
  })
})

describe('effectCovariance', () => {
  it('has squared standard errors on its diagonal, and gives the variance of any sum of metrics', () => {
    fc.assert(
      fc.property(column, column, column, value, (a, b, x, weight) => {
        const y = a.map((v, i) => v + 3 * x[i]!)
        const other = b.map((v, i) => 2 * v - x[i]!)
        const arms = {
          treatment: columnMoments(
            y,
            b,
            x,
            y.map((v, i) => v + weight * b[i]!),
          ),
          control: columnMoments(
            a,
            other,
            x,
            a.map((v, i) => v + weight * other[i]!),
          ),
        }
        const effects = [0, 1, 3].map((metric) => meanEffect({ ...arms, metric, covariates: [2] }))
        if (effects.some(({ linearisation }) => linearisation === null)) return
        const covariance = effectCovariance(arms, effects)
        ;[0, 2, 5].forEach((place, i) => {
          const squared = known(effects[i]!.effect).stdError ** 2
          expect(Math.abs(covariance[place]! - squared)).toBeLessThan(1e-9 * squared)
        })
        const plain = [0, 1, 3].map((metric) => meanEffect({ ...arms, metric, covariates: [] }))
        if (plain.some(({ linearisation }) => linearisation === null)) return
        const joint = effectCovariance(arms, plain)
        const whole = joint[0]! + 2 * weight * joint[1]! + weight ** 2 * joint[2]!
        expect(Math.abs(whole - joint[5]!)).toBeLessThan(1e-8 * (1 + joint[5]!))
      }),
      { seed: 13, numRuns: 60 },
    )
  })

  it('refuses effects without a standard error', () => {
    const arms = { treatment: columnMoments([1, 1]), control: columnMoments([1, 1]) }
    expect(() => effectCovariance(arms, [meanEffect(arms)])).toThrow(/number 0 has none/)
  })
})
