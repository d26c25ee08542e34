import type { RateCount, RatePrior } from './rate-prior.ts'

/** A message whose variants compete for rare answers in front of an audience that ends. */
export interface VariantRule {
  /** Sends there will be in all; the closer the end, the less is explored. */
  readonly audience: number
  /** Share of the sends that is spread over the variants alike, in [0, 1). */
  readonly floor: number
}

/** What the owner says of single messages; with it, what comes of each message is counted by itself. */
export interface MessageSettings {
  /** By message family. */
  readonly variants: Readonly<Record<string, VariantRule>>
  /** Objectives for which it is believed of each message how it differs from the average one, long before their windows close. */
  readonly beliefs: readonly string[]
  /** By message family, what is known of it beforehand, e.g. `{ discount: 1 }`: new messages are believed to be like those that share it. */
  readonly traits: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** A variant rule with what was counted so far. */
export interface VariantTrial {
  /** By variant. */
  readonly counts: ReadonlyMap<string, RateCount>
  /** From other messages. */
  readonly prior: RatePrior
  /** Sends still to come. */
  readonly remaining: number
  readonly floor: number
}
