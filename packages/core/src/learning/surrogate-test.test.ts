import { describe, expect, it } from 'vitest'
import type { SurrogateTest } from '../domain/index.ts'
import { normalQuantile, packedIndex, packedLength } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { beliefFilter, longTermBelief } from './progressive-belief.ts'
import { type MaturedForecast, observeCohort, startSurrogateTest } from './surrogate-test.ts'
import { trustedHorizon } from './trusted-horizon.ts'

const ALPHA = 0.05

/** Runs the test over cohorts of one world until it breaks or `cohorts` have matured. */
function run(key: string, cohorts: number, forecastAt: (t: number, z: () => number) => MaturedForecast): SurrogateTest {
  const random = randomFrom(key)
  const z = () => normalQuantile(Math.max(random(), 1e-300))
  let test = startSurrogateTest(ALPHA)
  for (let t = 1; t <= cohorts; t++) test = observeCohort(test, forecastAt(t, z))
  return test
}

/** A belief N(mean, 0.04) of a cohort whose truth is drawn from it, seen with noise. */
const calibrated = (_: number, z: () => number): MaturedForecast => {
  const mean = 2 + 0.5 * z()
  return { mean, variance: 0.04, outcome: mean + 0.2 * z() + 0.1 * z(), outcomeVariance: 0.01 }
}

const shareBroken = (name: string, worlds: number, cohorts: number, forecastAt: typeof calibrated): number => {
  const tests = Array.from({ length: worlds }, (_, key) => run(`${name} ${key}`, cohorts, forecastAt))
  return tests.filter(({ verdict }) => verdict.kind === 'broken').length / worlds
}

describe('the surrogate test', () => {
  it('calls a good surrogate broken with at most its chance, however long one looks', () => {
    // 5 % with a standard error of 0.7 points.
    expect(shareBroken('good', 1000, 300, calibrated)).toBeLessThan(ALPHA + 0.015)
  })

  it('finds an early signal that has nothing to do with the outcome', () => {
    const broken = (_: number, z: () => number): MaturedForecast => ({
      ...calibrated(_, z),
      outcome: 2 + 0.5 * z(),
      outcomeVariance: 0.01,
    })
    expect(shareBroken('noise', 200, 30, broken)).toBeGreaterThan(0.97)
  })

  it('finds early success that is hollow, also after a hundred good cohorts, and names it', () => {
    const hollow = (t: number, z: () => number): MaturedForecast => {
      const good = calibrated(t, z)
      return t <= 100 ? good : { ...good, outcome: good.outcome - 0.25 }
    }
    const tests = Array.from({ length: 200 }, (_, key) => run(`hollow ${key}`, 140, hollow))
    const found = tests.filter(
      ({ verdict }) => verdict.kind === 'broken' && verdict.reason === 'outcomes-below-forecast',
    )
    expect(found.length / tests.length).toBeGreaterThan(0.9)
  })

  it('stays broken until it is started again', () => {
    const bad = { mean: 0, variance: 1, outcome: 9, outcomeVariance: 0 }
    const broken = observeCohort(startSurrogateTest(ALPHA), bad)
    expect(broken.verdict).toEqual({ kind: 'broken', reason: 'forecasts-too-sure', atCohort: 1 })
    expect(observeCohort(broken, { ...bad, outcome: 0 })).toBe(broken)
  })

  it('has evidence whose mean is 1 while forecasts are calibrated', () => {
    // E[M] = 1 for every t; with a bounded number of cohorts the mean of many worlds shows it.
    const worlds = 4000
    let sum = 0
    for (let key = 0; key < worlds; key++) {
      const random = randomFrom(`martingale ${key}`)
      let test = startSurrogateTest(1e-9)
      for (let t = 0; t < 3; t++) {
        const outcome = normalQuantile(Math.max(random(), 1e-300))
        test = observeCohort(test, { mean: 0, variance: 1, outcome, outcomeVariance: 0 })
      }
      sum += test.evidence.reduce((total, value) => total + value, 0) / test.evidence.length + 1 / (test.cohorts + 1)
    }
    expect(Math.abs(sum / worlds - 1)).toBeLessThan(0.06)
  })

  it('refuses forecasts without any doubt and numbers that are none', () => {
    const test = startSurrogateTest(ALPHA)
    expect(() => observeCohort(test, { mean: 0, variance: 0, outcome: 0, outcomeVariance: 0 })).toThrow(
      'variance + outcomeVariance must be > 0, got 0',
    )
    expect(() => observeCohort(test, { mean: Number.NaN, variance: 1, outcome: 0, outcomeVariance: 0 })).toThrow(
      'mean must be a finite number, got NaN',
    )
    expect(() => startSurrogateTest(1)).toThrow('alpha must be in (0, 1), got 1')
  })
})

