import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { effectInterval } from './effect-interval.ts'
import { meanEffect } from './mean-effect.ts'
import { differenceInterval } from './mean-interval.ts'
import { momentsOf } from './moments.ts'
import { known } from './testing/known-effect.ts'
import { type VectorMoments, vectorMomentsOf } from './vector-moments.ts'

function armsFrom(key: string, sizes: readonly [number, number]): { treatment: VectorMoments; control: VectorMoments } {
  const random = randomFrom(key)
  const rows = (n: number, shift: number) =>
    Array.from({ length: n }, () => {
      const x = random() * 4
      return [x + shift + random() * 2, x, random()]
    })
  return { treatment: vectorMomentsOf(rows(sizes[0], 1), 3), control: vectorMomentsOf(rows(sizes[1], 0), 3) }
}

describe('meanEffect', () => {
  it.each([1e-110, 1e110])('has degrees of freedom in whatever unit, here × %s', (scale) => {
    const rows = (values: number[]) =>
      vectorMomentsOf(
        values.map((v) => [v * scale]),
        1,
      )
    const { effect } = meanEffect({ treatment: rows([1, 5, 2, 7]), control: rows([0, 1, 1]) })
    expect(known(effect).dof).toBeCloseTo(3.344_719_875_055, 9)
    const found = differenceInterval(momentsOf([1, 5, 2, 7].map((v) => v * scale)), momentsOf([0, scale, scale]), 0.9)
    expect(Reflect.get(found, 'dof')).toBeCloseTo(3.344_719_875_055, 9)
  })

  it('is Welch without covariates', () => {
    const [a, b] = [
      [1, 5, 2, 7],
      [0, 1, 1],
    ]
    const rows = (values: number[]) =>
      vectorMomentsOf(
        values.map((v) => [v]),
        1,
      )
    const { effect } = meanEffect({ treatment: rows(a!), control: rows(b!) })
    const [found, agreed] = [
      effectInterval(effect, { level: 0.9 }),
      differenceInterval(momentsOf(a!), momentsOf(b!), 0.9),
    ]
    expect(found.kind).toBe('estimate')
    for (const key of ['mean', 'low', 'high', 'stdError', 'dof'] as const) {
      expect(Reflect.get(found, key)).toBeCloseTo(Reflect.get(agreed, key), 12)
    }
  })

  it('adjusts with slopes per arm, with one slope for few units, and not for a useless covariate', () => {
    expect(meanEffect(armsFrom('large', [80, 120])).adjustment).toBe('lin')
    expect(meanEffect(armsFrom('small', [30, 120])).adjustment).toBe('pooled')
    const useless = meanEffect({ ...armsFrom('useless', [400, 400]), covariates: [2] })
    expect(useless).toMatchObject({ adjustment: 'none', varianceReduction: 0, covariates: [] })
    expect(useless.effect).toEqual(useless.unadjusted)
  })

  it('turns its sign when the labels are swapped, scales with the metric and ignores units of covariates', () => {
    const scaled = ({ n, mean, cross }: VectorMoments, factors: readonly number[]): VectorMoments => {
      const next = cross.slice()
      let k = 0
      for (let i = 0; i < factors.length; i++)
        for (let j = 0; j <= i; j++, k++) next[k] = cross[k]! * factors[i]! * factors[j]!
      return { n, mean: mean.map((m, i) => m * factors[i]!), cross: next }
    }
    const sizes = fc.tuple(fc.integer({ min: 10, max: 90 }), fc.integer({ min: 10, max: 90 }))
    fc.assert(
      fc.property(sizes, fc.integer(), fc.double({ min: 0.01, max: 100, noNaN: true }), (size, seed, scale) => {
        const { treatment, control } = armsFrom(`p${seed}`, size)
        const one = known(meanEffect({ treatment, control }).effect)
        const swapped = known(meanEffect({ treatment: control, control: treatment }).effect)
        expect(swapped.effect).toBeCloseTo(-one.effect, 9)
        expect(swapped.stdError).toBeCloseTo(one.stdError, 9)
        const factors = [scale, 1 / scale, -scale]
        const by = known(
          meanEffect({ treatment: scaled(treatment, factors), control: scaled(control, factors) }).effect,
        )
        expect(by.effect / scale).toBeCloseTo(one.effect, 8)
        expect(by.stdError / scale).toBeCloseTo(one.stdError, 8)
      }),
      { seed: 4, numRuns: 60 },
    )
  })

  it('answers with a reason where there is no interval', () => {
    const rows = (...values: number[]) =>
      vectorMomentsOf(
        values.map((v) => [v]),
        1,
      )
    const reason = (a: VectorMoments, b: VectorMoments) => meanEffect({ treatment: a, control: b }).effect
    expect(reason(rows(), rows(1, 2))).toEqual({ kind: 'undefined', reason: 'too-few-units', effect: null })
    expect(reason(rows(5), rows(1, 2))).toEqual({ kind: 'undefined', reason: 'too-few-units', effect: 3.5 })
    expect(reason(rows(3, 3), rows(1, 1))).toEqual({ kind: 'undefined', reason: 'zero-variance', effect: 2 })
    expect(reason(rows(0, 0), rows(0, 0))).toEqual({ kind: 'undefined', reason: 'zero-variance', effect: 0 })
    expect(reason(rows(Number.NaN, 1), rows(1, 2))).toEqual({ kind: 'undefined', reason: 'not-finite', effect: null })
    expect(() => meanEffect({ treatment: rows(1), control: rows(1), metric: 3 })).toThrow(/\[0, 1\), got 3/)
  })

  it('leaves out covariates that are constant, doubled or not numbers', () => {
    const random = randomFrom('covariates')
    const rows = (n: number) =>
      Array.from({ length: n }, () => {
        const x = random()
        return [x + random(), 1e9, x, 2 * x + 1e-3, Number.NaN]
      })
    const found = meanEffect({ treatment: vectorMomentsOf(rows(70), 5), control: vectorMomentsOf(rows(70), 5) })
    expect(found).toMatchObject({ adjustment: 'lin', covariates: [2] })
  })

  it('keeps an indicator of users without a past, and drops it where everybody has one', () => {
    const random = randomFrom('missing')
    const rows = (n: number, share: number) =>
      Array.from({ length: n }, () => {
        const isNew = random() < share
        const past = isNew ? 0 : 2 + random()
        return [(isNew ? 1 : past) + random() / 2, past, isNew ? 1 : 0]
      })
    const mixed = { treatment: vectorMomentsOf(rows(200, 0.3), 3), control: vectorMomentsOf(rows(200, 0.3), 3) }
    expect(meanEffect(mixed)).toMatchObject({ adjustment: 'lin', covariates: [1, 2] })
    const known = { treatment: vectorMomentsOf(rows(200, 0), 3), control: vectorMomentsOf(rows(200, 0), 3) }
    expect(meanEffect(known)).toMatchObject({ adjustment: 'lin', covariates: [1] })
  })

  it('takes one slope where a covariate does not vary in an arm, and none where slopes leave nothing over', () => {
    const random = randomFrom('one arm')
    const rows = (n: number, spread: number) =>
      Array.from({ length: n }, () => {
        const x = spread * random()
        return [x + random() / 4, x]
      })
    const arms = { treatment: vectorMomentsOf(rows(100, 0), 2), control: vectorMomentsOf(rows(100, 1), 2) }
    expect(meanEffect(arms)).toMatchObject({ adjustment: 'pooled', covariates: [1] })
    const tiny = { treatment: vectorMomentsOf(rows(2, 1), 2), control: vectorMomentsOf(rows(1, 1), 2) }
    expect(meanEffect(tiny)).toMatchObject({ adjustment: 'none', effect: { reason: 'too-few-units' } })
  })

  it('has no standard error where the covariate is the metric', () => {
    const random = randomFrom('same')
    const rows = (n: number) =>
      Array.from({ length: n }, () => {
        const x = random()
        return [3 + x, x]
      })
    const found = meanEffect({ treatment: vectorMomentsOf(rows(90), 2), control: vectorMomentsOf(rows(90), 2) })
    expect(found.effect).toMatchObject({ kind: 'undefined', reason: 'zero-variance' })
    expect(found.effect.effect).toBeCloseTo(0, 10)
  })
})
