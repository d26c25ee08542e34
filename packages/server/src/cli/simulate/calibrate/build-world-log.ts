import { hash53, PalomaError } from '@paloma/core'
import { DAY_MS, MINUTE_MS } from '@paloma/core/domain'
import {
  type HappeningKind,
  type LogEvent,
  type LogSend,
  type LogUser,
  WORLD_CHANNELS,
  type WorldLog,
} from '@paloma/core/simulation'
import type { DecisionRow, OutcomeRow } from './log-rows.ts'

/** A send that is due within a minute of its decision went out; later ones are decided again when due. */
const DUE_MS = MINUTE_MS

/** An event may be heard of so long after it happened; what goes out until then says nothing of a return. */
const HEARD_MS = DAY_MS

const LOSS_KINDS: Readonly<Record<string, HappeningKind>> = {
  unsubscribed: 'emailUnsubscribed',
  'push-disabled': 'pushDisabled',
  uninstalled: 'uninstalled',
  complained: 'emailSpam',
  bounced: 'emailBounced',
}

function responseKind({ channel, name }: OutcomeRow): HappeningKind | null {
  if (channel === 'push') return 'pushTapped'
  if (channel === 'in-app') return 'inAppClicked'
  if (channel !== 'email') return null
  return /click/i.test(name) ? 'emailClicked' : 'emailOpened'
}

function lossKind(channel: string | null, reachLoss: string): HappeningKind | null {
  return channel === 'email' || channel === 'push' ? (LOSS_KINDS[reachLoss] ?? null) : null
}

/** What an outcome is in the world's words; null for what the world does not know. */
export function kindOf(row: OutcomeRow): HappeningKind | null {
  if (row.isMachine) return null
  if (row.reachLoss !== null) return lossKind(row.channel, row.reachLoss)
  if (row.isResponse) return responseKind(row)
  if (row.revenue > 0) return 'order'
  if (row.isVisit) return 'visit'
  return row.name === 'In-App Message Viewed' ? 'inAppViewed' : null
}

/** What was read, and what was left out. */
export interface BuiltLog {
  readonly log: WorldLog
  readonly remarks: readonly string[]
}

/** Collects rows in any order and makes the log that a world is fitted to. */
export interface LogBuilder {
  addDecision(row: DecisionRow): void
  addOutcome(row: OutcomeRow): void
  /** At most so many users, chosen by hashing their ids. Throws CALIBRATION_EMPTY where there are no decisions. */
  build(maxUsers: number): BuiltLog
}

function sampled(userIds: readonly string[], maxUsers: number): readonly string[] {
  if (userIds.length <= maxUsers) return userIds
  const ranked = userIds.map((userId) => ({ userId, rank: hash53(userId, 'calibrate') }))
  ranked.sort((a, b) => a.rank - b.rank)
  return ranked.slice(0, maxUsers).map(({ userId }) => userId)
}

function usersOf(userIds: readonly string[], decisions: readonly DecisionRow[]): readonly LogUser[] {
  const known = new Map<string, LogUser>()
  for (const { userId, person, send } of decisions) {
    const before = known.get(userId)
    known.set(userId, {
      timeZone: person?.timeZone ?? before?.timeZone ?? null,
      hasPush: (person?.hasPush ?? false) || before?.hasPush === true || send?.channel === 'push',
      hasEmail: (person?.hasEmail ?? false) || before?.hasEmail === true || send?.channel === 'email',
    })
  }
  return userIds.map((userId) => known.get(userId) ?? { timeZone: null, hasPush: false, hasEmail: false })
}

interface Span {
  readonly startAt: number
  readonly days: number
}

function spanOf(decisions: readonly DecisionRow[]): Span {
  if (decisions.length === 0) {
    throw new PalomaError('CALIBRATION_EMPTY', 'the log has no decisions, so there is nothing to fit a world to', {
      hint: 'name the directory of an export, or the file of decisions with --outcomes FILE',
    })
  }
  const [first, last] = decisions.reduce(([low, high], { at }) => [Math.min(low, at), Math.max(high, at)] as const, [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ] as const)
  const startAt = Math.floor(first / DAY_MS) * DAY_MS
  return { startAt, days: Math.floor((last - startAt) / DAY_MS) + 1 }
}