describe('the surrogate test of a progressive belief', () => {
  const DAYS = 12
  const EARLY = 4
  const packed = (entry: (i: number, j: number) => number): Float64Array => {
    const matrix = new Float64Array(packedLength(DAYS))
    for (let i = 0; i < DAYS; i++) for (let j = 0; j <= i; j++) matrix[packedIndex(i, j)] = entry(i, j)
    return matrix
  }
  const prior = {
    mean: new Float64Array(DAYS).fill(0.3),
    covariance: packed((i, j) => 0.01 + (i === j ? 0.002 : 0)),
    noise: packed((i, j) => (i === j ? 0.2 : 0)),
  }
  const filter = beliefFilter(prior)

  /** Early days of thirty users against the sum of thirty others; `hollow` messages win early what they lose late. */
  const forecastOf =
    (isHollow: (t: number) => boolean) =>
    (t: number, z: () => number): MaturedForecast => {
      const common = 0.1 * z()
      const late = isHollow(t) ? -common : common
      const theta = Array.from({ length: DAYS }, (_, j) => 0.3 + (j < EARLY ? common : late) + Math.sqrt(0.002) * z())
      const noise = Math.sqrt(0.2 / 30)
      const users = Float64Array.from({ length: DAYS }, (_, j) => (j < EARLY ? 30 : 0))
      const sums = Float64Array.from(theta, (value, j) => (j < EARLY ? 30 * (value + noise * z()) : 0))
      const outcome = theta.reduce((sum, value) => sum + value + noise * z(), 0)
      return { ...longTermBelief(filter, { users, sums }), outcome, outcomeVariance: DAYS * noise * noise }
    }

  it('holds while messages are like past ones and finds the day they are not', () => {
    const never = shareBroken(
      'progressive good',
      200,
      60,
      forecastOf(() => false),
    )
    expect(never).toBeLessThan(ALPHA + 0.05)
    const after = Array.from({ length: 100 }, (_, key) =>
      run(
        `progressive hollow ${key}`,
        60,
        forecastOf((t) => t > 30),
      ),
    )
    const found = after.filter(({ verdict }) => verdict.kind === 'broken' && verdict.atCohort > 30)
    expect(found.length).toBeGreaterThan(90)
  })
})

describe('the trusted horizon', () => {
  const good = run('trust', 20, calibrated)
  const bad = observeCohort(startSurrogateTest(ALPHA), { mean: 0, variance: 1, outcome: -9, outcomeVariance: 0 })

  it('is the longest whose surrogate holds', () => {
    const tests = [
      { horizonHours: 24, test: good },
      { horizonHours: 672, test: good },
    ]
    expect(trustedHorizon(tests)).toEqual({ horizonHours: 672, trust: 'surrogate', givenUp: [] })
  })

  it('falls back to a shorter one and says why', () => {
    const tests = [
      { horizonHours: 672, test: bad },
      { horizonHours: 24, test: good },
      { horizonHours: 168, test: bad },
    ]
    expect(trustedHorizon(tests)).toEqual({
      horizonHours: 24,
      trust: 'surrogate',
      givenUp: [
        { horizonHours: 672, reason: 'forecasts-too-sure', atCohort: 1 },
        { horizonHours: 168, reason: 'forecasts-too-sure', atCohort: 1 },
      ],
    })
  })

  it('believes only what was observed when no forecast holds', () => {
    const trusted = trustedHorizon([{ horizonHours: 24, test: bad }])
    expect([trusted.horizonHours, trusted.trust, trusted.givenUp.length]).toEqual([24, 'observed', 1])
    expect(() => trustedHorizon([])).toThrow('tests must hold at least 1 horizon, got 0')
  })
})
