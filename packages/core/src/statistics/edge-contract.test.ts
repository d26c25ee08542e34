import { describe, expect, it } from 'vitest'
import { effectPosterior, empiricalPrior } from './bayesian-view.ts'
import { bestVariant } from './best-variant.ts'
import { decideExperiment } from './decide-experiment.ts'
import type { Effect } from './effect.ts'
import { effectInterval, effectPValue } from './effect-interval.ts'
import { exposureLossTest } from './exposure-checks.ts'
import { relativeEffect } from './relative-effect.ts'
import { fitSurrogateIndex } from './surrogate-index.ts'

const effect = (mean: number, stdError: number): Effect => ({ kind: 'effect', effect: mean, stdError, dof: null })
const PRIOR = { mean: 0, sd: 1 }

describe('an effect that is none', () => {
  it.each([
    ['NaN', effect(Number.NaN, 1), 'not-finite'],
    ['without an end', effect(1, Number.POSITIVE_INFINITY), 'not-finite'],
    ['of no variance', effect(1, 0), 'zero-variance'],
    ['of negative variance', effect(1, -1), 'zero-variance'],
  ])('has a reason in place of an interval, a p value and a posterior: %s', (_, given, reason) => {
    expect(effectInterval(given, { level: 0.95 })).toMatchObject({ kind: 'undefined', reason })
    expect(effectPValue(given, { alternative: 'different' })).toBeNull()
    expect(effectPosterior(given, PRIOR)).toEqual({ kind: 'undefined', reason })
  })

  it('is one where its error is merely very small or large', () => {
    expect(effectPosterior(effect(5, 1e-170), PRIOR)).toMatchObject({ kind: 'posterior', mean: 5, positive: 1 })
    const loose = effectPosterior(effect(5, 1e170), PRIOR)
    expect(loose).toMatchObject({ kind: 'posterior', mean: 0, sd: 1, positive: 0.5 })
  })
})

describe('a prior', () => {
  it('must be one', () => {
    const shared = { effects: [1], ownVariances: [1], controlVariance: 1 }
    expect(() => bestVariant(shared, { mean: Number.NaN, sd: 1 })).toThrow(/finite mean and sd > 0, got N\(NaN/)
    expect(() => bestVariant(shared, { mean: 0, sd: 0 })).toThrow(/sd > 0/)
    expect(() => bestVariant({ ...shared, controlVariance: Number.POSITIVE_INFINITY }, PRIOR)).toThrow(
      /controlVariance must be finite and ≥ 0, got Infinity/,
    )
  })

  it('is not learned from past effects beyond all numbers', () => {
    const past = Array.from({ length: 6 }, (_, i) => ({ effect: i * 1e200, stdError: 1e-200 }))
    expect(empiricalPrior(past)).toEqual({ kind: 'undefined', reason: 'not-finite' })
  })
})

describe('a loss of everybody, or of nobody', () => {
  it.each([0, 500])('compares nothing, and has no p value: %i of 500 exposed', (exposed) => {
    const group = { assigned: 500, exposed }
    expect(exposureLossTest([group, group])).toEqual({ kind: 'undefined', reason: 'zero-variance' })
  })
})

describe('a base', () => {
  it.each([
    [{ mean: Number.NaN, variance: 1, covariance: -1 }, 'not-finite'],
    [{ mean: 10, variance: Number.NaN, covariance: -1 }, 'not-finite'],
    [{ mean: 10, variance: -1, covariance: -1 }, 'zero-variance'],
    [{ mean: 0, variance: 1, covariance: -1 }, 'zero-baseline'],
    [{ mean: 1, variance: 1, covariance: -1 }, 'weak-baseline'],
  ])('that is none has a reason: %j', (baseline, reason) => {
    const found = relativeEffect({ effect: effect(1, 0.1), baseline })
    expect(found).toMatchObject({ kind: 'undefined', reason })
    expect(found.effect ?? 0).not.toBeNaN()
  })
})

describe('a forecast that a part of the users cannot be fitted for', () => {
  it('has a reason, and no share of variance that is no number', () => {
    // One user alone has the feature: without his fold its column is constant.
    const rows = Array.from({ length: 60 }, (_, i) => [i % 7, i === 3 ? 1 : 0])
    const longTerm = rows.map(([x], i) => 2 * x! + (i % 3))
    expect(fitSurrogateIndex({ rows, longTerm }, 'folds')).toEqual({ kind: 'undefined', reason: 'zero-variance' })
  })
})

describe('a quality check', () => {
  it('fails below one in a thousand, however many tests share the level', () => {
    const metrics = Array.from({ length: 20 }, (_, i) => ({
      ...({
        name: `m${i}`,
        role: 'deterioration',
        effect: effect(0, 1),
        test: { kind: 'fixed', isDue: true },
      } as const),
      monitoring: { kind: 'fixed', isDue: true } as const,
    }))
    const verdictAt = (pValue: number, alarm?: number) =>
      decideExperiment({
        treatments: [{ name: 'new', metrics }],
        quality: [{ kind: 'test', name: 'sample ratio', pValue, ...(alarm === undefined ? {} : { alarm }) }],
      }).verdict
    // .01 / 21 is less than .0009.
    expect(verdictAt(0.0009)).not.toBe('invalid')
    expect(verdictAt(0.0009, 0.001)).toBe('invalid')
    expect(verdictAt(0.0011, 0.001)).not.toBe('invalid')
  })
})
