import {
  type Channel,
  type EpochMs,
  type Outcome,
  type Scalar,
  decisionId as toDecisionId,
  userId as toUserId,
} from '@paloma/core'
import type { Config } from '../config/contract.ts'
import type { IncomingEvent, ItemError } from './contract.ts'
import { own, valuesOf } from './event-values.ts'

/** Nothing that is told here happened before 2000-01-01. */
const EARLIEST_MS: EpochMs = Date.UTC(2000, 0, 1)

/**
 * Corrects a device's clock: timestamp = receivedAt − (sentAt − originalTimestamp), Segment's rule. Never after its
 * receipt: what a fast clock dates into the future happened at the latest when we heard of it.
 */
export function correctedTime(event: Pick<IncomingEvent, 'timestamp' | 'sentAt'>, receivedAt: EpochMs): EpochMs {
  if (event.timestamp === undefined) return receivedAt
  if (event.sentAt === undefined) return Math.min(receivedAt, event.timestamp)
  return Math.min(receivedAt, receivedAt - (event.sentAt - event.timestamp))
}

/**
 * When what an event says of a user was said: as its sender dated it or as corrected, whichever is earlier, so that the
 * same event again, later, is no news.
 */
export function saidTime(event: Pick<IncomingEvent, 'timestamp' | 'sentAt'>, receivedAt: EpochMs): EpochMs {
  return Math.min(event.timestamp ?? receivedAt, correctedTime(event, receivedAt))
}

/** Why the time of an event cannot be believed: two device times that lie decades apart. */
export function timeFault(event: IncomingEvent, receivedAt: EpochMs): ItemError | undefined {
  const at = correctedTime(event, receivedAt)
  if (at >= EARLIEST_MS) return undefined
  const detail = `/timestamp: expected a moment after 2000 once corrected by sentAt, got ${at} ms since 1970`
  return { code: 'ITEM_INVALID', detail, pointer: '/timestamp' }
}

/** The members of a bag that are text, number or boolean. */
export function scalars(bag: Readonly<Record<string, unknown>>): Readonly<Record<string, Scalar>> {
  const kept = new Map<string, Scalar>()
  for (const [name, value] of Object.entries(bag)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') kept.set(name, value)
  }
  return Object.fromEntries(kept)
}

/** Page, screen and group calls carry the name of a thing; what counts is that one was viewed or joined. */
export function eventName({ type, name }: Pick<IncomingEvent, 'type' | 'name'>): string {
  if (type === 'page') return 'Page Viewed'
  if (type === 'screen') return 'Screen Viewed'
  return type === 'group' ? 'Group Joined' : name
}

interface Meaning {
  readonly channel: Channel | null
  readonly isVisit: boolean
  readonly isResponse: boolean
  readonly reachLoss: Outcome['reachLoss']
}

/** What a name stands for; a machine neither visits nor responds. */
function meaningOf({ events }: Config, name: string, isMachine: boolean): Meaning {
  const loss = own(events.reachLosses, name)
  const response = own(events.responses, name)
  return {
    channel: loss?.channel ?? own(events.returns, name) ?? response ?? null,
    isVisit: !isMachine && events.visits.includes(name),
    isResponse: !isMachine && response !== undefined,
    reachLoss: loss?.loss ?? null,
  }
}

/**
 * What an event counts for under this configuration; the join to a decision by window comes later. Machine opens and
 * clicks are those that say so: property `machine`, or SendGrid's `sg_machine_open`, true.
 */
export function outcomeOf(config: Config, event: IncomingEvent, receivedAt: EpochMs): Outcome {
  const properties = scalars(event.properties)
  const name = eventName(event)
  const named = own(properties, 'decisionId')
  const isMachine = own(properties, 'machine') === true || own(properties, 'sg_machine_open') === true
  return {
    messageId: event.messageId,
    userId: toUserId(event.userId),
    name,
    // What lets somebody be reached again must not look younger than it is.
    at: own(config.events.returns, name) === undefined ? correctedTime(event, receivedAt) : saidTime(event, receivedAt),
    receivedAt,
    decisionId: typeof named === 'string' ? toDecisionId(named) : null,
    joinedBy: typeof named === 'string' ? 'decisionId' : null,
    isMachine,
    ...meaningOf(config, name, isMachine),
    values: isMachine ? {} : valuesOf(config, name, properties),
    properties,
  }
}
