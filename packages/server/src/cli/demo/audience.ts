import { DAY_MS, type EpochMs, type Opportunity, PalomaError } from '@paloma/core/domain'
import { createWorld, RETAIL, type World, type WorldEvent } from '@paloma/core/simulation'
import type { EventInput, OpportunityInput, UserInput } from '@paloma/sdk'

/** A message that reached somebody's device, whatever the channel. */
export interface ReceivedMessage {
  readonly sendId: string
  readonly decisionId: string
  readonly userId: string
  readonly channel: 'push' | 'email' | 'in-app'
  readonly message: string
  readonly category: 'transactional' | 'service' | 'marketing'
  readonly at: EpochMs
  readonly content: Readonly<Record<string, string>>
}

/** Simulated people and the producers that write to them, seen from outside: through what they say and do. */
export interface Audience {
  readonly startAt: EpochMs
  readonly days: number
  readonly users: readonly UserInput[]
  /** What producers propose on the morning of a day. */
  proposalsOn(day: number): readonly OpportunityInput[]
  /** Lets everybody live through the day with what they received; answers what they did, in order of time. */
  live(day: number, received: readonly ReceivedMessage[]): readonly EventInput[]
}

export interface AudienceOptions {
  readonly users: number
  readonly days: number
  readonly seed: number
}

/** The demo's first morning: a Monday; the clocks change a week later in America, four weeks later in Europe. */
export const START_AT: EpochMs = Date.UTC(2026, 2, 2)

/** What a product does not report as an event of its own: that a message went out, Paloma knows. */
const UNREPORTED: ReadonlySet<string> = new Set([
  'Email Delivered',
  'Push Notification Received',
  'In-App Message Viewed',
])

const LINK = 'https://shop.example/go/'
const LINK_PATTERN = /https:\/\/shop\.example\/go\/([^/"]+)\/([^/"]+)/

/** Draws the audience; the same options give the same people and the same chance. */
export function createAudience({ users, days, seed }: AudienceOptions): Audience {
  const world = createWorld({ scenario: RETAIL, users, days, seed, startAt: START_AT })
  let pending: readonly WorldEvent[] = []
  return {
    startAt: START_AT,
    days,
    users: world.users.map(toUser),
    proposalsOn: (day) => world.opportunitiesOn(day).map(toProposal),
    live(day, received) {
      const followed = inOrder(received).flatMap((message) => reactTo(world, message))
      const end = START_AT + (day + 1) * DAY_MS
      const all = [...pending, ...followed, ...world.closeDay(day)]
      pending = all.filter(({ at }) => at >= end)
      return all
        .filter(({ at, name }) => at < end && !UNREPORTED.has(name))
        .sort(byTime)
        .map((event) => toEvent(world, event))
    },
  }
}

function toUser({ userId, timeZone, traits, email, hasPush }: World['users'][number]): UserInput {
  const addresses = {
    ...(email === undefined ? {} : { email }),
    ...(hasPush ? { pushToken: `device-of-${userId}` } : {}),
  }
  return { userId, timeZone, traits, addresses }
}

/** A proposal as a producer would publish it: every channel's content links to the page that the message is about. */
function toProposal(opportunity: Opportunity): OpportunityInput {
  const variants = opportunity.variants.map(({ name, content }) => {
    const linked = Object.entries(content)
      .filter(([channel]) => opportunity.channels.some((known) => known === channel))
      .map(([channel, fields]) => [channel, withLink(fields, `${LINK}${opportunity.id}/${name}`)])
    return { name, content: Object.fromEntries(linked), features: { wording: name } }
  })
  return { ...opportunity, variants }
}

const UNSUBSCRIBE = '{% if unsubscribeUrl %}<p><a href="{{ unsubscribeUrl }}">Unsubscribe</a></p>{% endif %}'

function withLink(fields: Readonly<Record<string, string>>, url: string): Readonly<Record<string, string>> {
  const { html } = fields
  if (html === undefined) return { ...fields, url }
  return { ...fields, html: `${html}<p><a href="${url}">Have a look</a></p>${UNSUBSCRIBE}` }
}

function inOrder(received: readonly ReceivedMessage[]): readonly ReceivedMessage[] {
  return [...received].sort((a, b) => a.at - b.at || (a.sendId < b.sendId ? -1 : 1))
}

function byTime(a: WorldEvent, b: WorldEvent): number {
  return a.at - b.at || (a.messageId < b.messageId ? -1 : 1)
}

/** What the person does with one message, found by the page it links to. */
function reactTo(world: World, { content, userId, ...message }: ReceivedMessage): readonly WorldEvent[] {
  const link = LINK_PATTERN.exec(content.url ?? content.html ?? '')
  if (link === null) throw new PalomaError('DEMO_NO_LINK', `message ${message.sendId} to ${userId} carries no link`)
  const [, opportunityId = '', variant = ''] = link
  return world.deliver({ ...message, userIndex: Number(userId.slice(1)), opportunityId, variant })
}

function toEvent(world: World, event: WorldEvent): EventInput {
  const { userIndex, at, name, messageId, decisionId, properties } = event
  return {
    type: 'track',
    userId: world.users[userIndex]!.userId,
    event: name,
    messageId,
    timestamp: new Date(at).toISOString(),
    properties: decisionId === undefined ? properties : { ...properties, decisionId },
  }
}
