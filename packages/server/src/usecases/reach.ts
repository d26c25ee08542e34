import { type Channel, type EpochMs, hasAddress, type Rules, type UserProfile } from '@paloma/core'
import type { UserTotals } from '../store/contract.ts'

/** Channels on which a user could be reached at first, and how many of them still are at the end. */
export interface Reach {
  readonly atFirst: number
  readonly still: number
}

/**
 * Which of `channels` a user could be reached on at `from` (or when first seen, if later) and still can at `until`. A
 * channel counts at first if it has an address, consent allows it, and nothing was lost on it before; it is lost with
 * the first dated sign: a suppression, or an outcome that says so. A word of consent bears no date: a no without a dated
 * loss counts as if it had been said before `from`.
 */
export function reachOf(
  profile: UserProfile,
  losses: UserTotals['reachLosses'],
  options: {
    readonly from: EpochMs
    readonly until: EpochMs
    readonly channels: readonly Channel[]
    readonly rules: Rules['channels']
  },
): Reach {
  const start = Math.max(options.from, profile.createdAt)
  let atFirst = 0
  let still = 0
  for (const channel of options.channels) {
    const lostAt = firstLoss(profile, losses, channel)
    const isLostBefore = lostAt !== undefined && lostAt < start
    const isLostWithin = lostAt !== undefined && lostAt >= start && lostAt < options.until
    const mayReach = hasAddress(profile.addresses, channel) && isAllowed(profile, channel, options.rules)
    if (isLostBefore || !(mayReach || isLostWithin)) continue
    atFirst += 1
    if (!isLostWithin) still += 1
  }
  return { atFirst, still }
}

function firstLoss(profile: UserProfile, losses: UserTotals['reachLosses'], channel: Channel): EpochMs | undefined {
  const moments = [
    ...profile.suppressions.filter((each) => each.channel === channel).map(({ since }) => since),
    ...losses.filter((each) => each.channel === null || each.channel === channel).map(({ at }) => at),
  ]
  return moments.length === 0 ? undefined : Math.min(...moments)
}

/** Whether consent leaves anything that may be sent on the channel. */
function isAllowed({ consent }: UserProfile, channel: Channel, rules: Rules['channels']): boolean {
  const word = consent.channels[channel]
  if (word === 'denied') return false
  if (word === 'granted' || rules[channel]?.consent !== 'opt-in') return true
  const ofTopics = Object.entries(consent.channelTopics).filter(([key]) => key.startsWith(`${channel}:`))
  return [...Object.values(consent.topics), ...ofTopics.map(([, state]) => state)].includes('granted')
}
