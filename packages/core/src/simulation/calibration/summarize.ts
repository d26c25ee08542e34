import { DAY_MS, MINUTE_MS } from '../../domain/index.ts'
import type { HappeningKind } from '../happening.ts'
import type { WorldChannel } from '../scenario.ts'
import { type LogClock, logClock } from './local-hours.ts'
import { meanOf, ratioOf, type Statistic, slopesOf, spreadOf } from './statistic.ts'
import type { LogSend, WorldLog } from './world-log.ts'

/** What a log and a world are compared on; a statistic that cannot be computed is missing. */
export type StatisticName =
  | 'active days per day'
  | 'spread of active days'
  | 'trend of active days'
  | 'weekend minus weekday activity'
  | 'orders per day'
  | 'order value'
  | 'order value spread between users'
  | 'order value spread within users'
  | 'push tapped per send'
  | 'email opened per send'
  | 'email clicked per open'
  | 'in-app reacted per view'
  | 'push disabled per send'
  | 'unsubscribed per email'
  | 'uninstalled per send'
  | 'visits brought per push'
  | 'visits brought per email'
  | 'push response per recent send'
  | 'push response per older send'
  | 'email response per recent send'
  | 'email response per older send'
  | 'push minutes to tap, log'
  | 'email minutes to open, log'

export type Summary = ReadonlyMap<StatisticName, Statistic>

const RESPONSE: Readonly<Record<WorldChannel, HappeningKind>> = {
  push: 'pushTapped',
  email: 'emailOpened',
  'in-app': 'inAppClicked',
}

/** Pressure counts as recent within so many days, and as older up to a week. */
const RECENT_DAYS = 2.5
const OLDER_DAYS = 7

interface Tables {
  readonly log: WorldLog
  readonly clock: LogClock
  /** 1 on days with a visit or an order, users outermost. */
  readonly active: Float64Array
}

function activeDays(log: WorldLog, clock: LogClock): Float64Array {
  const active = new Float64Array(log.users.length * log.days)
  for (const { kind, user, at } of log.events) {
    if (kind !== 'visit' && kind !== 'order') continue
    const day = clock.dayOf(at)
    if (day >= 0 && day < log.days) active[user * log.days + day] = 1
  }
  return active
}

/** Per user, how many events of some kinds there are. */
function countPerUser({ users, events }: WorldLog, kinds: readonly HappeningKind[]): Float64Array {
  const counts = new Float64Array(users.length)
  for (const { user, kind } of events) if (kinds.includes(kind)) counts[user]! += 1
  return counts
}

function sendsPerUser({ users, sends }: WorldLog, channels: readonly WorldChannel[]): Float64Array {
  const counts = new Float64Array(users.length)
  for (const { user, channel, isTransactional } of sends) {
    if (!isTransactional && channels.includes(channel)) counts[user]! += 1
  }
  return counts
}

function sumPerUser({ active, log: { users, days } }: Tables, weight: (user: number, day: number) => number) {
  return Float64Array.from({ length: users.length }, (_, user) => {
    let sum = 0
    for (let day = 0; day < days; day += 1) sum += active[user * days + day]! * weight(user, day)
    return sum
  })
}

type Put = (name: StatisticName, statistic: Statistic | null) => void

function putVisits(tables: Tables, put: Put): void {
  const { log, clock } = tables
  const { days } = log
  const counts = sumPerUser(tables, () => 1)
  const total = counts.reduce((sum, count) => sum + count, 0)
  put('active days per day', ratioOf(counts, new Float64Array(counts.length).fill(days)))
  put('spread of active days', spreadOf(counts, days))
  const middle = (days - 1) / 2
  const squares = (days * (days * days - 1)) / 12
  if (days >= 7)
    put(
      'trend of active days',
      meanOf(
        sumPerUser(tables, (_, day) => (day - middle) / squares),
        total,
      ),
    )
  const weekendDays = (user: number): number => {
    let sum = 0
    for (let day = 0; day < days; day += 1) if (clock.isWeekend(user, day)) sum += 1
    return sum
  }
  const share = log.users.map((_, user) => weekendDays(user))
  if (share.every((weekend) => weekend > 0 && weekend < days)) {
    const contrast = (user: number, day: number): number =>
      clock.isWeekend(user, day) ? 1 / share[user]! : -1 / (days - share[user]!)
    put('weekend minus weekday activity', meanOf(sumPerUser(tables, contrast), total))
  }
}

