import type { ProducerSpec, Scenario, WorldChannel } from '../scenario.ts'
import type { WorldLog } from './world-log.ts'

/** A world has at most so many producers; the rest of a log's messages go under one name. */
const MAX_MESSAGES = 19
export const OTHER_MESSAGES = 'other-messages'

interface Seen {
  readonly count: number
  readonly channels: ReadonlySet<WorldChannel>
  readonly isTransactional: boolean
}

function messagesOf({ sends }: WorldLog): ReadonlyMap<string, Seen> {
  const found = new Map<string, Seen>()
  for (const { message, channel, isTransactional } of sends) {
    const { count = 0, channels = [] } = found.get(message) ?? {}
    found.set(message, { count: count + 1, channels: new Set([...channels, channel]), isTransactional })
  }
  return found
}

function producerOf(
  base: Scenario,
  message: string,
  { channels, isTransactional, count, userDays }: Seen & { readonly userDays: number },
) {
  const known = base.producers.find((spec) => spec.message === message)
  if (known !== undefined) return known
  const chance = Math.min(1, Math.max(0.01, Math.round((200 * count) / userDays) / 100))
  const spec: ProducerSpec = {
    producer: message,
    message,
    category: isTransactional ? 'transactional' : 'marketing',
    topic: message,
    channels: [...channels].sort(),
    trigger: isTransactional ? { kind: 'ordered', chance: 1 } : { kind: 'daily', chance },
    windowDays: 2,
    orderLift: 1,
    openLogit: 0,
    claimStyle: 'none',
    claimScale: 0,
    claimNoiseSd: 0,
    variants: [{ name: 'default', openLogit: 0, priceTilt: 0, content: {} }],
  }
  return spec
}

/** Puts messages beyond the most sent ones under one name. */
export function mergeRareMessages(log: WorldLog): WorldLog {
  const seen = [...messagesOf(log)].sort(([, a], [, b]) => b.count - a.count)
  if (seen.length <= MAX_MESSAGES + 1) return log
  const kept = new Set(seen.slice(0, MAX_MESSAGES).map(([message]) => message))
  const rename = (message: string): string => (kept.has(message) ? message : OTHER_MESSAGES)
  return { ...log, sends: log.sends.map((send) => ({ ...send, message: rename(send.message) })) }
}

/** The log's messages as producers: as the base knows them, or plain ones proposed about twice as often as they were sent. */
export function producersOf(log: WorldLog, base: Scenario): readonly ProducerSpec[] {
  const userDays = log.users.length * log.days
  const seen = messagesOf(log)
  const producers = [...seen].map(([message, facts]) => producerOf(base, message, { ...facts, userDays }))
  return producers.length === 0 ? base.producers : producers
}
