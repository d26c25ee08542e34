import { effectiveSampleSize, randomFrom } from '@paloma/core'
import { describe, expect, it } from 'vitest'
import { doublyRobustScores, importanceValue, importanceWeights } from './off-policy.ts'

// Four users, two actions at probability 1/2 each; the target always takes action 1.
const LOGGED = {
  actions: 2,
  taken: Int32Array.of(0, 1, 1, 0),
  propensities: new Float64Array(8).fill(0.5),
  target: Float64Array.of(0, 1, 0, 1, 0, 1, 0, 1),
  rewards: Float64Array.of(9, 1, 3, 9),
}

describe('off-policy values', () => {
  it('weight users by target probability over propensity', () => {
    const weights = importanceWeights(LOGGED)
    expect([...weights]).toEqual([0, 2, 2, 0])
    expect(effectiveSampleSize(weights)).toBe(2)
    const value = importanceValue(weights, LOGGED.rewards)
    expect(value.ips?.mean).toBe(2)
    expect(value.snips?.mean).toBe(2)
  })

  it('are undefined, not zero, when no user agrees with the target', () => {
    const value = importanceValue(new Float64Array(4), LOGGED.rewards)
    expect(value).toEqual({ ips: null, snips: null })
    expect(effectiveSampleSize(new Float64Array(4))).toBe(0)
  })

  it('of the logging policy itself are the mean reward', () => {
    const own = { ...LOGGED, target: LOGGED.propensities }
    expect(importanceValue(importanceWeights(own), own.rewards).snips?.mean).toBe(5.5)
    const model = new Float64Array(8)
    expect([...doublyRobustScores(own, model)]).toEqual([...own.rewards])
  })

  it('are exact with a perfect model, whatever the propensities say', () => {
    const model = Float64Array.of(9, 1, 5, 1, 5, 3, 9, 3)
    const wrong = { ...LOGGED, propensities: new Float64Array(8).fill(0.9) }
    expect([...doublyRobustScores(wrong, model)]).toEqual([1, 1, 3, 3])
  })

  it('cover the truth about as often as their level says', () => {
    let snips = 0
    let ips = 0
    const trials = 300
    for (let trial = 0; trial < trials; trial += 1) {
      const random = randomFrom(`off-policy-${trial}`)
      const taken = Int32Array.from({ length: 400 }, () => (random() < 0.3 ? 1 : 0))
      const rewards = Float64Array.from(taken, (action) => (random() < (action === 1 ? 0.4 : 0.1) ? 1 : 0))
      const propensities = Float64Array.from({ length: 800 }, (_, i) => (i % 2 === 1 ? 0.3 : 0.7))
      const target = Float64Array.from({ length: 800 }, (_, i) => (i % 2 === 1 ? 0.8 : 0.2))
      const weights = importanceWeights({ actions: 2, taken, propensities, target })
      const value = importanceValue(weights, rewards)
      const truth = 0.8 * 0.4 + 0.2 * 0.1
      if (value.snips !== null && value.snips.low < truth && truth < value.snips.high) snips += 1
      if (value.ips !== null && value.ips.low < truth && truth < value.ips.high) ips += 1
    }
    expect(Math.abs(snips / trials - 0.95)).toBeLessThan(0.04)
    expect(Math.abs(ips / trials - 0.95)).toBeLessThan(0.04)
  })
})