function remarksOf(counts: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([about, count]) => `${count} ${about}`)
}

function sendsOf(decisions: readonly DecisionRow[], place: ReadonlyMap<string, number>) {
  const sends: LogSend[] = []
  const byDecision = new Map<string, number>()
  let foreign = 0
  for (const { decisionId, at, userId, send, isTransactional } of decisions) {
    const user = place.get(userId)
    if (user === undefined || send === null || send.at - at > DUE_MS) continue
    const channel = WORLD_CHANNELS.find((name) => name === send.channel)
    if (channel === undefined) {
      foreign += 1
      continue
    }
    byDecision.set(decisionId, sends.length)
    const { message, variant } = send
    sends.push({ user, at: Math.max(at, send.at), channel, message, variant, isTransactional })
  }
  return { sends, byDecision, foreign }
}

/**
 * Whether a lost channel was in use again for most of what was left of the log. The world knows no way back: what was lost
 * for the lesser part of the rest is nearer to no loss than to one for good. Nothing is sent on a channel that is lost, so a
 * later send proves the return, unless it may have gone out before the loss was heard of.
 */
function isWonBack(loss: OutcomeRow, sentAt: readonly number[], end: number): boolean {
  const again = sentAt.find((at) => at > loss.at + HEARD_MS)
  return again !== undefined && again - loss.at < (end - loss.at) / 2
}

function sendTimes(sends: readonly LogSend[]): ReadonlyMap<string, readonly number[]> {
  const times = new Map<string, number[]>()
  for (const { user, channel, at } of sends) {
    const key = `${user} ${channel}`
    const known = times.get(key)
    if (known === undefined) times.set(key, [at])
    else known.push(at)
  }
  for (const each of times.values()) each.sort((a, b) => a - b)
  return times
}

function eventsOf(
  outcomes: readonly OutcomeRow[],
  { startAt, days }: Span,
  at: {
    readonly place: ReadonlyMap<string, number>
    readonly byDecision: ReadonlyMap<string, number>
    readonly sends: readonly LogSend[]
  },
) {
  const end = startAt + days * DAY_MS
  const sentAt = sendTimes(at.sends)
  const events: LogEvent[] = []
  let [outside, wonBack] = [0, 0]
  for (const row of outcomes) {
    const user = at.place.get(row.userId)
    const kind = kindOf(row)
    if (user === undefined || kind === null) continue
    const send = row.decisionId === null ? null : (at.byDecision.get(row.decisionId) ?? null)
    if (row.at < startAt || row.at >= end) outside += 1
    else if (row.reachLoss !== null && isWonBack(row, sentAt.get(`${user} ${row.channel}`) ?? [], end)) wonBack += 1
    else events.push({ user, at: row.at, kind, revenue: row.revenue, send })
  }
  return { events, outside, wonBack }
}

function built(decisions: readonly DecisionRow[], outcomes: readonly OutcomeRow[], maxUsers: number): BuiltLog {
  const span = spanOf(decisions)
  const all = [...new Set([...decisions, ...outcomes].map(({ userId }) => userId))].sort()
  const userIds = sampled(all, maxUsers)
  const place = new Map(userIds.map((userId, index) => [userId, index]))
  const { sends, byDecision, foreign } = sendsOf(decisions, place)
  const { events, outside, wonBack } = eventsOf(outcomes, span, { place, byDecision, sends })
  const remarks = remarksOf({
    'users were left out: a sample is enough': all.length - userIds.length,
    'sends by channels that the world does not have were left out': foreign,
    'losses of a channel were left out that was soon in use again: the world knows no way back': wonBack,
    'outcomes lie outside the days of the decisions and were left out': outside,
  })
  return { log: { ...span, users: usersOf(userIds, decisions), sends, events }, remarks }
}

/** Starts with nothing. */
export function logBuilder(): LogBuilder {
  const decisions: DecisionRow[] = []
  const outcomes: OutcomeRow[] = []
  return {
    addDecision: (row) => {
      decisions.push(row)
    },
    addOutcome: (row) => {
      outcomes.push(row)
    },
    build: (maxUsers) => built(decisions, outcomes, maxUsers),
  }
}
