import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quadraticForm } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { chanceOf, createLogisticHead, type Trial, updateLogistic } from './logistic-head.ts'

const PRIOR = createLogisticHead({ mean: [-2, 0.5], variance: [1, 0.25] })

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0)
}

/** Trials whose truth is known: chance σ(−1 + 1.5 x). */
function trialsOf(key: string, count: number): readonly Trial[] {
  const random = randomFrom(key)
  return Array.from({ length: count }, () => {
    const x = 2 * random() - 1
    return { features: [1, x], happened: random() < chanceOf(-1 + 1.5 * x) }
  })
}

describe('updateLogistic', () => {
  it.each([true, false])('moves to the exact mode after one trial that came out %s', (happened) => {
    const features = [1, -2]
    const { mean } = updateLogistic(PRIOR, [{ features, happened, offset: 0.3 }])
    const surprise = (happened ? 1 : 0) - chanceOf(0.3 + dot(mean, features))
    expect(mean[0]! - -2).toBeCloseTo(1 * features[0]! * surprise, 10)
    expect(mean[1]! - 0.5).toBeCloseTo(0.25 * features[1]! * surprise, 10)
  })

  it('loses the curvature at the mode: 1 / (1 / v + p (1 − p)) for one weight', () => {
    const one = createLogisticHead({ mean: [0], variance: [2] })
    const next = updateLogistic(one, [{ features: [1], happened: true }])
    const p = chanceOf(next.mean[0]!)
    expect(next.covariance[0]).toBeCloseTo(1 / (1 / 2 + p * (1 - p)), 12)
  })

  it('is not thrown off by a rare event under a wide prior', () => {
    const wide = createLogisticHead({ mean: [-8], variance: [25] })
    const next = updateLogistic(wide, [{ features: [1], happened: true }])
    expect(next.mean[0]).toBeLessThan(4)
    expect(next.mean[0]).toBeGreaterThan(-8)
  })

  it('keeps variances positive, lets none grow and stays finite, whatever it is shown', () => {
    const bounded = fc.double({ min: -3, max: 3, noNaN: true })
    const trial = fc.record({ features: fc.tuple(bounded, bounded), happened: fc.boolean(), offset: bounded })
    fc.assert(
      fc.property(fc.array(trial, { maxLength: 30 }), (trials) => {
        const next = updateLogistic(PRIOR, trials)
        for (const direction of [
          [1, 0],
          [0, 1],
          [1, 1],
        ]) {
          const spread = quadraticForm(next.covariance, direction)
          expect(spread).toBeGreaterThan(0)
          expect(spread).toBeLessThanOrEqual(quadraticForm(PRIOR.covariance, direction) + 1e-12)
        }
        expect(next.mean.every(Number.isFinite)).toBe(true)
      }),
    )
  })

  it('gives the same bits in one call as in two', () => {
    const trials = trialsOf('split', 60)
    const once = updateLogistic(PRIOR, trials)
    const twice = updateLogistic(updateLogistic(PRIOR, trials.slice(0, 17)), trials.slice(17))
    expect(twice).toEqual(once)
  })

  it('covers the true log odds in about nineteen of twenty worlds', () => {
    const wide = createLogisticHead({ mean: [0, 0], variance: [4, 4] })
    let covered = 0
    const worlds = 200
    for (let world = 0; world < worlds; world += 1) {
      const head = updateLogistic(wide, trialsOf(`world-${world}`, 400))
      const at = [1, 0.5]
      const gap = Math.abs(dot(head.mean, at) - (-1 + 0.75))
      if (gap < 1.96 * Math.sqrt(quadraticForm(head.covariance, at))) covered += 1
    }
    expect(covered / worlds).toBeGreaterThan(0.9)
    expect(covered / worlds).toBeLessThan(0.99)
  })

  it.each([
    [{ features: [1], happened: true }, 'examples[0].features.length must be 2, got 1'],
    [{ features: [1, Number.NaN], happened: true }, 'examples[0].features[1] must be a finite number, got NaN'],
    [{ features: [1, 0], happened: true, offset: Number.POSITIVE_INFINITY }, 'examples[0].offset must be a finite'],
  ])('refuses %j', (trial, message) => {
    expect(() => updateLogistic(PRIOR, [trial])).toThrow(message)
  })
})

describe('createLogisticHead', () => {
  it.each([
    [{ mean: [0, 0], variance: [1] }, 'variance.length must be 2, got 1'],
    [{ mean: [0], variance: [0] }, 'variance[0] finite and > 0, got 0 and 0'],
  ])('refuses %j', (prior, message) => {
    expect(() => createLogisticHead(prior)).toThrow(message)
  })
})
