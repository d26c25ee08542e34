import {
  DAY_MS,
  type EpochMs,
  HISTORY_MS,
  type Opportunity,
  type Outcome,
  type PastSend,
  type Scalar,
  SENDS_HISTORY_MS,
  type UserState,
} from '@paloma/core'
import type { NewDecision } from '../store/contract.ts'

/** What is remembered of one user: his state, his open opportunities, or both. Holds for moments from `asOf` on. */
export interface HotUser {
  readonly state?: {
    readonly value: UserState
    readonly asOf: EpochMs
    /** A send counted at the moment of asking: what was loaded holds for that moment alone. */
    readonly isMomentary: boolean
  }
  readonly open?: { readonly value: readonly Opportunity[]; readonly asOf: EpochMs }
}

/** A user as loaded at `asOf`. A send dated at that very moment may be a reserved one whose date moves on with the clock. */
export function loadedState(value: UserState, asOf: EpochMs): NonNullable<HotUser['state']> {
  return { value, asOf, isMomentary: value.history.sends.some(({ at }) => at >= asOf) }
}

/** The state as the store would answer it at `now`, or undefined where the memory does not say. */
export function stateAt({ state }: HotUser, now: EpochMs): UserState | undefined {
  if (state === undefined || now < state.asOf || (state.isMomentary && now > state.asOf)) return undefined
  const { profile, history } = state.value
  const since = now - HISTORY_MS
  const sends = after(history.sends, now - SENDS_HISTORY_MS, ({ at }) => at)
  const responses = after(history.responses, since, ({ at }) => at)
  const visits = after(history.visits, since, (at) => at)
  const isWhole = sends === history.sends && responses === history.responses && visits === history.visits
  return isWhole ? state.value : { profile, history: { sends, responses, visits } }
}

/** The open opportunities as the store would answer them at `now`, or undefined where the memory does not say. */
export function openAt({ open }: HotUser, now: EpochMs): readonly Opportunity[] | undefined {
  if (open === undefined || now < open.asOf) return undefined
  return open.value.every(({ window }) => window.expires > now)
    ? open.value
    : open.value.filter(({ window }) => window.expires > now)
}

/** A copy that went through JSON, as what the store gives back did: −0 becomes 0, undefined members are gone. */
export function asStored<T>(value: T): T {
  return JSON.parse(JSON.stringify(value))
}

/** `asStored` of a bag of scalars: the same bag where JSON keeps all of it, as it nearly always does. */
export function bagAsStored(bag: Readonly<Record<string, Scalar>>): Readonly<Record<string, Scalar>> {
  for (const name in bag) {
    const value: Scalar | undefined = bag[name]
    const isKept = typeof value === 'number' ? Number.isFinite(value) && !Object.is(value, -0) : value !== undefined
    if (!isKept) return asStored(bag)
  }
  return bag
}

/** The user after an outcome of his was stored. */
export function withOutcome(hot: HotUser, outcome: Outcome): HotUser {
  const { state, ...rest } = hot
  const { at, channel, isMachine, isResponse, isVisit } = outcome
  const isKnownResponse = isResponse && channel !== null
  if (state === undefined || isMachine || !(isVisit || isKnownResponse)) return hot
  const { history } = state.value
  const isTie = isKnownResponse && history.responses.some((known) => known.at === at && known.channel !== channel)
  if (state.isMomentary || isTie) return rest
  const responses = isKnownResponse ? insertAfter(history.responses, { at, channel }) : history.responses
  const visits = isVisit ? withVisit(history.visits, at) : history.visits
  const value = { profile: state.value.profile, history: { ...history, responses, visits } }
  return { ...rest, state: { value, asOf: Math.max(state.asOf, at), isMomentary: false } }
}

/** The user after a decision of his was stored, with the send that followed from it. */
export function withDecision(hot: HotUser, { decision, deliver, plannedSendId }: NewDecision): HotUser {
  const { action } = decision
  if (plannedSendId !== undefined) return {}
  if (action.kind === 'hold' || !deliver) return hot
  const { open, state } = hot
  const opportunity = open?.value.find(({ id }) => id === action.opportunityId)
  if (open === undefined || opportunity === undefined) return {}
  const left = { open: { ...open, value: open.value.filter((each) => each !== opportunity) } }
  if (state === undefined || action.sendAt > decision.at) return { ...hot, ...left }
  const { history, profile } = state.value
  const last = history.sends.at(-1)
  // Sends of one moment are ordered by their ids, which are not kept here.
  if (state.isMomentary || (last !== undefined && last.at >= action.sendAt)) return left
  const sends = [...history.sends, pastSend(opportunity, action, decision.waits)]
  const value = { profile, history: { ...history, sends } }
  return { ...left, state: { value, asOf: Math.max(state.asOf, action.sendAt), isMomentary: false } }
}

/** The user after a proposal for him was stored; one that replaces others may have called off their sends. */
export function withOpportunity(hot: HotUser, opportunity: Opportunity): HotUser {
  if (opportunity.dedupeKey !== undefined || opportunity.supersedes !== undefined) return {}
  const { open, ...rest } = hot
  if (open === undefined) return hot
  return { ...rest, open: { ...open, value: [...open.value, asStored(opportunity)] } }
}

function pastSend(
  { category, message, topic, groupKey, id }: Opportunity,
  { channel, sendAt }: Pick<PastSend, 'channel'> & { readonly sendAt: EpochMs },
  waits: PastSend['waits'],
): PastSend {
  const group = groupKey === undefined ? {} : { groupKey }
  const place = waits === undefined ? {} : { waits }
  return { at: sendAt, channel, category, message, topic, ...group, opportunityId: id, ...place }
}

/** One visit per UTC day, the latest, oldest day first. */
function withVisit(visits: readonly EpochMs[], at: EpochMs): readonly EpochMs[] {
  const dayOf = (moment: EpochMs): number => Math.trunc(moment / DAY_MS)
  const known = visits.find((visit) => dayOf(visit) === dayOf(at))
  if (known !== undefined && known >= at) return visits
  return [...visits.filter((visit) => visit !== known), at].sort((a, b) => a - b)
}

function insertAfter<T extends { readonly at: EpochMs }>(items: readonly T[], item: T): readonly T[] {
  const place = items.findLastIndex(({ at }) => at <= item.at) + 1
  return [...items.slice(0, place), item, ...items.slice(place)]
}

/** What is younger than `since`, of a list that is oldest first; the same list where all of it is. */
function after<T>(items: readonly T[], since: EpochMs, atOf: (item: T) => EpochMs): readonly T[] {
  const first = items[0]
  if (first === undefined || atOf(first) > since) return items
  return items.filter((item) => atOf(item) > since)
}
