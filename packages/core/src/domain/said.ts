import { CHANNELS, type Channel } from './channel.ts'
import type { Scalar } from './opportunity.ts'
import type { EpochMs } from './time.ts'
import type { Addresses, Consent, ConsentState, PushSubscription, Suppression, UserProfile } from './user.ts'

/** By name, when something was last said; what is not named bears no time. */
export type Times = Readonly<Record<string, EpochMs>>

/** What each part of a profile is made of. `self` is time zone and locale, `rights` are those to learn and to explore. */
interface PartValues {
  readonly traits: Scalar
  readonly self: string
  readonly addresses: string | PushSubscription
  readonly channels: ConsentState
  readonly topics: ConsentState
  readonly channelTopics: ConsentState
  readonly rights: boolean
}

/**
 * When what is known of a user was said, by part and member, of what was removed too: what was said last stands,
 * whatever order words arrive in. A yes without a time is not named here: it is older than every no.
 */
export interface Said extends Readonly<Partial<Record<keyof PartValues, Times>>> {
  /** What bears no time of its own was said no later: of profiles that were stored before times were kept. */
  readonly before?: EpochMs
  /** By channel, the opt-out that a later yes has lifted: it holds again if that yes is taken back. */
  readonly lifted?: Times
  /** By channel, when its address was last said to reach the user: older facts against it, a bounce or that it is gone, hold no more. */
  readonly confirmed?: Times
}

/** A profile with the times of its words, for those who change it. Decisions never see the times. */
export interface DatedProfile extends UserProfile {
  readonly said?: Said
}

/** One word: what was said of a member, undefined where it was removed, and when. */
export interface Word<V> {
  readonly value: V | undefined
  readonly at: EpochMs
}

/** By member. */
export type Words<V> = ReadonlyMap<string, Word<V>>
export type ProfileWords = { readonly [Part in keyof PartValues]: Words<PartValues[Part]> }
/** Parts that were put anew. */
export type NewWords = { readonly [Part in keyof PartValues]?: Words<PartValues[Part]> | undefined }

/** Whether `a` stands against `b`, both said at the same moment. */
export type StandsAtOnce<V> = (a: V | undefined, b: V | undefined) => boolean

/** A yes that bears no time was said before everything that does. */
export const UNDATED: EpochMs = 0
const NEVER = Number.NEGATIVE_INFINITY

/** What a profile says, word by word; each part is read when it is asked for. */
export function wordsOf({ traits, timeZone, locale, addresses, consent, said = {} }: DatedProfile): ProfileWords {
  const { before = UNDATED } = said
  const fact = (): EpochMs => before
  const ofConsent = (state: ConsentState | boolean): EpochMs => (isYes(state) ? UNDATED : before)
  return {
    get traits() {
      return partWords(traits, said.traits, fact)
    },
    get self() {
      return partWords({ timeZone, locale }, said.self, fact)
    },
    get addresses() {
      return partWords({ ...addresses }, said.addresses, fact)
    },
    get channels() {
      return partWords<ConsentState>(consent.channels, said.channels, ofConsent)
    },
    get topics() {
      return partWords<ConsentState>(consent.topics, said.topics, ofConsent)
    },
    get channelTopics() {
      return partWords<ConsentState>(consent.channelTopics, said.channelTopics, ofConsent)
    },
    get rights() {
      const { learning, exploration } = consent
      return partWords({ learning, exploration }, said.rights, ofConsent)
    },
  }
}

function partWords<V>(
  values: Readonly<Record<string, V | undefined>>,
  times: Times = {},
  undatedAt: (value: V) => EpochMs,
): Words<V> {
  const words = new Map<string, Word<V>>()
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    words.set(name, { value, at: Object.hasOwn(times, name) ? times[name]! : undatedAt(value) })
  }
  for (const [name, at] of Object.entries(times)) if (!words.has(name)) words.set(name, { value: undefined, at })
  return words
}

/**
 * The words with what is newly said: per member the later one stands, at once the one that `standsAtOnce` says. The same
 * words where nothing is news.
 */
export function laterWords<V>(known: Words<V>, said: Words<V>, standsAtOnce: StandsAtOnce<V>): Words<V> {
  let words: Map<string, Word<V>> | undefined
  for (const [name, word] of said) {
    const other = known.get(name)
    if (other !== undefined && !isNews(word, other, standsAtOnce)) continue
    words ??= new Map(known)
    words.set(name, word)
  }
  return words ?? known
}

function isNews<V>(word: Word<V>, known: Word<V>, standsAtOnce: StandsAtOnce<V>): boolean {
  if (word.at !== known.at) return word.at > known.at
  return word.value !== known.value && standsAtOnce(word.value, known.value)
}

/** At the same moment a no stands against everything, and what is not known against a yes. */
export function refusalStands(a: ConsentState | boolean | undefined, b: ConsentState | boolean | undefined): boolean {
  return refusal(a) > refusal(b)
}

/** At the same moment the larger text stands: whichever it is, it is the same in any order of arrival. */
export function largerStands(a: unknown, b: unknown): boolean {
  const text = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value))
  return text(a) > text(b)
}

/** Whether a word of consent grants something. */
export function isYes(state: ConsentState | boolean | null | undefined): boolean {
  return state === 'granted' || state === true
}

function refusal(state: ConsentState | boolean | undefined): number {
  if (state === 'denied' || state === false) return 2
  return state === 'unknown' ? 1 : 0
}

