import type {
  Candidate,
  Channel,
  DecisionTrigger,
  EpochMs,
  Opportunity,
  Refusal,
  Rules,
  SendAction,
  UserState,
  Variant,
} from '../domain/index.ts'
import { channelRefusals, NO_REFUSALS } from './channel-refusals.ts'
import { bindingLimits, type Limit } from './limits.ts'
import { isInScope, type Subject } from './scope.ts'
import { type Slot, slotsFor } from './slots.ts'
import { type Rivalry, rivalryOf, standingRefusals } from './standing.ts'

/** One user, what is proposed to him, the owner's limits, and the moment. */
export interface EligibilityInput {
  readonly user: UserState
  /** Open opportunities of this user, in any order, each once. */
  readonly opportunities: readonly Opportunity[]
  readonly rules: Rules
  readonly now: EpochMs
  readonly trigger: DecisionTrigger
}

/** A candidate that passed every rule, with what it is made of. */
export interface EligibleCandidate {
  readonly candidate: SendAction
  readonly opportunity: Opportunity
  readonly variant: Variant
}

/** A candidate that some rule forbids, with all that speaks against it. */
export interface RefusedCandidate {
  readonly candidate: Candidate
  readonly refusals: readonly Refusal[]
}

export interface Eligibility {
  /** All that were looked at, in the order of their ids. */
  readonly opportunities: readonly Opportunity[]
  readonly eligible: readonly EligibleCandidate[]
  readonly refused: readonly RefusedCandidate[]
  /** One of `eligible` must be sent: they are the ways to send one transactional message. */
  readonly mandatory: boolean
}

/** The variant named in a refusal that holds for every variant and slot of a channel. */
export const EVERY_VARIANT = '*'

const NO_CONTENT: Refusal = { reason: 'no-content' }
const ONLY_NO_CONTENT: readonly Refusal[] = [NO_CONTENT]
/** One slot and nothing against it: the common case allocates nothing. */
const FREE: Readonly<Record<Channel, Opening>> = {
  push: { channel: 'push', refusals: [NO_REFUSALS] },
  email: { channel: 'email', refusals: [NO_REFUSALS] },
  'in-app': { channel: 'in-app', refusals: [NO_REFUSALS] },
  sms: { channel: 'sms', refusals: [NO_REFUSALS] },
  webhook: { channel: 'webhook', refusals: [NO_REFUSALS] },
}

/** What can be worked out once per decision. */
interface Scene {
  readonly input: EligibilityInput
  readonly slots: readonly Slot[]
  readonly limits: readonly Limit[]
  readonly rivalry: Rivalry
  /** There is no later slot, and neither limits nor quiet hours hold now. */
  readonly isFree: boolean
  /** Channels that were asked about so far. */
  readonly asked: Asked[]
}

/** What speaks against a channel for messages of one category and topic, and its opening where no slot is to be asked about. */
interface Asked extends Pick<Subject, 'channel' | 'category' | 'topic'> {
  readonly refusals: readonly Refusal[]
  readonly free: Opening
}

/** A channel that an opportunity may use; per slot the refusals, or null where the slot is not offered. */
interface Opening {
  readonly channel: Channel
  readonly refusals: readonly (readonly Refusal[] | null)[]
}

interface Sink {
  readonly eligible: EligibleCandidate[]
  readonly refused: RefusedCandidate[]
}

/**
 * Expands opportunity × variant × channel × slot and asks every rule. Pure; the order of both lists is by opportunity id,
 * then the producer's order of variants, of channels, then time, whatever the order given.
 *
 * A refusal that depends on neither variant nor slot is recorded once per channel, with variant `*` and `sendAt = now`;
 * the rest per candidate. `no-content` and what refuses a slot are listed together. A window is `[notBefore, expires)`.
 *
 * If a transactional message can go out now, `mandatory` is true and `eligible` holds only the ways to send the most
 * urgent one (soonest expiry, then id) now: per channel, in its own order, the first variant with content for it. All
 * else waits for the next decision. One that cannot leave now competes for its later slots like any other.
 */
export function eligibleCandidates(input: EligibilityInput): Eligibility {
  const scene = sceneOf(input)
  const opportunities = inOrder(input.opportunities)
  const sink: Sink = { eligible: [], refused: [] }
  for (const opportunity of opportunities) {
    const openings = openingsOf(scene, opportunity, sink)
    for (const variant of opportunity.variants) {
      for (const opening of openings) expand(scene, { opportunity, variant, opening }, sink)
    }
  }
  const { eligible, refused } = sink
  const urgent = mostUrgent(eligible, input.now)
  if (urgent === undefined) return { opportunities, eligible, refused, mandatory: false }
  return { opportunities, eligible: waysToSend(urgent, eligible, input.now), refused, mandatory: true }
}

function sceneOf(input: EligibilityInput): Scene {
  const { user, rules, now, trigger } = input
  const moment = { zone: user.profile.timeZone ?? rules.timeZone, now }
  const slots = slotsFor(rules, moment, trigger)
  const limits = bindingLimits(rules, user.history.sends, moment)
  const isFree = slots.length === 1 && slots[0]!.quiet.length === 0 && limits.length === 0
  return { input, slots, limits, rivalry: rivalryOf(input.opportunities), isFree, asked: [] }
}

function inOrder(opportunities: readonly Opportunity[]): readonly Opportunity[] {
  for (let i = 1; i < opportunities.length; i += 1) {
    if (opportunities[i - 1]!.id > opportunities[i]!.id) {
      return [...opportunities].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
    }
  }
  return opportunities
}

