import {
  type Addresses,
  type Channel,
  type ConsentState,
  type DatedProfile,
  DEFAULT_CONSENT,
  type EpochMs,
  isYes,
  largerStands,
  laterWords,
  profileSaying,
  refusalStands,
  type Suppression,
  UNDATED,
  type UserId,
  type UserProfile,
  type Word,
  type Words,
  wordsOf,
} from '@paloma/core'
import type { UserPatch } from './contract.ts'

/** Someone of whom nothing is known but the id. */
export function newProfile(userId: UserId, at: EpochMs): UserProfile {
  return { userId, traits: {}, addresses: {}, consent: DEFAULT_CONSENT, suppressions: [], createdAt: at }
}

/**
 * A profile, or a new one, with a patch applied at a moment; the same object where the patch changes nothing. Of each
 * thing the later word stands. What bears no time is said now, but for a yes, which is older than every no.
 */
export function applyPatch(current: DatedProfile | undefined, patch: UserPatch, now: EpochMs): DatedProfile {
  const base = current ?? newProfile(patch.userId, now)
  const { timeZone, locale, traits, addresses, consent = {}, saidAt } = patch
  const { channels, topics, channelTopics, learning, exploration } = consent
  const [known, fact, right] = [wordsOf(base), factsAt(saidAt, now), consentAt(consent.saidAt, now)]
  const next = profileSaying(
    {
      traits: fact(known.traits, traits),
      self: fact(known.self, { timeZone, locale }),
      addresses: fact(known.addresses, { ...addresses }),
      channels: right(known.channels, channels),
      topics: right(known.topics, topics),
      channelTopics: right(known.channelTopics, channelTopics),
      rights: right(known.rights, { learning, exploration }),
    },
    base,
  )
  const patched = { ...next, suppressions: stillSuppressed(base, next) }
  return JSON.stringify(patched) === JSON.stringify(base) ? base : patched
}

/** What is said of members: absent leaves a value, `null` removes it. */
type Given<V> = Readonly<Record<string, V | null | undefined>>
type Hear<V> = <W extends V>(known: Words<W>, given?: Given<W>) => Words<W>

/** Hears traits, addresses and the like. Without a time they are said now, and stand whatever other servers' clocks said. */
function factsAt(saidAt: EpochMs | undefined, now: EpochMs): Hear<unknown> {
  return (known, given = {}) => {
    const at = (name: string): EpochMs => (saidAt === undefined ? after(known.get(name), now) : Math.min(saidAt, now))
    return laterWords(known, asWords(given, at), saidAt === undefined ? () => true : largerStands)
  }
}

/** Hears consent. Without a time a no is said now, and a yes before every no. */
function consentAt(saidAt: EpochMs | undefined, now: EpochMs): Hear<ConsentState | boolean> {
  return (known, given = {}) => {
    const undated = (name: string): EpochMs => (isYes(given[name]) ? UNDATED : after(known.get(name), now))
    const at = (name: string): EpochMs => (saidAt === undefined ? undated(name) : Math.min(saidAt, now))
    return laterWords(known, asWords(given, at), refusalStands)
  }
}

function after(word: Word<unknown> | undefined, now: EpochMs): EpochMs {
  return word === undefined ? now : Math.max(now, word.at)
}

function asWords<V>(given: Given<V>, atOf: (name: string) => EpochMs): Words<V> {
  const said = Object.entries(given).flatMap(([name, value]): [string, Word<V>][] =>
    value === undefined ? [] : [[name, { value: value ?? undefined, at: atOf(name) }]],
  )
  return new Map(said)
}

/** A bounced or vanished address says nothing about the one that took its place; a person's no stays. */
function stillSuppressed(
  { addresses }: UserProfile,
  { addresses: next, suppressions }: UserProfile,
): readonly Suppression[] {
  const isFresh = (channel: Channel): boolean => {
    const now = addressText(next, channel)
    return now !== '' && now !== addressText(addresses, channel)
  }
  return suppressions.filter(({ channel, reason }) => {
    return (reason !== 'bounce' && reason !== 'gone') || !isFresh(channel)
  })
}

/** What stands for the address of a channel; empty where there is none. */
export function addressText({ email, push, pushToken, sms, webhook }: Addresses, channel: Channel): string {
  if (channel === 'push') return push === undefined && pushToken === undefined ? '' : JSON.stringify([push, pushToken])
  if (channel === 'in-app') return ''
  return { email, sms, webhook }[channel] ?? ''
}
