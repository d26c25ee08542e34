import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HeadState } from '../domain/index.ts'
import {
  choleskyFactor,
  choleskySolve,
  normalQuantile,
  packedDiagonal,
  packedIndex,
  tQuantile,
} from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { createHead, expectedNoise, forgetHead, type HeadExample, predictHead, updateHead } from './bayesian-head.ts'
import { headToBytes } from './head-bytes.ts'

const DIMENSION = 4
const PRIOR = createHead({
  dimension: DIMENSION,
  priorMean: [0.5, 0, -0.25, 0],
  priorVariance: Float64Array.of(1, 2, 0.5, 4),
  noiseSd: 0.7,
  noiseWeight: 6,
})

function normalFrom(random: () => number): () => number {
  return () => normalQuantile(random() * (1 - 2e-16) + 1e-16)
}

function simulate(key: string, count: number, weights: readonly number[]): HeadExample[] {
  const normal = normalFrom(randomFrom(key))
  return Array.from({ length: count }, () => {
    const features = weights.map(normal)
    return { features, reward: features.reduce((sum, x, i) => sum + x * weights[i]!, 0.3 * normal()) }
  })
}

const EXAMPLES = simulate('head', 40, [1, -0.5, 0.25, 2])

describe('updateHead', () => {
  it('gives the ridge regression that a direct solve gives', () => {
    const precision = packedDiagonal([1, 0.5, 2, 0.25])
    const right = [0.5, 0, -0.5, 0]
    for (const { features, reward } of EXAMPLES) {
      for (let i = 0; i < DIMENSION; i++) {
        right[i] = right[i]! + features[i]! * reward
        for (let j = 0; j <= i; j++) {
          const at = packedIndex(i, j)
          precision[at] = precision[at]! + features[i]! * features[j]!
        }
      }
    }
    const factor = choleskyFactor(precision, DIMENSION)!
    const direct = choleskySolve(factor, right)
    const head = updateHead(PRIOR, EXAMPLES)
    for (let i = 0; i < DIMENSION; i++) expect(head.mean[i]).toBeCloseTo(direct[i]!, 10)
    const unit = [0, 1, 0, 0]
    expect(predictHead(head, unit).variance).toBeCloseTo(expectedNoise(head) * choleskySolve(factor, unit)[1]!, 10)
  })

  it('gives the closed-form noise posterior (Gelman et al. §14.2)', () => {
    const head = updateHead(PRIOR, EXAMPLES)
    const prior = [1, 0.5, 2, 0.25]
    let squares = 0
    for (const { features, reward } of EXAMPLES) squares += (reward - predictHead(head, features).mean) ** 2
    for (let i = 0; i < DIMENSION; i++) squares += prior[i]! * (head.mean[i]! - PRIOR.mean[i]!) ** 2
    expect(head.noiseShape).toBe(PRIOR.noiseShape + 20)
    expect(head.noiseRate).toBeCloseTo(PRIOR.noiseRate + squares / 2, 9)
    expect(head.n).toBe(40)
  })

  it('starts from the noise it was told and averages rewards in', () => {
    expect(expectedNoise(PRIOR)).toBeCloseTo(0.49, 14)
    const learned = updateHead(PRIOR, simulate('noise', 4000, [1, -0.5, 0.25, 2]))
    expect(Math.sqrt(expectedNoise(learned))).toBeCloseTo(0.3, 1)
  })

  it('gives the same bits however examples are split into calls, and leaves the given head alone', () => {
    const before = headToBytes(PRIOR)
    const whole = updateHead(PRIOR, EXAMPLES)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: EXAMPLES.length }), (cut) => {
        const parts = updateHead(updateHead(PRIOR, EXAMPLES.slice(0, cut)), EXAMPLES.slice(cut))
        expect(headToBytes(parts)).toEqual(headToBytes(whole))
      }),
      { seed: 1, numRuns: 20 },
    )
    expect(headToBytes(PRIOR)).toEqual(before)
  })

  it('keeps the covariance positive definite and never widens a prediction at fixed noise', () => {
    let head = PRIOR
    for (const example of EXAMPLES) {
      const next = updateHead(head, [example])
      expect(choleskyFactor(next.covariance, DIMENSION)).not.toBeNull()
      const probe = [1, -1, 0.5, 0.25]
      const narrowed = predictHead(next, probe).variance / expectedNoise(next)
      expect(narrowed).toBeLessThanOrEqual(predictHead(head, probe).variance / expectedNoise(head) + 1e-12)
      head = next
    }
  })

  it('counts weight 2 like the same example twice, and weight 0 not at all', () => {
    const example = EXAMPLES[0]!
    const twice = updateHead(PRIOR, [example, example])
    const heavy = updateHead(PRIOR, [{ ...example, weight: 2 }])
    for (let i = 0; i < DIMENSION; i++) expect(heavy.mean[i]).toBeCloseTo(twice.mean[i]!, 12)
    expect(heavy.noiseRate).toBeCloseTo(twice.noiseRate, 12)
    expect(heavy.noiseShape).toBe(twice.noiseShape)
    expect(updateHead(PRIOR, [{ ...example, weight: 0 }]).mean).toEqual(PRIOR.mean)
  })

  it.each([
    [{ features: [1, Number.NaN, 0, 0], reward: 0 }, 'examples[1].features[1] must be a finite number, got NaN'],
    [
      { features: [1, 0, 0, 0], reward: Infinity },
      'examples[1].reward must be a finite number within ±1e+100, got Infinity',
    ],
    [
      { features: [1, 0, 0, 0], reward: -1e200 },
      'examples[1].reward must be a finite number within ±1e+100, got -1e+200',
    ],
    [{ features: [1, 0], reward: 0 }, 'examples[1].features.length must be 4, got 2'],
    [{ features: [1, 0, 0, 0], reward: 0, weight: -1 }, 'examples[1].weight must be a finite number ≥ 0, got -1'],
  ])('refuses a broken example by name: %o', (example, message) => {
    const before = headToBytes(PRIOR)
    expect(() => updateHead(PRIOR, [EXAMPLES[0]!, example])).toThrow(message)
    expect(headToBytes(PRIOR)).toEqual(before)
  })

  it('covers the truth with its 90 % posterior intervals in 90 % of simulated heads', () => {
    const random = randomFrom('calibration')
    const normal = normalFrom(random)
    let covered = 0
    const runs = 1500
    for (let run = 0; run < runs; run++) {
      // Truth drawn from the prior: noise variance from IG(shape 4, rate 1.47) as rate over a sum of exponentials.
      const gamma = -Math.log(random() * random() * random() * random() + 1e-300)
      const noise = PRIOR.noiseRate / gamma
      const weights = [1, 2, 0.5, 4].map((variance, i) => PRIOR.mean[i]! + Math.sqrt(noise * variance) * normal())
      const examples = Array.from({ length: 8 }, () => {
        const features = [1, normal(), random() < 0.3 ? 1 : 0, 0.2]
        return { features, reward: features.reduce((s, x, i) => s + x * weights[i]!, Math.sqrt(noise) * normal()) }
      })
      const head = updateHead(PRIOR, examples)
      const probe = [1, -0.5, 1, 0.2]
      const { mean, variance } = predictHead(head, probe)
      const scale = Math.sqrt((variance * (head.noiseShape - 1)) / head.noiseShape)
      const truth = probe.reduce((sum, x, i) => sum + x * weights[i]!, 0)
      if (Math.abs(truth - mean) <= tQuantile(0.95, 2 * head.noiseShape) * scale) covered += 1
    }
    // Standard error .0077.
    expect(Math.abs(covered / runs - 0.9)).toBeLessThan(0.02)
  })
})

