import { type Channel, HOUR_MS, sendId, type UserId, userId } from '@paloma/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { defaultConfig } from '../config/default-config.ts'
import { NOON } from '../store/testing/examples.ts'
import type { IncomingEvent, UserPatch } from './contract.ts'
import {
  ALWAYS_SEND,
  type ArrivalsLab,
  arrivalsLab,
  ask,
  introduce,
  outcomesOf,
  proposal,
  sendNow,
  track,
} from './testing/arrivals.ts'

describe('somebody who left and comes back', () => {
  let lab: ArrivalsLab
  let round = 0
  let ada: UserId
  beforeAll(async () => {
    lab = await arrivalsLab({ config: ALWAYS_SEND })
  })
  afterAll(() => lab.close())
  beforeEach(async () => {
    round += 1
    ada = await introduce(lab, `c-ada-${round}`)
  })

  const ingest = async (...items: readonly IncomingEvent[]) => outcomesOf(await lab.usecases.events.ingest(items))
  const event = (id: string, name: string, at: number, changes: Partial<IncomingEvent> = {}) =>
    ingest(track(`c-${id}-${round}`, ada, name, { timestamp: at, ...changes }))
  const say = (consent: NonNullable<UserPatch['consent']>) => lab.usecases.users.upsert([{ userId: ada, consent }])
  const profile = async () => (await lab.usecases.users.get(ada))!.profile
  const barred = async () => (await profile()).suppressions.map(({ channel, reason }) => `${channel} ${reason}`)
  const grantedAt = (channel: Channel, saidAt?: number) =>
    say({ channels: { [channel]: 'granted' }, ...(saidAt === undefined ? {} : { saidAt }) })

  const returns: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['a dated yes to the channel', () => grantedAt('email', NOON - HOUR_MS)],
    ['an event that says so', () => event('back', 'Email Resubscribed', NOON - HOUR_MS)],
  ]
  it.each(returns)('is reachable again by %s after the opt-out', async (_, comeBack) => {
    await event('out', 'Email Unsubscribed', NOON - 2 * HOUR_MS)
    expect(await barred()).toEqual(['email opt-out'])
    await comeBack()
    expect(await barred()).toEqual([])
    await sendNow(lab, `c-again-${round}`, ada)
    expect(await lab.store.sends.get(sendId(`send-c-again-${round}`))).toMatchObject({ status: 'reserved' })
  })

  it.each(returns)('stays out where %s is older than the opt-out, whatever comes first', async (_, comeBack) => {
    await comeBack()
    await event('out', 'Email Unsubscribed', NOON - HOUR_MS / 2)
    await comeBack()
    expect(await barred()).toEqual(['email opt-out'])
  })

  it.each(returns)('is not shut out by a late opt-out that is older than %s', async (_, comeBack) => {
    await comeBack()
    await event('late', 'Email Unsubscribed', NOON - 2 * HOUR_MS)
    expect(await barred()).toEqual([])
    await event('new', 'Email Unsubscribed', NOON - 1)
    expect(await barred()).toEqual(['email opt-out'])
  })

  it('stays out at equal times', async () => {
    await grantedAt('email', NOON - HOUR_MS)
    await event('same', 'Email Unsubscribed', NOON - HOUR_MS)
    expect(await barred()).toEqual(['email opt-out'])
  })

  it('stays out whatever a profile without a time says', async () => {
    await event('out', 'Email Unsubscribed', NOON - 2 * HOUR_MS)
    await lab.usecases.unsubscribe.act(lab.usecases.inbox.tokenFor(ada))
    for (let night = 0; night < 2; night += 1) await grantedAt('email')
    expect(await barred()).toEqual(['email opt-out'])
    await grantedAt('email', NOON)
    expect(await barred()).toEqual([])
  })

  it('stays out where the yes is dated into the future and the no comes after it', async () => {
    const at = lab.clock.now()
    await grantedAt('email', at + 24 * HOUR_MS)
    lab.clock.set(at + 1)
    await event('out', 'Email Unsubscribed', at + 1)
    expect(await barred()).toEqual(['email opt-out'])
  })

  it('is out at once by an opt-out without a time, also where the clock of another server dated the yes later', async () => {
    await grantedAt('email', lab.clock.now())
    await lab.store.users.change([
      {
        userId: ada,
        update: (current) => ({ ...current!, said: { channels: { email: lab.clock.now() + 5_000 } } }),
      },
    ])
    await ingest(track(`c-now-${round}`, ada, 'Email Unsubscribed'))
    expect(await barred()).toEqual(['email opt-out'])
  })

  it('never loses a complaint or a bounce by it', async () => {
    await event('spam', 'Email Marked as Spam', NOON - 2 * HOUR_MS)
    await event('bounce', 'Email Bounced', NOON - 2 * HOUR_MS)
    await event('out', 'Email Unsubscribed', NOON - 2 * HOUR_MS)
    await grantedAt('email', NOON)
    await event('back', 'Email Resubscribed', NOON)
    expect((await barred()).toSorted()).toEqual(['email bounce', 'email complaint'])
  })

  it('is not shut out again by a repeat of the old opt-out, nor let in by a repeat of an old return', async () => {
    const at = lab.clock.now()
    const out = () => event('out', 'Email Unsubscribed', at, { sentAt: at })
    const back = () => event('back', 'Email Resubscribed', at + HOUR_MS, { sentAt: at + HOUR_MS })
    await out()
    lab.clock.set(at + HOUR_MS)
    await back()
    lab.clock.set(at + 3 * HOUR_MS)
    expect(await out()).toEqual(['duplicate'])
    expect(await barred()).toEqual([])
    await event('again', 'Email Unsubscribed', at + 2 * HOUR_MS)
    expect(await back()).toEqual(['duplicate'])
    expect(await barred()).toEqual(['email opt-out'])
  })

  it('is not let in by a return that a queue delivers hours after it was sent', async () => {
    const at = lab.clock.now()
    await event('out', 'Email Unsubscribed', at - HOUR_MS)
    await event('back', 'Email Resubscribed', at - 2 * HOUR_MS, { sentAt: at - 2 * HOUR_MS })
    expect(await barred()).toEqual(['email opt-out'])
  })

  it('takes back a one-click unsubscribe by a later yes to the topic, and not by an earlier or undated one', async () => {
    await say({ channelTopics: { 'email:offers': 'denied' }, saidAt: NOON - HOUR_MS })
    for (const saidAt of [undefined, NOON - 2 * HOUR_MS, NOON - HOUR_MS]) {
      await say({ channelTopics: { 'email:offers': 'granted' }, ...(saidAt === undefined ? {} : { saidAt }) })
      expect((await profile()).consent.channelTopics).toEqual({ 'email:offers': 'denied' })
    }
    await event('back', 'Email Resubscribed', NOON, { properties: { topic: 'offers' } })
    expect((await profile()).consent.channelTopics).toEqual({ 'email:offers': 'granted' })
  })

  it('is not brought back by a machine, a refused event or an event of another user', async () => {
    await event('out', 'Email Unsubscribed', NOON - HOUR_MS)
    await event('scanner', 'Email Resubscribed', NOON, { properties: { machine: true } })
    expect(await event('out', 'Email Resubscribed', NOON)).toEqual(['EVENT_CONFLICT'])
    await ingest(track(`c-other-${round}`, 'c-bob', 'Email Resubscribed', { timestamp: NOON }))
    expect(await barred()).toEqual(['email opt-out'])
  })

  it('gets what is decided after the return, not what was refused before it', async () => {
    await lab.usecases.opportunities.propose([proposal(`o-c-wait-${round}`, ada)])
    await lab.usecases.decisions.decide([ask(`c-wait-${round}`, ada)])
    await event('out', 'Email Unsubscribed', NOON - HOUR_MS)
    await lab.due.dispatch()
    await event('back', 'Email Resubscribed', NOON)
    await lab.due.dispatch()
    expect(await lab.store.sends.get(sendId(`send-c-wait-${round}`))).toMatchObject({
      status: 'refused',
      refusals: [{ reason: 'suppressed', rule: 'opt-out' }],
    })
    const [again] = await lab.usecases.decisions.decide([ask(`c-anew-${round}`, ada)])
    expect(again).toMatchObject({ ok: true, value: { send: { status: 'reserved' } } })
  })

  it('keeps the later word per channel and topic where two ids turn out to be one person, the no at equal times', async () => {
    const other = userId(`c-cookie-${round}`)
    const both = async (id: UserId, consent: NonNullable<UserPatch['consent']>) =>
      lab.usecases.users.upsert([{ userId: id, consent }])
    await both(other, { channels: { email: 'denied', push: 'granted' }, topics: { news: 'denied' }, saidAt: NOON - 9 })
    await both(ada, { channels: { email: 'granted', push: 'denied' }, topics: { news: 'granted' }, saidAt: NOON - 8 })
    await both(other, { channels: { sms: 'granted' }, learning: false, saidAt: NOON - 7 })
    await both(ada, { channels: { sms: 'denied' }, learning: true, saidAt: NOON - 7 })
    await ingest(track(`c-out-${round}`, other, 'Email Unsubscribed', { timestamp: NOON - 9 }))
    await event('same', '', NOON, { type: 'alias', previousId: other })
    expect((await profile()).consent).toMatchObject({
      channels: { email: 'granted', push: 'denied', sms: 'denied' },
      topics: { news: 'granted' },
      learning: false,
    })
    expect(await barred()).toEqual([])
  })
})

