import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { fitStumps, predictStumps } from './additive-stumps.ts'
import { doublyRobustScores } from './doubly-robust-scores.ts'
import { type EffectModel, fitEffect, predictEffect } from './effect-learner.ts'

type Row = Float64Array

/** A made-up log: what a user brings without the action, what the action adds, and its propensity, by features in [0, 1). */
interface World {
  readonly base: (row: Row) => number
  readonly effect: (row: Row) => number
  readonly propensity: (row: Row) => number
}

const visits = (x: Row): number => 0.08 + 0.2 * x[2]! * (0.4 + 0.6 * x[5]!)
const fourfold = (x: Row): number => 0.02 + 0.1 * (x[0]! + x[1]! + x[2]! + x[3]!)
const half = (): number => 0.5
const uneven = (x: Row): number => (x[0]! > 0.5 ? 0.2 : 0.8)
const OPTIONS = { rounds: 60, shrinkage: 0.1, fewestRows: 100, folds: 5, standardErrors: 1, penalty: 10 }
const SHARE = 0.3
// Wide enough that a score is mostly noise: effects below spread by .06 to .12, scores by .6.
const NOISE = 1

function rowsOf(count: number, random: () => number): readonly Row[] {
  return Array.from({ length: count }, () =>
    Float64Array.from({ length: 6 }, (_, j) => (j === 5 ? Math.round(random()) : random())),
  )
}

function learn({ base, effect, propensity }: World, users: number, key: string) {
  const random = randomFrom(key)
  const features = rowsOf(users, random)
  const propensities = features.map((row) => [1 - propensity(row), propensity(row)])
  const actions = propensities.map(([, p]) => (random() < p! ? 1 : 0))
  const rewards = features.map((row, i) => base(row) + actions[i]! * effect(row) + NOISE * (random() - 0.5))
  const foldOf = features.map((_, i) => i % 5)
  const log = { features, actions, propensities, rewards }
  const [none, send] = doublyRobustScores(log, { foldOf, folds: 5, penalty: 10 })
  const effects = send!.map((score, i) => score - none![i]!)
  return { features, effects, rewards, foldOf }
}

/** What the best 30 % by the model gain over everybody, as a share of what the truly best gain, on users not seen. */
function shareOfBest(effect: World['effect'], score: (row: Row) => number): number {
  const rows = rowsOf(6000, randomFrom('users not seen'))
  const mean = (some: readonly Row[]): number => some.reduce((sum, row) => sum + effect(row), 0) / some.length
  const top = (by: (row: Row) => number): number => {
    const ranked = rows.map((row) => ({ row, score: by(row) })).sort((a, b) => b.score - a.score)
    return mean(ranked.slice(0, SHARE * rows.length).map(({ row }) => row)) - mean(rows)
  }
  return top(score) / top(effect)
}

function scoreOf(model: EffectModel): (row: Row) => number {
  return (row) => predictEffect(model, row)
}

describe('the ranking by expected effects', () => {
  it.each<[string, World, number]>([
    ['a line', { base: visits, effect: (x) => 0.3 * x[0]!, propensity: half }, 0.8],
    ['a step', { base: visits, effect: (x) => (x[0]! > 0.6 ? 0.2 : 0), propensity: half }, 0.8],
    [
      'a step, unequal propensities',
      { base: visits, effect: (x) => (x[0]! > 0.6 ? 0.2 : 0), propensity: uneven },
      0.85,
    ],
    ['two together', { base: visits, effect: (x) => (x[0]! > 0.5 && x[1]! > 0.4 ? 0.25 : 0), propensity: half }, 0.8],
    ['what users do anyway', { base: visits, effect: (x) => 1.2 * visits(x), propensity: half }, 0.8],
    ['its opposite', { base: visits, effect: (x) => 0.4 - 1.3 * visits(x), propensity: half }, 0.8],
  ])('gains most of what can be gained where the effect is %s', (name, world, least) => {
    const { foldOf, ...rows } = learn(world, 4000, name)
    const model = fitEffect(rows, { ...OPTIONS, foldOf })
    expect(shareOfBest(world.effect, scoreOf(model))).toBeGreaterThan(least)
  })

  it('gains from the prognosis where effects grow with what users do anyway, and loses little where they do not', () => {
    const differences = (world: World, key: string) =>
      Array.from({ length: 3 }, (_, run) => {
        const { foldOf, ...rows } = learn(world, 3000, `${key} ${run}`)
        const model = fitEffect(rows, { ...OPTIONS, foldOf })
        const picks = foldOf.map((_, i) => i)
        const plain = fitStumps(rows.features, rows.effects, { ...OPTIONS, rounds: model.rounds, picks })
        return shareOfBest(world.effect, scoreOf(model)) - shareOfBest(world.effect, (row) => predictStumps(plain, row))
      })
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value / values.length, 0)
    const grows = differences({ base: fourfold, effect: fourfold, propensity: half }, 'grows')
    const stays = differences({ base: visits, effect: (x) => 0.2 * x[0]!, propensity: half }, 'stays')
    expect(mean(grows)).toBeGreaterThan(0.03)
    expect(mean(stays)).toBeGreaterThan(-0.03)
  })
})

describe('an effect model', () => {
  const { foldOf, ...rows } = learn({ base: visits, effect: (x) => 0.3 * x[0]!, propensity: half }, 3000, 'laws')
  const options = { ...OPTIONS, foldOf }
  const model = fitEffect(rows, options)
  const some = rows.features.slice(0, 50)

  it('turns its sign when the two actions change places', () => {
    const turned = fitEffect({ ...rows, effects: rows.effects.map((effect) => -effect) }, options)
    expect(turned.rounds).toBe(model.rounds)
    for (const row of some) expect(predictEffect(turned, row)).toBeCloseTo(-predictEffect(model, row), 12)
  })

  it('keeps the effects when every reward is larger by as much, and scales them with rewards', () => {
    const more = fitEffect({ ...rows, rewards: rows.rewards.map((reward) => reward + 5) }, options)
    const scaled = fitEffect(
      {
        ...rows,
        effects: rows.effects.map((effect) => 4 * effect),
        rewards: rows.rewards.map((reward) => 4 * reward),
      },
      options,
    )
    for (const row of some) {
      expect(predictEffect(more, row)).toBeCloseTo(predictEffect(model, row), 10)
      expect(predictEffect(scaled, row)).toBeCloseTo(4 * predictEffect(model, row), 10)
    }
  })

  it('refuses columns of other lengths, by name', () => {
    expect(() => fitEffect({ ...rows, rewards: [1] }, options)).toThrow('rewards.length must be 3000, got 1')
  })

  it('takes as many rounds as a ranking needs although none was worth it', () => {
    const random = randomFrom('noise')
    const effects = rows.effects.map(() => random() - 0.5)
    const none = fitEffect({ ...rows, effects }, options)
    expect(none.rounds).toBe(0)
    const least = fitEffect({ ...rows, effects }, { ...options, leastRounds: 10 })
    expect(least.rounds).toBe(10)
    expect(least.model.stumps).toHaveLength(10)
  })
})
