import type { TimelineEntry } from '../answers.ts'

const HOUR_MS = 3_600_000

/** How many messages reached a user lately on one channel. */
export interface SendPressure {
  readonly channel: string
  readonly day: number
  readonly week: number
  readonly month: number
}

// Statuses under which a message reached the user or may have.
const COUNTED = ['dispatching', 'sent', 'unknown']

/** Sends per channel in the last 24 hours, 7 and 28 days before `now`; only what the given entries show is counted. */
export function sendPressure(entries: readonly TimelineEntry[], now: number): readonly SendPressure[] {
  const channels = new Map<string, SendPressure>()
  for (const entry of entries) {
    if (entry.kind !== 'send' || !COUNTED.includes(entry.send.status)) continue
    const age = now - Date.parse(entry.at)
    const within = (hours: number) => (age >= 0 && age < hours * HOUR_MS ? 1 : 0)
    const { channel } = entry.send
    const sum = channels.get(channel) ?? { channel, day: 0, week: 0, month: 0 }
    const [day, week, month] = [sum.day + within(24), sum.week + within(168), sum.month + within(672)]
    channels.set(channel, { channel, day, week, month })
  }
  return [...channels.values()].sort((a, b) => a.channel.localeCompare(b.channel))
}