describe('the hazards of somebody who comes back', () => {
  const objectives = defaultConfig.objectives.map((each) =>
    each.aggregate === 'reachLost' ? { ...each, model: 'hazard' as const } : each,
  )
  const random = { share: 1_000_000, policy: { kind: 'random', holdProbability: 0.5 } } as const
  let lab: ArrivalsLab
  beforeAll(async () => {
    lab = await arrivalsLab({
      config: { ...ALWAYS_SEND, objectives, groups: { ...defaultConfig.groups, paloma: random } },
    })
  })
  afterAll(() => lab.close())

  it('count his sends from then on, each with its own loss', async () => {
    const ada = await introduce(lab, 'h-ada')
    const from = lab.clock.now()
    const say = (id: string, name: string, properties = {}) => {
      lab.clock.set(lab.clock.now() + HOUR_MS)
      return lab.usecases.events.ingest([track(id, ada, name, { timestamp: lab.clock.now(), properties })])
    }
    const sent: string[] = []
    for (let i = 0; sent.length < 2; i += 1) {
      const decisionId = `h-${i}`
      await sendNow(lab, decisionId, ada)
      if ((await lab.store.sends.get(sendId(`send-${decisionId}`))) === undefined) continue
      sent.push(decisionId)
      await lab.due.dispatch()
      await say(`h-out-${i}`, 'Email Unsubscribed', { decisionId })
      await say(`h-back-${i}`, 'Email Resubscribed')
    }
    const losses = new Map<string, number>()
    for await (const page of lab.store.decisions.matured({ from, until: lab.clock.now(), windowMs: 100 * HOUR_MS })) {
      for (const { decisionId, learning, outcomes } of page) {
        const own = outcomes.filter(({ isOwn, reachLoss }) => isOwn && reachLoss !== null)
        if (learning.sent !== null) losses.set(decisionId, own.length)
      }
    }
    expect([...losses]).toEqual(sent.map((id) => [id, 1]))
  })
})