/** The profile with these parts of what it says put anew; the others, age and losses are those of `base`. */
export function profileSaying(words: NewWords, base: DatedProfile): DatedProfile {
  const { traits, self, addresses } = words
  const timeZone = self === undefined ? base.timeZone : self.get('timeZone')?.value
  const locale = self === undefined ? base.locale : self.get('locale')?.value
  const said = saidAfter(base.said ?? {}, words)
  return settleOptOuts({
    userId: base.userId,
    traits: traits === undefined ? base.traits : valuesOf(traits),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(locale === undefined ? {} : { locale }),
    addresses: addresses === undefined ? base.addresses : addressesOf(addresses),
    consent: consentAfter(base.consent, words),
    suppressions: base.suppressions,
    createdAt: base.createdAt,
    ...(Object.keys(said).length === 0 ? {} : { said }),
  })
}

function consentAfter(consent: Consent, words: NewWords): Consent {
  const { channels, topics, channelTopics, rights } = words
  return {
    channels: channels === undefined ? consent.channels : valuesOf(channels),
    topics: topics === undefined ? consent.topics : valuesOf(topics),
    channelTopics: channelTopics === undefined ? consent.channelTopics : valuesOf(channelTopics),
    learning: rights?.get('learning')?.value ?? consent.learning,
    exploration: rights?.get('exploration')?.value ?? consent.exploration,
  }
}

function addressesOf(words: ProfileWords['addresses']): Addresses {
  const push = words.get('push')?.value
  const texts = (['email', 'sms', 'webhook', 'pushToken'] as const).flatMap((name) => {
    const address = words.get(name)?.value
    return typeof address === 'string' ? [[name, address] as const] : []
  })
  return { ...Object.fromEntries(texts), ...(typeof push === 'object' ? { push } : {}) }
}

function valuesOf<V>(words: Words<V>): Readonly<Record<string, V>> {
  const known: [string, V][] = []
  for (const [name, { value }] of words) if (value !== undefined) known.push([name, value])
  return Object.fromEntries(known)
}

function saidAfter(said: Said, words: NewWords): Said {
  const parts = Object.entries(words).flatMap(([part, heard]): [string, Times][] => {
    const dated: [string, EpochMs][] = []
    for (const [name, { at }] of heard ?? []) if (at !== UNDATED) dated.push([name, at])
    return dated.length === 0 ? [] : [[part, Object.fromEntries(dated)]]
  })
  return { ...said, ...Object.fromEntries(parts) }
}

/**
 * The profile after a loss. A channel bears each reason once: what a later word may lift the latest moment, as that word
 * must be later than the last loss, everything else the first.
 */
export function withLoss(profile: DatedProfile, loss: Suppression): DatedProfile {
  if (isOfAddress(loss) && loss.since < confirmedAt(profile, loss.channel)) return profile
  const isOptOut = loss.reason === 'opt-out'
  const lifted = isOptOut ? profile.said?.lifted?.[loss.channel] : undefined
  const known = profile.suppressions.find(({ channel, reason }) => channel === loss.channel && reason === loss.reason)
  const since = lifted ?? known?.since
  const isLatest = isOptOut || isOfAddress(loss)
  if (since !== undefined && (isLatest ? loss.since <= since : loss.since >= since)) return profile
  const others = profile.suppressions.filter((each) => each !== known)
  return settleOptOuts({ ...profile, suppressions: [...others, loss] })
}

/** The profile after somebody who knows says of a channel's address that it reaches the user: older facts against it hold no more. */
export function withConfirmedAddress(profile: DatedProfile, channel: Channel, at: EpochMs): DatedProfile {
  if (at <= confirmedAt(profile, channel)) return profile
  const suppressions = profile.suppressions.filter(
    (each) => each.channel !== channel || !isOfAddress(each) || each.since >= at,
  )
  return {
    ...profile,
    suppressions,
    said: { ...profile.said, confirmed: { ...profile.said?.confirmed, [channel]: at } },
  }
}

function confirmedAt({ said = {} }: DatedProfile, channel: Channel): EpochMs {
  return said.confirmed?.[channel] ?? NEVER
}

/** Whether it is a fact about an address; a complaint and an opt-out are what a person wants. */
function isOfAddress({ reason }: Suppression): boolean {
  return reason === 'bounce' || reason === 'gone'
}

/** Every loss of which the profile knows, those included that a yes has lifted. */
export function lossesOf({ suppressions, said = {} }: DatedProfile): readonly Suppression[] {
  const lifted = CHANNELS.flatMap((channel): readonly Suppression[] => {
    const since = said.lifted?.[channel]
    return since === undefined ? [] : [{ channel, reason: 'opt-out', since }]
  })
  return [...suppressions, ...lifted]
}

/** Lifts opt-outs that are older than a yes to their channel, and brings back those whose yes was taken back. */
function settleOptOuts({ said = {}, ...profile }: DatedProfile): DatedProfile {
  const { suppressions, consent } = profile
  const lifted: Record<string, EpochMs> = {}
  const standing: Suppression[] = []
  for (const channel of CHANNELS) {
    const moments = suppressions.flatMap((each) => (isOptOutOf(each, channel) ? [each.since] : []))
    const since = Math.max(said.lifted?.[channel] ?? NEVER, ...moments)
    if (since === NEVER) continue
    const saidAt = said.channels?.[channel] ?? UNDATED
    if (consent.channels[channel] === 'granted' && saidAt > since) lifted[channel] = since
    else standing.push({ channel, reason: 'opt-out', since })
  }
  const { lifted: _, ...times } = said
  const next: Said = Object.keys(lifted).length === 0 ? times : { ...times, lifted }
  const others = suppressions.filter(({ reason }) => reason !== 'opt-out')
  return {
    ...profile,
    suppressions: [...others, ...standing],
    ...(Object.keys(next).length === 0 ? {} : { said: next }),
  }
}

function isOptOutOf({ channel, reason }: Suppression, of: Channel): boolean {
  return channel === of && reason === 'opt-out'
}
