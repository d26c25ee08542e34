import { DAY_MS, HOUR_MS, MINUTE_MS, userId } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IncomingEvent } from './contract.ts'
import {
  ALWAYS_SEND,
  type ArrivalsLab,
  arrivalsLab,
  introduce,
  outcomesOf,
  sendNow,
  track,
} from './testing/arrivals.ts'

describe('events', () => {
  let lab: ArrivalsLab
  beforeAll(async () => {
    lab = await arrivalsLab({ config: ALWAYS_SEND })
  })
  afterAll(() => lab.close())
  const ingest = async (...items: readonly IncomingEvent[]) => outcomesOf(await lab.usecases.events.ingest(items))
  const outcomesFor = (id: string) => lab.store.outcomes.listByUser(userId(id), { limit: 99 })
  const profileOf = async (id: string) => (await lab.usecases.users.get(userId(id)))?.profile

  it('are taken once by messageId, and another event under a known one is a conflict', async () => {
    const visit = track('e-1', 'e-ada', 'App Visited')
    expect(await ingest(visit, visit, track('e-1', 'e-ada', 'Order Completed'))).toEqual([
      'created',
      'duplicate',
      'EVENT_CONFLICT',
    ])
    expect(await ingest(visit)).toEqual(['duplicate'])
    expect(await outcomesFor('e-ada')).toHaveLength(1)
  })

  it('make their user known', async () => {
    await ingest(track('e-known', 'e-new', 'App Visited'))
    expect(await profileOf('e-new')).toMatchObject({ userId: 'e-new', createdAt: lab.clock.now() })
  })

  it('fail alone: one bad event costs its neighbours nothing', async () => {
    expect(
      await ingest(
        track('e-bad-1', 'e-bad', 'App Visited'),
        track('e-bad-\u0000', 'e-bad', 'App Visited'),
        track('e-bad-2', 'e-bad', 'Order Completed', { properties: { revenue: 'much' } }),
        track('e-bad-3', 'e-bad', 'x', { timestamp: Date.UTC(2001, 0), sentAt: Date.UTC(2099, 0) }),
        track('e-bad-4', 'e-bad', 'App Visited'),
      ),
    ).toEqual(['created', 'ROW_REFUSED', 'ITEM_INVALID', 'ITEM_INVALID', 'created'])
    expect((await outcomesFor('e-bad')).map(({ messageId }) => messageId).toSorted()).toEqual(['e-bad-1', 'e-bad-4'])
  })

  it('under an id that becomes an alias meanwhile belong to its owner, and so does what was denied', async () => {
    const pairs = Array.from({ length: 20 }, (_, i) => ({ anonymous: `e-anon-${i}`, known: `e-known-${i}` }))
    await Promise.all(
      pairs.map(async ({ anonymous, known }) => {
        const both = { ...track(`e-both-${known}`, known, 'App Visited'), anonymousId: anonymous }
        const consent = { channels: { email: 'denied' as const } }
        await Promise.all([
          ingest(track(`e-before-${known}`, anonymous, 'App Visited')),
          ingest(both),
          ingest(track(`e-after-${known}`, anonymous, 'App Visited')),
          lab.usecases.users.upsert([{ userId: userId(anonymous), consent }]),
        ])
      }),
    )
    for (const { anonymous, known } of pairs) {
      expect(await outcomesFor(known)).toHaveLength(3)
      expect((await profileOf(known))?.consent.channels).toEqual({ email: 'denied' })
      expect((await lab.store.users.loadStates([userId(anonymous)], lab.clock.now())).size).toBe(0)
    }
  })

  it('dated into the future count from their receipt', async () => {
    await ingest(track('e-future', 'e-future', 'App Visited', { timestamp: lab.clock.now() + DAY_MS }))
    expect((await outcomesFor('e-future'))[0]).toMatchObject({ at: lab.clock.now(), receivedAt: lab.clock.now() })
  })

  it('join the last send before them, late and out of order as they come', async () => {
    const id = await introduce(lab, 'e-join')
    const first = lab.clock.now()
    await sendNow(lab, 'e-d1', id)
    await lab.due.dispatch()
    lab.clock.set(first + HOUR_MS)
    await sendNow(lab, 'e-d2', id)
    await lab.due.dispatch()
    lab.clock.set(first + 2 * HOUR_MS)
    await ingest(
      track('e-j-late', id, 'App Visited'),
      track('e-j-early', id, 'App Visited', { timestamp: first + MINUTE_MS }),
      track('e-j-before', id, 'App Visited', { timestamp: first - MINUTE_MS }),
      track('e-j-named', id, 'App Visited', { properties: { decisionId: 'e-d1' } }),
      track('e-j-push', id, 'Push Notification Tapped'),
      track('e-j-nothing', id, 'Something Else'),
    )
    const joined = new Map((await outcomesFor(id)).map((o) => [o.messageId, [o.decisionId, o.joinedBy]]))
    expect(Object.fromEntries(joined)).toEqual({
      'e-j-late': ['e-d2', 'window'],
      'e-j-early': ['e-d1', 'window'],
      'e-j-before': [null, null],
      'e-j-named': ['e-d1', 'decisionId'],
      'e-j-push': [null, null],
      'e-j-nothing': [null, null],
    })
  })

  it('that name a decision nobody made, or another user’s, are kept and say so', async () => {
    const [mine, other] = [await introduce(lab, 'e-warn'), await introduce(lab, 'e-warn-other')]
    await sendNow(lab, 'e-warn-d', mine)
    const visit = (messageId: string, user: string, named: string) =>
      track(messageId, user, 'App Visited', { properties: { decisionId: named } })
    const events = [
      visit('e-w-none', mine, 'e-warn-none'),
      visit('e-w-theirs', other, 'e-warn-d'),
      visit('e-w-mine', mine, 'e-warn-d'),
      track('e-w-plain', mine, 'App Visited'),
    ]
    const answers = await lab.usecases.events.ingest(events)
    const pointer = '/properties/decisionId'
    const kept = (messageId: string, ...warnings: readonly object[]) => ({
      ...{ ok: true, status: 'created', value: { messageId } },
      ...(warnings.length === 0 ? {} : { warnings }),
    })
    expect(answers).toEqual([
      kept('e-w-none', {
        code: 'DECISION_UNKNOWN',
        detail: `${pointer}: no decision e-warn-none is stored; kept as what the user did, counts for no send unless that decision is still to come`,
        pointer,
      }),
      kept('e-w-theirs', {
        code: 'DECISION_OF_ANOTHER_USER',
        detail: `${pointer}: decision e-warn-d was not made for user e-warn-other; kept as what he did, counts for no send`,
        pointer,
      }),
      kept('e-w-mine'),
      kept('e-w-plain'),
    ])
    expect(await outcomesFor(mine)).toHaveLength(3)
    const again = await lab.usecases.events.ingest(events)
    expect(again).toEqual(answers.map((answer) => ({ ...answer, status: 'duplicate' })))
  })

  it('that name a decision of one who is somebody else by now are his', async () => {
    const before = await introduce(lab, 'e-warn-cookie')
    await sendNow(lab, 'e-warn-early', before)
    await ingest(track('e-w-alias', 'e-warn-known', 'App Visited', { anonymousId: before }))
    const named = { properties: { decisionId: 'e-warn-early' } }
    for (const user of ['e-warn-known', 'e-warn-cookie']) {
      const [answer] = await lab.usecases.events.ingest([track(`e-w-${user}`, user, 'App Visited', named)])
      expect(answer).toEqual({ ok: true, status: 'created', value: { messageId: `e-w-${user}` } })
    }
  })

  it('of machines are kept, and neither visit nor respond nor count', async () => {
    await ingest(track('e-machine', 'e-machine', 'Email Opened', { properties: { sg_machine_open: true } }))
    const state = (await lab.store.users.loadStates([userId('e-machine')], lab.clock.now())).get(userId('e-machine'))
    expect(state?.history).toEqual({ sends: [], responses: [], visits: [] })
    expect((await outcomesFor('e-machine'))[0]).toMatchObject({ isMachine: true, values: {} })
  })

  it('identify writes traits, removes what is null, and the address with its trait', async () => {
    const identify = (traits: Record<string, unknown>, context = {}) =>
      ingest(track('e-i', 'e-ida', '', { type: 'identify', traits, context }))
    expect(
      await identify({ email: 'ida@example.org', plan: 'free', n: 1 }, { timezone: 'Europe/Berlin', locale: 'de-DE' }),
    ).toEqual(['created'])
    expect(await profileOf('e-ida')).toMatchObject({
      addresses: { email: 'ida@example.org' },
      traits: { plan: 'free', n: 1 },
      timeZone: 'Europe/Berlin',
      locale: 'de-DE',
    })
    expect(await identify({ email: null, n: null, nested: { a: 1 } })).toEqual(['updated'])
    expect(await profileOf('e-ida')).toMatchObject({
      addresses: {},
      traits: { plan: 'free' },
      timeZone: 'Europe/Berlin',
    })
    expect((await profileOf('e-ida'))?.traits).toEqual({ plan: 'free' })
  })

  it('of an anonymous id move to the user it turns out to be, within a batch too', async () => {
    await ingest(track('e-a1', 'e-cookie', 'App Visited'))
    expect(
      await ingest(
        track('e-a2', 'e-person', '', { type: 'identify', anonymousId: 'e-cookie', traits: { plan: 'paid' } }),
        track('e-a3', 'e-cookie', 'App Visited'),
        track('e-a4', 'e-person', 'App Visited', { anonymousId: 'e-cookie' }),
      ),
    ).toEqual(['updated', 'created', 'created'])
    expect((await outcomesFor('e-person')).map(({ messageId }) => messageId).toSorted()).toEqual([
      'e-a1',
      'e-a3',
      'e-a4',
    ])
    expect(await outcomesFor('e-cookie')).toEqual([])
    expect(await profileOf('e-person')).toMatchObject({ userId: 'e-person', traits: { plan: 'paid' } })
    expect(await ingest(track('e-a1', 'e-cookie', 'App Visited'))).toEqual(['duplicate'])
  })

  it('of a shared device follow whoever was named with it last', async () => {
    await ingest(
      track('e-s1', 'e-first', 'App Visited', { anonymousId: 'e-tablet' }),
      track('e-s2', 'e-second', 'App Visited', { anonymousId: 'e-tablet' }),
    )
    await ingest(track('e-s3', 'e-tablet', 'App Visited'))
    expect((await outcomesFor('e-second')).map(({ messageId }) => messageId).toSorted()).toEqual(['e-s2', 'e-s3'])
    expect((await outcomesFor('e-first')).map(({ messageId }) => messageId)).toEqual(['e-s1'])
  })

  it('that lose an address suppress it, each reason once', async () => {
    const id = await introduce(lab, 'e-lost')
    await ingest(
      track('e-l1', id, 'Email Bounced'),
      track('e-l2', id, 'Email Bounced'),
      track('e-l3', id, 'Email Unsubscribed'),
    )
    await ingest(track('e-l1', id, 'Email Bounced'))
    expect((await profileOf('e-lost'))?.suppressions.map(({ channel, reason }) => `${channel} ${reason}`)).toEqual([
      'email bounce',
      'email opt-out',
    ])
  })
})