describe('a late identify', () => {
  let lab: ArrivalsLab
  beforeAll(async () => {
    lab = await arrivalsLab()
  })
  afterAll(() => lab.close())
  const identify = (at: number | undefined, traits: Record<string, unknown>, changes: Partial<IncomingEvent> = {}) =>
    lab.usecases.events.ingest([
      track(`i-${at}`, 'i-ida', '', {
        type: 'identify',
        traits,
        ...(at === undefined ? {} : { timestamp: at }),
        ...changes,
      }),
    ])
  const profile = async () => (await lab.usecases.users.get(userId('i-ida')))!.profile

  it('overwrites nothing that was said after it, fills in the rest, and revives nothing that was removed', async () => {
    await identify(
      NOON - HOUR_MS,
      { plan: 'paid', n: null, email: 'new@example.org' },
      {
        context: { timezone: 'Europe/Rome' },
      },
    )
    await identify(
      NOON - 2 * HOUR_MS,
      { plan: 'free', n: 1, colour: 'red', email: 'old@example.org' },
      {
        context: { timezone: 'Europe/Paris', locale: 'fr' },
      },
    )
    expect(await profile()).toMatchObject({
      traits: { plan: 'paid', colour: 'red' },
      addresses: { email: 'new@example.org' },
      timeZone: 'Europe/Rome',
      locale: 'fr',
    })
    expect((await profile()).traits).not.toHaveProperty('n')
  })

  it('loses to a profile that was put without a time, and a repeat of it is no news', async () => {
    await lab.usecases.users.upsert([{ userId: userId('i-ida'), traits: { plan: 'team' } }])
    await identify(NOON - 1, { plan: 'free' }, { sentAt: NOON - 1 })
    expect((await profile()).traits.plan).toBe('team')
    lab.clock.set(NOON + HOUR_MS)
    await identify(NOON - 1, { plan: 'free' }, { sentAt: NOON - 1 })
    expect((await profile()).traits.plan).toBe('team')
    await lab.usecases.users.upsert([{ userId: userId('i-ida'), traits: { plan: 'trial' }, saidAt: NOON - 5 }])
    expect((await profile()).traits.plan).toBe('team')
    await identify(undefined, { plan: 'free' })
    expect((await profile()).traits.plan).toBe('free')
  })
})
