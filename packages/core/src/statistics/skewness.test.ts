import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/skewness.json' with { type: 'json' }
import { type Asymmetry, correctedScore, MOST_SKEWNESS, scoreBefore, unitsMultiple } from './asymmetry.ts'
import { shareAtScore } from './contrast.ts'
import type { KnownEffect } from './effect.ts'
import {
  effectBounds,
  effectInterval,
  effectPValue,
  effectScore,
  oppositeEffect,
  valueAtScore,
} from './effect-interval.ts'
import { meanEffect } from './mean-effect.ts'
import { ratioEffect } from './ratio-effect.ts'
import { relativeEffect, relativeInterval } from './relative-effect.ts'
import { phasedEffect } from './stratified-effect.ts'
import { known } from './testing/known-effect.ts'
import { type VectorMoments, vectorMomentsOf } from './vector-moments.ts'

interface Answer {
  readonly skewness: number
  readonly bias: number
  readonly curvature: number
  readonly interval: readonly number[]
  readonly pGreater: number
  readonly pLess: number
}

function expectClose(found: number | null | undefined, expected: number, tolerance = 1e-7): void {
  expect(Math.abs((found ?? Number.NaN) - expected)).toBeLessThan(tolerance * Math.max(1, Math.abs(expected)))
}

function expectAnswer(effect: KnownEffect, expected: Answer): void {
  // Expected second-order terms come from finite differences.
  expectClose(effect.asymmetry?.skewness, expected.skewness)
  expectClose(effect.asymmetry?.bias, expected.bias, 1e-6)
  expectClose(effect.asymmetry?.curvature, expected.curvature, 1e-6)
  expectClose(effectPValue(effect, { alternative: 'greater' }), expected.pGreater, 1e-6)
  expectClose(effectPValue(effect, { alternative: 'less' }), expected.pLess, 1e-6)
}

const moments = (rows: readonly (readonly number[])[]): VectorMoments => vectorMomentsOf(rows, rows[0]!.length, 3)

describe('an effect corrected for skewness', () => {
  it.each(cases.cases)('has the agreed answer, $kind', ({ kind, treatment, control, plain, relative }) => {
    const arms = { treatment: moments(treatment), control: moments(control) }
    const found = kind === 'ratio' ? ratioEffect(arms) : meanEffect(arms)
    expect(found.adjustment === 'none').toBe(kind !== 'adjusted')
    expectAnswer(known(found.effect), plain)
    const interval = effectInterval(found.effect, { level: 0.95 })
    if (interval.kind !== 'estimate') throw new Error(interval.reason)
    expectClose(interval.low, plain.interval[0]!, 1e-6)
    expectClose(interval.high, plain.interval[1]!, 1e-6)
    if (relative === undefined) return
    const share = relativeEffect(found)
    if (share.kind !== 'relative') throw new Error(share.reason)
    expectAnswer(share.scaled, relative)
    const ends = relativeInterval(share, { level: 0.95 })
    if (ends.kind !== 'estimate') throw new Error(ends.reason)
    expectClose(ends.low, relative.interval[0]!, 1e-6)
    expectClose(ends.high, relative.interval[1]!, 1e-6)
  })

  it('is as before without third moments', () => {
    const [{ treatment, control }] = cases.cases as unknown as [{ treatment: number[][]; control: number[][] }]
    const plain = meanEffect({ treatment: vectorMomentsOf(treatment, 1), control: vectorMomentsOf(control, 1) })
    expect(known(plain.effect)).not.toHaveProperty('asymmetry')
    const { effect, stdError } = known(plain.effect)
    const bounds = effectBounds(known(plain.effect), 2)
    expect([bounds.low, bounds.high]).toEqual([effect - 2 * stdError, effect + 2 * stdError])
  })
})

