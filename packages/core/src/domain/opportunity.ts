import type { Category, Channel } from './channel.ts'
import type { OpportunityId, UserId } from './id.ts'
import type { EpochMs } from './time.ts'

export type Scalar = string | number | boolean

/** An upstream team's statement of what a message is worth, for one objective. */
export interface Claim {
  readonly objective: string
  readonly estimate: number
  readonly unit: string
  readonly horizonDays: number
  readonly stdError?: number
  readonly kind: 'predicted' | 'incremental'
  readonly model?: string
}

/** What a channel shows: field name to Liquid template, e.g. `{ subject, html }` or `{ title, body }`. */
export type Content = Readonly<Record<string, string>>

/** One of several ways to word a message. */
export interface Variant {
  readonly name: string
  readonly content: Readonly<Partial<Record<Channel, Content>>>
  readonly features?: Readonly<Record<string, Scalar>>
}

/** An upstream system's proposal to send one message to one user inside a window. */
export interface Opportunity {
  /** Idempotency key: the same id always means the same proposal. */
  readonly id: OpportunityId
  readonly producer: string
  readonly userId: UserId
  /** Message family, e.g. `price-drop`. */
  readonly message: string
  readonly category: Category
  readonly topic: string
  /** Channels it may use, in the producer's order of preference. */
  readonly channels: readonly Channel[]
  /** Never empty: a proposal without variants has one, named `default`. */
  readonly variants: readonly Variant[]
  readonly window: { readonly notBefore: EpochMs; readonly expires: EpochMs }
  readonly claims: readonly Claim[]
  readonly features: Readonly<Record<string, Scalar>>
  /** Of the open opportunities of a user that share it, only the newest stands. */
  readonly dedupeKey?: string
  /** Exclusivity: once one of a group was sent to a user, the others are refused. */
  readonly groupKey?: string
  readonly supersedes?: OpportunityId
}
