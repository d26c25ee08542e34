import { describe, expect, it } from 'vitest'
import type { Objective, PolicyState } from '../domain/index.ts'
import { randomFrom } from '../random/index.ts'
import { expectedNoise, predictHead } from './bayesian-head.ts'
import { type HeadShape, initialState, learn, type RewardedExample } from './policy-state.ts'

const OBJECTIVE: Objective = {
  name: 'conversion',
  events: ['Order Completed'],
  aggregate: 'sum',
  windowHours: 72,
  unit: 'EUR',
  weight: 1,
  priorEffect: { push: 0.3 },
  priorEffectSd: 0.2,
  noiseSd: 4,
}

/** Baseline: intercept and one trait. Action: send, push, email, claim. */
const SHAPE: HeadShape = {
  baselineWidth: 2,
  actionWidth: 4,
  channelColumns: { push: 1, email: 2 },
  claimColumns: { conversion: 3 },
  schemaHash: 'hash',
  expectedColumns: {},
  slowColumns: {},
  actionNames: ['send', 'channel=push', 'channel=email', 'claim conversion'],
}

const PRIOR = initialState([OBJECTIVE], SHAPE, 1000)
const head = ({ heads }: PolicyState) => heads.conversion!

function examplesOf(key: string, count: number): readonly RewardedExample[] {
  const random = randomFrom(key)
  return Array.from({ length: count }, () => ({
    features: [1, ...Array.from({ length: 5 }, () => 2 * random() - 1)],
    reward: 6 * random() - 2,
  }))
}

function learnFrom(state: PolicyState, examples: readonly RewardedExample[], keep = 1): PolicyState {
  return learn(
    state,
    { conversion: { examples, until: 5000 } },
    { at: 9000, keep, prior: PRIOR, objectives: [OBJECTIVE] },
  )
}

/** Gauss–Jordan: the inverse of a small matrix, written out here so that nothing under test is used. */
function inverseOf(matrix: readonly (readonly number[])[]): number[][] {
  const n = matrix.length
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))])
  for (let k = 0; k < n; k += 1) {
    const pivot = rows[k]![k]!
    rows[k] = rows[k]!.map((value) => value / pivot)
    for (let i = 0; i < n; i += 1) {
      if (i === k) continue
      const factor = rows[i]![k]!
      rows[i] = rows[i]!.map((value, j) => value - factor * rows[k]![j]!)
    }
  }
  return rows.map((row) => row.slice(n))
}

/** (Λ + Σ φφ')⁻¹ and its product with Λ m₀ + Σ φ r: ridge regression towards the prior, in one step. */
function ridge(examples: readonly RewardedExample[]): { mean: number[]; covariance: number[][] } {
  const prior = head(PRIOR)
  const variances = Array.from(prior.mean, (_, i) => prior.covariance[(i * (i + 3)) / 2]!)
  const precision = variances.map((v, i) => variances.map((_, j) => (i === j ? 1 / v : 0)))
  const information = variances.map((v, i) => prior.mean[i]! / v)
  for (const { features, reward } of examples) {
    for (let i = 0; i < variances.length; i += 1) {
      information[i]! += features[i]! * reward
      for (let j = 0; j < variances.length; j += 1) precision[i]![j]! += features[i]! * features[j]!
    }
  }
  const covariance = inverseOf(precision)
  return { covariance, mean: covariance.map((row) => row.reduce((sum, c, j) => sum + c * information[j]!, 0)) }
}

describe('the state before the first reward', () => {
  it('expects of a send what the owner expects on the channel, give or take what he says', () => {
    expect(PRIOR).toMatchObject({ id: 0, createdAt: 1000, schemaHash: 'hash', learnedUntil: { conversion: 0 } })
    const push = predictHead(head(PRIOR), [0, 0, 0, 1, 0, 0])
    expect(push.mean).toBeCloseTo(0.3, 14)
    expect(Math.sqrt(push.variance)).toBeCloseTo(0.2, 14)
    expect(predictHead(head(PRIOR), [0, 0, 0, 0, 1, 0]).mean).toBe(0)
    expect(Math.sqrt(expectedNoise(head(PRIOR)))).toBeCloseTo(4, 14)
  })

  it('believes half of an incremental claim, which counts in prior effects', () => {
    expect(predictHead(head(PRIOR), [0, 0, 0, 0, 0, 2]).mean).toBeCloseTo(0.5 * 2 * 0.2, 14)
  })

  it('takes a tenth of the noise for the size of effects where the owner names none', () => {
    const { priorEffectSd: _, ...silent } = OBJECTIVE
    const state = initialState([silent], SHAPE, 0)
    expect(Math.sqrt(predictHead(head(state), [0, 0, 0, 1, 0, 0]).variance)).toBeCloseTo(0.4, 14)
  })
})

