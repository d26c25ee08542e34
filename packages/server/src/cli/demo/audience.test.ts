import { DAY_MS } from '@paloma/core/domain'
import { expect, it } from 'vitest'
import { type Audience, createAudience, type ReceivedMessage, START_AT } from './audience.ts'

const OPTIONS = { users: 40, days: 10, seed: 3 }

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
