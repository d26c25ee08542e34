import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { meanEffect } from './mean-effect.ts'
import { plannedDrift } from './planned-test.ts'
import { ruleRates } from './testing/decision-trial.ts'
import { normalDraws } from './testing/normal-draws.ts'
import { HARD_SCENARIOS, PEEKING_SCENARIOS, SKEWED_SCENARIOS } from './testing/peeking-scenarios.ts'
import { evenLooks, type MethodAt, type PeekingScenario, peekingRates } from './testing/peeking-trial.ts'
import { mergeVectorMoments, noVectorMoments, type VectorMoments, vectorMomentsOf } from './vector-moments.ts'

// With 2,500 runs, .01 is more than two standard errors of a rate of .05.
const RUNS = 2500
const nulls = Object.entries(PEEKING_SCENARIOS).filter(([, { truth }]) => truth === 0)
const atOnce: MethodAt = () => ({ kind: 'fixed', isDue: true })
const alwaysWith =
  ({ control, treatment }: PeekingScenario): MethodAt =>
  (_k, _looks, n) => ({ kind: 'confidenceSequence', n, expectedN: control + treatment })

describe('tests of one metric on simulated truth', () => {
  it.each(nulls)('%s: fourteen looks raise false alarms, and cover, at the level', (key, scenario) => {
    const found = peekingRates(scenario, { runs: RUNS, key, alpha: 0.05, methodAt: evenLooks })
    expect(Math.abs(found.rejected - 0.05)).toBeLessThan(0.01)
    expect(Math.abs(found.coveredBelow - 0.95)).toBeLessThan(0.01)
    expect(Math.abs(found.covered - 0.9)).toBeLessThan(0.015)
  })

  it.each([
    ['revenue, 800 and 2,400', HARD_SCENARIOS],
    ['revenue, 2,400 and 800', HARD_SCENARIOS],
    ['revenue adjusted, 800 and 2,400', SKEWED_SCENARIOS],
    ['orders per visit, 600 and 1,800', SKEWED_SCENARIOS],
  ] as const)(
    '%s: fourteen looks corrected for skewness raise false alarms at the level, uncorrected ones do not',
    (key, all) => {
      const options = { runs: RUNS, key, alpha: 0.05, methodAt: evenLooks }
      const corrected = peekingRates(all[key]!, { ...options, isCorrected: true })
      expect(Math.abs(corrected.rejected - 0.05)).toBeLessThan(0.01)
      expect(Math.abs(corrected.covered - 0.9)).toBeLessThan(0.015)
      const plain = peekingRates(all[key]!, options)
      expect(Math.abs(plain.rejected - 0.05)).toBeGreaterThan(0.01)
    },
  )

  it.each(nulls)('%s: one look raises false alarms, and covers, at the level', (key, scenario) => {
    const found = peekingRates({ ...scenario, looks: 1 }, { runs: RUNS, key, alpha: 0.05, methodAt: atOnce })
    expect(Math.abs(found.rejected - 0.05)).toBeLessThan(0.01)
    expect(Math.abs(found.covered - 0.9)).toBeLessThan(0.015)
  })

  it.each(nulls)('%s: looks without an end raise fewer false alarms than the level', (key, scenario) => {
    const found = peekingRates(scenario, { runs: 1500, key, alpha: 0.05, methodAt: alwaysWith(scenario) })
    expect(found.rejected).toBeLessThan(0.05)
    expect(found.covered).toBeGreaterThan(0.9)
  })

  it('fourteen looks have their power at .2 σ, with fewer units', () => {
    const scenario = PEEKING_SCENARIOS['normal, 500 and 500, .2 σ']!
    const options = { runs: RUNS, key: 'power', alpha: 0.05 }
    const byDefault = peekingRates(scenario, { ...options, methodAt: evenLooks })
    // The recursion says .9197 and .5857 for α t², .9251 for O'Brien–Fleming.
    expect(Math.abs(byDefault.rejected - 0.9197)).toBeLessThan(0.013)
    expect(Math.abs(byDefault.meanShare - 0.5857)).toBeLessThan(0.02)
    const cautious: MethodAt = (k, looks) => ({
      kind: 'groupSequential',
      fractions: Array.from({ length: k + 1 }, (_, i) => (i + 1) / looks),
      spending: { kind: 'obrienFleming' },
    })
    expect(Math.abs(peekingRates(scenario, { ...options, methodAt: cautious }).rejected - 0.9251)).toBeLessThan(0.013)
  })

  it('a test of fixed power keeps its level and has its power, though it stops when the data say so', () => {
    const uniform = randomFrom('fixed power')
    const normal = normalDraws(uniform)
    const { drift } = plannedDrift({ kind: 'fixed' }, { alpha: 0.05, power: 0.8 })
    const rejects = (effect: number) => {
      let arms = { control: noVectorMoments(1), treatment: noVectorMoments(1) }
      for (let units = 40; ; units += 20) {
        const batch = (shift: number) => Array.from({ length: units === 40 ? 40 : 20 }, () => [normal() * 2 + shift])
        const grown = (moments: VectorMoments, shift: number) =>
          mergeVectorMoments(moments, vectorMomentsOf(batch(shift), 1))
        arms = { control: grown(arms.control, 0), treatment: grown(arms.treatment, effect) }
        const found = meanEffect(arms).effect
        if (found.kind === 'effect' && found.stdError <= 0.5 / drift) return found.effect > 1.645 * found.stdError
      }
    }
    const rate = (effect: number) => Array.from({ length: 1500 }, () => rejects(effect)).filter(Boolean).length / 1500
    expect(Math.abs(rate(0) - 0.05)).toBeLessThan(0.015)
    expect(rate(0.5)).toBeGreaterThan(0.77)
  })
})

