import { DAY_MS, type EpochMs, PalomaError } from '@paloma/core/domain'
import type { OpportunityInput, PalomaClient, WireDecisionAnswer, WireInboxItem, WireResults } from '@paloma/sdk'
import type { Audience } from './audience.ts'
import type { Gateway } from './gateway.ts'
import type { ReceivedMessage } from './parallel-world.ts'
import type { DailyActions } from './report/index.ts'

/** What the days are lived with. */
export interface DayParts {
  readonly client: PalomaClient
  readonly audience: Audience
  readonly gateway: Gateway
  /** Hears the moment at which the clock stands. */
  readonly onMorning: (now: EpochMs) => void
  /** Hears after every day. */
  readonly onDay: (progress: DayProgress) => void
}

/** How far the demo is. */
export interface DayProgress {
  readonly day: number
  readonly days: number
  readonly decisions: number
  readonly messages: number
  readonly events: number
  readonly stateId: number
}

/** What is remembered of the days beside the server's own log. */
export interface Lived {
  readonly decisions: number
  readonly messages: number
  readonly actions: readonly DailyActions[]
  /** A decision to look at: the last for a user of Paloma's group that chose a message, or the very last. */
  readonly example: { readonly decisionId: string; readonly userId: string }
}

/** Items per request, as the API allows: at most 1,000, and 512,000 bytes. */
const CHUNK = 1_000
const OFFERS_CHUNK = 150
const EVENTS_CHUNK = 500
const INBOXES_AT_ONCE = 16
const INBOX_PAGE = 4

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const parts: T[][] = []
  for (let from = 0; from < items.length; from += size) parts.push(items.slice(from, from + size))
  return parts
}

/** Every item must go through: the demo sends nothing that may be refused. */
function accepted<T>({ results }: WireResults<T>): readonly T[] {
  return results.map((result) => {
    if (result.ok) return result.value
    throw new PalomaError(result.error.code, `the demo's server refused an item: ${result.error.detail}`)
  })
}

/** Writes the address book. */
export async function introduce(client: PalomaClient, { users }: Audience): Promise<void> {
  for (const part of chunks(users, CHUNK)) accepted(await client.users.saveMany(part))
}

/** Who has something open, until when: the shop asks for decisions only where there is something to decide. */
type OpenUntil = Map<string, EpochMs>

async function propose(client: PalomaClient, offers: readonly OpportunityInput[], open: OpenUntil): Promise<void> {
  for (const part of chunks(offers, OFFERS_CHUNK)) accepted(await client.opportunities.proposeMany(part))
  for (const { userId, window, category } of offers) {
    if (category === 'transactional') continue
    open.set(userId, Math.max(open.get(userId) ?? 0, new Date(window.expires).getTime()))
  }
}

async function decideFor(
  client: PalomaClient,
  users: readonly string[],
  prefix: string,
): Promise<readonly WireDecisionAnswer[]> {
  const answers: WireDecisionAnswer[] = []
  for (const part of chunks(users, CHUNK)) {
    const requests = part.map((userId) => ({ userId, decisionId: `${prefix}.${userId}` }))
    answers.push(...accepted(await client.decideBatch(requests)))
  }
  return answers
}

/** Transactional messages first, each in a decision of its own; then everybody with something open. */
async function decideDay(
  { client, audience }: DayParts,
  day: number,
  open: OpenUntil,
): Promise<readonly WireDecisionAnswer[]> {
  const morning = audience.startAt + day * DAY_MS
  const offers = audience.proposalsOn(day)
  await propose(client, offers, open)
  const orders = offers.filter(({ category }) => category === 'transactional').map(({ userId }) => userId)
  const asked = [...open].filter(([, until]) => until > morning).map(([userId]) => userId)
  const first = await decideFor(client, [...new Set(orders)].sort(), `d${day}.order`)
  return [...first, ...(await decideFor(client, asked.sort(), `d${day}`))]
}

