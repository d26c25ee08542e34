import type { Channel } from './channel.ts'
import type { EpochMs } from './time.ts'

/**
 * What a target counts of the users whom Paloma decides for, transactional messages left out: sends a user and week; users lost to a channel
 * (bounces left out) per thousand sends; or what sends cost by `pricePerSend`, per day, on the common value scale.
 */
export const TARGET_MEASURES = ['sendsPerUserWeek', 'lossesPerThousandSends', 'spendPerDay'] as const
export type TargetMeasure = (typeof TARGET_MEASURES)[number]

/** What the owner wants kept on average. A price on sends is raised while there is more of it, and falls back to 0 while there is less. */
export interface PriceTarget {
  readonly name: string
  readonly measure: TargetMeasure
  /** Absent: all channels together. */
  readonly channel?: Channel
  /** > 0. */
  readonly atMost: number
}

/** Where the price of one target stands in a policy state. */
export interface DualPrice {
  /**
   * On the common value scale, ≥ 0: per send (`sendsPerUserWeek`), per expected loss (`lossesPerThousandSends`), or per 1 that sends cost
   * (`spendPerDay`).
   */
  readonly price: number
  /** What the controller has summed up: ln(1 + price / unit) that would hold without its proportional part. */
  readonly level: number
  /** How strongly errors move the price, in (0, 1]: halved when it swings about its target. */
  readonly gain: number
  /** ln(measured / target) of the last step, few events drawn to 0. */
  readonly error: number
  /** What was counted last, in the measure's own unit; null where nobody could be counted. */
  readonly measured: number | null
  /** Counted up to this moment. */
  readonly until: EpochMs
  /** The price cannot rise further: the target is out of reach by price alone. */
  readonly atLimit: boolean
}