describe('learn', () => {
  it('equals ridge regression towards the prior to 1e-9', () => {
    const examples = examplesOf('ridge', 400)
    const learned = head(learnFrom(PRIOR, examples))
    const exact = ridge(examples)
    learned.mean.forEach((value, i) => {
      expect(Math.abs(value - exact.mean[i]!)).toBeLessThan(1e-9)
      for (let j = 0; j <= i; j += 1) {
        expect(Math.abs(learned.covariance[(i * (i + 1)) / 2 + j]! - exact.covariance[i]![j]!)).toBeLessThan(1e-9)
      }
    })
    expect(learned.n).toBe(400)
  })

  it('gives the same bits in one fold or in many', () => {
    const examples = examplesOf('folds', 90)
    const once = learnFrom(PRIOR, examples)
    const thrice = [0, 30, 60].reduce((state, from) => learnFrom(state, examples.slice(from, from + 30)), PRIOR)
    expect(head(thrice)).toEqual(head(once))
    expect(thrice.id).toBe(3)
  })

  it('does not depend on the order of examples beyond rounding', () => {
    const examples = examplesOf('order', 90)
    const forward = head(learnFrom(PRIOR, examples))
    const backward = head(learnFrom(PRIOR, [...examples].reverse()))
    forward.mean.forEach((value, i) => {
      expect(Math.abs(value - backward.mean[i]!)).toBeLessThan(1e-10)
    })
  })

  it('numbers states, dates them and remembers until when rewards are in, per objective', () => {
    const objectives = [OBJECTIVE, { ...OBJECTIVE, name: 'visits' }]
    const two = initialState(objectives, SHAPE, 0)
    const batches = { visits: { examples: examplesOf('v', 2), until: 700 } }
    const next = learn(two, batches, { at: 900, keep: 1, prior: two, objectives })
    expect(next).toMatchObject({ id: 1, createdAt: 900, schemaHash: 'hash' })
    expect(next.learnedUntil).toEqual({ conversion: 0, visits: 700 })
    expect(next.heads.conversion).toBe(two.heads.conversion)
    expect(next.heads.visits!.n).toBe(2)
  })

  it('changes nothing of the state it was given', () => {
    const before = JSON.stringify(PRIOR)
    learnFrom(PRIOR, examplesOf('pure', 20), 0.5)
    expect(JSON.stringify(PRIOR)).toBe(before)
  })

  it('moves on past an interval without rewards, so that nothing is learned twice', () => {
    const learned = learnFrom(PRIOR, examplesOf('a', 10))
    const batches = { conversion: { examples: [], until: 8000 } }
    const idle = learn(learned, batches, { at: 9500, keep: 1, prior: PRIOR, objectives: [OBJECTIVE] })
    expect(idle.learnedUntil).toEqual({ conversion: 8000 })
    expect(head(idle)).toBe(head(learned))
  })

  it('forgets towards the prior: by half in one half-life, altogether in the end', () => {
    const learned = learnFrom(PRIOR, examplesOf('forget', 200))
    const forgotten = learnFrom(learned, [], 0.5)
    const push = [0, 0, 0, 1, 0, 0]
    const spread = (state: PolicyState) => predictHead(head(state), push).variance
    expect(spread(forgotten)).toBeGreaterThan(spread(learned))
    expect(spread(forgotten)).toBeLessThan(spread(PRIOR))
    const long = Array.from({ length: 60 }).reduce<PolicyState>((state) => learnFrom(state, [], 0.5), learned)
    head(long).mean.forEach((value, i) => {
      expect(Math.abs(value - head(PRIOR).mean[i]!)).toBeLessThan(1e-9)
    })
    expect(spread(long) / spread(PRIOR)).toBeCloseTo(1, 9)
  })
})
