import { createHash } from 'node:crypto'
import {
  DEFAULT_CONSENT,
  type DecisionId,
  type EpochMs,
  GROUPS,
  type Group,
  type OpportunityId,
  type PolicyArtifact,
  type Scalar,
  sendId,
  type UserId,
  type UserProfile,
  userId,
} from '@paloma/core/domain'
import artifactCase from '../../../../../spec/cases/policy-artifact.json' with { type: 'json' }
import type { ApiKey, InboxItem } from '../../store/contract.ts'
import type {
  GroupComparison,
  IncomingEvent,
  ItemResult,
  TimelineEntry,
  Usecases,
  UserPatch,
} from '../../usecases/contract.ts'
import { fakeDecisions } from './fake-decisions.ts'
import { fakeEvaluations } from './fake-evaluations.ts'
import { fakeExperiments } from './fake-experiments.ts'
import { fakeMailReports } from './fake-mail-reports.ts'
import { fakeRetention } from './fake-retention.ts'
import type { Stored } from './stored.ts'

const STATUS_ORDER = ['unseen', 'seen', 'read', 'interacted', 'archived'] as const

const ARTIFACT = artifactCase as PolicyArtifact

/** What a test may do to the fake beyond calling it. */
export interface FakeControls {
  readonly usecases: Usecases
  /** Secrets by scope, e.g. `secrets.admin`. */
  readonly secrets: Readonly<Record<'ingest' | 'decide' | 'read' | 'admin', string>>
  /** Puts an item into an inbox and tells the subscribers. */
  deliver(user: string, id: string, body?: string): InboxItem
  /** Subscribers of a user at this moment. */
  listeners(user: string): number
  /** The next call of any use case throws this. */
  failNext(error: Error): void
  /** The unsubscribe token of a user. */
  unsubscribeToken(user: string): string
}

/** Use cases that keep everything in maps and decide by preferring the oldest open opportunity. */
export function fakeUsecases(options: { readonly isVirtual?: boolean } = {}): FakeControls {
  const stored: Stored = {
    users: new Map(),
    opportunities: new Map(),
    outcomes: new Map(),
    decisions: new Map(),
    inbox: new Map(),
    keys: new Map(),
    listeners: new Map(),
    now: Date.UTC(2026, 0, 15, 12),
    stateId: 1,
  }
  const failure: { next: Error | null } = { next: null }
  const usecases: Usecases = {
    users: fakeUsers(stored),
    opportunities: fakeOpportunities(stored),
    events: { ingest: async (items) => items.map((item) => ingest(stored, item)) },
    mailReports: fakeMailReports(),
    decisions: fakeDecisions(stored),
    inbox: fakeInbox(stored),
    unsubscribe: fakeUnsubscribe(stored),
    experiments: fakeExperiments(stored),
    evaluations: fakeEvaluations(stored),
    policies: { artifact: async () => ARTIFACT },
    groups: { compare: async (from, until, options) => compare(stored, { from, until, ...options }) },
    clock: fakeClock(stored, options.isVirtual ?? true),
    keys: fakeKeys(stored),
    history: { export: async () => [] },
    retention: fakeRetention,
    health: fakeHealth(stored),
  }
  const secrets = { ingest: 'pk_ingest', decide: 'pk_decide', read: 'pk_read', admin: 'pk_admin' }
  for (const [scope, secret] of Object.entries(secrets)) addKey(stored, { name: scope, scopes: [scope], secret })
  return {
    usecases: failing(usecases, failure),
    secrets,
    deliver: (user, id, body = 'World') => deliver(stored, user, { id, body }),
    listeners: (user) => stored.listeners.get(userId(user))?.size ?? 0,
    failNext: (error) => {
      failure.next = error
    },
    unsubscribeToken: (user) => `token-${user}`,
  }
}

