import {
  type Channel,
  DAY_MS,
  type EpochMs,
  type FeatureBag,
  HOUR_MS,
  type PastSend,
  type UserState,
} from '../domain/index.ts'
import { halved } from './halved.ts'

/** What the history says about one channel at the moment of the decision. */
export interface ChannelHistory {
  readonly sends1d: number
  readonly sends7d: number
  readonly sends28d: number
  readonly responses28d: number
  /** Responses with an open and the click that follows it as one. */
  readonly answers28d: number
  /** Sends of the last 28 days after the last response. */
  readonly unanswered: number
}

/** How fast the weight of a send fades, in days. Push and e-mail: as observed of them; the others by analogy. */
export const FATIGUE_HALF_LIFE_DAYS: Readonly<Record<Channel, number>> = {
  push: 3,
  email: 5,
  'in-app': 2,
  sms: 3,
  webhook: 3,
}
/** Novelty returns with this half-life after a message family was sent (Yancey & Settles, KDD 2020: 15 days). */
export const RECOVERY_HALF_LIFE_DAYS = 15
/** An open and the click that follows it are one response: so close together they count once. */
const SAME_RESPONSE_MS = 2 * HOUR_MS

/** Everything features need of user and moment, gathered once per decision. */
export interface FeatureContext {
  readonly traits: FeatureBag
  readonly context: FeatureBag
  readonly zone: string
  readonly now: EpochMs
  readonly channels: Readonly<Record<Channel, ChannelHistory>>
  readonly sends7d: number
  readonly responses28d: number
  /** Days since the user became known. */
  readonly tenureDays: number
  readonly visits7d: number
  readonly visits28d: number
  /** Days since the last visit, 28 when there was none. */
  readonly daysSinceVisit: number
  /** Moments of visits of the last 28 days. */
  readonly visitTimes: readonly EpochMs[]
  /** Past sends, oldest first; `lastSentAt` looks into them. */
  readonly sends: readonly PastSend[]
}

/** History older than this is forgotten, in days. */
export const HISTORY_DAYS = 28

interface Counts {
  sends1d: number
  sends7d: number
  sends28d: number
  responses28d: number
  answers28d: number
  unanswered: number
  lastResponse: EpochMs
}

/** Whether a send is history that features look at. */
function isRemembered({ at, category }: PastSend, now: EpochMs): boolean {
  return at <= now && now - at < HISTORY_DAYS * DAY_MS && category !== 'transactional'
}

/** When a message family was last sent to the user, in the last 28 days. From the newest on, because histories are short and a map costs more. */
export function lastSentAt(
  { sends, now }: Pick<FeatureContext, 'sends' | 'now'>,
  message: string,
): EpochMs | undefined {
  for (let i = sends.length - 1; i >= 0; i -= 1) {
    const send = sends[i]!
    if (send.message === message && isRemembered(send, now)) return send.at
  }
  return undefined
}

/** Sends that still weigh on the user: each counts one at first and half after the channel's half-life. Only models of sends ask. */
export function fatigueOf({ sends, now }: Pick<FeatureContext, 'sends' | 'now'>, channel: Channel): number {
  let fatigue = 0
  for (const send of sends) {
    if (send.channel !== channel || !isRemembered(send, now)) continue
    fatigue += halved((now - send.at) / DAY_MS / FATIGUE_HALF_LIFE_DAYS[channel])
  }
  return fatigue
}

/** Sends of a message family that are still remembered: each counts one at first and half after the half-life. */
export function repeatsOf({ sends, now }: Pick<FeatureContext, 'sends' | 'now'>, message: string): number {
  let repeats = 0
  for (const send of sends) {
    if (send.message !== message || !isRemembered(send, now)) continue
    repeats += halved((now - send.at) / DAY_MS / RECOVERY_HALF_LIFE_DAYS)
  }
  return repeats
}

/** Counts sends by channel, and answers how many there were in 7 days. */
function countSends(user: UserState, now: EpochMs, counts: Readonly<Record<Channel, Counts>>): number {
  let sends7d = 0
  for (const send of user.history.sends) {
    if (!isRemembered(send, now)) continue
    const age = now - send.at
    const channel = counts[send.channel]
    channel.sends28d += 1
    if (age < DAY_MS) channel.sends1d += 1
    if (send.at > channel.lastResponse) channel.unanswered += 1
    if (age >= 7 * DAY_MS) continue
    channel.sends7d += 1
    sends7d += 1
  }
  return sends7d
}

function noCounts(): Counts {
  return {
    sends1d: 0,
    sends7d: 0,
    sends28d: 0,
    responses28d: 0,
    answers28d: 0,
    unanswered: 0,
    lastResponse: Number.NEGATIVE_INFINITY,
  }
}

/** Counts responses by channel, and answers how many there were in 28 days. */
function countResponses({ history }: UserState, now: EpochMs, counts: Readonly<Record<Channel, Counts>>): number {
  let responses28d = 0
  for (const response of history.responses) {
    const age = now - response.at
    if (age < 0 || age >= HISTORY_DAYS * DAY_MS) continue
    const channel = counts[response.channel]
    channel.responses28d += 1
    responses28d += 1
    const isSame = response.at - channel.lastResponse < SAME_RESPONSE_MS
    channel.lastResponse = response.at
    if (isSame) continue
    channel.answers28d += 1
  }
  return responses28d
}

interface Visits {
  readonly visits7d: number
  readonly visits28d: number
  readonly last: EpochMs | undefined
}

/** Visits up to `now`; `last` is the one listed last. */
function countVisits(times: readonly EpochMs[], now: EpochMs): Visits {
  let visits7d = 0
  let visits28d = 0
  let last: EpochMs | undefined
  for (const at of times) {
    if (at > now) continue
    last = at
    if (now - at < 7 * DAY_MS) visits7d += 1
    if (now - at < HISTORY_DAYS * DAY_MS) visits28d += 1
  }
  return { visits7d, visits28d, last }
}

/** Gathers history counts, visits and traits; `companyZone` stands in for a user without a time zone. */
export function featureContext(
  user: UserState,
  moment: { readonly now: EpochMs; readonly context: FeatureBag },
  companyZone: string,
): FeatureContext {
  const { now, context } = moment
  const counts: Readonly<Record<Channel, Counts>> = {
    push: noCounts(),
    email: noCounts(),
    'in-app': noCounts(),
    sms: noCounts(),
    webhook: noCounts(),
  }
  const responses28d = countResponses(user, now, counts)
  const sends7d = countSends(user, now, counts)
  const { visits7d, visits28d, last } = countVisits(user.history.visits, now)
  return {
    traits: user.profile.traits,
    context,
    zone: user.profile.timeZone ?? companyZone,
    now,
    channels: counts,
    sends7d,
    responses28d,
    tenureDays: Math.max(0, now - user.profile.createdAt) / DAY_MS,
    visits7d,
    visits28d,
    daysSinceVisit: last === undefined ? HISTORY_DAYS : Math.min(HISTORY_DAYS, (now - last) / DAY_MS),
    visitTimes: user.history.visits,
    sends: user.history.sends,
  }
}