/** Planned sends may change their channel when they are decided again, so all of them are looked for in the inbox. */
function mayHaveInboxItems(answers: readonly WireDecisionAnswer[]): readonly string[] {
  const users = answers.filter(({ action, sendStatus }) => {
    return action.kind === 'send' && (action.channel === 'in-app' || sendStatus === 'planned')
  })
  return [...new Set(users.map(({ userId }) => userId))].sort()
}

/** Items since the morning, page by page from the newest. */
async function inboxOf(client: PalomaClient, userId: string, since: EpochMs): Promise<readonly ReceivedMessage[]> {
  const found: ReceivedMessage[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await client.inbox.list(userId, { limit: INBOX_PAGE, ...(cursor === undefined ? {} : { cursor }) })
    const fresh = page.items.filter(({ createdAt }) => Date.parse(createdAt) >= since)
    found.push(...fresh.map((item) => inApp(item)))
    cursor = fresh.length < page.items.length ? null : page.nextCursor
  }
  return found
}

function inApp({ sendId, decisionId, userId, message, content, createdAt }: WireInboxItem): ReceivedMessage {
  const at = Date.parse(createdAt)
  return { sendId, decisionId, userId, channel: 'in-app', message, category: 'marketing', at, content }
}

/** New items of many inboxes, read by their owners' applications. */
async function readInboxes(
  client: PalomaClient,
  users: readonly string[],
  since: EpochMs,
): Promise<readonly ReceivedMessage[]> {
  const read: ReceivedMessage[] = []
  for (const part of chunks(users, INBOXES_AT_ONCE)) {
    const pages = await Promise.all(part.map((userId) => inboxOf(client, userId, since)))
    read.push(...pages.flat())
  }
  return read
}

function countActions(day: number, answers: readonly WireDecisionAnswer[]): readonly DailyActions[] {
  const counts = new Map<DailyActions['action'], number>()
  for (const { policy, action, reason } of answers) {
    if (!policy.startsWith('paloma/') || reason === 'transactional') continue
    const chosen = action.kind === 'hold' ? 'hold' : action.channel
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1)
  }
  return [...counts].map(([action, decisions]) => ({ day: day + 1, action, decisions }))
}

function exampleIn(answers: readonly WireDecisionAnswer[]): WireDecisionAnswer | undefined {
  return answers.findLast(({ policy, action }) => policy.startsWith('paloma/') && action.kind === 'send')
}

/** Lets the audience live through all days over the public API, the clock moving from morning to morning. */
export async function liveDays(parts: DayParts): Promise<Lived> {
  const { client, audience, gateway, onMorning, onDay } = parts
  const open: OpenUntil = new Map()
  const actions: DailyActions[] = []
  let [decisions, messages, events] = [0, 0, 0]
  let example: WireDecisionAnswer | undefined
  for (let day = 0; day < audience.days; day += 1) {
    const morning = audience.startAt + day * DAY_MS
    const answers = await decideDay(parts, day, open)
    const { redecided, stateId } = await client.clock.advance(morning + DAY_MS)
    onMorning(morning + DAY_MS)
    const items = await readInboxes(client, mayHaveInboxItems(answers), morning)
    const received = [...gateway.take(), ...items]
    const happened = audience.live(day, received)
    for (const part of chunks(happened, EVENTS_CHUNK)) {
      accepted(await client.batch(part))
    }
    decisions += answers.length + redecided
    messages += received.length
    events += happened.length
    actions.push(...countActions(day, answers))
    example = exampleIn(answers) ?? example ?? answers.at(-1)
    onDay({ day: day + 1, days: audience.days, decisions, messages, events, stateId })
  }
  if (example === undefined) throw new PalomaError('DEMO_EMPTY', 'nothing was proposed: ask for more users or days')
  return { decisions, messages, actions, example: { decisionId: example.decisionId, userId: example.userId } }
}
