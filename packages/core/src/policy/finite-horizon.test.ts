import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RateCount, RatePrior } from '../domain/index.ts'
import { normalCdf, normalPdf } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { finiteHorizon } from './finite-horizon.ts'
import { horizonIndex } from './horizon-index.ts'
import { ratePosterior } from './rate-posterior.ts'
import { sampleIndex } from './sample-index.ts'
import { variantDistribution } from './variant-distribution.ts'

const PRIOR: RatePrior = { levelMean: 0.016, levelWeight: 110, spreadWeight: 1000 }
const RUNS = { seed: 5, numRuns: 200 }

const count: fc.Arbitrary<RateCount> = fc
  .tuple(fc.integer({ min: 0, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([trials, share]) => ({ trials, successes: Math.round(trials * share * share * 0.2) }))
const counts = fc.array(count, { minLength: 1, maxLength: 12 })
const horizon = fc.record({
  remaining: fc.integer({ min: 0, max: 100_000 }),
  floor: fc.double({ min: 0, max: 0.3, noNaN: true }),
})

/** V(m) = max(0, m · step + E V(m')) from the end, one arm against a sure 0; unit noise, one observation left at the start. */
function boundary(tau: number, steps: number): number {
  const nodes = Array.from({ length: 61 }, (_, i) => (i - 30) / 6)
  const grid = Array.from({ length: 1201 }, (_, i) => (i - 600) / 100)
  const last = -10
  let value = new Float64Array(grid.length)
  let [before, edge] = [1, 0]
  for (let step = 0; step <= steps; step++) {
    const precision = 1 / (1 + 2 ** (last + ((Math.log2(tau) - last) * step) / steps))
    const sd = Math.sqrt(1 / precision - 1 / before)
    const at = (z: number): number => {
      const place = (z + 6) * 100
      if (place >= 1200) return (z / Math.sqrt(before)) * (1 - before)
      if (place <= 0) return 0
      const cell = Math.floor(place)
      return value[cell]! + (place - cell) * (value[cell + 1]! - value[cell]!)
    }
    const play = grid.map((z) => {
      const mean = z / Math.sqrt(precision)
      const later = nodes.reduce((sum, u) => sum + (normalPdf(u) / 6) * at((mean + sd * u) * Math.sqrt(before)), 0)
      return mean * (before - precision) + later
    })
    const first = play.findIndex((worth) => worth > 0)
    edge = -(grid[first]! - (0.01 * play[first]!) / (play[first]! - play[first - 1]!))
    value = Float64Array.from(play, (worth) => Math.max(0, worth))
    before = precision
  }
  return edge
}

describe('the index of a finite horizon', () => {
  it('ends as the root of what is left, by Chernoff’s constant', () => {
    expect(horizonIndex(1e-6) / 1e-3).toBeCloseTo(0.6388, 10)
    // The table begins where the constant ends.
    expect(Math.abs(horizonIndex(2 ** -6) / 2 ** -3 / 0.6388 - 1)).toBeLessThan(1e-3)
    expect(horizonIndex(0)).toBe(0)
  })

  it('is the boundary that plain dynamic programming finds in many small steps', () => {
    for (const tau of [1, 8, 64]) {
      const found = boundary(tau, 240)
      // Stopping only at steps loses a little.
      expect(found).toBeLessThan(horizonIndex(tau) + 0.003)
      expect(found).toBeGreaterThan(horizonIndex(tau) * 0.85)
    }
  })

  it('grows with what is left and never beyond its last value', () => {
    let before = -1
    for (let tau = 1e-4; tau < 1e5; tau *= 1.1) {
      expect(horizonIndex(tau)).toBeGreaterThanOrEqual(before)
      before = horizonIndex(tau)
    }
    expect(horizonIndex(Number.POSITIVE_INFINITY)).toBe(3.66233)
  })
})

describe('the posterior of rates', () => {
  it('agrees with hand-worked numbers', () => {
    // Level (2 · 0.1 + ½ · 4 + 0) / (2 + ½ · 10 + 0) = 2.2 / 7, then (10 · level + 4) / 20.
    const prior = { levelMean: 0.1, levelWeight: 2, spreadWeight: 10 }
    const { means, variances } = ratePosterior(
      [
        { trials: 10, successes: 4 },
        { trials: 0, successes: 0 },
      ],
      prior,
    )
    expect(means[0]).toBeCloseTo((22 / 7 + 4) / 20, 14)
    expect(means[1]).toBeCloseTo(2.2 / 7, 14)
    expect(variances[1]).toBeCloseTo(((2.2 / 7) * (4.8 / 7)) / 11, 14)
  })

  it('covers the true difference of two variants as often as it says', () => {
    const random = randomFrom('rate coverage')
    const beta = (weight: number, level: number): number => {
      // A Beta with large parameters is close to normal; the calibration needs no more.
      const z = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
      return Math.max(1e-4, level + z * Math.sqrt((level * (1 - level)) / (weight + 1)))
    }
    let covered = 0
    const rounds = 1500
    for (let round = 0; round < rounds; round++) {
      const level = beta(400, 0.1)
      const rates = [beta(300, level), beta(300, level), beta(300, level), beta(300, level)]
      const seen = rates.map((rate, k) => {
        const trials = 100 * (k + 1)
        let successes = 0
        for (let i = 0; i < trials; i++) if (random() < rate) successes++
        return { trials, successes }
      })
      const { means, variances } = ratePosterior(seen, { levelMean: 0.1, levelWeight: 400, spreadWeight: 300 })
      const sd = Math.sqrt(variances[0]! + variances[3]!)
      if (Math.abs(means[0]! - means[3]! - (rates[0]! - rates[3]!)) < 1.645 * sd) covered++
    }
    // 90 % with a standard error of 0.8 points.
    expect(Math.abs(covered / rounds - 0.9)).toBeLessThan(0.025)
  })

  it('refuses counts and priors that cannot be, by name', () => {
    expect(() => ratePosterior([{ trials: 3, successes: 4 }], PRIOR)).toThrow(
      'counts[0].successes must be in [0, 3], got 4',
    )
    expect(() => ratePosterior([{ trials: Number.NaN, successes: 0 }], PRIOR)).toThrow('counts[0].trials')
    expect(() => ratePosterior([], { ...PRIOR, levelMean: 1 })).toThrow('levelMean must be in (0, 1), got 1')
    expect(() => ratePosterior([], { ...PRIOR, spreadWeight: 0 })).toThrow('spreadWeight must be a finite number > 0')
  })
})

describe('the distribution over variants in a finite horizon', () => {
  it('is never negative, sums to 1 and keeps the floor', () => {
    fc.assert(
      fc.property(counts, horizon, (seen, options) => {
        const probabilities = variantDistribution(seen, PRIOR, options)
        expect(Math.abs(probabilities.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(1e-12)
        for (const p of probabilities) expect(p).toBeGreaterThanOrEqual((options.floor / seen.length) * (1 - 1e-12))
      }),
      RUNS,
    )
  })

  it('gives a variant the same probability wherever it stands, and the same bits twice', () => {
    fc.assert(
      fc.property(counts, horizon, (seen, options) => {
        const direct = variantDistribution(seen, PRIOR, options)
        expect(variantDistribution(seen, PRIOR, options)).toEqual(direct)
        const reversed = variantDistribution(seen.toReversed(), PRIOR, options).toReversed()
        reversed.forEach((p, k) => {
          expect(Math.abs(p - direct[k]!)).toBeLessThan(1e-9)
        })
      }),
      RUNS,
    )
  })

  it('shares equally among variants of which equally much is known', () => {
    const probabilities = variantDistribution(new Array<RateCount>(5).fill({ trials: 40, successes: 1 }), PRIOR, {
      remaining: 2800,
      floor: 0.01,
    })
    for (const p of probabilities) expect(p).toBeCloseTo(0.2, 7)
  })

  it('explores a variant of which little is known while the horizon is long, and hardly at its end', () => {
    const seen = [
      { trials: 2000, successes: 44 },
      { trials: 100, successes: 1 },
    ]
    const at = (remaining: number) => variantDistribution(seen, PRIOR, { remaining, floor: 0 })[1]!
    expect(at(100_000)).toBeGreaterThan(0.5)
    expect(at(50)).toBeLessThan(0.05)
    expect(at(10_000)).toBeGreaterThan(at(1_000))
  })

  it('has two actions in closed form: Φ of the distance of their optimistic values', () => {
    const probabilities = finiteHorizon(Float64Array.of(0.3, 0.1), Float64Array.of(0.04, 0.01), {
      remaining: 100,
      noiseVariances: [1, 4],
      optimism: 1,
      spread: 0.5,
    })
    const values = [0.3 + horizonIndex(4) * 0.2, 0.1 + horizonIndex(0.25) * 0.1]
    expect(probabilities[0]).toBeCloseTo(normalCdf((values[0]! - values[1]!) / (0.5 * Math.hypot(0.2, 0.1))), 6)
  })

  it('is what is drawn from: χ² of 20,000 draws', () => {
    const seen = [12, 9, 14, 7].map((successes) => ({ trials: 600, successes }))
    const probabilities = variantDistribution(seen, PRIOR, { remaining: 1500, floor: 0.02 })
    const random = randomFrom('variant draws')
    const drawn = seen.map(() => 0)
    for (let i = 0; i < 20_000; i++) drawn[sampleIndex(probabilities, random())]!++
    const statistic = drawn.reduce(
      (sum, n, k) => sum + (n - 20_000 * probabilities[k]!) ** 2 / (20_000 * probabilities[k]!),
      0,
    )
    // χ²(3): 0.999 quantile 16.3.
    expect(statistic).toBeLessThan(16.3)
  })

  it('refuses an empty list, a floor of 1 and a negative horizon', () => {
    expect(() => variantDistribution([], PRIOR, { remaining: 1, floor: 0 })).toThrow('counts must not be empty')
    expect(() => variantDistribution([{ trials: 0, successes: 0 }], PRIOR, { remaining: 1, floor: 1 })).toThrow(
      'floor must be in [0, 1), got 1',
    )
    expect(() => variantDistribution([{ trials: 0, successes: 0 }], PRIOR, { remaining: -1, floor: 0 })).toThrow(
      'remaining must be ≥ 0, got -1',
    )
  })
})

describe('lift in a finite horizon', () => {
  it('gets more of the achievable lift than plain Thompson sampling, on simulated messages', () => {
    const lift = (optimism: number, spread: number): number => {
      let [got, room] = [0, 0]
      for (let message = 0; message < 150; message++) {
        const random = randomFrom(`message ${message}`)
        const rates = Array.from({ length: 4 }, () => 0.06 + 0.02 * (random() + random() - 1))
        const seen = rates.map(() => ({ trials: 0, successes: 0 }))
        const mean = rates.reduce((sum, rate) => sum + rate, 0) / 4
        for (let sent = 0; sent < 2000; sent += 50) {
          const { means, variances, noiseVariances } = ratePosterior(seen, {
            levelMean: 0.06,
            levelWeight: 1000,
            spreadWeight: 850,
          })
          const probabilities = finiteHorizon(means, variances, {
            remaining: 2000 - sent,
            noiseVariances,
            optimism,
            spread,
          })
          for (let i = 0; i < 50; i++) {
            const k = sampleIndex(probabilities, random())
            got += rates[k]! - mean
            seen[k] = {
              trials: seen[k]!.trials + 1,
              successes: seen[k]!.successes + (random() < rates[k]! ? 1 : 0),
            }
          }
        }
        room += 2000 * (Math.max(...rates) - mean)
      }
      return got / room
    }
    expect(lift(1.3, 0.2)).toBeGreaterThan(lift(0, 1) + 0.08)
  })
})
