import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/heads.json' with { type: 'json' }
import type { HeadState } from '../domain/index.ts'
import { thompson } from '../policy/thompson.ts'
import { createHead, forgetHead, predictHead, updateHead } from './bayesian-head.ts'

interface Described {
  readonly mean: readonly number[]
  readonly covariance: readonly (readonly number[])[]
  readonly noiseShape: number
  readonly noiseRate: number
}

function expectHead(head: HeadState, expected: Described): void {
  const largest = Math.max(...expected.covariance.flat().map(Math.abs))
  const size = Math.max(1, ...expected.mean.map(Math.abs))
  expected.mean.forEach((value, i) => {
    expect(Math.abs(head.mean[i]! - value) / size).toBeLessThan(1e-9)
    for (let j = 0; j <= i; j += 1) {
      const own = head.covariance[(i * (i + 1)) / 2 + j]!
      expect(Math.abs(own - expected.covariance[i]![j]!) / largest).toBeLessThan(1e-9)
    }
  })
  expect(head.noiseShape).toBeCloseTo(expected.noiseShape, 10)
  expect(Math.abs(head.noiseRate / expected.noiseRate - 1)).toBeLessThan(1e-9)
}

describe('the shared vectors of heads', () => {
  it.each(cases.heads.map((vector, i) => ({ i, ...vector })))('case $i: update, prediction, forgetting', (vector) => {
    const { mean, variance, noiseSd, noiseWeight } = vector.prior
    const prior = createHead({
      ...{ dimension: mean.length, noiseSd, noiseWeight },
      ...{ priorMean: mean, priorVariance: Float64Array.from(variance) },
    })
    const learned = updateHead(prior, vector.examples)
    expectHead(learned, vector.posterior)
    const prediction = predictHead(learned, vector.prediction.features)
    expect(prediction.mean).toBeCloseTo(vector.prediction.mean, 9)
    expect(prediction.variance / vector.prediction.variance).toBeCloseTo(1, 9)
    expectHead(forgetHead(learned, vector.forgetting.keep, prior), vector.forgetting.posterior)
  })

  it.each(cases.thompson)('chances of being best among $means.length scores, to 1e-6', (vector) => {
    const chances = thompson(Float64Array.from(vector.means), Float64Array.from(vector.variances), vector.sharpness)
    vector.probabilities.forEach((probability, k) => {
      expect(Math.abs(chances[k]! - probability)).toBeLessThan(1e-6)
    })
  })
})
