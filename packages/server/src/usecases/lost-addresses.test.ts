import { type Channel, HOUR_MS, sendId, type UserId, userId } from '@paloma/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { memoryChannel } from '../channel/memory/channel.ts'
import { defaultConfig } from '../config/default-config.ts'
import { NOON } from '../store/testing/examples.ts'
import type { IncomingEvent, UserPatch } from './contract.ts'
import {
  ALWAYS_SEND,
  type ArrivalsLab,
  arrivalsLab,
  introduce,
  outcomesOf,
  sendNow,
  track,
} from './testing/arrivals.ts'

const SUBSCRIPTION = { endpoint: 'https://push.example/1', keys: { p256dh: 'p', auth: 'a' } }

describe('an address', () => {
  let lab: ArrivalsLab
  let round = 0
  let ada: UserId
  beforeAll(async () => {
    const adapters = [memoryChannel({ channel: 'email' }), memoryChannel({ channel: 'push' })]
    lab = await arrivalsLab({ config: ALWAYS_SEND, adapters })
  })
  afterAll(() => lab.close())
  beforeEach(async () => {
    round += 1
    ada = await introduce(lab, `l-ada-${round}`)
  })

  const ingest = async (...items: readonly IncomingEvent[]) => outcomesOf(await lab.usecases.events.ingest(items))
  const event = (id: string, name: string, at: number, properties: IncomingEvent['properties'] = {}) =>
    ingest(track(`l-${id}-${round}`, ada, name, { timestamp: at, properties }))
  const save = (addresses: NonNullable<UserPatch['addresses']>, saidAt?: number) =>
    lab.usecases.users.upsert([{ userId: ada, addresses, ...(saidAt === undefined ? {} : { saidAt }) }])
  const barred = async () => {
    const { profile } = (await lab.usecases.users.get(ada))!
    return profile.suppressions.map(({ channel, reason }) => `${channel} ${reason}`)
  }
  const lossOf = async (id: string) => (await lab.store.outcomes.getMany([`l-${id}-${round}`])).get(`l-${id}-${round}`)
  const mail = async (id: string) => {
    await sendNow(lab, `l-${id}-${round}`, ada)
    await lab.due.lanes.find(({ name }) => name === 'email')!.run()
    expect(await lab.store.sends.get(sendId(`send-l-${id}-${round}`))).toMatchObject({ status: 'sent' })
    return { decisionId: `l-${id}-${round}` }
  }

  describe('of push that is said again, unchanged', () => {
    const lost: readonly (readonly [string, string])[] = [
      ['was disabled', 'Push Disabled'],
      ['was uninstalled', 'Application Uninstalled'],
      ['bounced', 'Push Notification Bounced'],
    ]
    it.each(lost)('after it %s, with a later time, reaches the user again, whatever comes first', async (_, name) => {
      await save({ push: SUBSCRIPTION, pushToken: 'token' })
      await event('off', name, NOON - 3 * HOUR_MS)
      expect(await barred()).toHaveLength(1)
      await save({ pushToken: 'token' }, NOON - 2 * HOUR_MS)
      expect(await barred()).toEqual([])
      await event('late', name, NOON - 2.5 * HOUR_MS)
      expect(await barred()).toEqual([])
      await event('again', name, NOON - HOUR_MS)
      expect(await barred()).toHaveLength(1)
      await save({ push: SUBSCRIPTION }, NOON - HOUR_MS / 2)
      expect(await barred()).toEqual([])
    })

    it('at the same moment, earlier or without a time, stays lost', async () => {
      await save({ pushToken: 'token' })
      await event('off', 'Push Disabled', NOON - HOUR_MS)
      for (const at of [undefined, NOON - HOUR_MS, NOON - 2 * HOUR_MS]) await save({ pushToken: 'token' }, at)
      expect(await barred()).toEqual(['push gone'])
    })

    it('stays lost where it is another address that is said to work', async () => {
      await save({ pushToken: 'new' })
      await event('off', 'Push Disabled', NOON - HOUR_MS)
      await save({ pushToken: 'old' }, NOON - HOUR_MS / 2)
      expect(await barred()).toEqual(['push gone'])
    })

    it('is heard of by an event of the device, too, after which an opt-out still stands', async () => {
      await save({ pushToken: 'token' })
      await event('off', 'Push Disabled', NOON - 2 * HOUR_MS)
      await event('on', 'Push Enabled', NOON - HOUR_MS)
      expect(await barred()).toEqual([])
      await event('off', 'Push Disabled', NOON - 2 * HOUR_MS)
      expect(await barred()).toEqual([])
    })

    it('is known of both ids of one person', async () => {
      await save({ pushToken: 'token' })
      await event('off', 'Push Disabled', NOON - 2 * HOUR_MS)
      const phone = userId(`l-phone-${round}`)
      await lab.usecases.users.upsert([{ userId: phone, addresses: { pushToken: 'token' }, saidAt: NOON - HOUR_MS }])
      await ingest({ ...track(`l-alias-${round}`, ada, ''), type: 'alias', previousId: phone })
      expect(await barred()).toEqual([])
    })
  })

  it('of email that a customer file repeats does not begin to exist', async () => {
    await event('bounce', 'Email Bounced', NOON - HOUR_MS)
    await save({ email: `${ada}@example.org` }, NOON)
    expect(await barred()).toEqual(['email bounce'])
  })

  describe('that took the place of another', () => {
    it('is not lost by a bounce of the message that went to the old one', async () => {
      const { decisionId } = await mail('old')
      await save({ email: 'new@example.org' })
      await event('late', 'Email Bounced', NOON, { decisionId })
      expect(await barred()).toEqual([])
      expect(await lossOf('late')).toMatchObject({ decisionId, reachLoss: null })
    })

    it('is lost by a bounce of the message that went to it, however the old one is written', async () => {
      const { decisionId } = await mail('same')
      await save({ email: `${ada}@Example.ORG` })
      await event('late', 'Email Bounced', NOON, { decisionId })
      expect(await barred()).toEqual(['email bounce'])
      expect(await lossOf('late')).toMatchObject({ reachLoss: 'bounced' })
    })

    it('is lost by a bounce that names it, and not by one that names the old one, whichever decision is named', async () => {
      const { decisionId } = await mail('named')
      await save({ email: 'new@example.org' })
      await event('old', 'Email Bounced', NOON, { email: `${ada}@example.org` })
      expect(await barred()).toEqual([])
      await event('new', 'Email Bounced', NOON, { email: 'NEW@example.org', decisionId })
      expect(await barred()).toEqual(['email bounce'])
    })

    it('is lost by a bounce that names neither address nor message', async () => {
      await save({ email: 'new@example.org' })
      await event('bare', 'Email Bounced', NOON)
      expect(await barred()).toEqual(['email bounce'])
    })

    it('does not make a complaint or an opt-out past: they are a person’s', async () => {
      const { decisionId } = await mail('spam')
      await save({ email: 'new@example.org' })
      await event('spam', 'Email Marked as Spam', NOON, { decisionId })
      await event('out', 'Email Unsubscribed', NOON, { email: `${ada}@example.org` })
      expect((await barred()).toSorted()).toEqual(['email complaint', 'email opt-out'])
    })
  })

  describe('that bounced softly', () => {
    const SOFT: readonly IncomingEvent['properties'][] = [
      { bounceType: 'soft' },
      { bounceType: 'Transient' },
      { type: 'blocked' },
      { severity: 'temporary' },
      { status: '4.2.2' },
    ]
    it.each(SOFT)('as %o says is not lost by it', async (properties) => {
      await event('soft', 'Email Bounced', NOON, properties)
      expect(await barred()).toEqual([])
      expect(await lossOf('soft')).toMatchObject({ name: 'Email Bounced', reachLoss: null })
    })

    const limit = defaultConfig.events.softBounces
    const soften = (from: number, count: number) =>
      ingest(
        ...Array.from({ length: count }, (_, i) => {
          const changes = { timestamp: NOON - HOUR_MS + from + i, properties: { bounceType: 'soft' } }
          return track(`l-soft-${from + i}-${round}`, ada, 'Email Bounced', changes)
        }),
      )
    it.each([[1], [limit - 1], [limit]])('so often in a row is lost, if they come %i at a time', async (at) => {
      for (let from = 0; from < limit; from += at) {
        expect(await barred()).toEqual([])
        await soften(from, Math.min(at, limit - from))
      }
      expect(await barred()).toEqual(['email bounce'])
    })

    it('is not lost where the person answered in between, or the same message bounced again', async () => {
      await soften(0, limit - 1)
      await event('click', 'Email Link Clicked', NOON - HOUR_MS + limit - 1)
      await soften(limit, limit - 1)
      await soften(limit, limit - 1)
      expect(await barred()).toEqual([])
    })
  })

  it('of another channel is another one', async () => {
    const { decisionId } = await mail('other')
    await save({ pushToken: 'token' })
    await event('push', 'Push Notification Bounced', NOON, { decisionId })
    expect(await barred()).toEqual([`${'push' satisfies Channel} bounce`])
  })
})
