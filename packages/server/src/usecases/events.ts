import {
  type Channel,
  type EpochMs,
  HOUR_MS,
  type Outcome,
  type Scalar,
  decisionId as toDecisionId,
  userId as toUserId,
  type UserId,
  type UserProfile,
} from '@paloma/core'
import type { Config } from '../config/contract.ts'
import type { IncomingEvent, ItemResult, Usecases, UserPatch } from './contract.ts'
import type { Deps } from './deps.ts'
import { own, valueFault, valuesOf } from './event-values.ts'
import { groupCommit } from './group-commit.ts'
import { awaitNothingInFlight } from './in-flight.ts'

type IngestResult = ItemResult<{ readonly messageId: string }>

/** Corrects a device's clock: timestamp = receivedAt − (sentAt − originalTimestamp), Segment's rule. */
export function correctedTime(event: Pick<IncomingEvent, 'timestamp' | 'sentAt'>, receivedAt: EpochMs): EpochMs {
  if (event.timestamp === undefined) return receivedAt
  if (event.sentAt === undefined) return event.timestamp
  return Math.min(receivedAt, receivedAt - (event.sentAt - event.timestamp))
}

function scalars(bag: Readonly<Record<string, unknown>>): Record<string, Scalar> {
  const kept: Record<string, Scalar> = {}
  for (const [name, value] of Object.entries(bag)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') kept[name] = value
  }
  return kept
}

/** Page and screen calls carry a page's name; what counts is that one was viewed. */
function eventName(event: IncomingEvent): string {
  if (event.type === 'page') return 'Page Viewed'
  return event.type === 'screen' ? 'Screen Viewed' : event.name
}

/** What an event counts for under this configuration; the join to a decision comes later. */
export function outcomeOf(config: Config, event: IncomingEvent, receivedAt: EpochMs): Outcome {
  const properties = scalars(event.properties)
  const name = eventName(event)
  const loss = own(config.events.reachLosses, name)
  const response = own(config.events.responses, name)
  const named = properties['decisionId']
  const isMachine = properties['machine'] === true || properties['sg_machine_open'] === true
  return {
    messageId: event.messageId,
    userId: toUserId(event.userId),
    name,
    at: correctedTime(event, receivedAt),
    receivedAt,
    decisionId: typeof named === 'string' ? toDecisionId(named) : null,
    joinedBy: typeof named === 'string' ? 'decisionId' : null,
    isMachine,
    channel: loss?.channel ?? response ?? null,
    isVisit: !isMachine && config.events.visits.includes(name),
    isResponse: !isMachine && response !== undefined,
    reachLoss: loss?.loss ?? null,
    values: valuesOf(config, name, properties),
    properties,
  }
}

const SUPPRESSION_OF = {
  unsubscribed: 'opt-out',
  'push-disabled': 'gone',
  uninstalled: 'gone',
  complained: 'complaint',
  bounced: 'bounce',
} as const

/** How long after a send an event without a decision id still joins it. */
function joinWindowMs(config: Config): number {
  return Math.max(...config.objectives.map(({ windowHours }) => windowHours)) * HOUR_MS
}

