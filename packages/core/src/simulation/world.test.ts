import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, type Opportunity } from '../domain/index.ts'
import { createWorld, NEWS, RETAIL, STREAMING, scenarioNamed, type World, type WorldEvent } from './index.ts'

const START = 1_767_571_200_000 // Monday 2026-01-05T00:00Z

function smallWorld(seed: number, users = 60, days = 14): World {
  return createWorld({ scenario: RETAIL, users, days, seed, startAt: START })
}

function sendOffer(world: World, offer: Opportunity, channel: 'push' | 'email' | 'in-app'): readonly WorldEvent[] {
  const userIndex = Number(offer.userId.slice(1))
  return world.deliver({
    userIndex,
    channel,
    message: offer.message,
    variant: offer.variants[0]!.name,
    opportunityId: offer.id,
    decisionId: `d-${offer.id}-${channel}`,
    at: offer.window.notBefore,
    category: offer.category,
  })
}

/** All events of a run in which users below `treated` get every offer through its first channel. */
function liveThrough(world: World, treated: number): readonly WorldEvent[] {
  const events: WorldEvent[] = []
  for (let day = 0; day < world.options.days; day += 1) {
    for (const offer of world.opportunitiesOn(day)) {
      const channel = offer.channels[0] as 'push' | 'email'
      if (Number(offer.userId.slice(1)) < treated) events.push(...sendOffer(world, offer, channel))
    }
    events.push(...world.closeDay(day))
  }
  return events
}

