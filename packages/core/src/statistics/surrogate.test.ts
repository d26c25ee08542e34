import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/surrogate.json' with { type: 'json' }
import { calibratedEffect, calibrateSurrogate, type PastSurrogate } from './surrogate-calibration.ts'
import { fitSurrogateIndex, longTermEffect, type SurrogateIndex } from './surrogate-index.ts'

const near = (found: number | null, expected: number): void => {
  expect(Math.abs(found! - expected)).toBeLessThan(1e-8 * Math.max(1, Math.abs(expected)))
}

function known(index: ReturnType<typeof fitSurrogateIndex>): SurrogateIndex {
  if (index.kind === 'undefined') throw new Error(index.reason)
  return index
}

describe('the surrogate index', () => {
  it.each(cases.indices)('agrees with statsmodels and both variances by hand: $name', (each) => {
    const index = known(fitSurrogateIndex(each, 'test'))
    near(index.intercept, each.intercept)
    each.weights.forEach((weight, j) => {
      near(index.weights[j]!, weight)
    })
    each.covariance.forEach((value, k) => {
      near(index.covariance[k]!, value)
    })
    const joint = { effects: each.effects, covariance: Float64Array.from(each.effectCovariance), dof: null }
    const { effect, between, model } = longTermEffect(joint, index)
    near(effect.effect, each.effect)
    near(between, each.between)
    near(model, each.model)
    near(effect.kind === 'effect' ? effect.stdError : null, Math.hypot(each.between, each.model))
  })

  it('is judged by users who were not fitted', () => {
    const [each] = cases.indices
    const index = known(fitSurrogateIndex(each!, 'test'))
    expect(index.rSquared).toBeGreaterThan(0.3)
    expect(index.slope).toBeCloseTo(1, 0)
    const noise = each!.rows.map((_, i) => [Math.sin(i * i), Math.cos(3 * i * i), Math.sin(7 * i)])
    expect(known(fitSurrogateIndex({ rows: noise, longTerm: each!.longTerm }, 'test')).rSquared).toBeLessThan(0.05)
  })

  it('has a reason where there is none', () => {
    const [each] = cases.indices
    const { rows, longTerm } = each!
    const few = { rows: rows.slice(0, 39), longTerm: longTerm.slice(0, 39) }
    expect(fitSurrogateIndex(few, 'k')).toEqual({ kind: 'undefined', reason: 'too-few-units' })
    const alike = { rows, longTerm: longTerm.map(() => 4) }
    expect(fitSurrogateIndex(alike, 'k')).toEqual({ kind: 'undefined', reason: 'zero-variance' })
    const twice = { rows: rows.map(([a]) => [a!, 2 * a!]), longTerm }
    expect(fitSurrogateIndex(twice, 'k')).toEqual({ kind: 'undefined', reason: 'zero-variance' })
    const broken = { rows, longTerm: longTerm.map((y, i) => (i === 3 ? Number.NaN : y)) }
    expect(fitSurrogateIndex(broken, 'k')).toEqual({ kind: 'undefined', reason: 'not-finite' })
  })

  it('has no effect without variance, and refuses effects it has no weights for', () => {
    const index = known(fitSurrogateIndex(cases.indices[0]!, 'test'))
    const flat = { effects: [1, 1], covariance: new Float64Array(3), dof: null }
    expect(longTermEffect(flat, index).effect).toMatchObject({ kind: 'undefined', reason: 'zero-variance' })
    const many = { effects: [1, 1, 1, 1], covariance: new Float64Array(10), dof: null }
    expect(() => longTermEffect(many, index)).toThrow('joint must have 1 to 3 effects, got 4')
  })
})