/** Events in: profiles, aliases, outcomes, opt-outs; idempotent by messageId. */
export function eventUsecases({ store, config, clock }: Deps, upsert: Usecases['users']['upsert']): Usecases['events'] {
  const windowMs = joinWindowMs(config)

  const join = async (outcomes: readonly Outcome[]): Promise<readonly Outcome[]> => {
    const open = outcomes.filter(({ joinedBy, isVisit, isResponse, reachLoss, values }) => {
      return joinedBy === null && (isVisit || isResponse || reachLoss !== null || Object.keys(values).length > 0)
    })
    const keys = open.map(({ userId, channel, at }) => ({ userId, channel, at, since: at - windowMs }))
    const found = await store.decisions.lastSentFor(keys)
    const joined = new Map(open.map((outcome, i) => [outcome.messageId, found[i] ?? null]))
    return outcomes.map((outcome) => {
      const decisionId = joined.get(outcome.messageId)
      return decisionId == null ? outcome : { ...outcome, decisionId, joinedBy: 'window' as const }
    })
  }

  const suppress = async (outcomes: readonly Outcome[]): Promise<void> => {
    const lost = outcomes.filter(({ reachLoss, channel }) => reachLoss !== null && channel !== null)
    if (lost.length === 0) return
    await store.users.change(
      lost.map(({ userId, reachLoss, channel, at }) => ({
        userId,
        update: (current) => {
          const profile = current ?? newcomer(userId, at)
          if (profile.suppressions.some((s) => s.channel === channel)) return profile
          const suppression = { channel: channel as Channel, reason: SUPPRESSION_OF[reachLoss!], since: at }
          return { ...profile, suppressions: [...profile.suppressions, suppression] }
        },
      })),
    )
    for (const { userId } of lost) await awaitNothingInFlight(store, userId)
  }

  const touch = async (outcomes: readonly Outcome[]): Promise<void> => {
    const ids = [...new Set(outcomes.map(({ userId }) => userId))]
    const known = await store.users.loadStates(ids, clock.now())
    await upsert(ids.filter((id) => !known.has(id)).map((userId) => ({ userId })))
  }

  const write = groupCommit<Outcome, IngestResult>(async (items) => {
    await touch(items)
    const joined = await join(items)
    await suppress(joined)
    const results = await store.outcomes.insertMany(joined)
    return results.map((result, i) => ({
      ok: true,
      status: result === 'inserted' ? 'created' : 'duplicate',
      value: { messageId: items[i]!.messageId },
    }))
  })

  const canonical = async (items: readonly IncomingEvent[]): Promise<readonly IncomingEvent[]> => {
    const aliases = await store.users.resolveAliases([...new Set(items.map(({ userId }) => userId))])
    return items.map((item) => ({ ...item, userId: aliases.get(item.userId) ?? item.userId }))
  }

  const link = async (event: IncomingEvent): Promise<void> => {
    const previous = event.type === 'alias' ? event.previousId : event.anonymousId
    if (previous !== undefined && previous !== event.userId)
      await store.users.addAlias(previous, toUserId(event.userId))
  }

  const ingestSound = async (given: readonly IncomingEvent[]): Promise<readonly IngestResult[]> => {
    const items = await canonical(given)
    for (const event of items) await link(event)
    const patches = items.filter(({ type }) => type === 'identify').map((event) => identifyPatch(event))
    await upsert(patches)
    const receivedAt = clock.now()
    const written = await write.add(
      items.filter(({ type }) => type !== 'identify' && type !== 'alias').map((e) => outcomeOf(config, e, receivedAt)),
    )
    let next = 0
    return items.map((event): IngestResult => {
      if (event.type === 'identify' || event.type === 'alias') {
        return { ok: true, status: 'updated', value: { messageId: event.messageId } }
      }
      next += 1
      return written[next - 1]!
    })
  }

  return {
    async ingest(given) {
      const faults = given.map((event) => valueFault(config, eventName(event), event))
      const done = await ingestSound(given.filter((_, i) => faults[i] === undefined))
      let next = 0
      return faults.map((error): IngestResult => (error === undefined ? done[next++]! : { ok: false, error }))
    },
  }
}

function newcomer(userId: UserId, at: EpochMs): UserProfile {
  return {
    userId,
    traits: {},
    addresses: {},
    consent: { channels: {}, topics: {}, channelTopics: {}, learning: true, exploration: true },
    suppressions: [],
    createdAt: at,
  }
}

function identifyPatch(event: IncomingEvent): UserPatch {
  const { email, ...traits } = scalars(event.traits)
  const zone = event.context['timezone']
  const locale = event.context['locale']
  return {
    userId: toUserId(event.userId),
    traits,
    ...(typeof email === 'string' ? { addresses: { email } } : {}),
    ...(typeof zone === 'string' ? { timeZone: zone } : {}),
    ...(typeof locale === 'string' ? { locale } : {}),
  }
}
