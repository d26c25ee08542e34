import { DAY_MS } from '../../domain/index.ts'
import type { Happening } from '../happening.ts'
import type { Scenario } from '../scenario.ts'
import { createWorld, type World } from '../world.ts'
import { type LogClock, logClock } from './local-hours.ts'
import type { LogEvent, LogSend, WorldLog } from './world-log.ts'

/** A send of the schedule: on which world day and at which local hour whoever stands for the user gets it. */
interface Planned extends LogSend {
  readonly day: number
  readonly localHour: number
}

const LOSSES: Readonly<Record<string, readonly LogSend['channel'][]>> = {
  pushDisabled: ['push'],
  emailUnsubscribed: ['email'],
  emailSpam: ['email'],
  emailBounced: ['email'],
  uninstalled: ['push', 'in-app'],
}

/** From which day on a user's channel was closed; `days` for never. */
function lossDays(log: WorldLog, clock: LogClock): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const { kind, user, at } of log.events) {
    for (const channel of LOSSES[kind] ?? []) {
      const key = `${user} ${channel}`
      found.set(key, Math.min(found.get(key) ?? log.days, clock.dayOf(at)))
    }
  }
  return found
}

function plan(log: WorldLog, clock: LogClock): readonly Planned[] {
  return log.sends.flatMap((send) => {
    const day = clock.dayOf(send.at)
    return day < 0 || day >= log.days ? [] : [{ ...send, day, localHour: clock.localHour(send.user, send.at) }]
  })
}

/**
 * Who closed a channel got no more of it, so their schedule ends early; another user's goes on in its place. Else the stand-ins of
 * those who stayed would be under more pressure than the people of the log, and hazards would come out too low.
 */
function continued(log: WorldLog, clock: LogClock): readonly Planned[] {
  const planned = plan(log, clock)
  const losses = lossDays(log, clock)
  const own = new Map<string, Planned[]>()
  for (const send of planned) {
    const key = `${send.user} ${send.channel}`
    const list = own.get(key)
    if (list === undefined) own.set(key, [send])
    else list.push(send)
  }
  const stayed = (channel: string): readonly number[] =>
    log.users.flatMap((_, user) => (own.has(`${user} ${channel}`) && !losses.has(`${user} ${channel}`) ? [user] : []))
  const donors = { push: stayed('push'), email: stayed('email'), 'in-app': stayed('in-app') }
  const rest = [...losses].flatMap(([key, lossDay]) => {
    const [user = 0, channel] = [Number(key.split(' ')[0]), key.slice(key.indexOf(' ') + 1)] as const
    const pool = donors[channel === 'push' ? 'push' : channel === 'email' ? 'email' : 'in-app']
    const donor = pool[(user * 7919) % Math.max(1, pool.length)]
    const after = donor === undefined ? [] : (own.get(`${donor} ${channel}`) ?? [])
    return after.filter(({ day }) => day > lossDay).map((send) => ({ ...send, user }))
  })
  return [...planned, ...rest]
}

/** Each user of the log gets someone of the world with the same channels, as long as there are any. */
function standIns({ users }: WorldLog, world: World): readonly number[] {
  const pools = new Map<string, number[]>()
  const key = (hasPush: boolean, hasEmail: boolean): string => `${hasPush} ${hasEmail}`
  for (const { index, hasPush, email } of world.users) {
    const name = key(hasPush, email !== undefined)
    const pool = pools.get(name)
    if (pool === undefined) pools.set(name, [index])
    else pool.push(index)
  }
  // The first come first: pools give from their end.
  for (const pool of pools.values()) pool.reverse()
  const taken = users.map(({ hasPush, hasEmail }) => pools.get(key(hasPush, hasEmail))?.pop() ?? null)
  const spare = [...pools.values()].flat()
  return taken.map((index) => index ?? spare.pop()!)
}

function toEvent({ kind, userIndex, at, revenue, cause }: Happening, userOf: readonly number[]): LogEvent | null {
  const user = userOf[userIndex]
  if (user === undefined) return null
  return { user, at: Math.round(at), kind, revenue, send: cause === null ? null : Number(cause.decisionId) }
}

interface Lived {
  readonly happened: readonly Happening[]
  /** Indices of the sends whose channel still reached the stand-in. */
  readonly sent: ReadonlySet<number>
}

function liveDays(world: World, planned: readonly (Planned & { readonly standIn: number })[]): Lived {
  const happened: Happening[] = []
  const sent = new Set<number>()
  const emit = (happening: Happening): void => {
    happened.push(happening)
  }
  const { days, users, scenario } = world.options
  const byDay = Array.from({ length: days }, (): { send: (typeof planned)[number]; index: number }[] => [])
  for (const [index, send] of planned.entries()) byDay[send.day]!.push({ send, index })
  for (let day = 0; day < days; day += 1) {
    for (const { send, index } of byDay[day]!.sort((a, b) => a.send.localHour - b.send.localHour)) {
      const { standIn: userIndex, message, channel, localHour } = send
      if (!world.isReachable(userIndex, channel)) continue
      sent.add(index)
      const spec = scenario.producers.find((producer) => producer.message === message)!
      const variant = (spec.variants.find(({ name }) => name === send.variant) ?? spec.variants[0]!).name
      const opportunityId = `${message}.d${day}.u${userIndex}`
      const at = world.momentAt(userIndex, day, localHour)
      const decisionId = String(index)
      const { category } = spec
      world.direct.deliver({ userIndex, channel, message, variant, opportunityId, decisionId, at, category }, emit)
    }
    world.direct.closeDay({ day, from: 0, to: users }, emit)
  }
  return { happened, sent }
}

/** Log users whom the world has no one for would get none, so it has more people than the log. */
const SPARE_SHARE = 0.15
const SPARE_USERS = 50

/**
 * Sends people of a world what the users of a log were sent, day by day at the same local hours, and tells what they did in
 * the form of a log. Sends that the world's people are no longer reached by are left out. The scenario must have the
 * log's messages among its producers.
 */
export function replayLog(log: WorldLog, scenario: Scenario, seed: number): WorldLog {
  const clock = logClock(log)
  const users = Math.ceil(log.users.length * (1 + SPARE_SHARE)) + SPARE_USERS
  const world = createWorld({ scenario, users, days: log.days, seed, startAt: log.startAt })
  const standIn = standIns(log, world)
  const userOf: number[] = new Array<number>(users)
  for (const [user, index] of standIn.entries()) userOf[index] = user
  const planned = continued(log, clock).map((send) => ({ ...send, standIn: standIn[send.user]! }))
  const { happened, sent } = liveDays(world, planned)
  const end = log.startAt + log.days * DAY_MS
  const events = happened.flatMap((happening) => (happening.at < end ? (toEvent(happening, userOf) ?? []) : []))
  const place = new Map<number, number>()
  const sends: LogSend[] = []
  for (const [index, send] of planned.entries()) {
    if (!sent.has(index)) continue
    place.set(index, sends.length)
    sends.push({ ...send, at: world.momentAt(send.standIn, send.day, send.localHour) })
  }
  return {
    ...log,
    users: standIn.map((index) => {
      const { timeZone, hasPush, email } = world.users[index]!
      return { timeZone, hasPush, hasEmail: email !== undefined }
    }),
    sends,
    events: events.map((event) => ({ ...event, send: event.send === null ? null : (place.get(event.send) ?? null) })),
  }
}
