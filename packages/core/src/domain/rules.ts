import type { Category, Channel } from './channel.ts'
import type { EpochMs } from './time.ts'

/** Which sends a rule speaks about. An absent member means all; categories default to service and marketing. */
export interface RuleScope {
  readonly channels?: readonly Channel[]
  readonly categories?: readonly Category[]
  readonly topics?: readonly string[]
  readonly messages?: readonly string[]
}

/** At most `max` sends to one user, in the last hours (rolling) or on calendar days in the user's zone (today included). */
export interface FrequencyCap extends RuleScope {
  readonly name: string
  readonly max: number
  readonly window:
    | { readonly kind: 'rolling'; readonly hours: number }
    | { readonly kind: 'calendarDays'; readonly days: number }
}

/** At least this long between two sends to one user. */
export interface MinimumGap extends RuleScope {
  readonly name: string
  readonly minutes: number
}

/**
 * Local hours without sends, `[start, end)` in minutes after the user's midnight; `start > end` crosses midnight.
 * `wait` offers the end of the quiet hours as another slot, `lapse` refuses.
 */
export interface QuietHours extends RuleScope {
  readonly startMinute: number
  readonly endMinute: number
  readonly behaviour: 'wait' | 'lapse'
}

/** `opt-in`: marketing needs an explicit yes; `opt-out`: it needs the absence of a no. */
export interface ChannelRule {
  readonly consent: 'opt-in' | 'opt-out'
  /** Price of one send on the common value scale. */
  readonly pricePerSend: number
  /** A new message takes the place of one that was not seen yet; what that one was worth is then part of the price. */
  readonly showsOne?: boolean
}

/** Moments a candidate may be sent at: now, and these local hours within the horizon. */
export interface SlotRule {
  readonly localHours: readonly number[]
  readonly horizonHours: number
}

/** Every limit the owner has set. Channels that are not named are off. */
export interface Rules {
  readonly channels: Readonly<Partial<Record<Channel, ChannelRule>>>
  readonly caps: readonly FrequencyCap[]
  readonly gaps: readonly MinimumGap[]
  readonly quietHours: readonly QuietHours[]
  readonly slots: SlotRule
  /** The company's IANA zone: used for users without one. */
  readonly timeZone: string
}

/** The most messages that all users together are sent in one day, UTC; transactional ones do not count. */
export interface SharedLimit {
  readonly name: string
  /** Absent: through any channel. */
  readonly channel?: Channel
  /** A message family; absent: any. */
  readonly message?: string
  readonly sendsPerDay: number
}

/** Why a candidate may not be sent. */
export const REFUSAL_REASONS = [
  'channel-off',
  'no-content',
  'no-address',
  'suppressed',
  'channel-denied',
  'topic-denied',
  'no-consent',
  'capped',
  'minimum-gap',
  'quiet-hours',
  'not-before',
  'expired',
  'superseded',
  'duplicate',
  'group-exclusive',
  'already-sent',
  'withheld',
  'limit-reached',
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** One reason, with the name of the rule that spoke and, where it is known, when it will no longer hold. */
export interface Refusal {
  readonly reason: RefusalReason
  readonly rule?: string
  readonly until?: EpochMs
}
