import { DAY_MS, hashedVariant, userId } from '@paloma/core'
import { afterEach, describe, expect, it } from 'vitest'
import type { SendResult } from '../channel/contract.ts'
import { experimentDesignSchema } from '../config/experiment-design-schema.ts'
import { NOON } from '../store/testing/examples.ts'
import { RETRY_PAUSES_MS } from './retry-policy.ts'
import {
  reserve,
  type ScriptedChannel,
  scriptedChannel,
  sendOf,
  type UsecaseLab,
  usecaseLab,
} from './testing/usecase-lab.ts'

const BUSY: SendResult = { kind: 'rejected', permanent: false, reason: '451 try later' }
const GONE: SendResult = { kind: 'rejected', permanent: true, reason: '550 5.1.1 no such user', addressGone: true }

describe('dispatch', () => {
  let lab: UsecaseLab
  let email: ScriptedChannel
  const open = async (options: Parameters<typeof usecaseLab>[0] = {}) => {
    email = scriptedChannel('email')
    lab = await usecaseLab({ adapters: [email], ...options })
  }
  afterEach(() => lab.close())
  const status = async (id: string) => (await sendOf(lab.store, id)).status

  it('hands a reserved send to its provider once, rendered and with its unsubscribe link', async () => {
    await open()
    await reserve(lab.store, 'ada', 'one')
    expect(await lab.due.dispatch()).toBe(1)
    expect(await lab.due.dispatch()).toBe(0)
    expect(email.handed).toHaveLength(1)
    expect(email.handed[0]).toMatchObject({ sendId: 'send-one', decidedAt: NOON, expiresAt: NOON + DAY_MS })
    expect(email.handed[0]?.unsubscribeUrl).toMatch(/^https:\/\/paloma\.test\/u\/./)
    expect(await sendOf(lab.store, 'one')).toMatchObject({ status: 'sent', providerMessageId: 'p', attempts: 0 })
  })

  it('tries again what its provider did not take, at growing pauses, and then fails', async () => {
    await open()
    email.answer(BUSY)
    await reserve(lab.store, 'ada', 'busy', { expires: NOON + 30 * DAY_MS })
    for (const [attempt, pause] of RETRY_PAUSES_MS.entries()) {
      await lab.due.dispatch()
      const send = await sendOf(lab.store, 'busy')
      expect(send).toMatchObject({ status: 'reserved', attempts: attempt + 1, error: '451 try later', decidedAt: NOON })
      expect(send.dueAt - lab.clock.now()).toBeGreaterThanOrEqual(pause)
      expect(send.dueAt - lab.clock.now()).toBeLessThanOrEqual(1.2 * pause)
      lab.clock.set(send.dueAt)
    }
    await lab.due.dispatch()
    expect(await sendOf(lab.store, 'busy')).toMatchObject({
      status: 'failed',
      error: `given up after ${RETRY_PAUSES_MS.length + 1} attempts: 451 try later`,
    })
    expect(email.handed).toHaveLength(RETRY_PAUSES_MS.length + 1)
    expect(new Set(email.handed.map(({ decidedAt }) => decidedAt))).toEqual(new Set([NOON]))
  })

  const LIMIT = { name: 'email-a-day', channel: 'email', sendsPerDay: 4 } as const
  const users = Array.from({ length: 12 }, (_, i) => `u-${i}`)

  it('never hands out more in a day than a shared limit allows; the rest waits for the next, or is refused', async () => {
    await open({ config: { sharedLimits: [LIMIT] } })
    for (const user of users.slice(0, 6)) await reserve(lab.store, user, user, { expires: NOON + 3 * DAY_MS })
    await reserve(lab.store, 'zoe', 'zoe', { expires: NOON + 60_000 })
    await reserve(lab.store, 'bill', 'bill', { category: 'transactional' })
    while ((await lab.due.dispatch()) > 0);
    // Four of the limit, and the bill, which no limit holds back.
    expect(email.handed).toHaveLength(5)
    expect(await status('bill')).toBe('sent')
    // The last of them, whose window ends before tomorrow.
    expect(await sendOf(lab.store, 'zoe')).toMatchObject({
      status: 'refused',
      refusals: [{ reason: 'limit-reached', rule: 'email-a-day' }],
    })
    lab.clock.set(NOON + DAY_MS)
    while ((await lab.due.dispatch()) > 0);
    const sent = await Promise.all(users.slice(0, 6).map(status))
    expect(sent).toEqual(sent.map(() => 'sent'))
  })

  it('gives each variant of an experiment its own part of a shared limit', async () => {
    await open({ config: { sharedLimits: [{ ...LIMIT, sendsPerDay: 4 }] } })
    const split = experimentDesignSchema.parse({
      key: 'halves',
      variants: [{ name: 'control' }, { name: 'dear', change: { prices: { 'channel:email': 0.001 } } }],
      budgetSplit: ['email-a-day'],
    })
    await lab.usecases.experiments.create({ ...split, budgetSplit: ['nothing'] }, 'ann')
    await expect(lab.usecases.experiments.start('halves', 'ann')).rejects.toThrow(/budgetSplit.*a shared limit/)
    await lab.usecases.experiments.create(split, 'ann')
    await lab.usecases.experiments.start('halves', 'ann')
    const running = lab.deps.snapshots.current().experiments?.running ?? []
    const variantOf = (user: string) => hashedVariant(running[0]!, user, NOON)
    for (const user of users) await reserve(lab.store, user, user, { expires: NOON + 3 * DAY_MS })
    while ((await lab.due.dispatch()) > 0);
    const counts = { control: 0, dear: 0 }
    for (const { userId: user } of email.handed) counts[variantOf(user) as keyof typeof counts] += 1
    // Twelve users, of whom more than two are in either half: each half is sent what is its own, and no more.
    expect(users.filter((user) => variantOf(user) === 'control').length).toBeGreaterThan(2)
    expect(users.filter((user) => variantOf(user) === 'dear').length).toBeGreaterThan(2)
    expect(counts).toEqual({ control: 2, dear: 2 })
  })

  it('does not try again after the window has ended', async () => {
    await open()
    email.answer(BUSY)
    await reserve(lab.store, 'ada', 'short', { expires: NOON + 10_000 })
    await lab.due.dispatch()
    expect(await sendOf(lab.store, 'short')).toMatchObject({
      status: 'failed',
      error: 'its window ends before the next attempt: 451 try later',
    })
  })

  it('sends nothing at or after the end of the window', async () => {
    await open()
    await reserve(lab.store, 'ada', 'late', { expires: NOON + 1_000 })
    lab.clock.set(NOON + 1_000)
    await lab.due.dispatch()
    expect(await sendOf(lab.store, 'late')).toMatchObject({ status: 'refused', refusals: [{ reason: 'expired' }] })
    expect(email.handed).toEqual([])
  })

  it('never repeats what may have gone out, be it said or thrown', async () => {
    await open()
    await reserve(lab.store, 'ada', 'silent')
    await reserve(lab.store, 'bob', 'broken')
    email.answer(async ({ userId: id }) => {
      if (id === 'bob') throw new Error('the adapter broke')
      return { kind: 'unknown', reason: 'no answer within 300 ms' }
    })
    await lab.due.dispatch()
    lab.clock.set(NOON + 20 * 3_600_000)
    await lab.due.dispatch()
    expect(email.handed).toHaveLength(2)
    expect(await sendOf(lab.store, 'silent')).toMatchObject({ status: 'unknown', error: 'no answer within 300 ms' })
    expect(await sendOf(lab.store, 'broken')).toMatchObject({ status: 'unknown', error: 'Error: the adapter broke' })
  })

  it('suppresses a lost address once, and refuses what waits for it', async () => {
    await open()
    email.answer(GONE)
    await reserve(lab.store, 'ada', 'first')
    await reserve(lab.store, 'ada', 'second')
    await lab.due.dispatch()
    await reserve(lab.store, 'ada', 'third')
    await lab.due.dispatch()
    const profile = (await lab.usecases.users.get(userId('ada')))?.profile
    expect(profile?.suppressions).toEqual([{ channel: 'email', reason: 'gone', since: NOON }])
    expect(await sendOf(lab.store, 'third')).toMatchObject({
      status: 'refused',
      refusals: [{ reason: 'suppressed', rule: 'gone' }],
    })
    expect([await status('first'), await status('second')]).toEqual(['failed', 'failed'])
  })

  it('says nothing of an address that took the place of a lost one during the dispatch', async () => {
    await open()
    email.answer(async () => {
      const addresses = { email: 'new@example.org' }
      await lab.usecases.users.upsert([{ userId: userId('ada'), addresses }])
      return GONE
    })
    await reserve(lab.store, 'ada', 'replaced')
    expect(await lab.due.dispatch()).toBe(1)
    expect((await lab.usecases.users.get(userId('ada')))?.profile.suppressions).toEqual([])
  })

  it('finds the user of a lost address, who got another name during the dispatch', async () => {
    await open()
    email.answer(async () => {
      await lab.store.users.addAlias('ada', userId('ada lovelace'))
      return GONE
    })
    await reserve(lab.store, 'ada', 'merged')
    expect(await lab.due.dispatch()).toBe(1)
    const profile = (await lab.usecases.users.get(userId('ada')))?.profile
    expect(profile).toMatchObject({ userId: 'ada lovelace', suppressions: [{ channel: 'email', reason: 'gone' }] })
  })

  it('leaves a user who is erased during a dispatch erased', async () => {
    await open()
    email.answer(async () => {
      await lab.store.sends.recover(NOON, NOON)
      await lab.store.users.erase(userId('ada'), NOON)
      return GONE
    })
    await reserve(lab.store, 'ada', 'erased')
    expect(await lab.due.dispatch()).toBe(1)
    expect(await lab.usecases.users.get(userId('ada'))).toBeUndefined()
    expect(lab.lines).toEqual([])
  })

  it.each([
    ['an address that its adapter cannot use', { profile: { addresses: { email: 'unusable' } } }, 'user has no email'],
    [
      'a channel without adapter',
      { channel: 'push' as const, profile: { addresses: { pushToken: 't' } } },
      'no adapter',
    ],
  ])('fails, with the reason, a send to %s', async (_what, options, reason) => {
    await open()
    await reserve(lab.store, 'ada', 'odd', options)
    await lab.due.dispatch()
    expect(await sendOf(lab.store, 'odd')).toMatchObject({ status: 'failed', error: expect.stringContaining(reason) })
    expect(email.handed).toEqual([])
  })

  it('fails a send whose content lacks what its channel needs', async () => {
    await open()
    Object.assign(email, { requiredContent: ['subject', 'preheader'] })
    await reserve(lab.store, 'ada', 'bare')
    await lab.due.dispatch()
    expect(await sendOf(lab.store, 'bare')).toMatchObject({
      status: 'failed',
      error: 'content for email lacks preheader',
    })
  })

  it('refuses at the last moment a user who has lost his address', async () => {
    await open()
    await reserve(lab.store, 'ada', 'homeless', { profile: { addresses: {} } })
    await lab.due.dispatch()
    expect(await sendOf(lab.store, 'homeless')).toMatchObject({
      status: 'refused',
      refusals: [{ reason: 'no-address' }],
    })
  })

  it('has no more in flight than the provider can take, and never claims what must wait', async () => {
    email = scriptedChannel('email', { concurrency: 3 })
    lab = await usecaseLab({ adapters: [email] })
    const inFlight: number[] = []
    email.answer(async () => {
      inFlight.push((await lab.store.sends.counts()).dispatching ?? 0)
      return { kind: 'sent', providerMessageId: null }
    })
    for (let i = 0; i < 8; i += 1) await reserve(lab.store, `u${i}`, `d${i}`)
    expect(await lab.due.dispatch()).toBe(8)
    expect(Math.max(...inFlight)).toBe(3)
  })

  it('goes on with others while one message hangs, and knows when all have landed', async () => {
    email = scriptedChannel('email', { concurrency: 2 })
    lab = await usecaseLab({ adapters: [email], isSystemClock: true })
    let letGo = (): void => {}
    email.answer(async ({ userId: id }) => {
      if (id === 'slow') await new Promise<void>((resolve) => (letGo = resolve))
      return { kind: 'sent', providerMessageId: null }
    })
    for (const id of ['slow', 'u1', 'u2', 'u3']) await reserve(lab.store, id, id)
    const lane = lab.due.lanes.find(({ name }) => name === 'email')!
    let dispatched = 0
    while (dispatched < 4) dispatched += (await lane.pump()).dispatched
    let isIdle = false
    const idle = lane.idle().then(() => {
      isIdle = true
    })
    await expect.poll(() => lab.store.sends.counts()).toEqual({ dispatching: 1, sent: 3 })
    expect(isIdle).toBe(false)
    letGo()
    await idle
    expect(await lab.store.sends.counts()).toEqual({ sent: 4 })
  })

  it('lets a provider rest that takes nothing, says so once, and says when it works again', async () => {
    await open({ isSystemClock: true })
    email.answer(BUSY)
    await reserve(lab.store, 'ada', 'a')
    await lab.due.dispatch()
    expect(lab.lines).toEqual(['delivery by email: 451 try later\n'])
    expect((await lab.usecases.health.ready()).checks.channels).toMatchObject({
      ok: false,
      detail: expect.stringContaining('451 try later'),
    })
    expect((await lab.usecases.health.ready()).ready).toBe(true)
    email.answer({ kind: 'sent', providerMessageId: null })
    await reserve(lab.store, 'bob', 'b')
    expect(await lab.due.dispatch()).toBe(0)
    lab.passWallTime(1_000)
    expect(await lab.due.dispatch()).toBe(1)
    expect(lab.lines).toEqual(['delivery by email: 451 try later\n', 'delivery by email: works again\n'])
    expect((await lab.usecases.health.ready()).checks.channels).toEqual({ ok: true, detail: 'email' })
  })

  it('keeps an answer that the store did not take, and writes it when the store is back', async () => {
    await open()
    await reserve(lab.store, 'ada', 'kept')
    const { finish } = lab.store.sends
    Object.assign(lab.store.sends, { finish: () => Promise.reject(new Error('the store is away')) })
    await expect(lab.due.dispatch()).rejects.toThrow('the store is away')
    expect(await status('kept')).toBe('dispatching')
    Object.assign(lab.store.sends, { finish })
    await lab.due.dispatch()
    expect(await status('kept')).toBe('sent')
    expect(email.handed).toHaveLength(1)
  })

  it('asks consent again at the last moment: an opt-out stops a whole backlog', async () => {
    await open()
    for (let i = 0; i < 20; i += 1) await reserve(lab.store, 'ada', `b${i}`)
    await lab.usecases.users.upsert([{ userId: userId('ada'), consent: { channels: { email: 'denied' } } }])
    await lab.due.dispatch()
    expect(email.handed).toEqual([])
    expect((await lab.store.sends.counts()).refused).toBe(20)
  })
})