describe('a surrogate among past experiments', () => {
  it.each(cases.slopes)('has the slope of the formula, robust error and degrees of freedom: $name', (each) => {
    const { slope, misfit, disagreements } = calibrateSurrogate(each.past, 0.95)
    if (slope.kind === 'undefined') throw new Error(slope.reason)
    near(slope.mean, each.slope)
    near(slope.stdError, each.stdError)
    near(slope.dof, each.dof)
    near(misfit, each.misfit)
    expect(disagreements).toBe(each.disagreements)
  })

  const past = (pairs: readonly (readonly [number, number])[]): readonly PastSurrogate[] =>
    pairs.map(([indexEffect, realisedEffect]) => ({
      ...{ indexEffect, indexStdError: 0.1, realisedEffect, realisedStdError: 0.1 },
    }))

  it('is broken where more than a fifth of the signs differ', () => {
    const right = [1, 2, -1, -2, 1.5, 3, 2.5, -3] as const
    const good = past(right.map((x) => [x, 0.7 * x]))
    expect(calibrateSurrogate(good, 0.95)).toMatchObject({
      ...{ verdict: 'holds', disagreements: 0, clear: { experiments: 8, disagreements: 0 } },
    })
    const two = past([...right.map((x) => [x, 0.7 * x] as const), [1, -1], [2, -1]])
    expect(calibrateSurrogate(two, 0.95)).toMatchObject({ verdict: 'holds', signShare: 0.2 })
    const three = past([...right.map((x) => [x, 0.7 * x] as const), [1, -1], [2, -1], [1, -2]])
    const found = calibrateSurrogate(three, 0.95)
    expect(found).toMatchObject({ verdict: 'broken', disagreements: 3, clear: { experiments: 11, disagreements: 3 } })
    expect(found.signInterval![0]).toBeLessThan(3 / 11)
    expect(found.signInterval![1]).toBeGreaterThan(3 / 11)
  })

  it('is unknown from a handful, and has no slope where effects on the index are noise', () => {
    expect(
      calibrateSurrogate(
        past([
          [1, -1],
          [2, -1],
          [1, -2],
          [1, -1],
        ]),
        0.95,
      ).verdict,
    ).toBe('unknown')
    expect(calibrateSurrogate([], 0.95)).toMatchObject({
      ...{ experiments: 0, verdict: 'unknown', signShare: null, signInterval: null, misfit: null },
      slope: { kind: 'undefined', reason: 'too-few-units' },
    })
    const noise = past([
      [0.05, 1],
      [-0.08, 1],
      [0.09, -1],
      [0.02, 1],
      [0.1, 2],
    ])
    expect(calibrateSurrogate(noise, 0.95).slope).toMatchObject({ kind: 'undefined', reason: 'weak-index' })
  })

  it('names what is wrong with an experiment', () => {
    const [one] = past([[1, 1]])
    expect(() => calibrateSurrogate([{ ...one!, indexEffect: Number.NaN }], 0.95)).toThrow(
      'past[0].indexEffect must be a finite number, got NaN',
    )
    expect(() => calibrateSurrogate([one!, { ...one!, realisedStdError: 0 }], 0.95)).toThrow(
      'past[1].realisedStdError must be > 0, got 0',
    )
    expect(() => calibrateSurrogate([{ ...one!, indexStdError: -1 }], 0.95)).toThrow(
      'past[0].indexStdError must be ≥ 0',
    )
    expect(() => calibrateSurrogate([{ ...one!, covariance: 1 }], 0.95)).toThrow('past[0].covariance must be smaller')
  })

  it('turns with the unit and the sign of the realised effects, in any order of the experiments', () => {
    const [each] = cases.slopes
    const plain = calibrateSurrogate(each!.past, 0.95)
    fc.assert(
      fc.property(fc.constantFrom(-1, 1), fc.double({ min: 0.01, max: 100, noNaN: true }), (sign, unit) => {
        const factor = sign * unit
        const turned = calibrateSurrogate(
          [...each!.past].reverse().map((one) => ({
            ...one,
            realisedEffect: factor * one.realisedEffect,
            realisedStdError: unit * one.realisedStdError,
            covariance: factor * one.covariance,
          })),
          0.95,
        )
        expect(turned.slope.mean! / factor).toBeCloseTo(plain.slope.mean!, 9)
        expect(turned.misfit).toBeCloseTo(plain.misfit!, 9)
      }),
      { seed: 4, numRuns: 100 },
    )
  })

  it('gives a forecast the errors of both', () => {
    const slope = { kind: 'estimate', mean: 0.5, low: 0, high: 1, stdError: 0.2, dof: 12 } as const
    const effect = { kind: 'effect', effect: 3, stdError: 0.4, dof: null } as const
    const found = calibratedEffect(effect, slope)
    expect(found).toMatchObject({ kind: 'effect', effect: 1.5, dof: 12 })
    expect(found.kind === 'effect' && found.stdError).toBeCloseTo(Math.sqrt(0.2 ** 2 + 0.6 ** 2 + 0.08 ** 2), 12)
    expect(calibratedEffect(effect, { kind: 'undefined', reason: 'weak-index', mean: 1 })).toEqual({
      ...{ kind: 'undefined', reason: 'weak-index', effect: null },
    })
  })
})