describe('createHead', () => {
  it.each([
    [{ priorVariance: 0 }, 'priorVariance must be a finite number > 0, got 0'],
    [{ priorMean: [1] }, 'priorMean.length must be 4, got 1'],
    [{ noiseSd: Number.NaN }, 'noiseSd must be a finite number > 0, got NaN'],
    [{ noiseWeight: 0 }, 'noiseWeight must be a finite number > 0, got 0'],
  ])('refuses %o', (change, message) => {
    const good = { dimension: 4, priorMean: [0, 0, 0, 0], priorVariance: 1, noiseSd: 1, noiseWeight: 2 }
    expect(() => createHead({ ...good, ...change })).toThrow(message)
  })
})

describe('forgetHead', () => {
  const learned = updateHead(PRIOR, EXAMPLES)

  it('keeps everything at 1 and approaches the prior when repeated', () => {
    const same = forgetHead(learned, 1, PRIOR)
    for (let i = 0; i < DIMENSION; i++) expect(same.mean[i]).toBeCloseTo(learned.mean[i]!, 9)
    let head: HeadState = learned
    for (let day = 0; day < 60; day++) head = forgetHead(head, 0.5, PRIOR)
    for (let i = 0; i < DIMENSION; i++) expect(head.mean[i]).toBeCloseTo(PRIOR.mean[i]!, 9)
    expect(expectedNoise(head)).toBeCloseTo(expectedNoise(PRIOR), 9)
  })

  it('mixes precisions: half of precision 1/0.25 and half of the prior’s 1 is 2.5', () => {
    const one = { dimension: 1, priorMean: [0], noiseSd: 1, noiseWeight: 2 }
    const sharp = createHead({ ...one, priorMean: [2], priorVariance: 0.25 })
    const wide = createHead({ ...one, priorVariance: 1 })
    const mixed = forgetHead(sharp, 0.5, wide)
    expect(mixed.covariance[0]).toBeCloseTo(0.4, 12)
    expect(mixed.mean[0]).toBeCloseTo((0.5 * 4 * 2) / 2.5, 12)
  })

  it('refuses a keep outside (0, 1]', () => {
    expect(() => forgetHead(learned, 0, PRIOR)).toThrow('keep must be in (0, 1], got 0')
  })
})