describe('createWorld', () => {
  it('lives the same life twice under one seed and another under the next', () => {
    const first = liveThrough(smallWorld(5), 60)
    expect(liveThrough(smallWorld(5), 60)).toEqual(first)
    expect(liveThrough(smallWorld(6), 60)).not.toEqual(first)
    expect(first.length).toBeGreaterThan(100)
  })

  it('gives users who are not messaged the same events whatever the others get', () => {
    const untouched = (treated: number): readonly WorldEvent[] =>
      liveThrough(smallWorld(7), treated).filter((event) => event.userIndex >= 30)
    expect(untouched(30)).toEqual(untouched(0))
  })

  it('gives a user the same latents however many users there are', () => {
    const few = createWorld({ scenario: RETAIL, users: 3, days: 2, seed: 9, startAt: START })
    const many = createWorld({ scenario: RETAIL, users: 50, days: 9, seed: 9, startAt: START })
    expect(few.truth(2)).toEqual(many.truth(2))
    expect(few.users[2]).toEqual(many.users[2])
  })

  it('never repeats a message id or an opportunity id', () => {
    const world = smallWorld(11, 200, 20)
    const offers = Array.from({ length: 20 }, (_, day) => world.opportunitiesOn(day)).flat()
    expect(new Set(offers.map((offer) => offer.id)).size).toBe(offers.length)
    const ids = liveThrough(world, 200).map((event) => event.messageId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('lets delayed events wait for their day and sorts every day by time', () => {
    const world = smallWorld(13, 300, 10)
    for (let day = 0; day < 10; day += 1) {
      const times = world.closeDay(day).map((event) => event.at)
      expect(times).toEqual([...times].sort((a, b) => a - b))
      for (const at of times) expect(Math.floor((at - START) / DAY_MS)).toBe(day)
    }
  })

  it('keeps windows of one to four days that open in the morning', () => {
    for (const offer of smallWorld(15, 300, 5).opportunitiesOn(3)) {
      const length = (offer.window.expires - offer.window.notBefore) / DAY_MS
      expect([1, 2, 3, 4]).toContain(length)
      expect(offer.variants.length).toBeGreaterThan(0)
    }
  })

  it('ignores a channel after the user has closed it', () => {
    const world = smallWorld(17, 400, 40)
    const closedAt = new Map<number, number>()
    const taps: WorldEvent[] = []
    for (let day = 0; day < 40; day += 1) {
      for (const offer of world.opportunitiesOn(day).filter((each) => each.channels.includes('push'))) {
        const user = Number(offer.userId.slice(1))
        const events = sendOffer(world, offer, 'push')
        if (closedAt.has(user)) taps.push(...events)
        if (events.some((event) => event.name === 'Push Disabled')) closedAt.set(user, day)
      }
      world.closeDay(day)
    }
    expect(closedAt.size).toBeGreaterThan(20)
    expect(taps).toEqual([])
  })

  it('shows in-app messages only on a visit, within the window', () => {
    const world = smallWorld(19, 400, 6)
    const shown: WorldEvent[] = []
    for (let day = 0; day < 6; day += 1) {
      for (const offer of world.opportunitiesOn(day).filter((each) => each.channels.includes('in-app'))) {
        expect(sendOffer(world, offer, 'in-app')).toEqual([])
      }
      const events = world.closeDay(day)
      const visitors = new Set(events.filter((event) => event.name === 'App Visited').map((event) => event.userIndex))
      const views = events.filter((event) => event.name === 'In-App Message Viewed')
      for (const view of views) expect(visitors.has(view.userIndex)).toBe(true)
      shown.push(...views)
    }
    expect(shown.length).toBeGreaterThan(50)
  })

  it('marks machine opens and bounces from dead addresses only', () => {
    const world = smallWorld(21, 3000, 2)
    const events = world
      .opportunitiesOn(0)
      .filter((offer) => offer.channels.includes('email'))
      .flatMap((offer) => sendOffer(world, offer, 'email'))
    const machine = events.filter((event) => event.properties.machine === true)
    expect(machine.length).toBeGreaterThan(50)
    expect(machine.every((event) => event.name === 'Email Opened')).toBe(true)
    const bounced = events.filter((event) => event.name === 'Email Bounced')
    expect(bounced.length).toBeGreaterThan(0)
    for (const event of bounced) expect(world.truth(event.userIndex).deadAddress).toBe(true)
  })

  it('places visits at the hours of each zone and more of them in the evening than at night', () => {
    const world = smallWorld(23, 1500, 7)
    const hours: number[] = []
    for (let day = 0; day < 7; day += 1) {
      for (const event of world.closeDay(day).filter((each) => each.name === 'App Visited')) {
        const format = new Intl.DateTimeFormat('en-GB', {
          timeZone: world.users[event.userIndex]!.timeZone,
          hour: 'numeric',
          hourCycle: 'h23',
        })
        hours.push(Number(format.format(event.at)))
      }
    }
    const share = (from: number, to: number): number =>
      hours.filter((hour) => hour >= from && hour < to).length / hours.length
    expect(share(18, 22)).toBeGreaterThan(0.25)
    expect(share(1, 5)).toBeLessThan(0.06)
  })

  it('finds for every zone and hour the moment that shows it', () => {
    const world = smallWorld(25, 40, 80)
    fc.assert(
      fc.property(fc.nat(39), fc.nat(79), fc.nat(23), (user, day, hour) => {
        const at = world.momentAt(user, day, hour)
        expect(Math.floor((at - START) / DAY_MS)).toBe(day)
        const format = { timeZone: world.users[user]!.timeZone, hour: 'numeric', hourCycle: 'h23' } as const
        const isClockChange = day >= 61 // New York and Los Angeles change on 2026-03-08, world day 62
        if (!isClockChange) expect(Number(new Intl.DateTimeFormat('en-GB', format).format(at))).toBe(hour)
      }),
      { seed: 1, numRuns: 200 },
    )
  })

  it('tells archetypes apart by public traits', () => {
    const world = smallWorld(27, 4000, 1)
    const shareIn = (archetype: string, plan: string): number => {
      const group = world.users.filter((user) => user.traits.plan === plan)
      return group.filter((user) => world.truth(user.index).archetype === archetype).length / group.length
    }
    expect(shareIn('persuadable', 'free') - shareIn('persuadable', 'premium')).toBeGreaterThan(0.15)
    expect(shareIn('sure-thing', 'premium') - shareIn('sure-thing', 'free')).toBeGreaterThan(0.15)
  })

  it.each([
    [{ users: 0 }, 'INVALID_WORLD'],
    [{ days: 1.5 }, 'INVALID_WORLD'],
    [{ seed: 0.5 }, 'INVALID_WORLD'],
  ])('refuses %o', (change, code) => {
    const options = { scenario: RETAIL, users: 5, days: 2, seed: 1, startAt: START, ...change }
    expect(() => createWorld(options)).toThrow(expect.objectContaining({ code }))
  })

  it('refuses days out of order, other worlds opportunities, unknown variants and channels', () => {
    const world = smallWorld(29)
    expect(() => world.closeDay(1)).toThrow(expect.objectContaining({ code: 'DAY_OUT_OF_ORDER' }))
    const offer = world.opportunitiesOn(0)[0]!
    const send = {
      userIndex: Number(offer.userId.slice(1)),
      channel: 'email',
      message: offer.message,
      variant: offer.variants[0]!.name,
      opportunityId: offer.id as string,
      decisionId: 'd',
      at: START,
      category: offer.category,
    } as const
    const refuse = (change: object, code: string): void =>
      expect(() => world.deliver({ ...send, ...change })).toThrow(expect.objectContaining({ code }))
    refuse({ opportunityId: 'nothing' }, 'UNKNOWN_OPPORTUNITY')
    refuse({ variant: 'nothing' }, 'UNKNOWN_VARIANT')
    refuse({ channel: 'sms' }, 'UNKNOWN_CHANNEL')
    refuse({ userIndex: send.userIndex + 1 }, 'WRONG_USER')
  })

  it('knows its scenarios by name', () => {
    expect([RETAIL, STREAMING, NEWS].map((scenario) => scenarioNamed(scenario.name))).toEqual([RETAIL, STREAMING, NEWS])
    expect(() => scenarioNamed('casino')).toThrow(expect.objectContaining({ code: 'UNKNOWN_SCENARIO' }))
  })
})
