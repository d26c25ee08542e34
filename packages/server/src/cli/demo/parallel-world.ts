import { DAY_MS, type EpochMs, type Opportunity, PalomaError } from '@paloma/core/domain'
import type { World, WorldEvent, WorldUser } from '@paloma/core/simulation'
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

/** One world of several with the same people, whose users have names of their own in it. */
export interface ParallelWorld {
  readonly users: readonly UserInput[]
  proposalsOn(day: number): readonly OpportunityInput[]
  /** Hands over a message; what it causes is told when its day closes. */
  deliver(message: ReceivedMessage): void
  /** Ends a day; answers what the shop hears of it, in no particular order. */
  closeDay(day: number): readonly EventInput[]
}

/** The trait by which the lives of one person are known. */
export const PERSON = 'person'

/** What a product does not report as an event of its own: that a message went out, Paloma knows. */
const UNREPORTED: ReadonlySet<string> = new Set([
  'Email Delivered',
  'Push Notification Received',
  'In-App Message Viewed',
])

const LINK = 'https://shop.example/go/'
const LINK_PATTERN = /https:\/\/shop\.example\/go\/([^/"]+)\/([^/"]+)/

/** Gives the people of a world the names that `userIdOf` makes of theirs, and says who they are unless nobody else is the same. */
export function parallelWorld(
  world: World,
  { userIdOf, isOnly }: { readonly userIdOf: (person: string) => string; readonly isOnly: boolean },
): ParallelWorld {
  const users = world.users.map((user) => toUser(user, userIdOf(user.userId), isOnly))
  const indexes = new Map(users.map(({ userId }, index) => [userId, index]))
  const userIds = new Map<string, string>(world.users.map(({ userId, index }) => [userId, users[index]!.userId]))
  let pending: WorldEvent[] = []
  return {
    users,
    proposalsOn: (day) => world.opportunitiesOn(day).map((each) => toProposal(each, userIds.get(each.userId)!)),
    deliver(message) {
      pending.push(...reactTo(world, indexes.get(message.userId)!, message))
    },
    closeDay(day) {
      const end = world.options.startAt + (day + 1) * DAY_MS
      const all = [...pending, ...world.closeDay(day)]
      pending = all.filter(({ at }) => at >= end)
      return all
        .filter(({ at, name }) => at < end && !UNREPORTED.has(name))
        .map((event) => toEvent(event, users[event.userIndex]!.userId))
    },
  }
}

function toUser(
  { userId: person, timeZone, traits, email, hasPush }: WorldUser,
  userId: string,
  isOnly: boolean,
): UserInput {
  const addresses = {
    ...(email === undefined ? {} : { email: `${userId}@example.com` }),
    ...(hasPush ? { pushToken: `device-of-${userId}` } : {}),
  }
  return { userId, timeZone, traits: isOnly ? traits : { ...traits, [PERSON]: person }, addresses }
}

/** A proposal as a producer would publish it: every channel's content links to the page that the message is about. */
function toProposal(opportunity: Opportunity, userId: string): OpportunityInput {
  const variants = opportunity.variants.map(({ name, content }) => {
    const linked = Object.entries(content)
      .filter(([channel]) => opportunity.channels.some((known) => known === channel))
      .map(([channel, fields]) => [channel, withLink(fields, `${LINK}${opportunity.id}/${name}`)])
    return { name, content: Object.fromEntries(linked), features: { wording: name } }
  })
  const proposed = opportunity.id.slice(0, opportunity.id.lastIndexOf('.'))
  return { ...opportunity, id: `${proposed}.${userId}`, userId, variants }
}

const UNSUBSCRIBE = '{% if unsubscribeUrl %}<p><a href="{{ unsubscribeUrl }}">Unsubscribe</a></p>{% endif %}'

function withLink(fields: Readonly<Record<string, string>>, url: string): Readonly<Record<string, string>> {
  const { html } = fields
  if (html === undefined) return { ...fields, url }
  return { ...fields, html: `${html}<p><a href="${url}">Have a look</a></p>${UNSUBSCRIBE}` }
}

/** What the person does with one message, found by the page it links to. */
function reactTo(world: World, userIndex: number, received: ReceivedMessage): readonly WorldEvent[] {
  const { content, userId, ...message } = received
  const link = LINK_PATTERN.exec(content.url ?? content.html ?? '')
  if (link === null) throw new PalomaError('DEMO_NO_LINK', `message ${message.sendId} to ${userId} carries no link`)
  const [, opportunityId = '', variant = ''] = link
  return world.deliver({ ...message, userIndex, opportunityId, variant })
}

function toEvent({ at, name, messageId, decisionId, properties }: WorldEvent, userId: string): EventInput {
  return {
    type: 'track',
    userId,
    event: name,
    messageId: `${userId}.${messageId}`,
    timestamp: new Date(at).toISOString(),
    properties: decisionId === undefined ? properties : { ...properties, decisionId },
  }
}