/** The openings of an opportunity, by channel in its order; null where something stands against the channel altogether. */
function openingsOf(scene: Scene, opportunity: Opportunity, sink: Sink): readonly (Opening | null)[] {
  const { user, now } = scene.input
  const standing = standingRefusals(opportunity, scene.rivalry, { sends: user.history.sends, now })
  const { channels, window } = opportunity
  const isFree = scene.isFree && window.notBefore <= now
  const openings = new Array<Opening | null>(channels.length)
  for (let i = 0; i < channels.length; i += 1) {
    const channel = channels[i]!
    const { refusals: own, free } = askAbout(scene, opportunity, channel)
    if (standing.length === 0 && own.length === 0) {
      openings[i] = isFree ? free : openingOf(scene, opportunity, channel)
      continue
    }
    openings[i] = null
    const candidate: Candidate = { opportunityId: opportunity.id, variant: EVERY_VARIANT, channel, sendAt: now }
    sink.refused.push({ candidate, refusals: own.length === 0 ? standing : [...standing, ...own] })
  }
  return openings
}

function subjectOf({ category, topic, message }: Opportunity, channel: Channel): Subject {
  return { channel, category, topic, message }
}

/** Asks about a channel, once per channel, category and topic: a user's proposals mostly share them. */
function askAbout({ input, asked }: Scene, opportunity: Opportunity, channel: Channel): Asked {
  const { category, topic } = opportunity
  for (let i = 0; i < asked.length; i += 1) {
    const known = asked[i]!
    if (known.channel === channel && known.category === category && known.topic === topic) return known
  }
  const refusals = channelRefusals(subjectOf(opportunity, channel), input.user.profile, input.rules.channels)
  const answer: Asked = { channel, category, topic, refusals, free: FREE[channel] }
  asked.push(answer)
  return answer
}

function openingOf(scene: Scene, opportunity: Opportunity, channel: Channel): Opening {
  const { window } = opportunity
  const subject = subjectOf(opportunity, channel)
  const refusals: (readonly Refusal[] | null)[] = []
  for (const slot of scene.slots) {
    const isOffered = slot.at === scene.input.now || isLaterSlotFor(slot, window, subject)
    refusals.push(isOffered ? slotRefusals(slot, { notBefore: window.notBefore, limits: scene.limits, subject }) : null)
  }
  return { channel, refusals }
}

function isLaterSlotFor({ at, waits }: Slot, { notBefore, expires }: Opportunity['window'], subject: Subject): boolean {
  return at >= notBefore && at < expires && (waits === null || waits.some((rule) => isInScope(rule, subject)))
}

interface SlotQuestion {
  readonly notBefore: EpochMs
  readonly limits: readonly Limit[]
  readonly subject: Subject
}

function slotRefusals({ at, quiet }: Slot, { notBefore, limits, subject }: SlotQuestion): readonly Refusal[] {
  const isEarly = at < notBefore
  if (!isEarly && limits.length === 0 && quiet.length === 0) return NO_REFUSALS
  const found: Refusal[] = isEarly ? [{ reason: 'not-before', until: notBefore }] : []
  for (const { scope, freeAt, refusal } of limits) {
    if (freeAt > at && isInScope(scope, subject)) found.push(refusal)
  }
  for (const { rule, refusal } of quiet) if (isInScope(rule, subject)) found.push(refusal)
  return found
}

function expand(
  { slots }: Scene,
  { opportunity, variant, opening }: EligibleCandidateParts,
  { eligible, refused }: Sink,
): void {
  if (opening === null) return
  const { channel, refusals } = opening
  const hasContent = variant.content[channel] !== undefined
  for (let i = 0; i < slots.length; i += 1) {
    const found = refusals[i]!
    if (found === null) continue
    const sendAt = slots[i]!.at
    if (hasContent && found.length === 0) {
      const candidate: SendAction = {
        kind: 'send',
        opportunityId: opportunity.id,
        variant: variant.name,
        channel,
        sendAt,
      }
      eligible.push({ candidate, opportunity, variant })
    } else {
      const candidate: Candidate = { opportunityId: opportunity.id, variant: variant.name, channel, sendAt }
      refused.push({ candidate, refusals: hasContent ? found : withoutContent(found) })
    }
  }
}

interface EligibleCandidateParts {
  readonly opportunity: Opportunity
  readonly variant: Variant
  /** Null where something stands against the channel altogether. */
  readonly opening: Opening | null
}

function withoutContent(found: readonly Refusal[]): readonly Refusal[] {
  return found.length === 0 ? ONLY_NO_CONTENT : [NO_CONTENT, ...found]
}

function mostUrgent(eligible: readonly EligibleCandidate[], now: EpochMs): Opportunity | undefined {
  let urgent: Opportunity | undefined
  for (let i = 0; i < eligible.length; i += 1) {
    const { candidate, opportunity } = eligible[i]!
    if (opportunity.category !== 'transactional' || candidate.sendAt !== now) continue
    // Candidates come in id order, so that of two that expire together the smaller id stays.
    if (urgent === undefined || opportunity.window.expires < urgent.window.expires) urgent = opportunity
  }
  return urgent
}

function waysToSend(
  opportunity: Opportunity,
  eligible: readonly EligibleCandidate[],
  now: EpochMs,
): readonly EligibleCandidate[] {
  const ways: EligibleCandidate[] = []
  for (const channel of opportunity.channels) {
    // Variants come in the producer's order, so the first found is the first that has content here.
    const way = eligible.find(
      (item) => item.opportunity === opportunity && item.candidate.channel === channel && item.candidate.sendAt === now,
    )
    if (way !== undefined) ways.push(way)
  }
  return ways
}
