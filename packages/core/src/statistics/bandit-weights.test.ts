import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/heads.json' with { type: 'json' }
import { banditWeights } from './bandit-weights.ts'

const variant = (mean: number, stdError = 1, units = 1000) => ({ mean, stdError, units })

describe('banditWeights', () => {
  it.each(cases.thompson)(
    'gives the agreed chances of being best, above a floor',
    ({ means, variances, sharpness, probabilities }) => {
      const variants = means.map((mean, k) => variant(mean, Math.sqrt(variances[k]! / sharpness)))
      const found = banditWeights(variants, 0.02)
      if (found.kind !== 'weights') throw new Error('expected weights')
      for (const [k, chance] of probabilities.entries()) {
        expect(Math.abs(found.best[k]! - chance)).toBeLessThan(1e-6)
        expect(found.weights[k]!).toBeCloseTo(0.02 + (1 - 0.02 * means.length) * found.best[k]!, 12)
      }
      expect(found.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
    },
  )

  it('keeps the shares while a variant has fewer than 100 units, or no spread', () => {
    expect(banditWeights([variant(1), variant(0, 1, 99)])).toEqual({ kind: 'kept', reason: 'too-few-units' })
    expect(banditWeights([variant(1), variant(0, 0)])).toEqual({ kind: 'kept', reason: 'zero-variance' })
    expect(banditWeights([variant(Number.NaN), variant(0)])).toEqual({ kind: 'kept', reason: 'not-finite' })
  })

  it('refuses floors that leave nothing to give, or explore too little', () => {
    expect(() => banditWeights([variant(1)])).toThrow('variants must be at least two, got 1')
    expect(() => banditWeights([variant(1), variant(0)], 0.6)).toThrow('floor must be in [0.01, 0.5], got 0.6')
    expect(() => banditWeights([variant(1), variant(0)], 0)).toThrow(/got 0/)
  })
})
