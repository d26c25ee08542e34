import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { bootstrapUsers } from './bootstrap-users.ts'
import { foldsOfUsers } from './cross-fit-folds.ts'
import { empiricalBernsteinBound } from './empirical-bernstein.ts'
import { gainBound } from './gain-bound.ts'
import { predictRewards } from './predict-rewards.ts'
import { slopeChoice } from './slope.ts'
import { drawLog } from './testing/logs.ts'
import { clusterUsers } from './user-clusters.ts'
import { cutWeights } from './weight-rules.ts'

describe('rules for weights', () => {
  const weights = fc.array(
    fc.integer({ min: 0, max: 1_000_000 }).map((k) => k / 100),
    { minLength: 1, maxLength: 30 },
  )

  it('never raise a weight above 1, and change nothing at their harmless end', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 0, max: 100 }), (list, percent) => {
        const share = percent / 100
        const all = Float64Array.from(list)
        for (const rule of [
          { kind: 'clip', at: 50 * share },
          { kind: 'switch', at: 50 * share },
          { kind: 'shrink', lambda: 50 * share },
        ] as const)
          cutWeights(all, rule).forEach((weight, i) => {
            expect(weight).toBeGreaterThanOrEqual(0)
            expect(weight).toBeLessThanOrEqual(all[i]! * (1 + 1e-12))
          })
        // Towards 1 from both sides.
        cutWeights(all, { kind: 'subGaussian', lambda: share }).forEach((weight, i) => {
          expect(weight).toBeLessThanOrEqual(Math.max(1, all[i]!) * (1 + 1e-12))
        })
        expect(cutWeights(all, { kind: 'clip', at: 1e4 })).toEqual(all)
        expect(cutWeights(all, { kind: 'switch', at: 1e4 })).toEqual(all)
        expect(cutWeights(all, { kind: 'subGaussian', lambda: 0 })).toEqual(all)
      }),
      { seed: 4, numRuns: 200 },
    )
  })

  it('refuse parameters out of range', () => {
    const weight = Float64Array.of(1)
    expect(() => cutWeights(weight, { kind: 'clip', at: -1 })).toThrow(
      'parameter of clip must be a finite number ≥ 0, got -1',
    )
    expect(() => cutWeights(weight, { kind: 'subGaussian', lambda: 1.5 })).toThrow(
      'parameter of subGaussian must be in [0, 1], got 1.5',
    )
    expect(() => cutWeights(weight, { kind: 'shrink', lambda: Number.NaN })).toThrow('got NaN')
  })
})

describe('SLOPE', () => {
  it('goes on to narrower estimates while they agree with all before, and stops at the first that does not', () => {
    expect(slopeChoice([])).toBeNull()
    expect(slopeChoice([{ value: 1, width: 1 }])).toBe(0)
    const wide = { value: 0, width: 1 }
    expect(slopeChoice([wide, { value: 1.4, width: 0.1 }])).toBe(1)
    expect(slopeChoice([wide, { value: 1.7, width: 0.1 }])).toBe(0)
    // The last agrees with the one before it and not with the first.
    expect(slopeChoice([{ value: 2.2, width: 0.1 }, { value: 1.3, width: 0.6 }, wide])).toBe(1)
  })
})

describe('bounds without a normal approximation', () => {
  it('are those of Maurer and Pontil', () => {
    const log = Math.log(2 / 0.05)
    expect(empiricalBernsteinBound({ count: 100, mean: 0.5, variance: 0.04, range: 1 }, 0.95)).toBeCloseTo(
      0.5 - Math.sqrt((2 * 0.04 * log) / 100) - (7 * log) / (3 * 99),
      12,
    )
    expect(empiricalBernsteinBound({ count: 1, mean: 0.5, variance: 0, range: 1 }, 0.95)).toBeNull()
  })

  it('hold a gain back that clipping could only hide, and find one that is there', () => {
    const random = randomFrom('gain bound')
    const users = 20_000
    const isOne = Array.from({ length: users }, () => random() < 0.5)
    // The target always takes action 1, whose reward is .9 and not .1.
    const input = {
      weights: Float64Array.from(isOne, (one) => (one ? 2 : 0)),
      gains: isOne.map((one) => Number(random() < (one ? 0.9 : 0.1))),
      low: 0,
      high: 1,
    }
    const clusters = clusterUsers(isOne.map((_, i) => i))
    const found = gainBound(clusters, input, { level: 0.95, seed: '1' })!
    expect(found.difference).toBeGreaterThan(0.35)
    expect(found.difference).toBeLessThan(0.4)
    expect(found.clip).toBe(2)
    expect(found.users).toBe(16_000)
  })
})

