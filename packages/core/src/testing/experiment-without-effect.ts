import { assign } from '../experiment/index.ts'
import { cadence, createWorld, RETAIL, sumPerUser, userMetrics } from '../simulation/index.ts'
import {
  decideExperiment,
  type Effect,
  type ExperimentVerdict,
  meanEffect,
  mergeVectorMoments,
  noVectorMoments,
  type TestedMetric,
  type TestMethod,
  type VectorMoments,
  vectorMomentsOf,
} from '../statistics/index.ts'

const START = 1_767_571_200_000 // Monday 2026-01-05T00:00Z
const [USERS, BEFORE, DAYS] = [800, 14, 28]
const LOOKS = 14
export const METRICS = ['conversion', 'engagement', 'retention', 'reachability'] as const
export type Metric = (typeof METRICS)[number]

/** Of every user: value in the second fortnight, and in the first. */
export type Rows = readonly (readonly [number, number])[]

/** Metrics of people who all get the same. */
export function livePeople(seed: number): Readonly<Record<Metric, Rows>> {
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

/** Whether a user of an experiment with this salt is treated: one of two. */
export function isTreated(salt: string, user: number): boolean {
  return (
    assign(salt, `user-${user}`, [
      { name: 'control', share: 500_000 },
      { name: 'treatment', share: 500_000 },
    ]) === 'treatment'
  )
}

/** Effects on all metrics at every look of an experiment that does nothing. */
export function liveExperiment(people: Readonly<Record<Metric, Rows>>, salt: string): readonly (readonly Effect[])[] {
  const treated = Array.from({ length: USERS }, (_, user) => isTreated(salt, user))
  return METRICS.map((metric) => effectsAtLooks(people[metric], treated))
}

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

/** Conversion must rise, retention and reachability may fall by a little, all four are watched for harm. */
export function endOf(life: readonly (readonly Effect[])[]): ExperimentVerdict {
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
