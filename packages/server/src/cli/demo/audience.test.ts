import { groupOf } from '@paloma/core'
import { DAY_MS, GROUPS, type Group } from '@paloma/core/domain'
import { expect, it } from 'vitest'
import { type Audience, createAudience, START_AT } from './audience.ts'
import type { ReceivedMessage } from './parallel-world.ts'

const QUARTERS = Object.fromEntries(GROUPS.map((group) => [group, { share: 250_000 }])) as Record<
  Group,
  { share: number }
>
const assigned = (id: string) => groupOf(QUARTERS, 'audience', id)

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

const OPTIONS = { users: 40, days: 10, seed: 3, groupOf: assigned, strangers: false }

/** Sends every proposal of a day by its first channel at nine o'clock UTC. */
function everything(audience: Audience, day: number): readonly ReceivedMessage[] {
  return audience.proposalsOn(day).map((proposal) => {
    const channel = proposal.channels[0]
    if (channel !== 'push' && channel !== 'email') throw new Error(`unexpected channel ${channel}`)
    const content = proposal.variants?.[0]?.content[channel] ?? {}
    const { id, userId, message, category = 'marketing' } = proposal
    return {
      sendId: `s-${id}`,
      decisionId: `d-${id}`,
      userId,
      channel,
      message,
      category,
      at: START_AT + day * DAY_MS + 9 * 3_600_000,
      content,
    }
  })
}

function liveThrough(audience: Audience): readonly ReturnType<Audience['live']>[] {
  return Array.from({ length: OPTIONS.days }, (_, day) => audience.live(day, everything(audience, day)))
}

it('lives the same lives for the same options, and others for another seed', () => {
  const days = liveThrough(createAudience(OPTIONS))
  expect(liveThrough(createAudience(OPTIONS))).toEqual(days)
  expect(liveThrough(createAudience({ ...OPTIONS, seed: 4 }))).not.toEqual(days)
  expect(days.flat().some(({ properties }) => properties?.decisionId !== undefined)).toBe(true)
})

it('tells only what a shop and its producers could know', () => {
  const audience = createAudience(OPTIONS)
  const proposal = audience.proposalsOn(0)[0]!
  const known = [
    'id',
    'producer',
    'userId',
    'message',
    'category',
    'topic',
    'channels',
    'variants',
    'window',
    'claims',
    'features',
    'dedupeKey',
  ]
  expect(known).toEqual(expect.arrayContaining(Object.keys(proposal)))
  expect(Object.keys(proposal.variants![0]!).sort()).toEqual(['content', 'features', 'name'])
  expect(Object.keys(audience.users[0]!).sort()).toEqual(['addresses', 'timeZone', 'traits', 'userId'])
})

it('reports each event on its day, in order of time, and never what only the channel sees', () => {
  for (const [day, events] of liveThrough(createAudience(OPTIONS)).entries()) {
    const times = events.map(({ timestamp }) => Date.parse(String(timestamp)))
    expect(times).toEqual([...times].sort((a, b) => a - b))
    for (const at of times) expect(at).toBeLessThan(START_AT + (day + 1) * DAY_MS)
    expect(events.map(({ event }) => event)).not.toContain('Email Delivered')
  }
})

it('refuses a message that links to no proposal', () => {
  const audience = createAudience(OPTIONS)
  const message = everything(audience, 0)[0]!
  expect(() => audience.live(0, [{ ...message, content: { title: 'no link' } }])).toThrow(
    expect.objectContaining({ code: 'DEMO_NO_LINK' }),
  )
})

it('gives every person one life in each group, with the same character and the same luck', () => {
  const audience = createAudience({ ...OPTIONS, users: 42 })
  const lives = groupBy(audience.users, ({ traits }) => traits?.person)
  expect([...lives.values()].map((each) => each.map(({ userId }) => assigned(userId)))).toEqual([
    ...Array.from({ length: 10 }, () => [...GROUPS]),
    GROUPS.slice(0, 2),
  ])
  const person = lives.get('u000003')!
  for (const { traits, timeZone } of person)
    expect({ traits, timeZone }).toEqual({ traits: person[0]!.traits, timeZone })
  const days = Array.from({ length: OPTIONS.days }, (_, day) => audience.live(day, []))
  const heard = groupBy(days.flat(), ({ userId }) => userId)
  const storyOf = (id: string) =>
    heard.get(id)?.map(({ event, timestamp, properties }) => ({ event, timestamp, properties }))
  for (const each of lives.values()) {
    for (const { userId } of each) expect(storyOf(userId)).toEqual(storyOf(each[0]!.userId))
  }
  expect(new Set(days.flat().map(({ messageId }) => messageId)).size).toBe(days.flat().length)
})

it('proposes to every life what it proposes to the others, under ids of their own', () => {
  const audience = createAudience(OPTIONS)
  const proposals = audience.proposalsOn(0)
  expect(new Set(proposals.map(({ id }) => id)).size).toBe(proposals.length)
  const personOf = new Map(audience.users.map(({ userId, traits }) => [userId, traits?.person]))
  const byPerson = groupBy(proposals, ({ userId, message }) => `${personOf.get(userId)} ${message}`)
  for (const same of byPerson.values()) expect(same).toHaveLength(GROUPS.length)
})

it('has the same people in the first group among strangers, and others elsewhere', () => {
  const own = createAudience(OPTIONS)
  const strangers = createAudience({ ...OPTIONS, strangers: true })
  const charactersIn = ({ users }: Audience, group: Group) =>
    users
      .filter(({ userId }) => assigned(userId) === group)
      .map(({ userId, traits: { person: _, ...traits } = {} }) => ({ userId, traits }))
  expect(charactersIn(strangers, GROUPS[0])).toEqual(charactersIn(own, GROUPS[0]))
  for (const group of GROUPS.slice(1)) {
    expect(charactersIn(strangers, group)).toHaveLength(charactersIn(own, group).length)
    expect(charactersIn(strangers, group)).not.toEqual(charactersIn(own, group))
  }
  expect(strangers.users.every(({ traits }) => !('person' in traits!))).toBe(true)
})

it.each([1, 2, 3, 5])('has room for %i users', (users) => {
  expect(createAudience({ ...OPTIONS, users }).users).toHaveLength(users)
})

it('says so where a group takes nobody', () => {
  const nobody = () => createAudience({ ...OPTIONS, groupOf: () => 'paloma' })
  expect(nobody).toThrow(expect.objectContaining({ code: 'DEMO_EMPTY_GROUP' }))
})
