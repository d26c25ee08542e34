import { createHash } from 'node:crypto'
import { type Channel, HOUR_MS, type Outcome, PalomaError, type UserId } from '@paloma/core'
import { readToken } from '../channel/unsubscribe-token.ts'
import type { ItemError, Usecases } from './contract.ts'
import type { Deps } from './deps.ts'
import { writeAsOwners } from './owners.ts'

interface Subscription {
  readonly userId: UserId
  readonly channel: Channel
  readonly topic: string
}

/**
 * One-click unsubscribe: denies `channel:topic`, which wins over every other word of consent, and records the loss, so
 * that what caused it is learned from. A user who was erased is not made anew.
 */
export function unsubscribeUsecases(deps: Deps, upsert: Usecases['users']['upsert']): Usecases['unsubscribe'] {
  const { store, clock, secret } = deps
  const show = (token: string): Subscription | undefined => {
    const payload = readToken(secret, token)
    if (payload?.kind !== 'unsubscribe') return undefined
    return { userId: payload.userId, channel: payload.channel, topic: payload.topic }
  }
  return {
    show,
    async act(token) {
      const named = show(token)
      if (named === undefined) return undefined
      const userId = (await store.users.resolveAliases([named.userId])).get(named.userId) ?? named.userId
      const subscription = { ...named, userId }
      const profile = (await store.users.loadStates([userId], clock.now())).get(userId)?.profile
      if (profile === undefined) return named
      const key = `${subscription.channel}:${subscription.topic}`
      const [saved] = await upsert([{ userId, consent: { channelTopics: { [key]: 'denied' } } }])
      if (saved?.ok === false) throw notAcknowledged(saved.error)
      if (profile.consent.channelTopics[key] !== 'denied') await recordLoss(deps, subscription, token)
      return named
    },
  }
}

/** Unsubscribing may not be acknowledged while something is with a provider. */
function notAcknowledged({ code, detail, hint }: ItemError): PalomaError {
  return new PalomaError(code, detail, hint === undefined ? {} : { hint })
}

async function recordLoss({ store, clock, config }: Deps, of: Subscription, token: string): Promise<void> {
  const at = clock.now()
  const { userId, channel, topic } = of
  const since = at - Math.max(...config.objectives.map(({ windowHours }) => windowHours)) * HOUR_MS
  const [decisionId = null] = await store.decisions.lastSentFor([{ userId, channel, since, at }])
  const outcome: Omit<Outcome, 'userId'> = {
    messageId: `unsubscribe-${createHash('sha256').update(token).digest('hex').slice(0, 24)}-${at}`,
    name: lossName(config.events.reachLosses, channel),
    at,
    receivedAt: at,
    decisionId,
    joinedBy: decisionId === null ? null : 'window',
    isMachine: false,
    channel,
    isVisit: false,
    isResponse: false,
    reachLoss: 'unsubscribed',
    values: {},
    properties: { topic },
  }
  await writeAsOwners(store, [userId], (ownerOf) =>
    store.outcomes.insertMany([{ ...outcome, userId: ownerOf(userId) }]),
  )
}

/** What the owner calls it when somebody unsubscribes on this channel. */
function lossName(losses: Deps['config']['events']['reachLosses'], channel: Channel): string {
  const named = Object.entries(losses).find(([, each]) => each.channel === channel && each.loss === 'unsubscribed')
  return named?.[0] ?? 'Unsubscribed'
}
