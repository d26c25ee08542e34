import { describe, expect, it } from 'vitest'
import { assign } from './experiment/index.ts'
import { normalQuantile } from './numeric/index.ts'
import { cadence, createWorld, RETAIL, sumPerUser, userMetrics } from './simulation/index.ts'
import {
  decideExperiment,
  type Effect,
  type ExperimentVerdict,
  effectPValue,
  interactionEffect,
  meanEffect,
  mergeVectorMoments,
  noVectorMoments,
  type TestedMetric,
  type TestMethod,
  type VectorMoments,
  vectorMomentsOf,
} from './statistics/index.ts'

const START = 1_767_571_200_000 // Monday 2026-01-05T00:00Z
const [USERS, BEFORE, DAYS] = [800, 14, 28]
const [WORLDS, SALTS] = [10, 100]
const LOOKS = 14
const METRICS = ['conversion', 'engagement', 'retention', 'reachability'] as const
type Metric = (typeof METRICS)[number]

/** Of every user: value in the second fortnight, and in the first. */
type Rows = readonly (readonly [number, number])[]

/** Four metrics of people who all get the same. */
function livePeople(seed: number): Readonly<Record<Metric, Rows>> {
  const world = createWorld({ scenario: RETAIL, users: USERS, days: DAYS, seed, startAt: START })
  const metrics = userMetrics(world, cadence())
  const rowsOf = (metric: Metric): Rows => {
    const before = sumPerUser(metrics, metric, { to: BEFORE })
    return Array.from(sumPerUser(metrics, metric, { from: BEFORE }), (value, user) => [value, before[user]!] as const)
  }
  return {
    conversion: rowsOf('conversion'),
    engagement: rowsOf('engagement'),
    retention: rowsOf('retention'),
    reachability: rowsOf('reachability'),
  }
}

const worlds = Array.from({ length: WORLDS }, (_, seed) => livePeople(100 + seed))
const runs = worlds.flatMap((people, world) =>
  Array.from({ length: SALTS }, (_, i) => ({ people, salt: `${world}/${i}` })),
)
const isTreated = (salt: string, user: number) =>
  assign(salt, `user-${user}`, [
    { name: 'control', share: 500_000 },
    { name: 'treatment', share: 500_000 },
  ]) === 'treatment'

/** Effect with the users so far, look by look: a fourteenth of the users enters before each. */
function effectsAtLooks(rows: Rows, treated: readonly boolean[]): readonly Effect[] {
  let arms: { readonly treatment: VectorMoments; readonly control: VectorMoments } = {
    treatment: noVectorMoments(2),
    control: noVectorMoments(2),
  }
  return Array.from({ length: LOOKS }, (_, k) => {
    const [from, to] = [k, k + 1].map((look) => Math.round((USERS * look) / LOOKS)) as [number, number]
    const entered = (group: boolean) =>
      vectorMomentsOf(
        rows.slice(from, to).filter((_row, i) => treated[from + i] === group),
        2,
      )
    arms = {
      treatment: mergeVectorMoments(arms.treatment, entered(true)),
      control: mergeVectorMoments(arms.control, entered(false)),
    }
    return meanEffect(arms).effect
  })
}

const lives = runs.map(({ people, salt }) => {
  const treated = Array.from({ length: USERS }, (_, user) => isTreated(salt, user))
  return METRICS.map((metric) => effectsAtLooks(people[metric], treated))
})
const share = (count: number) => count / runs.length

describe('a thousand experiments without an effect in the simulated shop', () => {
  it('find an effect at the level, each way, in every metric', () => {
    const rates = METRICS.flatMap((_, m) =>
      (['greater', 'less'] as const).map((alternative) =>
        share(lives.filter((life) => (effectPValue(life[m]!.at(-1)!, { alternative }) ?? 1) < 0.05).length),
      ),
    )
    for (const rate of rates) expect(Math.abs(rate - 0.05)).toBeLessThan(0.02)
    expect(Math.abs(rates.reduce((sum, rate) => sum + rate, 0) / rates.length - 0.05)).toBeLessThan(0.01)
  })

  it('ship, and stop for harm, no more often than the rule allows, looking fourteen times', () => {
    const ends = lives.map((life) => endOf(life))
    const rate = (verdict: ExperimentVerdict) => share(ends.filter((end) => end === verdict).length)
    expect(rate('ship')).toBeLessThan(0.06)
    expect(rate('ship')).toBeGreaterThan(0.015)
    expect(rate('stop')).toBeLessThan(0.02)
    expect(rate('doNotShip')).toBeGreaterThan(0.9)
  })

  it('find a planted interaction with the power it was planted for', () => {
    const found = runs.filter(({ people, salt }) => {
      const cells = cellsOf(people.retention, salt)
      const { interaction } = interactionEffect(
        meanEffect({ treatment: cells.both, control: cells.second }),
        meanEffect({ treatment: cells.first, control: cells.neither }),
      )
      return (effectPValue(interaction, { alternative: 'greater' }) ?? 1) < 0.05
    }).length
    expect(Math.abs(share(found) - 0.8)).toBeLessThan(0.04)
  })
})

/** Conversion must rise, retention and reachability may fall by a little, all four are watched for harm. */
function endOf(life: readonly (readonly Effect[])[]): ExperimentVerdict {
  for (let k = 0; k < LOOKS; k++) {
    const fractions = Array.from({ length: k + 1 }, (_, i) => (i + 1) / LOOKS)
    const test: TestMethod = { kind: 'groupSequential', fractions }
    const [conversion, engagement, retention, reachability] = life.map((effects) => effects[k]!)
    const metrics: readonly TestedMetric[] = [
      { name: 'conversion', role: 'success', effect: conversion!, minimalEffect: 4, test },
      { name: 'engagement', role: 'deterioration', effect: engagement!, test },
      { name: 'retention', role: 'guardrail', effect: retention!, margin: 0.8, test },
      { name: 'reachability', role: 'guardrail', effect: reachability!, margin: 3, test },
    ]
    const { verdict } = decideExperiment({ treatments: [{ name: 'same', metrics }], quality: [] })
    if (verdict !== 'keepRunning') return verdict
  }
  return 'keepRunning'
}

interface Cells {
  readonly both: VectorMoments
  readonly first: VectorMoments
  readonly second: VectorMoments
  readonly neither: VectorMoments
}

/** Two experiments on the same people; those who are in both treatments gain what power .8 asks for. */
function cellsOf(rows: Rows, salt: string): Cells {
  const all = vectorMomentsOf(rows, 2)
  // Of the residuals on the fortnight before: four cells of n / 4, each with its error.
  const residual = (all.cross[0]! - all.cross[1]! ** 2 / all.cross[2]!) / (all.n - 1)
  const planted = (normalQuantile(0.95) + normalQuantile(0.8)) * Math.sqrt((16 * residual) / all.n)
  const cell = (first: boolean, second: boolean) => {
    const own = rows.filter((_, user) => isTreated(salt, user) === first && isTreated(`${salt}-other`, user) === second)
    return vectorMomentsOf(
      own.map(([value, before]) => [value + (first && second ? planted : 0), before]),
      2,
    )
  }
  return { both: cell(true, true), first: cell(true, false), second: cell(false, true), neither: cell(false, false) }
}