const term = fc.double({ min: -0.6, max: 0.6, noNaN: true })
const asymmetry: fc.Arbitrary<Asymmetry> = fc.record({ skewness: term, bias: term, curvature: term })
const score = fc.double({ min: -8, max: 8, noNaN: true })
const effects: fc.Arbitrary<KnownEffect> = fc.record({
  kind: fc.constant('effect' as const),
  effect: fc.double({ min: -50, max: 50, noNaN: true }),
  stdError: fc.double({ min: 0.1, max: 10, noNaN: true }),
  dof: fc.constantFrom(null, 7, 200),
  asymmetry,
})

describe('the transformed score', () => {
  it('rises, and comes back', () => {
    fc.assert(
      fc.property(asymmetry, score, score, (shape, a, b) => {
        expect(scoreBefore(correctedScore(a, shape), shape)).toBeCloseTo(a, 4)
        const [low, high] = a < b ? [a, b] : [b, a]
        expect(correctedScore(low, shape)).toBeLessThanOrEqual(correctedScore(high, shape) + 1e-12)
      }),
      { seed: 7, numRuns: 500 },
    )
  })

  it('is the score itself where nothing is skewed', () => {
    const none = { skewness: 0, bias: 0, curvature: 0 }
    for (const z of [-3, 0, 1.5]) expect([correctedScore(z, none), scoreBefore(z, none)]).toEqual([z, z])
    expect([correctedScore(2, undefined), scoreBefore(2, undefined)]).toEqual([2, 2])
  })

  it('keeps test and interval of one mind', () => {
    fc.assert(
      fc.property(effects, fc.double({ min: 0.01, max: 0.49, noNaN: true }), (effect, alpha) => {
        const interval = effectInterval(effect, { level: 1 - alpha, side: 'lower' })
        if (interval.kind !== 'estimate') throw new Error(interval.reason)
        expect(effectPValue(effect, { alternative: 'greater', at: interval.low })).toBeCloseTo(alpha, 8)
      }),
      { seed: 8, numRuns: 200 },
    )
  })

  it('is mirrored with the effect', () => {
    fc.assert(
      fc.property(effects, score, (effect, critical) => {
        const [bounds, mirrored] = [effectBounds(effect, critical), effectBounds(oppositeEffect(effect), critical)]
        expect(mirrored.low).toBeCloseTo(-bounds.high, 8)
        expect(mirrored.high).toBeCloseTo(-bounds.low, 8)
      }),
      { seed: 9, numRuns: 200 },
    )
  })
})

describe('a share of a base, corrected for skewness', () => {
  const contrasts: fc.Arbitrary<KnownEffect> = fc
    .record({
      share: fc.double({ min: -0.4, max: 2, noNaN: true }),
      base: fc.double({ min: 1, max: 9, noNaN: true }),
      errors: fc.tuple(
        fc.double({ min: 0.02, max: 0.3, noNaN: true }),
        fc.double({ min: 0.02, max: 0.1, noNaN: true }),
      ),
      correlation: fc.double({ min: -0.9, max: 0.9, noNaN: true }),
      asymmetry,
      scale: fc.constantFrom('log' as const, 'share' as const),
    })
    .map(({ share, base, errors: [own, other], correlation, scale, ...rest }) => {
      const [stdError, baseError] = [own * base, other * base]
      const contrast = {
        ...{
          effect: share * base,
          variance: stdError ** 2,
          base,
          baseVariance: baseError ** 2,
          scale,
          sign: 1 as const,
        },
        covariance: correlation * stdError * baseError,
      }
      const effect = scale === 'log' ? Math.log1p(share) : share
      return { kind: 'effect' as const, effect, stdError: own, dof: null, ...rest, contrast }
    })

  it('keeps test and interval of one mind, from either side', () => {
    fc.assert(
      fc.property(contrasts, fc.double({ min: -2, max: 2, noNaN: true }), (effect, z) => {
        const at = valueAtScore(effect, z)
        const before = scoreBefore(z, effect.asymmetry)
        fc.pre(shareAtScore(effect.contrast!, before) !== null)
        expect(effectScore(effect, at)).toBeCloseTo(z, 6)
        const opposite = oppositeEffect(effect)
        expect(valueAtScore(opposite, -z)).toBeCloseTo(-at, 10)
        expect(effectScore(opposite, -at)).toBeCloseTo(-z, 6)
      }),
      { seed: 11, numRuns: 300 },
    )
  })

  it('falls back on the scale itself where the base bounds nothing', () => {
    const contrast = {
      effect: 1,
      variance: 1,
      base: 3,
      baseVariance: 1,
      covariance: 0,
      scale: 'share',
      sign: 1,
    } as const
    const none = { skewness: 0, bias: 0, curvature: 0 }
    const effect: KnownEffect = { kind: 'effect', effect: 1 / 3, stdError: 0.4, dof: null, asymmetry: none, contrast }
    expect(valueAtScore(effect, 2)).toBeCloseTo((3 - 2 * Math.sqrt(9 + 1 - 4)) / 5, 12)
    expect(valueAtScore(effect, 3.1)).toBeCloseTo(1 / 3 - 3.1 * 0.4, 12)
  })
})

