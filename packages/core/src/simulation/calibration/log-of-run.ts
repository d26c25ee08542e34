import { DAY_MS } from '../../domain/index.ts'
import type { Happening } from '../happening.ts'
import { type Choose, runWorld, sendMoment } from '../run-world.ts'
import type { World } from '../world.ts'
import type { LogEvent, LogSend, WorldLog } from './world-log.ts'

const DELIVERED_AFTER_MS = 1000

/** What a run of a policy looks like from outside, as a log: to try a calibration on a world whose truth is known. */
export function logOfRun(world: World, choose: Choose): WorldLog {
  const { startAt, days } = world.options
  const sends: LogSend[] = []
  const events: LogEvent[] = []
  const byDecision = new Map<string, number>()
  const channelOf = (kind: Happening['kind']): LogSend['channel'] => (kind.startsWith('email') ? 'email' : 'push')
  runWorld(world, choose, {
    observer: {
      onSend: (send) => {
        const { userIndex: user, channel, offer, day } = send
        byDecision.set(offer.id, sends.length)
        sends.push({
          user,
          at: sendMoment(world, send, day),
          channel,
          message: offer.message,
          variant: send.variant,
          isTransactional: false,
        })
      },
      onHappening: ({ kind, userIndex: user, at, revenue, cause }) => {
        if (cause !== null && !byDecision.has(cause.decisionId)) {
          // Transactional messages go out by themselves; the first thing heard of one is its delivery.
          byDecision.set(cause.decisionId, sends.length)
          const { message, variant } = cause
          sends.push({
            user,
            at: at - DELIVERED_AFTER_MS,
            channel: channelOf(kind),
            message,
            variant,
            isTransactional: true,
          })
        }
        const send = cause === null ? null : (byDecision.get(cause.decisionId) ?? null)
        if (at < startAt + days * DAY_MS) events.push({ user, at: Math.round(at), kind, revenue, send })
      },
    },
  })
  const users = world.users.map(({ timeZone, hasPush, email }) => ({
    timeZone,
    hasPush,
    hasEmail: email !== undefined,
  }))
  return { startAt, days, users, sends, events }
}
