import { DAY_MS } from '../domain/index.ts'
import type { AdjustedEffect, Spending as SpendingFunction, TestMethod } from '../statistics/index.ts'
import type { MetricCells, Pair } from './compare-metric.ts'
import { compareMetric, usersIn } from './compare-metric.ts'
import type { ReadOutSpec, SequentialSettings, SpendingName } from './read-out-spec.ts'

const POWER_EXPONENT = 2

/**
 * Fewer clusters of all variants together are read once: at their early looks bounds three standard errors out hold less well
 * than the rule may err (docs/methods/clusters.md).
 */
export const LEAST_CLUSTERS_FOR_LOOKS = 200

/** When one metric of one comparison was looked at, and how much was known then. */
export interface Look {
  /** Last day whose users were complete, or null for all of them: the present look. */
  readonly day: number | null
  readonly users: number
  readonly found: AdjustedEffect
}

/** What is needed to say how a metric is tested. */
export interface TestPlanInput {
  readonly spec: ReadOutSpec
  readonly asOf: number | null
  /** Milliseconds from exposure until a user counts. */
  readonly delayMs: number
  readonly metric: MetricCells
  readonly pair: Pair
  /** The present effect of a quantile, of which cells say nothing: earlier looks knew as much as their users. */
  readonly quantile: AdjustedEffect | null
}

/** The looks so far, present one last: of users whose window had closed by then. */
export function looksOf({ spec, asOf, delayMs, metric, pair, quantile }: TestPlanInput): readonly Look[] {
  const now: Look = { day: null, users: usersOf(metric), found: quantile ?? compareMetric(metric, pair) }
  const earlier = earlierDays(spec.sequential, metric, { asOf, delayMs }).map((day) =>
    quantile === null ? lookAt(metric, pair, day) : scaledLook(metric, now, day),
  )
  return [...earlier, now]
}

function scaledLook(metric: MetricCells, now: Look, day: number): Look {
  const users = usersOf(upTo(metric, day))
  const { effect } = now.found
  if (effect.kind === 'undefined') return { ...now, day, users }
  const stdError = effect.stdError * Math.sqrt(now.users / Math.max(1, users))
  return { day, users, found: { ...now.found, effect: { ...effect, stdError } } }
}

function upTo({ looks, ...metric }: MetricCells, day: number): MetricCells {
  if (looks !== undefined) return { ...metric, cells: looks.filter((cell) => cell.day === day) }
  return { ...metric, cells: metric.cells.filter((cell) => cell.day !== null && cell.day <= day) }
}

function lookAt(metric: MetricCells, pair: Pair, day: number): Look {
  const until = upTo(metric, day)
  return { day, users: usersOf(until), found: compareMetric(until, pair) }
}

function usersOf({ columns, cells }: MetricCells): number {
  return cells.reduce((sum, { moments }) => sum + usersIn(columns, moments), 0)
}

/** Days of exposure that were complete at each earlier look; days at which nobody was added are no looks. */
function earlierDays(
  settings: SequentialSettings,
  { cells, looks }: MetricCells,
  { asOf, delayMs }: { readonly asOf: number | null; readonly delayMs: number },
): readonly number[] {
  if (settings.kind !== 'groupSequential' || settings.looks === 'once') return []
  const counted = (looks ?? cells).filter(({ day, moments }) => day !== null && moments.n > 0)
  const days = [...new Set(counted.map(({ day }) => day!))].sort((a, b) => a - b)
  if (settings.looks === 'daily') return days.slice(0, -1)
  const closed = settings.looks
    .filter((moment) => asOf === null || moment < asOf)
    .map((moment) => Math.floor((moment - delayMs) / DAY_MS) - 1)
    .sort((a, b) => a - b)
  return [...new Set(closed.map((last) => days.filter((day) => day <= last).at(-1)))].filter((day) => day !== undefined)
}

/** How a metric is tested at the present look, and how much of the planned information it has. */
export function testMethod(input: TestPlanInput, looks: readonly Look[]): TestMethod {
  const { sequential, end } = input.spec
  if (sequential.kind === 'fixed')
    return { kind: 'fixed', isDue: end === null || input.asOf === null || input.asOf >= end }
  const users = looks.at(-1)?.users ?? 0
  if (isReadOnce(input)) return { kind: 'fixed', isDue: isOver(input, users) }
  if (sequential.kind === 'confidenceSequence') {
    return { kind: 'confidenceSequence', n: Math.max(1, users), expectedN: sequential.expectedUsers }
  }
  const planned = sequential.maxUsers ?? forecast(input, users)
  const isFinal = sequential.maxUsers === null && isPast(input)
  return {
    kind: 'groupSequential',
    fractions: fractionsOf(looks, planned, users),
    spending: spendingOf(sequential.spending),
    isFinal,
  }
}

/** Clusters without sums by day, because they are few or nobody knows when their users came. */
function isReadOnce({ spec: { unit, sequential }, metric }: TestPlanInput): boolean {
  return unit?.kind === 'cluster' && sequential.kind === 'groupSequential' && metric.looks === undefined
}

function isOver({ spec: { end, sequential }, asOf }: TestPlanInput, users: number): boolean {
  if (sequential.kind === 'groupSequential' && sequential.maxUsers !== null) return users >= sequential.maxUsers
  return end !== null && asOf !== null && asOf >= end
}

function isPast({ spec, asOf, delayMs }: TestPlanInput): boolean {
  return spec.end !== null && asOf !== null && asOf >= spec.end + delayMs
}

/** Users until the planned end, at the pace so far; without end where nobody can tell, so that nothing is tested. */
function forecast({ spec, asOf, delayMs }: TestPlanInput, users: number): number {
  const { start, end } = spec
  if (start === null || end === null || asOf === null) return Number.POSITIVE_INFINITY
  const passed = Math.min(asOf - delayMs, end) - start
  return passed <= 0 ? Number.POSITIVE_INFINITY : Math.max(users, (users * (end - start)) / passed)
}

/**
 * Information 1/SE² of every look over that at the planned end, which is today's times planned ÷ present users; looks
 * without a standard error have none.
 */
function fractionsOf(looks: readonly Look[], planned: number, users: number): readonly number[] {
  const now = looks.at(-1)?.found.effect
  if (now === undefined || now.kind === 'undefined') return []
  const share = users / planned
  return looks.map(({ found: { effect } }) =>
    effect.kind === 'undefined' ? 0 : (share * now.stdError ** 2) / effect.stdError ** 2,
  )
}

function spendingOf(spending: SpendingName): SpendingFunction {
  return spending === 'power' ? { kind: 'power', exponent: POWER_EXPONENT } : { kind: spending }
}
