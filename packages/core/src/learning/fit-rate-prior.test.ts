import { describe, expect, it } from 'vitest'
import type { RateCount } from '../domain/index.ts'
import { randomFrom } from '../random/index.ts'
import { fitRatePrior } from './fit-rate-prior.ts'

/** Messages of variants with normal levels and spreads around 0.05, counted with unequal numbers of sends. */
function messages(size: number, levelWeight: number, spreadWeight: number, key: string): RateCount[][] {
  const random = randomFrom(key)
  const around = (mean: number, weight: number): number => {
    const z = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return Math.min(1, Math.max(1e-4, mean + z * Math.sqrt((mean * (1 - mean)) / (weight + 1))))
  }
  return Array.from({ length: size }, (_, message) => {
    const level = around(0.05, levelWeight)
    return Array.from({ length: 2 + (message % 5) }, (_, variant) => {
      const rate = around(level, spreadWeight)
      const trials = 300 + 150 * ((message + variant) % 4)
      let successes = 0
      for (let i = 0; i < trials; i++) if (random() < rate) successes++
      return { trials, successes }
    })
  })
}

describe('a prior from past messages', () => {
  it('finds level, spread of levels and spread within messages', () => {
    const prior = fitRatePrior(messages(1500, 400, 900, 'recover'))
    expect(Math.abs(prior.levelMean - 0.05)).toBeLessThan(0.001)
    expect(Math.abs(Math.log(prior.spreadWeight / 900))).toBeLessThan(0.15)
    // Levels spread by their variants' spread too: 1 / 400 and a share of 1 / 900.
    expect(prior.levelWeight).toBeGreaterThan(250)
    expect(prior.levelWeight).toBeLessThan(420)
  })

  it('is unbiased for the inverse weight over many small data sets', () => {
    let sum = 0
    const sets = 120
    for (let i = 0; i < sets; i++) sum += 1 / fitRatePrior(messages(60, 1000, 200, `set ${i}`)).spreadWeight
    expect(Math.abs((sum / sets) * 200 - 1)).toBeLessThan(0.08)
  })

  it('finds no spread where variants are equal', () => {
    const equal = messages(800, 400, 1e9, 'equal')
    expect(fitRatePrior(equal).spreadWeight).toBeGreaterThan(8000)
  })

  it('agrees with a hand-worked pair of messages', () => {
    // Each: level 0.5, Q = 2 · 100 · 0.1² / 0.25 = 8, K − 1 = 1, reach 200 − 100 = 100: weight 200 / 14 − 1.
    const message = [
      { trials: 100, successes: 40 },
      { trials: 100, successes: 60 },
    ]
    expect(fitRatePrior([message, message]).spreadWeight).toBeCloseTo(200 / 14 - 1, 12)
  })

  it('refuses to make a prior of one telling message', () => {
    expect(() => fitRatePrior([[{ trials: 10, successes: 1 }], [{ trials: 10, successes: 0 }]])).toThrow(
      'at least 2 with some but not all responding, got 1',
    )
  })
})
