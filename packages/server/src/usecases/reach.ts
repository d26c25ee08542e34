import {
  type Channel,
  type DatedProfile,
  type EpochMs,
  hasAddress,
  lossesOf,
  type Rules,
  type Times,
} from '@paloma/core'
import type { UserTotals } from '../store/contract.ts'

/** Channels on which a user could be reached at first, and how many of them still are at the end. */
export interface Reach {
  readonly atFirst: number
  readonly still: number
}

/** Before anything that has a date. */
const UNDATED = Number.NEGATIVE_INFINITY

/**
 * Which of `channels` a user could be reached on at `from` (or when first seen, if later) and still can at `until`. A
 * channel counts at first if it has an address, consent allows it, and it was not lost before; it is lost by a
 * suppression, an outcome that says so or a no, and won back by a later yes where nothing else stands against it. A no
 * without a date counts as if it had been said before `from`.
 */
export function reachOf(
  profile: DatedProfile,
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
    const moments = lossMoments(profile, losses, channel)
    const isLost = (moment: EpochMs): boolean => isLostAt(profile, { channel, moment, moments })
    const isLostWithin = moments.some((at) => at >= start && at < options.until)
    const mayReach = hasAddress(profile.addresses, channel) && isAllowed(profile, channel, options.rules)
    if (isLost(start) || !(mayReach || isLostWithin)) continue
    atFirst += 1
    if (!isLost(options.until)) still += 1
  }
  return { atFirst, still }
}

function lossMoments(profile: DatedProfile, losses: UserTotals['reachLosses'], channel: Channel): readonly EpochMs[] {
  const { consent, said = {} } = profile
  return [
    ...lossesOf(profile).flatMap((each) => (each.channel === channel ? [each.since] : [])),
    ...losses.flatMap((each) => (each.channel === null || each.channel === channel ? [each.at] : [])),
    ...(consent.channels[channel] === 'denied' ? [said.channels?.[channel] ?? UNDATED] : []),
  ]
}

function isLostAt(
  profile: DatedProfile,
  of: { readonly channel: Channel; readonly moment: EpochMs; readonly moments: readonly EpochMs[] },
): boolean {
  const { channel, moment, moments } = of
  if (profile.suppressions.some((each) => each.channel === channel && each.since < moment)) return true
  const before = moments.filter((at) => at < moment)
  if (before.length === 0) return false
  const backAt = lastYes(profile, channel)
  return !(backAt < moment && backAt > Math.max(...before))
}

/** When the user last said yes to the channel, or to a topic on it, or a device that its address works. */
function lastYes({ consent, said = {} }: DatedProfile, channel: Channel): EpochMs {
  const granted = (words: Readonly<Record<string, unknown>>, times: Times = {}): readonly EpochMs[] =>
    Object.entries(times).flatMap(([name, at]) => {
      const isOfChannel = name === channel || name.startsWith(`${channel}:`)
      return isOfChannel && words[name] === 'granted' ? [at] : []
    })
  return Math.max(
    UNDATED,
    ...granted(consent.channels, said.channels),
    ...granted(consent.channelTopics, said.channelTopics),
    said.confirmed?.[channel] ?? UNDATED,
  )
}

/** Whether consent leaves anything that may be sent on the channel; when a no was said is looked at elsewhere. */
function isAllowed({ consent }: DatedProfile, channel: Channel, rules: Rules['channels']): boolean {
  if (consent.channels[channel] === 'granted' || rules[channel]?.consent !== 'opt-in') return true
  const ofTopics = Object.entries(consent.channelTopics).filter(([key]) => key.startsWith(`${channel}:`))
  return [...Object.values(consent.topics), ...ofTopics.map(([, state]) => state)].includes('granted')
}
