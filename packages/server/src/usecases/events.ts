import {
  type EpochMs,
  HOUR_MS,
  type Outcome,
  type Scalar,
  userId as toUserId,
  type UserId,
  type UserProfile,
} from '@paloma/core'
import type { Config } from '../config/contract.ts'
import type { InsertResult } from '../store/contract.ts'
import { weighSoftBounces } from './bounces.ts'
import type { IncomingEvent, ItemResult, ItemWarning, Usecases, UserPatch } from './contract.ts'
import type { Deps } from './deps.ts'
import { valueFault } from './event-values.ts'
import { groupCommit } from './group-commit.ts'
import { awaitEachInFlight, besideFaults, type Written, writeEach } from './item-results.ts'
import { eventName, outcomeOf, saidTime, scalars, timeFault } from './outcome-of.ts'
import { ownersOf, writeAsOwners } from './owners.ts'
import { newProfile } from './profile.ts'
import { asFirstHeard, isReturn, suppressLost, welcomeBack } from './reach-changes.ts'
import { strayWarnings } from './stray-outcomes.ts'
import { ageFault, isWordOfReach, type TooOld, tooOldIn } from './too-old.ts'

type IngestResult = ItemResult<{ readonly messageId: string }>

/** How long after a send an event without a decision id still joins it. */
function joinWindowMs(config: Config): number {
  return Math.max(...config.objectives.map(({ windowHours }) => windowHours)) * HOUR_MS
}

/**
 * Events in: profiles, aliases, outcomes, opt-outs, returns. Outcomes are idempotent by messageId; identify and alias do the same
 * again. An opt-out is acknowledged when nothing to the user is with a provider any more.
 */
export function eventUsecases(deps: Deps, upsert: Usecases['users']['upsert']): Usecases['events'] {
  const { store, config, clock } = deps
  const write = groupCommit<Heard, IngestResult>(async (items) => {
    const ids = items.map(({ outcome }) => outcome.userId)
    const written = await writeAsOwners(store, ids, async (ownerOf) => {
      const owned = items.map(({ outcome }) => ({ ...outcome, userId: ownerOf(outcome.userId) }))
      await touch(deps, owned)
      const heard = await asFirstHeard(store, config.events, await joinByWindow(deps, owned))
      const joined = await suppressLost(store, await weighSoftBounces(deps, heard))
      const fresh = joined.filter((_, i) => items[i]?.isOld === false)
      const stored = (await writeEach(fresh, (part) => store.outcomes.insertMany(part))).values()
      const results = items.map(({ isOld }) => (isOld ? HEARD : stored.next().value!))
      const isKept = (i: number): boolean => results[i]?.kind === 'written' && results[i].result !== 'conflict'
      await welcomeBack(
        store,
        joined.filter((outcome, i) => isReturn(config.events, outcome) && isKept(i)),
      )
      const warnings = await strayWarnings(
        store,
        owned.filter((_, i) => items[i]?.isOld === false),
      )
      return results.map((result, i) => ({ result, warning: warnings.get(owned[i]!) }))
    })
    return items.map(({ outcome }, i) => resultOf(outcome, written[i]!))
  })

  const ingestSound = async (items: readonly IncomingEvent[], isOld: TooOld): Promise<readonly IngestResult[]> => {
    await linkAliases(deps, items)
    const receivedAt = clock.now()
    const patches = items.flatMap((event) => (event.type === 'identify' ? [identifyPatch(event, receivedAt)] : []))
    const heard = items.flatMap((event): readonly Heard[] =>
      isOutcome(event) ? [{ outcome: outcomeOf(config, event, receivedAt), isOld: isOld(event) }] : [],
    )
    const outcomes = heard.map(({ outcome }) => outcome)
    const saved = (await upsert(patches)).values()
    const written = (await write.add(heard)).values()
    const lost = outcomes.flatMap(({ reachLoss, userId }) => (reachLoss === null ? [] : [userId]))
    const ownerOf = lost.length === 0 ? undefined : await ownersOf(store, lost)
    const unsettled = await awaitEachInFlight(
      deps,
      lost.map((id) => ownerOf?.(id) ?? id),
    )
    const losses = outcomes.values()
    return items.map((event): IngestResult => {
      const { messageId } = event
      if (event.type === 'alias') return { ok: true, status: 'updated', value: { messageId } }
      if (event.type === 'identify') return withMessageId(saved.next().value!, messageId)
      const { reachLoss, userId } = losses.next().value!
      const result = written.next().value!
      const error = result.ok && reachLoss !== null ? unsettled.get(ownerOf?.(userId) ?? userId) : undefined
      return error === undefined ? result : { ok: false, error }
    })
  }

  return {
    async ingest(given) {
      const now = clock.now()
      const isOld = await tooOldIn(deps, given, now)
      const counts = (event: IncomingEvent): boolean =>
        !isOutcome(event) || !isOld(event) || isWordOfReach(config, outcomeOf(config, event, now))
      return besideFaults(
        given,
        (event) =>
          valueFault(config, eventName(event), event) ??
          timeFault(event, now) ??
          (counts(event) ? undefined : ageFault(config, event, now)),
        (sound) => ingestSound(sound, isOld),
      )
    },
  }
}

