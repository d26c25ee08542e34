import type { Category, Channel } from './channel.ts'
import { assertNever } from './error.ts'
import type { UserId } from './id.ts'
import type { Scalar } from './opportunity.ts'
import { DAY_MS, type EpochMs, HOUR_MS } from './time.ts'

/** What a user said about being messaged; `unknown` is not a yes. */
export const CONSENT_STATES = ['granted', 'denied', 'unknown'] as const
export type ConsentState = (typeof CONSENT_STATES)[number]

/** Consent is three rights: to be messaged, to be learned from, to be explored on. */
export interface Consent {
  readonly channels: Readonly<Partial<Record<Channel, ConsentState>>>
  /** By topic, for every channel. */
  readonly topics: Readonly<Record<string, ConsentState>>
  /** By `channel:topic`, which is the most specific and wins. */
  readonly channelTopics: Readonly<Record<string, ConsentState>>
  readonly learning: boolean
  readonly exploration: boolean
}

/** A standing order not to use an address of the user; an opt-out is lifted by a later yes to its channel. */
export interface Suppression {
  readonly channel: Channel
  readonly reason: 'bounce' | 'complaint' | 'opt-out' | 'gone' | 'manual'
  readonly since: EpochMs
}

/** A Web Push subscription, as browsers hand it over. */
export interface PushSubscription {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
}

/** Where a user can be reached; a channel without an address cannot be used. */
export interface Addresses {
  readonly email?: string
  readonly push?: PushSubscription
  /** In-app needs no address: the user id is one. */
  readonly sms?: string
  readonly webhook?: string
  /** An opaque token for a push gateway behind a webhook. */
  readonly pushToken?: string
}

/** Whether the user has an address on the channel; in-app needs none. */
export function hasAddress(addresses: Addresses, channel: Channel): boolean {
  switch (channel) {
    case 'in-app':
      return true
    case 'email':
      return isGiven(addresses.email)
    case 'push':
      return addresses.push !== undefined || isGiven(addresses.pushToken)
    case 'sms':
      return isGiven(addresses.sms)
    case 'webhook':
      return isGiven(addresses.webhook)
    default:
      return assertNever(channel)
  }
}

function isGiven(address: string | undefined): boolean {
  return address !== undefined && address !== ''
}

export interface UserProfile {
  readonly userId: UserId
  readonly traits: Readonly<Record<string, Scalar>>
  /** IANA name; absent means the company's. */
  readonly timeZone?: string
  readonly locale?: string
  readonly addresses: Addresses
  readonly consent: Consent
  readonly suppressions: readonly Suppression[]
  readonly createdAt: EpochMs
}

/** One message that was reserved or delivered; the unit in which caps count. */
export interface PastSend {
  readonly at: EpochMs
  readonly channel: Channel
  readonly category: Category
  readonly message: string
  readonly topic: string
  readonly groupKey?: string
  readonly opportunityId: string
  /** Where the channel shows one message at a time: what it was thought to be worth, on the common scale, and when it lapses. */
  readonly waits?: { readonly until: EpochMs; readonly worth: number }
}

/** How far back responses and visits are remembered: what features look at. */
export const HISTORY_MS: number = 28 * DAY_MS
/** How far back sends are: the longest cap goes over 28 calendar days, and a day on which clocks go back is longer than 24 hours. */
export const SENDS_HISTORY_MS: number = HISTORY_MS + 3 * HOUR_MS

/** What happened between us and a user lately; enough for caps and history features. */
export interface UserHistory {
  /** Oldest first, at most `SENDS_HISTORY_MS` old. */
  readonly sends: readonly PastSend[]
  /** Human opens and clicks per channel, oldest first, at most the last 28 days. */
  readonly responses: readonly { readonly at: EpochMs; readonly channel: Channel }[]
  /** Days of activity (visits), oldest first, at most the last 28 days. */
  readonly visits: readonly EpochMs[]
}

/** Everything about one user that a decision may look at. */
export interface UserState {
  readonly profile: UserProfile
  readonly history: UserHistory
}

export const NO_HISTORY: UserHistory = { sends: [], responses: [], visits: [] }

export const DEFAULT_CONSENT: Consent = {
  channels: {},
  topics: {},
  channelTopics: {},
  learning: true,
  exploration: true,
}
