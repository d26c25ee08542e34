import type { Consent, Refusal, RefusalReason, Rules, UserProfile } from '../domain/index.ts'
import { hasAddress } from '../domain/index.ts'
import type { Subject } from './scope.ts'

/** Nothing speaks against it; shared, so that the common case allocates nothing. */
export const NO_REFUSALS: readonly Refusal[] = []

const CHANNEL_OFF: Refusal = { reason: 'channel-off' }
const NO_ADDRESS: Refusal = { reason: 'no-address' }

/**
 * Why this user may not be reached on this channel with such a message at all, whatever the variant or moment: channel
 * off, no address, suppression (its ground stands in `rule`), consent. These hold for transactional messages too.
 */
export function channelRefusals(
  subject: Subject,
  profile: UserProfile,
  channels: Rules['channels'],
): readonly Refusal[] {
  let found: Refusal[] | undefined
  const rule = channels[subject.channel]
  if (rule === undefined) found = add(found, CHANNEL_OFF)
  if (!hasAddress(profile.addresses, subject.channel)) found = add(found, NO_ADDRESS)
  for (const { channel, reason } of profile.suppressions) {
    if (channel === subject.channel) found = add(found, { reason: 'suppressed', rule: reason })
  }
  const consent = consentRefusal(profile.consent, subject, rule?.consent ?? 'opt-out')
  if (consent !== undefined) found = add(found, { reason: consent })
  return found ?? NO_REFUSALS
}

/**
 * What consent says, or undefined when it allows the message. A no to the channel always stands; below it the most
 * specific word wins: `channel:topic`, then topic, then channel, then the channel's default. Only marketing on an opt-in
 * channel needs a yes; the other categories need the absence of a no.
 */
export function consentRefusal(
  consent: Consent,
  subject: Pick<Subject, 'channel' | 'topic' | 'category'>,
  byDefault: 'opt-in' | 'opt-out',
): RefusalReason | undefined {
  const channel = consent.channels[subject.channel]
  if (channel === 'denied') return 'channel-denied'
  const word = topicWord(consent, subject)
  if (word === 'denied') return 'topic-denied'
  if (word === 'granted' || channel === 'granted') return undefined
  return byDefault === 'opt-in' && subject.category === 'marketing' ? 'no-consent' : undefined
}

function topicWord(consent: Consent, subject: Pick<Subject, 'channel' | 'topic'>): 'granted' | 'denied' | undefined {
  if (hasEntries(consent.channelTopics)) {
    const specific = consent.channelTopics[`${subject.channel}:${subject.topic}`]
    if (specific === 'granted' || specific === 'denied') return specific
  }
  const topic = consent.topics[subject.topic]
  return topic === 'granted' || topic === 'denied' ? topic : undefined
}

function hasEntries(record: Readonly<Record<string, unknown>>): boolean {
  for (const _ in record) return true
  return false
}

function add(list: Refusal[] | undefined, refusal: Refusal): Refusal[] {
  if (list === undefined) return [refusal]
  list.push(refusal)
  return list
}