/** An event, and whether only what it says of reach is heard. */
interface Heard {
  readonly outcome: Outcome
  readonly isOld: boolean
}

const HEARD: Written<'heard'> = { kind: 'written', result: 'heard' }

function isOutcome({ type }: IncomingEvent): boolean {
  return type !== 'identify' && type !== 'alias'
}

function withMessageId(result: ItemResult<UserProfile>, messageId: string): IngestResult {
  return result.ok ? { ok: true, status: result.status, value: { messageId } } : result
}

function resultOf(
  { messageId }: Outcome,
  {
    result: written,
    warning,
  }: { readonly result: Written<InsertResult | 'heard'>; readonly warning?: ItemWarning | undefined },
): IngestResult {
  if (written.kind === 'refused') return { ok: false, error: written.error }
  if (written.result === 'heard') return { ok: true, status: 'updated', value: { messageId } }
  if (written.result !== 'conflict') {
    const status = written.result === 'inserted' ? 'created' : 'duplicate'
    return { ok: true, status, value: { messageId }, ...(warning === undefined ? {} : { warnings: [warning] }) }
  }
  const detail = `messageId ${messageId} was used for another event; an event keeps its id, another needs its own`
  return { ok: false, error: { code: 'EVENT_CONFLICT', detail, pointer: '/messageId' } }
}

/** Makes ids aliases of the users they are named with, where they are not yet; the last word on an id stands. */
async function linkAliases({ store, inboxFeed }: Deps, items: readonly IncomingEvent[]): Promise<void> {
  const pairs = items.flatMap(({ type, previousId, anonymousId, userId }) => {
    const previous = type === 'alias' ? previousId : anonymousId
    return previous === undefined || previous === userId
      ? []
      : [{ previous: toUserId(previous), userId: toUserId(userId) }]
  })
  if (pairs.length === 0) return
  const ownerOf = await ownersOf(
    store,
    pairs.flatMap(({ previous, userId }) => [previous, userId]),
  )
  const linked = new Map<UserId, UserId>()
  for (const { previous, userId } of pairs) {
    const owner = linked.get(previous) ?? ownerOf(previous)
    if (owner === ownerOf(userId)) continue
    await store.users.addAlias(previous, userId)
    await store.users.settle([previous])
    await inboxFeed.follow(previous)
    linked.set(previous, ownerOf(userId))
  }
}

/** Whoever does something is known from then on. */
async function touch({ store, clock }: Deps, outcomes: readonly Outcome[]): Promise<void> {
  const ids = [...new Set(outcomes.map(({ userId }) => userId))]
  const now = clock.now()
  const known = await store.users.loadStates(ids, now)
  const missing = ids.filter((id) => !known.has(id))
  await store.users.change(
    missing.map((userId) => ({ userId, update: (current) => current ?? newProfile(userId, now) })),
  )
}

function isOfInterest({ isVisit, isResponse, reachLoss, values }: Outcome): boolean {
  return isVisit || isResponse || reachLoss !== null || Object.keys(values).length > 0
}

/** Joins what names no decision to the user's last send before it, whatever order events arrive in. */
async function joinByWindow({ store, config }: Deps, outcomes: readonly Outcome[]): Promise<readonly Outcome[]> {
  const windowMs = joinWindowMs(config)
  const open = outcomes.filter((outcome) => outcome.joinedBy === null && isOfInterest(outcome))
  const keys = open.map(({ userId, channel, at }) => ({ userId, channel, at, since: at - windowMs }))
  const found = await store.decisions.lastSentFor(keys)
  const joined = new Map(open.map((outcome, i) => [outcome, found[i] ?? null]))
  return outcomes.map((outcome) => {
    const decisionId = joined.get(outcome) ?? null
    return decisionId === null ? outcome : { ...outcome, decisionId, joinedBy: 'window' as const }
  })
}

/** Traits that are null are removed, the e-mail address too. */
function identifyPatch(event: IncomingEvent, receivedAt: EpochMs): UserPatch {
  const { userId, traits: given, context } = event
  const { email, ...rest } = given
  const removed = Object.entries(rest).flatMap(([name, value]): [string, null][] =>
    value === null ? [[name, null]] : [],
  )
  const traits: Record<string, Scalar | null> = { ...scalars(rest), ...Object.fromEntries(removed) }
  const { timezone, locale } = context
  return {
    userId: toUserId(userId),
    ...(event.timestamp === undefined ? {} : { saidAt: saidTime(event, receivedAt) }),
    traits,
    ...(typeof email === 'string' || email === null ? { addresses: { email } } : {}),
    ...(typeof timezone === 'string' ? { timeZone: timezone } : {}),
    ...(typeof locale === 'string' ? { locale } : {}),
  }
}