/** Log values of orders: spread between users and within them, by one-way analysis of variance. */
function putOrderSpread(values: readonly (readonly number[])[], put: Put): void {
  const several = values.filter((orders) => orders.length > 1)
  const orders = several.reduce((sum, list) => sum + list.length, 0)
  if (several.length < 2) return
  const meanOfList = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length
  const within = several.reduce((sum, list) => {
    const mean = meanOfList(list)
    return sum + list.reduce((squares, value) => squares + (value - mean) ** 2, 0)
  }, 0)
  const withinVariance = within / (orders - several.length)
  const grand = meanOfList(several.flat())
  const between = several.reduce((sum, list) => sum + list.length * (meanOfList(list) - grand) ** 2, 0)
  const size = (orders - several.reduce((sum, list) => sum + list.length ** 2, 0) / orders) / (several.length - 1)
  const betweenVariance = Math.max(1e-6, (between / (several.length - 1) - withinVariance) / size)
  const error = (variance: number, degrees: number): number => Math.sqrt(variance / (2 * degrees))
  put('order value spread within users', {
    value: Math.sqrt(withinVariance),
    stdError: error(withinVariance, orders - several.length),
    events: orders,
  })
  // Var(B) = 2 (B + W/n₀)² / (k − 1) for the between component B of k users (Searle 1971, ch. 9), so for √B:
  const total = betweenVariance + withinVariance / size
  put('order value spread between users', {
    value: Math.sqrt(betweenVariance),
    stdError: total / Math.sqrt(2 * (several.length - 1) * betweenVariance),
    events: orders,
  })
}

function putOrders({ log }: Tables, put: Put): void {
  const counts = countPerUser(log, ['order'])
  put('orders per day', ratioOf(counts, new Float64Array(counts.length).fill(log.days)))
  const revenue = new Float64Array(log.users.length)
  const values: number[][] = log.users.map(() => [])
  for (const { kind, user, revenue: amount } of log.events) {
    if (kind !== 'order' || amount <= 0) continue
    revenue[user]! += amount
    values[user]!.push(Math.log(amount))
  }
  const paid = Float64Array.from(values, (list) => list.length)
  const value = ratioOf(revenue, paid)
  put('order value', value === null ? null : { ...value, events: paid.reduce((sum, n) => sum + n, 0) })
  putOrderSpread(values, put)
}

function putResponses({ log }: Tables, put: Put): void {
  const marketing = {
    ...log,
    events: log.events.filter(({ send }) => send === null || !log.sends[send]!.isTransactional),
  }
  const per = (kinds: readonly HappeningKind[], of: Float64Array): Statistic | null =>
    ratioOf(countPerUser(marketing, kinds), of)
  const [pushes, emails] = [sendsPerUser(log, ['push']), sendsPerUser(log, ['email'])]
  put('push tapped per send', per(['pushTapped'], pushes))
  put('email opened per send', per(['emailOpened'], emails))
  put('email clicked per open', per(['emailClicked'], countPerUser(marketing, ['emailOpened'])))
  put('in-app reacted per view', per(['inAppClicked'], countPerUser(marketing, ['inAppViewed'])))
  put('push disabled per send', per(['pushDisabled'], pushes))
  put('unsubscribed per email', per(['emailUnsubscribed'], emails))
  put('uninstalled per send', per(['uninstalled'], sendsPerUser(log, ['push', 'email'])))
}