describe('the whole rule on simulated truth, with 2 success metrics, 3 guardrails, 6 watched for harm, 3 checks', () => {
  const SAFE = [5, 5, 5] as const
  it.each([1, 14])('ships what helps nobody at most at the level (%i looks)', (looks) => {
    const found = ruleRates(
      { success: [0, 0], guardrails: SAFE, looks, dependence: 'independent' },
      { runs: 4000, key: 'a' },
    )
    expect(Math.abs(found.ship - 0.05)).toBeLessThan(0.015)
  })

  it.each([1, 14])('ships what is as bad as the margin on one guardrail at most at the level (%i looks)', (looks) => {
    const scenario = { success: [2, 2], guardrails: [-1, 5, 5], looks, dependence: 'independent' } as const
    expect(ruleRates(scenario, { runs: 4000, key: 'b' }).ship).toBeLessThan(0.06)
  })

  it('holds back what helps as planned as often as was allowed, where all that can go wrong does so in different runs', () => {
    const scenario = { success: [1, 0], guardrails: [0, 0, 0], looks: 1, dependence: 'disjoint' } as const
    const { ship } = ruleRates(scenario, { runs: 20_000, key: 'c' })
    expect(Math.abs(1 - ship - 0.2)).toBeLessThan(0.01)
  })

  it.each([1, 14])('holds it back more seldom where metrics are independent (%i looks)', (looks) => {
    const scenario = { success: [1, 0], guardrails: [0, 0, 0], looks, dependence: 'independent' } as const
    // 1 − .9525⁴ · .99 = .185 for one look.
    const { ship } = ruleRates(scenario, { runs: 4000, key: 'd' })
    expect(1 - ship).toBeLessThan(0.2)
    expect(1 - ship).toBeGreaterThan(0.14)
  })

  it.each([1, 14])('stops for harm that is not there at most at its level (%i looks)', (looks) => {
    const scenario = { success: [0, 0], guardrails: [0, 0, 0], looks, dependence: 'independent' } as const
    const { stop, invalid } = ruleRates(scenario, { runs: 6000, key: 'e' })
    expect(stop + invalid).toBeLessThan(0.015)
    expect(stop + invalid).toBeGreaterThan(0.004)
  })
})
