import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { effectPosterior, empiricalPrior, relativePrior } from './bayesian-view.ts'
import { bestVariant } from './best-variant.ts'

describe('the Bayesian view', () => {
  it('halves an effect that is as uncertain as the prior is wide', () => {
    const found = effectPosterior({ kind: 'effect', effect: 2, stdError: 1, dof: null }, { mean: 0, sd: 1 })
    if (found.kind !== 'posterior') throw new Error(found.reason)
    expect(found.mean).toBeCloseTo(1, 12)
    expect(found.sd).toBeCloseTo(Math.SQRT1_2, 12)
    expect(found.positive).toBeCloseTo(0.9213503964748575, 12)
    expect(found.lossOfHolding - found.lossOfShipping).toBeCloseTo(found.mean, 12)
  })

  it('agrees with the closed form for one treatment, whatever part of the error is shared', () => {
    const number = fc.double({ min: -3, max: 3, noNaN: true })
    const spread = fc.double({ min: 0.01, max: 2, noNaN: true })
    fc.assert(
      fc.property(number, spread, spread, spread, (effect, own, shared, sd) => {
        const whole = { kind: 'effect', effect, stdError: Math.sqrt(own + shared), dof: null } as const
        const single = effectPosterior(whole, { mean: 0, sd })
        const found = bestVariant({ effects: [effect], ownVariances: [own], controlVariance: shared }, { mean: 0, sd })
        if (single.kind !== 'posterior') throw new Error(single.reason)
        expect(Math.abs(found.best[1]! - single.positive)).toBeLessThan(1e-6)
        expect(Math.abs(found.loss[1]! - single.lossOfShipping)).toBeLessThan(1e-6)
        expect(Math.abs(found.loss[0]! - single.lossOfHolding)).toBeLessThan(1e-6)
      }),
      { seed: 23, numRuns: 100 },
    )
  })

  it('gives equal treatments equal chances, in any order', () => {
    const prior = { mean: 0, sd: 1 }
    const found = bestVariant({ effects: [1, 1, 0], ownVariances: [0.1, 0.1, 0.3], controlVariance: 0.1 }, prior)
    const turned = bestVariant({ effects: [0, 1, 1], ownVariances: [0.3, 0.1, 0.1], controlVariance: 0.1 }, prior)
    expect(found.best[1]).toBeCloseTo(found.best[2]!, 12)
    expect(turned.best[1]).toBeCloseTo(found.best[3]!, 9)
    expect(found.best.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12)
  })

  it('learns its prior from past experiments, or says why not', () => {
    const past = [0.3, -0.1, 0.5, -0.4, 0.2, 0.1].map((effect) => ({ effect, stdError: 0.1 }))
    const found = empiricalPrior(past)
    const squares = past.reduce((sum, { effect }) => sum + effect ** 2, 0)
    expect(found).toMatchObject({ kind: 'prior', mean: 0 })
    if (found.kind === 'prior') expect(found.sd).toBeCloseTo(Math.sqrt(squares / 6 - 0.01), 8)
    expect(empiricalPrior(past.slice(0, 4))).toEqual({ kind: 'undefined', reason: 'too-few-units' })
    expect(empiricalPrior(past.map((p) => ({ ...p, stdError: 1 })))).toEqual({
      kind: 'undefined',
      reason: 'zero-variance',
    })
  })

  it('has no relative prior on nothing and no posterior without a standard error', () => {
    expect(relativePrior(0)).toBeNull()
    expect(relativePrior(-20)).toEqual({ mean: 0, sd: 6 })
    const none = { kind: 'undefined', reason: 'too-few-units', effect: null } as const
    expect(effectPosterior(none, { mean: 0, sd: 1 })).toEqual({ kind: 'undefined', reason: 'too-few-units' })
    expect(() => effectPosterior(none, { mean: 0, sd: 0 })).toThrow(/sd > 0/)
    expect(() => bestVariant({ effects: [1], ownVariances: [0], controlVariance: 0 }, { mean: 0, sd: 1 })).toThrow(
      /ownVariances must be finite and > 0, got 0/,
    )
  })
})