/** Sends of one channel by user, oldest first. */
function byUser(
  { users, sends }: WorldLog,
  channel: WorldChannel,
): readonly (readonly (LogSend & { index: number })[])[] {
  const lists: (LogSend & { index: number })[][] = users.map(() => [])
  for (const [index, send] of sends.entries()) {
    if (send.channel === channel && !send.isTransactional) lists[send.user]!.push({ ...send, index })
  }
  for (const list of lists) list.sort((a, b) => a.at - b.at)
  return lists
}

function putFatigue({ log }: Tables, channel: 'push' | 'email', put: Put): void {
  const opened = new Set(
    log.events.flatMap(({ kind, send }) => (kind === RESPONSE[channel] && send !== null ? [send] : [])),
  )
  const rows = byUser(log, channel).flatMap((list, user) =>
    list.map(({ at, index }, place) => {
      const before = list.slice(0, place).map((earlier) => (at - earlier.at) / DAY_MS)
      const x1 = before.filter((days) => days < RECENT_DAYS).length
      const x2 = before.filter((days) => days >= RECENT_DAYS && days < OLDER_DAYS).length
      return { user, y: opened.has(index) ? 1 : 0, x1, x2 }
    }),
  )
  const slopes = rows.length > 2 ? slopesOf(rows, log.users.length) : null
  put(`${channel} response per recent send`, slopes?.[0] ?? null)
  put(`${channel} response per older send`, slopes?.[1] ?? null)
}

/**
 * Activity on days with a send minus days without, within users (fixed effects). Causal where the day of a send was not
 * chosen by how likely a visit was on that day.
 */
function putBrought({ log, clock, active }: Tables, channel: 'push' | 'email', put: Put): void {
  const { days, users } = log
  const sent = new Float64Array(users.length * days)
  for (const send of log.sends) {
    const day = clock.dayOf(send.at)
    if (send.channel === channel && !send.isTransactional && day >= 0 && day < days) sent[send.user * days + day] = 1
  }
  const above = new Float64Array(users.length)
  const below = new Float64Array(users.length)
  for (let user = 0; user < users.length; user += 1) {
    const part = sent.subarray(user * days, (user + 1) * days)
    const mean = part.reduce((sum, each) => sum + each, 0) / days
    for (let day = 0; day < days; day += 1) {
      above[user]! += (part[day]! - mean) * active[user * days + day]!
      below[user]! += (part[day]! - mean) ** 2
    }
  }
  const ratio = ratioOf(above, below)
  const events = sent.reduce((sum, each) => sum + each, 0)
  put(`visits brought per ${channel}`, ratio === null ? null : { ...ratio, events })
}

function putDelay({ log }: Tables, channel: 'push' | 'email', put: Put): void {
  const minutes = log.events.flatMap(({ kind, at, send }) => {
    if (kind !== RESPONSE[channel] || send === null) return []
    return [Math.log(Math.max(1, (at - log.sends[send]!.at) / MINUTE_MS))]
  })
  const n = minutes.length
  if (n < 2) return
  minutes.sort((a, b) => a - b)
  const quantile = (q: number): number => minutes[Math.min(n - 1, Math.floor(q * n))]!
  // The median of n normal values has standard error 1.2533 σ/√n; σ from the quartiles.
  const spread = (quantile(0.75) - quantile(0.25)) / 1.349
  const name = channel === 'push' ? 'push minutes to tap, log' : 'email minutes to open, log'
  put(name, { value: quantile(0.5), stdError: (1.2533 * spread) / Math.sqrt(n), events: n })
}

/** Computes what can be computed of a log. The same function serves what really happened and what a world made of it. */
export function summarize(log: WorldLog): Summary {
  const found = new Map<StatisticName, Statistic>()
  const put: Put = (name, statistic) => {
    if (statistic !== null && Number.isFinite(statistic.value)) found.set(name, statistic)
  }
  const clock = logClock(log)
  const tables: Tables = { log, clock, active: activeDays(log, clock) }
  putVisits(tables, put)
  putOrders(tables, put)
  putResponses(tables, put)
  for (const channel of ['push', 'email'] as const) {
    putFatigue(tables, channel, put)
    putBrought(tables, channel, put)
    putDelay(tables, channel, put)
  }
  return found
}
