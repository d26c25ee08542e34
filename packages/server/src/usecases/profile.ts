import { createHash } from 'node:crypto'
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
  type NewWords,
  profileSaying,
  refusalStands,
  type StandsAtOnce,
  type Suppression,
  UNDATED,
  type UserId,
  type UserProfile,
  type Word,
  type Words,
  withConfirmedAddress,
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
  const words: NewWords = {
    traits: fact(() => known.traits, traits),
    self: fact(() => known.self, { timeZone, locale }),
    addresses: fact(() => known.addresses, addresses && { ...addresses }),
    channels: right(() => known.channels, channels),
    topics: right(() => known.topics, topics),
    channelTopics: right(() => known.channelTopics, channelTopics),
    rights: right(() => known.rights, { learning, exploration }),
  }
  const isNews = Object.values(words).some((part) => part !== undefined)
  return confirmPush(isNews ? saying(words, base) : base, patch, now)
}

function saying(words: NewWords, base: DatedProfile): DatedProfile {
  const next = profileSaying(words, base)
  return { ...next, suppressions: stillSuppressed(base, next) }
}

/**
 * A device that registers again says with a time that its address reaches the user, also where the address is the one
 * that was gone. Of other channels that is no news: an address that a customer file repeats has not begun to exist.
 */
function confirmPush(profile: DatedProfile, { addresses = {}, saidAt }: UserPatch, now: EpochMs): DatedProfile {
  const { push, pushToken } = addresses
  const stands = (given: unknown, known: unknown): boolean =>
    given !== undefined && given !== null && JSON.stringify(given) === JSON.stringify(known)
  const isConfirmed = stands(push, profile.addresses.push) || stands(pushToken, profile.addresses.pushToken)
  if (saidAt === undefined || !isConfirmed) return profile
  return withConfirmedAddress(profile, 'push', Math.min(saidAt, now))
}

/** What is said of members: absent leaves a value, `null` removes it. */
type Given<V> = Readonly<Record<string, V | null | undefined>>
/** A part once it was heard; undefined where nothing is news. */
type Hear<V> = <W extends V>(known: () => Words<W>, given: Given<W> | undefined) => Words<W> | undefined

/** Hears traits, addresses and the like. Without a time they are said now, and stand whatever other servers' clocks said. */
function factsAt(saidAt: EpochMs | undefined, now: EpochMs): Hear<unknown> {
  const stands = saidAt === undefined ? (): boolean => true : largerStands
  const timeOf = (word: Word<unknown> | undefined): EpochMs =>
    saidAt === undefined ? after(word, now) : Math.min(saidAt, now)
  return (known, given) => heardIn(known, given, { stands, timeOf })
}

/** Hears consent. Without a time a no is said now, and a yes before every no. */
function consentAt(saidAt: EpochMs | undefined, now: EpochMs): Hear<ConsentState | boolean> {
  const timeOf = (word: Word<unknown> | undefined, value: ConsentState | boolean | null): EpochMs => {
    if (saidAt !== undefined) return Math.min(saidAt, now)
    return isYes(value) ? UNDATED : after(word, now)
  }
  return (known, given) => heardIn(known, given, { stands: refusalStands, timeOf })
}

function heardIn<V>(
  known: () => Words<V>,
  given: Given<V> = {},
  rule: {
    readonly stands: StandsAtOnce<V>
    readonly timeOf: (known: Word<V> | undefined, value: V | null) => EpochMs
  },
): Words<V> | undefined {
  const said = Object.entries(given).filter((each): each is [string, V | null] => each[1] !== undefined)
  if (said.length === 0) return undefined
  const before = known()
  const words = new Map<string, Word<V>>()
  for (const [name, value] of said) {
    words.set(name, { value: value ?? undefined, at: rule.timeOf(before.get(name), value) })
  }
  const heard = laterWords(before, words, rule.stands)
  return heard === before ? undefined : heard
}

function after(word: Word<unknown> | undefined, now: EpochMs): EpochMs {
  return word === undefined ? now : Math.max(now, word.at)
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

/** A short name of the address of a channel, which does not tell the address; null where there is none. */
export function addressMark(addresses: Addresses, channel: Channel): string | null {
  const text = addressText(addresses, channel)
  return text === '' ? null : createHash('sha256').update(text.toLowerCase()).digest('base64url').slice(0, 22)
}
