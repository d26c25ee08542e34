import { CHANNELS, type Channel } from './channel.ts'
import type { DecisionId, UserId } from './id.ts'
import { DAY_MS, type EpochMs } from './time.ts'
import { hasAddress, type UserProfile } from './user.ts'

/** What was known of a user at an exposure, before the experiment could matter; covariates of its read-out. */
export interface KnownAtExposure {
  /** Days since the user was first known, ≥ 0. */
  readonly tenureDays: number
  /** Channels with an address, without suppression, and not refused; in the order of `CHANNELS`. */
  readonly reachable: readonly Channel[]
}

/** What a profile says of tenure and reach at a moment. A topic that was refused does not count: the channel is still there. */
export function knownAt(
  {
    createdAt,
    addresses,
    suppressions,
    consent,
  }: Pick<UserProfile, 'createdAt' | 'addresses' | 'suppressions' | 'consent'>,
  at: EpochMs,
): KnownAtExposure {
  const isReachable = (channel: Channel): boolean =>
    hasAddress(addresses, channel) &&
    consent.channels[channel] !== 'denied' &&
    !suppressions.some((each) => each.channel === channel)
  return { tenureDays: Math.max(0, at - createdAt) / DAY_MS, reachable: CHANNELS.filter(isReachable) }
}

/** A user's part in an experiment, as the decisions say. */
export interface Exposure {
  readonly userId: UserId
  /** Variant, phase and decision of the first exposure. */
  readonly variant: string
  readonly phase: number
  readonly at: EpochMs
  readonly decisionId: DecisionId
  /** Slot of time, where time is what is randomised: one row per slot then. */
  readonly slot: number | null
  /** All variants the user was exposed to, in order of names; more than one is a fault, or a ramp that moved him. */
  readonly variants: readonly string[]
  /** Beside each of `variants` the cluster he was in; absent where clusters have no slots of their own. */
  readonly clusters?: readonly string[]
  /** At the first exposure; absent of one that was noted before this was. */
  readonly known?: KnownAtExposure
}

/** Users by variant and phase of their first exposure. */
export interface ExposureCount {
  readonly variant: string
  readonly phase: number
  readonly users: number
  /** Of these, exposed to another variant later. */
  readonly crossed: number
  readonly firstAt: EpochMs
  readonly lastAt: EpochMs
}
