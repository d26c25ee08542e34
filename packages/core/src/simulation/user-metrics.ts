import { DAY_MS } from '../domain/index.ts'
import type { Emit } from './happening.ts'
import { type Choose, ENGAGEMENT, OPT_OUTS, type RunContext, type RunObserver, runWorld } from './run-world.ts'
import { WORLD_CHANNELS } from './scenario.ts'
import type { DaySpan, World } from './world.ts'

/**
 * What every user did on every day. Columns are `users × days` long, users outermost: entry `user * days + day`. The first
 * four bear the names of the default objectives.
 */
export interface UserMetrics {
  readonly users: number
  readonly days: number
  /** Order revenue of the day, in the scenario's currency. */
  readonly conversion: Float64Array
  /** Human opens, taps, clicks and in-app reactions. */
  readonly engagement: Float64Array
  /** 1 on a day with a visit, else 0. */
  readonly retention: Float64Array
  /** How many of push, e-mail and in-app still reach the user in the evening. */
  readonly reachability: Float64Array
  readonly orders: Float64Array
  /** Sends that the policy chose, by the day they were chosen on. */
  readonly sends: Float64Array
  /** Unsubscribed, push disabled, spam reports, uninstalls. */
  readonly optOuts: Float64Array
}

/** The columns of `UserMetrics`. */
export type UserMetric = Exclude<keyof UserMetrics, 'users' | 'days'>

function emptyMetrics(users: number, days: number): UserMetrics {
  const zeros = (): Float64Array => new Float64Array(users * days)
  return {
    users,
    days,
    conversion: zeros(),
    engagement: zeros(),
    retention: zeros(),
    reachability: zeros(),
    orders: zeros(),
    sends: zeros(),
    optOuts: zeros(),
  }
}

function note(metrics: UserMetrics, startAt: number): Emit {
  const { days } = metrics
  return ({ kind, userIndex, at, revenue }) => {
    const day = Math.floor((at - startAt) / DAY_MS)
    if (day >= days) return
    const entry = userIndex * days + day
    if (kind === 'visit') metrics.retention[entry] = 1
    else if (kind === 'order') {
      metrics.conversion[entry]! += revenue
      metrics.orders[entry]! += 1
    } else if (ENGAGEMENT.has(kind)) metrics.engagement[entry]! += 1
    else if (OPT_OUTS.has(kind)) metrics.optOuts[entry]! += 1
  }
}

function countReach(world: World, metrics: UserMetrics, { day, from, to }: DaySpan): void {
  for (let user = from; user < to; user += 1) {
    let open = 0
    for (const channel of WORLD_CHANNELS) if (world.isReachable(user, channel)) open += 1
    metrics.reachability[user * metrics.days + day] = open
  }
}

/** Users of a block live their days together; small blocks stay in the processor's cache. */
const BLOCK_USERS = 250

/**
 * Runs a policy through the world and answers what every user did on every day. The same world and policy give the same
 * numbers; give experiments seeds of their own. Only what happens before the end of the last day is in. The policy must
 * not learn from one user for another: users live in blocks.
 */
export function userMetrics(world: World, choose: Choose): UserMetrics {
  const { users, days, startAt } = world.options
  const metrics = emptyMetrics(users, days)
  const observer: RunObserver = {
    onHappening: note(metrics, startAt),
    onSend: ({ userIndex, day }) => {
      metrics.sends[userIndex * days + day]! += 1
    },
    onEvening: (span) => countReach(world, metrics, span),
  }
  runWorld(world, choose, { blockUsers: BLOCK_USERS, observer })
  return metrics
}

/** Sums a column per user over world days `from` up to but not `to`; by default over all. */
export function sumPerUser(
  metrics: UserMetrics,
  metric: UserMetric,
  { from = 0, to = metrics.days }: { readonly from?: number; readonly to?: number } = {},
): Float64Array {
  const column = metrics[metric]
  const sums = new Float64Array(metrics.users)
  for (let user = 0; user < metrics.users; user += 1) {
    for (let day = from; day < to; day += 1) sums[user]! += column[user * metrics.days + day]!
  }
  return sums
}

/** Serves every user by the policy of their group, as an experiment does: `isTreated` splits, e.g. by `assign`. */
export function splitPolicy(
  isTreated: (user: RunContext['user']) => boolean,
  treatment: Choose,
  control: Choose,
): Choose {
  return (context) => (isTreated(context.user) ? treatment : control)(context)
}