/** Lets the next asynchronous call throw; keys always work, so that the failure reaches the handler. */
function failing(usecases: Usecases, failure: { next: Error | null }): Usecases {
  const wrapRoom = <R extends object>(room: R): R =>
    new Proxy(room, {
      get(target, member, receiver) {
        const value: unknown = Reflect.get(target, member, receiver)
        if (typeof value !== 'function' || failure.next === null) return value
        const error = failure.next
        return () => {
          failure.next = null
          throw error
        }
      },
    })
  return {
    ...usecases,
    users: wrapRoom(usecases.users),
    opportunities: wrapRoom(usecases.opportunities),
    events: wrapRoom(usecases.events),
    decisions: wrapRoom(usecases.decisions),
    groups: wrapRoom(usecases.groups),
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function present<T extends object>(current: T, changes: object | undefined): T {
  const merged = Object.entries({ ...current, ...changes }).filter(([, value]) => value !== null)
  return Object.fromEntries(merged) as T
}

function patched(current: UserProfile | undefined, patch: UserPatch, now: EpochMs): UserProfile {
  const base: UserProfile = current ?? {
    userId: patch.userId,
    traits: {},
    addresses: {},
    consent: DEFAULT_CONSENT,
    suppressions: [],
    createdAt: now,
  }
  const { consent = {}, traits, addresses, timeZone, locale } = patch
  return present(
    {
      ...base,
      traits: present(base.traits, traits),
      addresses: present(base.addresses, addresses),
      consent: {
        ...base.consent,
        ...consent,
        channels: { ...base.consent.channels, ...consent.channels },
        topics: { ...base.consent.topics, ...consent.topics },
        channelTopics: { ...base.consent.channelTopics, ...consent.channelTopics },
      },
    },
    { ...(timeZone === undefined ? {} : { timeZone }), ...(locale === undefined ? {} : { locale }) },
  )
}

function fakeUsers(stored: Stored): Usecases['users'] {
  const open = (id: UserId): number =>
    [...stored.opportunities.values()].filter((each) => each.opportunity.userId === id && each.status === 'open').length
  return {
    async upsert(patches) {
      return patches.map((patch) => {
        const current = stored.users.get(patch.userId)
        const value = patched(current, patch, stored.now)
        stored.users.set(patch.userId, value)
        return { ok: true, status: current === undefined ? 'created' : 'updated', value }
      })
    },
    async get(id) {
      const profile = stored.users.get(id)
      return profile === undefined ? undefined : { profile, said: {}, group: 'paloma', openOpportunities: open(id) }
    },
    async erase(id) {
      return { rows: stored.users.delete(id) ? 1 : 0 }
    },
    async list(after, limit) {
      const ids = [...stored.users.keys()].sort().filter((id) => after === null || id > after)
      return ids.slice(0, limit).flatMap((id) => stored.users.get(id) ?? [])
    },
    async timeline(id, { before = Number.POSITIVE_INFINITY, limit }) {
      if (!stored.users.has(id)) return undefined
      return timelineOf(stored, id)
        .filter(({ at }) => at < before)
        .slice(0, limit)
    },
  }
}

function timelineOf(stored: Stored, id: UserId): readonly TimelineEntry[] {
  const entries: TimelineEntry[] = []
  for (const { decision, send } of stored.decisions.values()) {
    if (decision.userId !== id) continue
    entries.push({ kind: 'decision', at: decision.at, decision })
    if (send !== null) entries.push({ kind: 'send', at: send.updatedAt, send })
  }
  for (const outcome of stored.outcomes.values()) {
    if (outcome.userId === id) entries.push({ kind: 'outcome', at: outcome.at, outcome })
  }
  for (const { opportunity, status } of stored.opportunities.values()) {
    if (opportunity.userId !== id) continue
    entries.push({ kind: 'opportunity', at: opportunity.window.notBefore, opportunity, status })
  }
  return entries.sort((a, b) => b.at - a.at)
}

function fakeOpportunities(stored: Stored): Usecases['opportunities'] {
  return {
    async propose(items) {
      return items.map((opportunity): ItemResult<{ readonly id: OpportunityId }> => {
        const known = stored.opportunities.get(opportunity.id)
        if (known === undefined) stored.opportunities.set(opportunity.id, { opportunity, status: 'open' })
        const isSame = known === undefined || JSON.stringify(known.opportunity) === JSON.stringify(opportunity)
        if (!isSame) {
          return {
            ok: false,
            error: { code: 'OPPORTUNITY_CONFLICT', detail: 'another one has this id', pointer: '/id' },
          }
        }
        return { ok: true, status: known === undefined ? 'created' : 'duplicate', value: { id: opportunity.id } }
      })
    },
    async get(id) {
      return stored.opportunities.get(id)
    },
    async withdraw(id) {
      const known = stored.opportunities.get(id)
      if (known?.status !== 'open') return false
      known.status = 'withdrawn'
      return true
    },
  }
}

function ingest(stored: Stored, event: IncomingEvent): ItemResult<{ readonly messageId: string }> {
  const value = { messageId: event.messageId }
  if (stored.outcomes.has(event.messageId)) return { ok: true, status: 'duplicate', value }
  const skew = event.sentAt === undefined ? 0 : stored.now - event.sentAt
  const scalars = Object.entries(event.properties).filter((entry): entry is [string, Scalar] =>
    ['string', 'number', 'boolean'].includes(typeof entry[1]),
  )
  stored.outcomes.set(event.messageId, {
    messageId: event.messageId,
    userId: userId(event.userId),
    name: event.name,
    at: (event.timestamp ?? stored.now) + (event.timestamp === undefined ? 0 : skew),
    receivedAt: stored.now,
    decisionId: null,
    joinedBy: null,
    isMachine: false,
    channel: null,
    isVisit: false,
    isResponse: false,
    reachLoss: null,
    values: {},
    properties: Object.fromEntries(scalars),
  })
  return { ok: true, status: 'created', value }
}

function deliver(stored: Stored, user: string, { id, body }: { id: string; body: string }): InboxItem {
  const item: InboxItem = {
    sendId: sendId(id),
    decisionId: `d-${id}` as DecisionId,
    userId: userId(user),
    message: 'price-drop',
    content: { title: 'Hello', body },
    createdAt: stored.now + stored.inbox.size,
    status: 'unseen',
    statusAt: stored.now,
  }
  stored.inbox.set(item.sendId, item)
  for (const listener of stored.listeners.get(item.userId) ?? []) listener(item)
  return item
}

function fakeInbox(stored: Stored): Usecases['inbox'] {
  return {
    async list(id, { before, limit, withArchived = false }) {
      const all = [...stored.inbox.values()].filter((item) => item.userId === id).reverse()
      const shown = all.filter((item) => withArchived || item.status !== 'archived')
      const start = before === undefined ? 0 : shown.findIndex((item) => item.sendId === before) + 1
      return { items: shown.slice(start, start + limit), unseen: all.filter((item) => item.status === 'unseen').length }
    },
    async mark(id, itemId, status) {
      const item = stored.inbox.get(itemId)
      if (item === undefined || item.userId !== id) return undefined
      if (STATUS_ORDER.indexOf(status) <= STATUS_ORDER.indexOf(item.status)) return item
      const marked = { ...item, status, statusAt: stored.now }
      stored.inbox.set(itemId, marked)
      return marked
    },
    async subscribe(id, listener) {
      const listeners = stored.listeners.get(id) ?? new Set()
      stored.listeners.set(id, listeners.add(listener))
      return () => void listeners.delete(listener)
    },
    tokenFor: (id) => `inbox.${id}`,
    userOfToken: (token) => (token.startsWith('inbox.') ? userId(token.slice(6)) : undefined),
  }
}

function fakeUnsubscribe(stored: Stored): Usecases['unsubscribe'] {
  const subscriptionOf = (token: string): ReturnType<Usecases['unsubscribe']['show']> => {
    const id = userId(token.replace(/^token-/, ''))
    if (!token.startsWith('token-') || !stored.users.has(id)) return undefined
    return { userId: id, channel: 'email', topic: '<b>offers</b>' }
  }
  return {
    show: subscriptionOf,
    async act(token) {
      const subscription = subscriptionOf(token)
      const profile = subscription === undefined ? undefined : stored.users.get(subscription.userId)
      if (subscription === undefined || profile === undefined) return undefined
      const consent = { channels: { email: 'denied' as const } }
      stored.users.set(profile.userId, patched(profile, { userId: profile.userId, consent }, stored.now))
      return subscription
    },
  }
}

function compare(
  stored: Stored,
  { from, until, matchedBy }: { readonly from: EpochMs; readonly until: EpochMs; readonly matchedBy?: string },
): GroupComparison {
  const zero = { mean: 0, low: -1, high: 1 }
  const result = {
    users: stored.users.size,
    sendsPerUser: 0,
    reach: 1,
    optOutsPerUser: 0,
    objectives: { conversion: zero },
    combined: zero,
  }
  const groups = Object.fromEntries(GROUPS.map((group) => [group, result])) as Record<Group, typeof result>
  const matched = matchedBy === undefined ? {} : { matchedSets: { 'paloma-holdout': 1 } }
  return { from, until, level: 0.95, groups, differences: { 'paloma-holdout': { conversion: zero } }, ...matched }
}

function fakeClock(stored: Stored, isVirtual: boolean): Usecases['clock'] {
  return {
    isVirtual,
    now: () => stored.now,
    async advance(to) {
      stored.now = to
      stored.stateId++
      return { redecided: 0, dispatched: 0, stateId: stored.stateId }
    },
  }
}

function addKey(stored: Stored, of: { name: string; scopes: readonly string[]; secret: string }): ApiKey {
  const key: ApiKey = {
    id: `key-${stored.keys.size + 1}`,
    name: of.name,
    scopes: of.scopes,
    hash: hashOf(of.secret),
    createdAt: stored.now,
    revokedAt: null,
  }
  stored.keys.set(key.hash, key)
  return key
}

function fakeKeys(stored: Stored): Usecases['keys'] {
  return {
    async create(name, scopes) {
      const secret = `pk_${stored.keys.size + 1}_${name}`
      return { key: addKey(stored, { name, scopes, secret }), secret }
    },
    list: async () => [...stored.keys.values()],
    async revoke(id) {
      const key = [...stored.keys.values()].find((each) => each.id === id)
      if (key === undefined) return false
      stored.keys.set(key.hash, { ...key, revokedAt: stored.now })
      return true
    },
    authenticate: async (secret) => stored.keys.get(hashOf(secret)),
  }
}

function fakeHealth(stored: Stored): Usecases['health'] {
  return {
    ready: async () => ({ ready: true, checks: { store: { ok: true, detail: 'in memory' } } }),
    counts: async () => ({
      decisions: stored.decisions.size,
      sends: { reserved: stored.decisions.size },
      stateId: stored.stateId,
      usersInMemory: stored.users.size,
      isLearner: true,
      horizons: {},
      priceTargets: [],
      audit: null,
    }),
  }
}