const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 100 })), { minLength: 5, maxLength: 30 })

describe('skewness of a difference of means', () => {
  it('is none where both groups have as many units, turns with the labels, and does not know the unit', () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const [first, second] = [moments(a), moments(b)]
        const one = meanEffect({ treatment: first, control: second }).effect
        if (one.kind === 'undefined') return
        const skewness = one.asymmetry!.skewness
        if (a.length === b.length) expect(skewness).toBeCloseTo(0, 12)
        expect(known(meanEffect({ treatment: second, control: first }).effect).asymmetry!.skewness).toBeCloseTo(
          -skewness,
          10,
        )
        const stretched = meanEffect({
          treatment: moments(a.map(([x]) => [7 + 3 * x])),
          control: moments(b.map(([x]) => [7 + 3 * x])),
        })
        expect(known(stretched.effect).asymmetry!.skewness).toBeCloseTo(skewness, 6)
      }),
      { seed: 10, numRuns: 200 },
    )
  })

  it('falls as one over the root of the units, and asks for as many more as that takes', () => {
    const [{ treatment, control }] = cases.cases as unknown as [{ treatment: number[][]; control: number[][] }]
    const times = (list: number[][], n: number) => Array.from({ length: n }, () => list).flat()
    const at = (n: number): Asymmetry =>
      known(meanEffect({ treatment: moments(times(treatment, n)), control: moments(times(control, n)) }).effect)
        .asymmetry!
    expect(at(16).skewness).toBeCloseTo(at(1).skewness / 4, 10)
    const multiple = unitsMultiple({ ...at(1), skewness: 3 * MOST_SKEWNESS })
    expect(multiple).toBeCloseTo(9, 10)
    expect(unitsMultiple({ ...at(1), skewness: -MOST_SKEWNESS })).toBeNull()
  })

  it('of phases together is that of a difference of their weighted means', () => {
    const part = (n1: number, n0: number, draw: (i: number) => number) =>
      meanEffect({
        treatment: moments(Array.from({ length: n1 }, (_, i) => [draw(i)])),
        control: moments(Array.from({ length: n0 }, (_, i) => [draw(i + 5)])),
      })
    const [a, b] = [part(20, 60, (i) => (i * i) % 31), part(50, 10, (i) => (i * i * i) % 47)]
    const whole = known(
      phasedEffect([
        { units: 80, effect: a },
        { units: 60, effect: b },
      ]).effect,
    )
    const cubes = [a, b].map((found, i) => {
      const { asymmetry: shape, stdError } = known(found.effect)
      return shape!.skewness * (stdError * [80 / 140, 60 / 140][i]!) ** 3
    })
    expect(whole.asymmetry!.skewness * whole.stdError ** 3).toBeCloseTo(cubes[0]! + cubes[1]!, 10)
  })
})