describe('cross-fitting', () => {
  it('deals users into folds that differ by one at most, and refuses a single fold', () => {
    const folds = foldsOfUsers(100, { folds: 3, seed: 'a' })
    const counts = [0, 1, 2].map((fold) => folds.filter((own) => own === fold).length)
    expect(counts.toSorted()).toEqual([33, 33, 34])
    expect(foldsOfUsers(100, { folds: 3, seed: 'b' })).not.toEqual(folds)
    expect(() => foldsOfUsers(100, { folds: 1, seed: 'a' })).toThrow('folds must be a whole number in [2, 50], got 1')
  })

  it('keeps a model from every reward of the user it speaks of', () => {
    const log = drawLog('cross-fit', { decisions: 80, users: 9, most: 4, objectives: 1 })
    const clusters = clusterUsers(log.users)
    const byUser = foldsOfUsers(clusters.count, { folds: 3, seed: 'x' })
    const foldOf = Uint8Array.from(clusters.clusterOf, (user) => byUser[user]!)
    const [values] = log.rewards.map((reward) => Array.from(reward.values))
    const before = predictRewards(log, [values!], { foldOf, folds: 3 })[0]!
    const changed = values!.map((value, i) => (log.users[i] === 4 ? value + 100 : value))
    const after = predictRewards(log, [changed], { foldOf, folds: 3 })[0]!
    const fold = foldOf[Array.from(log.users).indexOf(4)]!
    let others = 0
    for (let i = 0; i < foldOf.length; i++)
      for (let k = log.offsets[i]!; k < log.offsets[i + 1]!; k++)
        if (foldOf[i] === fold) expect(after[k]).toBe(before[k])
        else others += Math.abs(after[k]! - before[k]!)
    expect(others).toBeGreaterThan(1)
  })

  it('learns what a linear world is, with levels and slopes of its own for each action', () => {
    const random = randomFrom('linear')
    const n = 6000
    const x = Array.from({ length: n }, () => 2 * random() - 1)
    const chosen = x.map(() => Math.floor(3 * random()))
    const mean = (i: number, a: number) => 1 + a + (a - 1) * x[i]!
    const log = {
      offsets: x.map((_, i) => 3 * i).concat(3 * n),
      chosen,
      propensities: x.map(() => 1 / 3),
      targetPolicy: new Float64Array(3 * n).fill(1 / 3),
      users: x.map((_, i) => i),
      rewards: [{ name: 'r', values: chosen.map((a, i) => mean(i, a)) }],
      identities: { indices: Int32Array.from({ length: 3 * n }, (_, k) => k % 3), names: ['a', 'b', 'c'] },
      context: { width: 1, values: x },
    }
    const foldOf = Uint8Array.from(x, (_, i) => i % 2)
    const [predicted] = predictRewards(log, [log.rewards[0]!.values], { foldOf, folds: 2 })
    let worst = 0
    for (let i = 0; i < n; i++)
      for (let a = 0; a < 3; a++) worst = Math.max(worst, Math.abs(predicted![3 * i + a]! - mean(i, a)))
    expect(worst).toBeLessThan(0.15)
  })
})

describe('the choice of a model', () => {
  it('looks at users of all times where there are too many to look at all', () => {
    const n = 90_000
    const x = Array.from({ length: n }, (_, i) => (i % 7) - 3)
    // The feature began to tell when half of the users had come.
    const values = x.map((value, i) => (i < n / 2 ? (i % 5) - 2 : value))
    const log = {
      offsets: Int32Array.from({ length: n + 1 }, (_, i) => i),
      chosen: new Int32Array(n),
      propensities: new Float64Array(n).fill(1),
      targetPolicy: new Float64Array(n).fill(1),
      users: x.map((_, i) => i),
      rewards: [{ name: 'r', values }],
      context: { width: 1, values: x },
    }
    const foldOf = Uint8Array.from(x, (_, i) => i % 2)
    const [predicted] = predictRewards(log, [values], { foldOf, folds: 2 })
    // Slope ½: half of the users have slope 1, and half 0.
    expect(predicted![89_992]! / x[89_992]!).toBeCloseTo(0.5, 1)
  })
})

describe('the bootstrap of users', () => {
  it('normalises ratios anew in each draw: users of one weight have no spread', () => {
    const clusters = clusterUsers([0, 0, 1, 2, 2, 2])
    const weighted = Float64Array.of(2, 2, 4, 1, 1, 1)
    const [ratio] = bootstrapUsers(clusters, [{ weighted, normaliser: weighted.slice() }], {
      level: 0.9,
      resamples: 50,
      seed: '1',
    })
    expect(ratio).toEqual({ kind: 'undefined', reason: 'zero-variance', mean: 1 })
  })

  it('takes rounding for no spread', () => {
    const clusters = clusterUsers(Int32Array.from({ length: 300 }, (_, i) => i))
    const [third] = bootstrapUsers(clusters, [{ direct: new Float64Array(300).fill(1 / 3) }], {
      level: 0.9,
      resamples: 200,
      seed: '1',
    })
    expect(third).toMatchObject({ kind: 'undefined', reason: 'zero-variance' })
  })

  it('refuses fewer than two draws', () => {
    expect(() => bootstrapUsers(clusterUsers([0, 1]), [], { level: 0.9, resamples: 1, seed: '1' })).toThrow(
      'resamples must be a whole number ≥ 2, got 1',
    )
  })
})
