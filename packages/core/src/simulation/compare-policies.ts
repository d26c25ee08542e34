import { DAY_MS } from '../domain/index.ts'
import { type Choose, OPT_OUTS, type RunObserver, type RunTotals, runWorld } from './run-world.ts'
import type { World } from './world.ts'
import type { UserRange } from './world-state.ts'

/** What runs are compared on, per user. */
export type RunMetric = keyof RunTotals
export const RUN_METRICS: readonly RunMetric[] = [
  'value',
  'orders',
  'engagement',
  'activeDays',
  'reachLeft',
  'pushReach',
  'emailReach',
  'optOuts',
  'sends',
]

/** Sums over users by world day. */
export interface DailySums {
  /** Order revenue plus visits × value per visit. */
  readonly value: Float64Array
  readonly sends: Float64Array
  readonly optOuts: Float64Array
  /** Users whom push, and whom e-mail, still reaches in the evening. */
  readonly pushReach: Float64Array
  readonly emailReach: Float64Array
}

/** What one policy did to a range of users: totals in their order, and sums by day. */
export interface PolicyRun {
  readonly totals: RunTotals
  readonly daily: DailySums
}

/** Users live in blocks of so many, whoever computes them: sums then come out the same. */
export const COMPARE_BLOCK = 500
const LIVING_BLOCK = 250

function emptySums(days: number): DailySums {
  const zeros = (): Float64Array => new Float64Array(days)
  return { value: zeros(), sends: zeros(), optOuts: zeros(), pushReach: zeros(), emailReach: zeros() }
}

function daily(world: World, sums: DailySums): RunObserver {
  const { startAt, days, scenario } = world.options
  return {
    onHappening: ({ kind, at, revenue }) => {
      const day = Math.floor((at - startAt) / DAY_MS)
      if (day >= days) return
      if (kind === 'visit') sums.value[day]! += scenario.valuePerVisit
      else if (kind === 'order') sums.value[day]! += revenue
      else if (OPT_OUTS.has(kind)) sums.optOuts[day]! += 1
    },
    onSend: ({ day }) => {
      sums.sends[day]! += 1
    },
    onEvening: ({ day, from, to }) => {
      for (let user = from; user < to; user += 1) {
        if (world.isReachable(user, 'push')) sums.pushReach[day]! += 1
        if (world.isReachable(user, 'email')) sums.emailReach[day]! += 1
      }
    },
  }
}

function cut(totals: RunTotals, { from, to }: UserRange): RunTotals {
  const part = (metric: RunMetric): Float64Array => totals[metric].slice(from, to)
  return {
    value: part('value'),
    orders: part('orders'),
    engagement: part('engagement'),
    activeDays: part('activeDays'),
    reachLeft: part('reachLeft'),
    optOuts: part('optOuts'),
    sends: part('sends'),
    pushReach: part('pushReach'),
    emailReach: part('emailReach'),
  }
}

/**
 * Runs a policy for a range of users. A policy that learns from one user for another needs all users in one piece, which
 * live day by day (`isLearning`); others live in blocks.
 */
export function runPolicy(
  world: World,
  choose: Choose,
  { range, isLearning = false }: { readonly range: UserRange; readonly isLearning?: boolean },
): PolicyRun {
  const sums = emptySums(world.options.days)
  const blockUsers = isLearning ? range.to - range.from : LIVING_BLOCK
  const totals = runWorld(world, choose, { range, blockUsers, observer: daily(world, sums) })
  return { totals: cut(totals, range), daily: sums }
}

function concatenated(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function added(parts: readonly Float64Array[]): Float64Array {
  return parts.slice(1).reduce((sum, part) => sum.map((value, day) => value + part[day]!), parts[0]!.slice())
}

/** Puts runs of the same policy over the same days together, in the order given. */
export function joinRuns(runs: readonly PolicyRun[]): PolicyRun {
  const totals = (metric: RunMetric): Float64Array => concatenated(runs.map((run) => run.totals[metric]))
  const sums = (metric: keyof DailySums): Float64Array => added(runs.map((run) => run.daily[metric]))
  return {
    totals: {
      value: totals('value'),
      orders: totals('orders'),
      engagement: totals('engagement'),
      activeDays: totals('activeDays'),
      reachLeft: totals('reachLeft'),
      optOuts: totals('optOuts'),
      sends: totals('sends'),
      pushReach: totals('pushReach'),
      emailReach: totals('emailReach'),
    },
    daily: {
      value: sums('value'),
      sends: sums('sends'),
      optOuts: sums('optOuts'),
      pushReach: sums('pushReach'),
      emailReach: sums('emailReach'),
    },
  }
}
