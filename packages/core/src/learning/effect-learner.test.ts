import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { fitStumps, predictStumps } from './additive-stumps.ts'
import { binFeatures } from './bin-features.ts'
import { doublyRobustScores } from './doubly-robust-scores.ts'
import { fitEffect, predictEffect } from './effect-learner.ts'
import { fitRidge, predictLinear } from './ridge.ts'

const BOOST = { rounds: 60, shrinkage: 0.1, fewestRows: 20 }

/** A log with unequal, known propensities; action 1 adds 0.3 where feature 0 is 1 and nothing elsewhere. */
function logOf(rows: number, key: string, effect = 0.3) {
  const random = randomFrom(key)
  const features = Array.from({ length: rows }, () => [random() < 0.5 ? 1 : 0, random(), random()])
  const propensities = features.map(([a]) => [a === 1 ? 0.7 : 0.2, a === 1 ? 0.3 : 0.8])
  const actions = propensities.map(([p]) => (random() < p! ? 0 : 1))
  const rewards = features.map(([a, b], i) => 0.2 + 0.4 * b! * b! + actions[i]! * effect * a! + random() - 0.5)
  const foldOf = features.map((_, i) => i % 5)
  return { log: { features, actions, propensities, rewards }, foldOf }
}

describe('ridge regression', () => {
  it('is least squares when the penalty vanishes', () => {
    const rows = [[0], [1], [2], [3]]
    const model = fitRidge(rows, [1, 3, 5, 7], { picks: [0, 1, 2, 3], penalty: 1e-9 })
    expect(predictLinear(model, [10])).toBeCloseTo(21, 6)
  })

  it('shrinks a weight to n / (n + penalty) of it, never the intercept', () => {
    const model = fitRidge([[-1], [1]], [4, 8], { picks: [0, 1], penalty: 2 })
    expect(model.weights[0]).toBeCloseTo(1, 12)
    expect(model.intercept).toBeCloseTo(6, 12)
  })
})

describe('doubly robust scores', () => {
  it('have the value of every action as their mean although the log was not uniform and the model is wrong', () => {
    const means = Array.from({ length: 60 }, (_, key) => {
      const { log, foldOf } = logOf(600, `dr ${key}`)
      return doublyRobustScores(log, { foldOf, folds: 5, penalty: 1 }).map(
        (column) => column.reduce((sum, score) => sum + score, 0) / column.length,
      )
    })
    // E[0.2 + 0.4 b²] = 1/3; action 1 adds 0.15 on average.
    for (const [action, truth] of [1 / 3, 1 / 3 + 0.15].entries()) {
      const values = means.map((row) => row[action]!)
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
      expect(Math.abs(mean - truth)).toBeLessThan((3.5 * sd) / Math.sqrt(values.length))
    }
  })

  it('are the rewards weighted by propensity where the model knows nothing', () => {
    const log = {
      features: [[0], [0], [0], [0]],
      actions: [0, 1, 0, 1],
      propensities: [
        [0.5, 0.5],
        [0.5, 0.5],
        [0.5, 0.5],
        [0.5, 0.5],
      ],
      rewards: [2, 4, 2, 4],
    }
    const [first, second] = doublyRobustScores(log, { foldOf: [0, 0, 1, 1], folds: 2, penalty: 1 })
    expect([...first!]).toEqual([2, 2, 2, 2])
    expect([...second!]).toEqual([4, 4, 4, 4])
  })

  it('refuse a choice without probability, by row', () => {
    const log = { features: [[0]], actions: [1], propensities: [[1, 0]], rewards: [1] }
    expect(() => doublyRobustScores(log, { foldOf: [0], folds: 2, penalty: 1 })).toThrow(
      'propensities[0][1] must be in (0, 1], got 0',
    )
    expect(() => doublyRobustScores({ ...log, actions: [2] }, { foldOf: [0], folds: 2, penalty: 1 })).toThrow(
      'actions[0]',
    )
    expect(() =>
      doublyRobustScores({ ...log, rewards: [Number.NaN], actions: [0] }, { foldOf: [0], folds: 2, penalty: 1 }),
    ).toThrow('rewards[0] must be a finite number, got NaN')
  })
})

describe('additive stumps', () => {
  it('cut between the values of a step function and find its heights', () => {
    const rows = Array.from({ length: 100 }, (_, i) => [i % 7, i])
    const targets = rows.map(([, x]) => (x! < 40 ? 1 : 3))
    const picks = rows.map((_, i) => i)
    const model = fitStumps(rows, targets, { rounds: 400, shrinkage: 0.1, fewestRows: 5, picks })
    expect(new Set(model.stumps.slice(0, 20).map(({ feature }) => feature))).toEqual(new Set([1]))
    expect(predictStumps(model, [3, 10])).toBeCloseTo(1, 1)
    expect(predictStumps(model, [3, 90])).toBeCloseTo(3, 1)
  })

  it('bins every distinct value apart, or 32 quantiles', () => {
    const few = binFeatures([[3], [1], [2], [1]], [0, 1, 2, 3])
    expect([...few.cuts[0]!]).toEqual([1, 2])
    expect([...few.columns[0]!]).toEqual([2, 0, 1, 0])
    const many = binFeatures(
      Array.from({ length: 1000 }, (_, i) => [i]),
      Array.from({ length: 1000 }, (_, i) => i),
    )
    expect(many.cuts[0]!.length).toBe(31)
    expect(Math.max(...many.columns[0]!)).toBe(31)
  })
})

describe('the effect learner', () => {
  const effectOf = (key: string, effect: number) => {
    const { log, foldOf } = logOf(3000, key, effect)
    const [hold, send] = doublyRobustScores(log, { foldOf, folds: 5, penalty: 1 })
    const effects = send!.map((score, i) => score - hold![i]!)
    return fitEffect(
      { features: log.features, effects, rewards: log.rewards },
      { ...BOOST, foldOf, folds: 5, standardErrors: 1, penalty: 1 },
    )
  }

  it('finds whom an action moves', () => {
    const model = effectOf('effect', 0.3)
    expect(predictEffect(model, [1, 0.5, 0.5])).toBeGreaterThan(0.2)
    expect(Math.abs(predictEffect(model, [0, 0.5, 0.5]))).toBeLessThan(0.1)
  })

  it('finds no difference in most worlds where there is none', () => {
    const none = Array.from({ length: 20 }, (_, key) => effectOf(`null ${key}`, 0)).filter(({ rounds }) => rounds === 0)
    expect(none.length).toBeGreaterThanOrEqual(16)
  })

  it('gives the same bits twice', () => {
    expect(effectOf('same', 0.2)).toEqual(effectOf('same', 0.2))
  })
})
