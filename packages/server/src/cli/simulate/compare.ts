import { type Estimate, meanInterval, momentsOf } from '@paloma/core'
import {
  COMPARE_BLOCK,
  type DailySums,
  joinRuns,
  type PolicyRun,
  type RunMetric,
  type Scenario,
} from '@paloma/core/simulation'
import type { PolicyChoice, Task } from './run-task.ts'
import { runTasks, type TaskOptions } from './run-tasks.ts'
import { type TradeOff, tradeOffOf } from './trade-off.ts'

/** What is to be compared. */
export interface CompareOptions {
  readonly scenario: Scenario
  readonly users: number
  readonly days: number
  readonly seeds: readonly number[]
  readonly policies: readonly PolicyChoice[]
  /** Name of the policy the others are held against. */
  readonly reference: string
  readonly startAt: number
}

/** By metric, per user. */
export type ByMetric = Readonly<Record<RunMetric, Estimate>>

/** What one policy did. */
export interface PolicyResult {
  readonly name: string
  readonly perUser: ByMetric
  /** Policy − reference, paired user by user; null for the reference itself. */
  readonly difference: ByMetric | null
  /** The difference in value seed by seed, in the order of the seeds; empty for the reference. */
  readonly bySeed: readonly Estimate[]
  /** Means per user by day. */
  readonly daily: Readonly<Record<keyof DailySums, readonly number[]>>
}

/** A whole comparison; the same options give the same bytes as JSON, whatever computed them. */
export interface Comparison {
  readonly scenario: string
  readonly currency: string
  readonly users: number
  readonly days: number
  readonly seeds: readonly number[]
  readonly reference: string
  readonly level: number
  readonly policies: readonly PolicyResult[]
  readonly tradeOff: TradeOff
}

/** Confidence of all intervals. */
export const LEVEL = 0.95

function tasksOf({ users, seeds, policies }: CompareOptions): readonly Task[] {
  return seeds.flatMap((seed) =>
    policies.flatMap((policy): readonly Task[] => {
      if (policy.module !== null) return [{ policy, seed, range: { from: 0, to: users } }]
      const starts = Array.from({ length: Math.ceil(users / COMPARE_BLOCK) }, (_, block) => block * COMPARE_BLOCK)
      return starts.map((from) => ({ policy, seed, range: { from, to: Math.min(users, from + COMPARE_BLOCK) } }))
    }),
  )
}

function byMetric(estimate: (metric: RunMetric) => Estimate): ByMetric {
  const [value, orders, engagement] = [estimate('value'), estimate('orders'), estimate('engagement')]
  const [activeDays, reachLeft, optOuts] = [estimate('activeDays'), estimate('reachLeft'), estimate('optOuts')]
  const [pushReach, emailReach, sends] = [estimate('pushReach'), estimate('emailReach'), estimate('sends')]
  return { value, orders, engagement, activeDays, reachLeft, pushReach, emailReach, optOuts, sends }
}

function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, user) => value - b[user]!)
}

function differenceOf(run: PolicyRun, reference: PolicyRun): ByMetric {
  return byMetric((metric) => meanInterval(momentsOf(minus(run.totals[metric], reference.totals[metric])), LEVEL))
}

function resultOf(name: string, runs: readonly PolicyRun[], references: readonly PolicyRun[] | null): PolicyResult {
  const { totals, daily } = joinRuns(runs)
  const people = totals.value.length
  const perDay = (metric: keyof DailySums): readonly number[] => Array.from(daily[metric], (sum) => sum / people)
  const gain = (run: PolicyRun, seed: number): Estimate =>
    meanInterval(momentsOf(minus(run.totals.value, references![seed]!.totals.value)), LEVEL)
  return {
    name,
    perUser: byMetric((metric) => meanInterval(momentsOf(totals[metric]), LEVEL)),
    difference: references === null ? null : differenceOf(joinRuns(runs), joinRuns(references)),
    bySeed: references === null ? [] : runs.map(gain),
    daily: {
      value: perDay('value'),
      sends: perDay('sends'),
      optOuts: perDay('optOuts'),
      pushReach: perDay('pushReach'),
      emailReach: perDay('emailReach'),
    },
  }
}

/** Runs of one policy, one per seed, put together from its tasks' runs. */
function runsBySeed(
  name: string,
  { seeds }: CompareOptions,
  done: readonly { readonly task: Task; readonly run: PolicyRun }[],
): readonly PolicyRun[] {
  return seeds.map((seed) =>
    joinRuns(done.filter(({ task }) => task.seed === seed && task.policy.name === name).map(({ run }) => run)),
  )
}

/** Lets the same people live under every policy, and compares them user by user. */
export async function comparePolicies(options: CompareOptions, how: TaskOptions): Promise<Comparison> {
  const { scenario, users, days, seeds, policies, reference, startAt } = options
  const tasks = tasksOf(options)
  const runs = await runTasks({ scenario, users, days, startAt }, tasks, how)
  const done = tasks.map((task, place) => ({ task, run: runs[place]! }))
  const references = runsBySeed(reference, options, done)
  const results = policies.map(({ name }) =>
    name === reference ? resultOf(name, references, null) : resultOf(name, runsBySeed(name, options, done), references),
  )
  return {
    scenario: scenario.name,
    currency: scenario.currency,
    users,
    days,
    seeds,
    reference,
    level: LEVEL,
    policies: results,
    tradeOff: tradeOffOf(results),
  }
}
