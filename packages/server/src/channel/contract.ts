import type { Channel, DecisionId, EpochMs, SendId, UserId, UserProfile } from '@paloma/core/domain'

/** A rendered message for one user on one channel. */
export interface Message {
  /** The provider's idempotency key. */
  readonly sendId: SendId
  readonly decisionId: DecisionId
  readonly userId: UserId
  readonly channel: Channel
  readonly message: string
  readonly category: 'transactional' | 'service' | 'marketing'
  readonly topic: string
  readonly profile: UserProfile
  /** Rendered fields, e.g. `{ subject, html, text }`, `{ title, body, url }`. */
  readonly content: Readonly<Record<string, string>>
  /** Present for non-transactional messages: where a click, and a one-click POST, unsubscribes. */
  readonly unsubscribeUrl: string | null
  /** When it was decided, not when it is sent. */
  readonly decidedAt: EpochMs
  readonly expiresAt: EpochMs
}

/**
 * What the provider said. `rejected` with an `addressGone` suppresses the address. `unknown` means that the message may
 * or may not have gone out (a timeout after the data was handed over): never retried.
 * `rejected, permanent: false` is retried only because nothing was handed over.
 */
export type SendResult =
  | { readonly kind: 'sent'; readonly providerMessageId: string | null }
  | { readonly kind: 'rejected'; readonly permanent: boolean; readonly reason: string; readonly addressGone?: boolean }
  | { readonly kind: 'unknown'; readonly reason: string }

/** A way to reach users through one vendor or protocol. */
export interface ChannelAdapter {
  readonly name: string
  readonly channel: Channel
  /** Fields that `content` must have for this channel, e.g. `['subject', 'html']`. */
  readonly requiredContent: readonly string[]
  readonly traits: {
    /** Sending the same sendId twice delivers once. */
    readonly isIdempotent: boolean
    /** How many sends may be in flight at once. */
    readonly concurrency: number
  }
  /** Whether the user has an address for it. */
  canReach(profile: UserProfile): boolean
  /** Hands one message over. Does not throw for what a provider or network does; throws only for a broken promise. */
  send(message: Message, signal?: AbortSignal): Promise<SendResult>
  /** For `paloma doctor`: checks that the provider answers, without sending. */
  check?(): Promise<{ readonly ok: boolean; readonly detail: string }>
  close?(): Promise<void>
}
