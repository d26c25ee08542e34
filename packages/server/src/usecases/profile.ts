import {
  type Addresses,
  type Channel,
  DEFAULT_CONSENT,
  type EpochMs,
  type Scalar,
  type Suppression,
  type UserId,
  type UserProfile,
} from '@paloma/core'
import type { UserPatch } from './contract.ts'

/** Someone of whom nothing is known but the id. */
export function newProfile(userId: UserId, at: EpochMs): UserProfile {
  return { userId, traits: {}, addresses: {}, consent: DEFAULT_CONSENT, suppressions: [], createdAt: at }
}

/** A profile, or a new one, with a patch applied; the same object where the patch changes nothing. */
export function applyPatch(current: UserProfile | undefined, patch: UserPatch, at: EpochMs): UserProfile {
  const base = current ?? newProfile(patch.userId, at)
  const addresses = addressesAfter(base.addresses, patch.addresses)
  const timeZone = changed(base.timeZone, patch.timeZone)
  const locale = changed(base.locale, patch.locale)
  const next: UserProfile = {
    userId: base.userId,
    traits: mergeBag(base.traits, patch.traits ?? {}),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(locale === undefined ? {} : { locale }),
    addresses,
    consent: consentAfter(base.consent, patch.consent),
    suppressions: stillSuppressed(base, addresses),
    createdAt: base.createdAt,
  }
  return JSON.stringify(next) === JSON.stringify(base) ? base : next
}

/** Absent leaves a value, `null` removes it. */
function changed<T>(current: T | undefined, patch: T | null | undefined): T | undefined {
  return patch === undefined ? current : (patch ?? undefined)
}

function mergeBag(
  current: Readonly<Record<string, Scalar>>,
  patch: Readonly<Record<string, Scalar | null>>,
): Readonly<Record<string, Scalar>> {
  const merged = new Map(Object.entries(current))
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, value)
  }
  return Object.fromEntries(merged)
}

function addressesAfter(current: Addresses, patch: UserPatch['addresses'] = {}): Addresses {
  const email = changed(current.email, patch.email)
  const push = changed(current.push, patch.push)
  const sms = changed(current.sms, patch.sms)
  const webhook = changed(current.webhook, patch.webhook)
  const pushToken = changed(current.pushToken, patch.pushToken)
  return {
    ...(email === undefined ? {} : { email }),
    ...(push === undefined ? {} : { push }),
    ...(sms === undefined ? {} : { sms }),
    ...(webhook === undefined ? {} : { webhook }),
    ...(pushToken === undefined ? {} : { pushToken }),
  }
}

function consentAfter(
  consent: UserProfile['consent'],
  patch: NonNullable<UserPatch['consent']> = {},
): UserProfile['consent'] {
  return {
    channels: { ...consent.channels, ...patch.channels },
    topics: { ...consent.topics, ...patch.topics },
    channelTopics: { ...consent.channelTopics, ...patch.channelTopics },
    learning: patch.learning ?? consent.learning,
    exploration: patch.exploration ?? consent.exploration,
  }
}

/** A bounced or vanished address says nothing about the one that took its place; a person's no stays. */
function stillSuppressed({ addresses, suppressions }: UserProfile, next: Addresses): readonly Suppression[] {
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
