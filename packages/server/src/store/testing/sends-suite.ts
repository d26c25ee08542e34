import {
  DAY_MS,
  type DecisionId,
  decisionId,
  type EpochMs,
  HOUR_MS,
  opportunityId,
  sendId,
  userId,
} from '@paloma/core/domain'
import { describe, expect, it } from 'vitest'
import type { Dispatch, DispatchResult, DispatchVerdict, Send } from '../contract.ts'
import { exampleDecision, exampleNew, exampleOpportunity, exampleProfile } from './examples.ts'
import type { StoreOf } from './store-of.ts'

const GO = (): DispatchVerdict => ({ kind: 'go' })
const REFUSE = (): DispatchVerdict => ({ kind: 'refuse', refusals: [{ reason: 'capped', rule: 'daily' }] })

/** Sends: every road through the statuses. Each test has a day of its own, so that none claims another's sends. */
export function testSends(storeOf: StoreOf): void {
  describe('sends', () => {
    const dayOf = (place: number): EpochMs => Date.parse('2025-01-01T09:00:00Z') + place * 40 * DAY_MS

    const reserve = async (user: string, ids: readonly string[], at: EpochMs, sendAt: EpochMs = at) => {
      await storeOf().users.change([{ userId: userId(user), update: (there) => there ?? exampleProfile(user) }])
      await storeOf().opportunities.insertMany(
        ids.map((id) => exampleOpportunity(`o-${id}`, user, { window: { notBefore: at, expires: at + DAY_MS } })),
        at,
      )
      const decisions = ids.map((id) =>
        exampleDecision(id, user, {
          at,
          actions: [
            { kind: 'hold' },
            { kind: 'send', opportunityId: opportunityId(`o-${id}`), variant: 'default', channel: 'email', sendAt },
          ],
        }),
      )
      await storeOf().decisions.insertMany(decisions.map((decision) => exampleNew(decision)))
    }
    const sendOf = async (id: string): Promise<Send> => {
      const key = decisionId(id)
      return (await storeOf().sends.byDecision([key])).get(key as DecisionId)!
    }
    const opportunityStatus = async (id: string) =>
      (await storeOf().opportunities.get([opportunityId(`o-${id}`)])).get(opportunityId(`o-${id}`))?.status
    const finish = async (id: string, result: DispatchResult, at: EpochMs) =>
      storeOf().sends.finish([{ sendId: (await sendOf(id)).sendId, result }], at)

    it('takes no more than a counter allows, however many claim at once', async () => {
      const at = dayOf(-3)
      const ids = Array.from({ length: 6 }, (_, i) => `s-counted-${i}`)
      for (const id of ids) await reserve(id, [id], at)
      const counters = new Map([['limit/1', 4]])
      const otherwise = { kind: 'postpone', until: at + 1_000 } as const
      const claim = () =>
        storeOf().sends.claim({ now: at + 5, limit: 3, counters }, () => ({ kind: 'go', uses: ['limit/1'], otherwise }))
      const claimed = await Promise.all([claim(), claim()])
      expect(claimed.flat()).toHaveLength(4)
      expect(await claim()).toEqual([])
      const sends = await Promise.all(ids.map(sendOf))
      expect(sends.filter(({ status }) => status === 'dispatching')).toHaveLength(4)
      expect(sends.filter(({ dueAt }) => dueAt === at + 1_000)).toHaveLength(2)
      // No other test may find them due.
      expect(await storeOf().sends.claim({ now: at + 1_000, limit: 10 }, REFUSE)).toEqual([])
      expect((await Promise.all(ids.map(sendOf))).filter(({ status }) => status === 'refused')).toHaveLength(2)
    })

    it('goes from reserved over dispatching to sent, and marks the opportunity', async () => {
      const at = dayOf(1)
      await reserve('s-sent', ['s-sent-1'], at)
      const [dispatch, ...rest] = await storeOf().sends.claim({ now: at + 5, limit: 10 }, GO)
      expect(rest).toEqual([])
      expect(dispatch).toMatchObject({
        send: { status: 'dispatching', updatedAt: at + 5 },
        user: { profile: { userId: 's-sent' }, history: { sends: [] } },
        opportunity: { id: 'o-s-sent-1' },
      })
      expect(await storeOf().sends.inFlight(userId('s-sent'))).toBe(1)
      expect(await storeOf().sends.claim({ now: at + 5, limit: 10 }, GO)).toEqual([])
      await finish('s-sent-1', { kind: 'sent', providerMessageId: 'p1' }, at + 9)
      expect(await sendOf('s-sent-1')).toMatchObject({ status: 'sent', providerMessageId: 'p1', updatedAt: at + 9 })
      expect(await storeOf().sends.inFlight(userId('s-sent'))).toBe(0)
      expect(await opportunityStatus('s-sent-1')).toBe('sent')
      await finish('s-sent-1', { kind: 'failed', error: 'late' }, at + 10)
      expect(await sendOf('s-sent-1')).toMatchObject({ status: 'sent', error: null })
      const states = await storeOf().users.loadStates([userId('s-sent')], at + DAY_MS)
      expect(states.get(userId('s-sent'))?.history.sends).toStrictEqual([
        {
          ...{ at: at + 5, channel: 'email', category: 'marketing', message: 'price-drop', topic: 'offers' },
          opportunityId: 'o-s-sent-1',
        },
      ])
    })

    it('counts what a process with a faster clock sent, at the latest now', async () => {
      const at = dayOf(-4)
      await reserve('s-skew', ['s-skew-1', 's-skew-2'], at)
      await storeOf().sends.claim({ now: at + 5_000, limit: 1 }, GO)
      await finish('s-skew-1', { kind: 'sent', providerMessageId: null }, at + 5_001)
      const claimed = await storeOf().sends.claim({ now: at + 10, limit: 10 }, GO)
      expect(claimed.map(({ user }) => user.history.sends)).toMatchObject([
        [{ opportunityId: 'o-s-skew-1', at: at + 10 }],
      ])
      const states = await storeOf().users.loadStates([userId('s-skew')], at + 10)
      expect(states.get(userId('s-skew'))?.history.sends).toMatchObject([{ at: at + 10 }, { at: at + 10 }])
    })

    it('reopens the opportunity of a failed send, never that of an unknown one', async () => {
      const at = dayOf(2)
      await reserve('s-fail', ['s-fail-1', 's-fail-2'], at)
      await storeOf().sends.claim({ now: at, limit: 10 }, GO)
      await finish('s-fail-1', { kind: 'failed', error: 'mailbox full' }, at + 1)
      await finish('s-fail-2', { kind: 'unknown', error: 'timeout' }, at + 1)
      expect(await sendOf('s-fail-1')).toMatchObject({ status: 'failed', error: 'mailbox full' })
      expect(await sendOf('s-fail-2')).toMatchObject({ status: 'unknown', error: 'timeout' })
      expect([await opportunityStatus('s-fail-1'), await opportunityStatus('s-fail-2')]).toEqual(['open', 'taken'])
      expect(await storeOf().sends.claim({ now: at + DAY_MS, limit: 10 }, GO)).toEqual([])
      const states = await storeOf().users.loadStates([userId('s-fail')], at + 1)
      expect(states.get(userId('s-fail'))?.history.sends.map((send) => send.opportunityId)).toEqual(['o-s-fail-2'])
    })

    it('reserves again, for later, what its provider did not take', async () => {
      const at = dayOf(-1)
      await reserve('s-retry', ['s-retry-1'], at)
      for (const attempts of [1, 2]) {
        const now = at + attempts * HOUR_MS
        expect(await storeOf().sends.claim({ now, limit: 10 }, GO)).toHaveLength(1)
        await finish('s-retry-1', { kind: 'retry', error: 'busy', until: now + HOUR_MS }, now)
        const expected = { status: 'reserved', attempts, dueAt: now + HOUR_MS, decidedAt: at, error: 'busy' }
        expect(await sendOf('s-retry-1')).toMatchObject(expected)
        expect(await opportunityStatus('s-retry-1')).toBe('taken')
        expect(await storeOf().sends.inFlight(userId('s-retry'))).toBe(0)
        expect(await storeOf().sends.claim({ now: now + HOUR_MS - 1, limit: 10 }, GO)).toEqual([])
      }
      expect(await storeOf().sends.claim({ now: at + 3 * HOUR_MS, limit: 10 }, GO)).toHaveLength(1)
      await finish('s-retry-1', { kind: 'failed', error: 'busy' }, at + 3 * HOUR_MS)
      expect(await sendOf('s-retry-1')).toMatchObject({ status: 'failed', attempts: 2 })
    })

    it('hands out the sends of the channels asked for', async () => {
      const at = dayOf(-2)
      await reserve('s-lane', ['s-lane-1'], at)
      expect(await storeOf().sends.claim({ now: at, limit: 10, channels: ['push', 'sms'] }, GO)).toEqual([])
      expect(await storeOf().sends.claim({ now: at, limit: 10, channels: ['push', 'email'] }, GO)).toHaveLength(1)
    })

    it('keeps the refusals of the last moment, and reopens the opportunity', async () => {
      const at = dayOf(3)
      await reserve('s-refuse', ['s-refuse-1'], at)
      expect(await storeOf().sends.claim({ now: at, limit: 10 }, REFUSE)).toEqual([])
      const send = await sendOf('s-refuse-1')
      expect(send).toMatchObject({ status: 'refused', refusals: [{ reason: 'capped', rule: 'daily' }] })
      expect(await opportunityStatus('s-refuse-1')).toBe('open')
    })

    it('postpones a send that stays reserved until its new time', async () => {
      const at = dayOf(4)
      await reserve('s-wait', ['s-wait-1'], at)
      await storeOf().sends.claim({ now: at, limit: 10 }, () => ({ kind: 'postpone', until: at + HOUR_MS }))
      expect(await sendOf('s-wait-1')).toMatchObject({ status: 'reserved', dueAt: at + HOUR_MS })
      expect(await storeOf().sends.nextDueAt()).toBe(at + HOUR_MS)
      expect(await storeOf().sends.claim({ now: at + HOUR_MS - 1, limit: 10 }, GO)).toEqual([])
      expect(await storeOf().sends.claim({ now: at + HOUR_MS, limit: 10 }, GO)).toHaveLength(1)
    })

    it('shows each check the other reserved sends of the user and what it let go before', async () => {
      const at = dayOf(5)
      await reserve('s-seen', ['s-seen-1', 's-seen-2', 's-seen-3'], at)
      const seen: (readonly string[])[] = []
      const check = ({ user, send }: Dispatch): DispatchVerdict => {
        seen.push(user.history.sends.map((past) => past.opportunityId).toSorted())
        return send.opportunityId === 'o-s-seen-1' ? REFUSE() : GO()
      }
      await storeOf().sends.claim({ now: at + 1, limit: 10 }, check)
      expect(seen).toEqual([['o-s-seen-2', 'o-s-seen-3'], ['o-s-seen-3'], ['o-s-seen-2']])
    })

    it('lets a cap of one through exactly once', async () => {
      const at = dayOf(6)
      const ids = Array.from({ length: 6 }, (_, i) => `s-cap-${i}`)
      await reserve('s-cap', ids, at)
      const check = ({ user }: Dispatch): DispatchVerdict => (user.history.sends.length >= 1 ? REFUSE() : GO())
      const claims = await Promise.all(
        Array.from({ length: 3 }, () => storeOf().sends.claim({ now: at, limit: 2 }, check)),
      )
      expect(claims.flat()).toHaveLength(1)
    })

    it('hands every due send to one of many claimers, oldest first', async () => {
      const at = dayOf(7)
      await reserve('s-many-a', ['s-many-2', 's-many-1'], at + 2)
      await reserve('s-many-b', ['s-many-4', 's-many-3'], at + 1)
      await reserve('s-many-b', ['s-many-later'], at, at + DAY_MS)
      const claims = await Promise.all(
        Array.from({ length: 4 }, () => storeOf().sends.claim({ now: at + 3, limit: 1 }, GO)),
      )
      const claimed = claims.flat().map(({ send }) => send.decisionId)
      const rest = await storeOf().sends.claim({ now: at + 3, limit: 10 }, GO)
      expect([...claimed, ...rest.map(({ send }) => send.decisionId)].toSorted()).toEqual(
        ['s-many-1', 's-many-2', 's-many-3', 's-many-4'].map(decisionId),
      )
      expect(claimed).toContain('s-many-3')
    })

    it('does not send what was withdrawn or replaced in the meantime', async () => {
      const at = dayOf(8)
      await reserve('s-old', ['s-old-1'], at)
      const item = await sendOf('s-old-1')
      expect(await storeOf().opportunities.withdraw(item.opportunityId)).toBe(true)
      expect(await storeOf().sends.claim({ now: at, limit: 10 }, GO)).toEqual([])
    })

    it('calls off a planned send with its reason, and nothing that is no plan', async () => {
      const at = dayOf(14)
      await reserve('s-off', ['s-off-plan'], at, at + HOUR_MS)
      await reserve('s-off', ['s-off-now'], at)
      const plans = ['s-off-plan', 's-off-now'].map((id) => ({ sendId: sendId(`send-${id}`), reason: 'nobody there' }))
      await storeOf().sends.callOff(plans, at + 1)
      expect(await sendOf('s-off-plan')).toMatchObject({ status: 'refused', error: 'nobody there', updatedAt: at + 1 })
      expect(await sendOf('s-off-now')).toMatchObject({ status: 'reserved', error: null })
      expect([await opportunityStatus('s-off-plan'), await opportunityStatus('s-off-now')]).toEqual(['open', 'taken'])
      expect(await storeOf().opportunities.withdraw((await sendOf('s-off-now')).opportunityId)).toBe(true)
    })

    it('makes unknown what a dead process left dispatching, and takes a late answer for true', async () => {
      const at = dayOf(9)
      await storeOf().sends.recover(at, at)
      await reserve('s-dead', ['s-dead-1'], at)
      await storeOf().sends.claim({ now: at, limit: 10 }, GO)
      expect(await storeOf().sends.recover(at + 1, at + 2)).toBe(1)
      expect(await sendOf('s-dead-1')).toMatchObject({ status: 'unknown', updatedAt: at + 2 })
      expect(await storeOf().sends.recover(at + 9, at + 9)).toBe(0)
      await finish('s-dead-1', { kind: 'sent', providerMessageId: null }, at + 10)
      expect(await sendOf('s-dead-1')).toMatchObject({ status: 'sent', error: null })
    })

    it('lists due plans, a user backwards, and how many there are of each status', async () => {
      const at = dayOf(0)
      const before = (await storeOf().sends.counts()).planned ?? 0
      await reserve('s-plan', ['s-plan-1', 's-plan-2'], at, at + HOUR_MS)
      expect(await storeOf().sends.nextDueAt()).toBe(at + HOUR_MS)
      expect(await storeOf().sends.duePlanned(at, 5)).toEqual([])
      const due = await storeOf().sends.duePlanned(at + HOUR_MS, 1)
      expect(due.map((send) => send.decisionId)).toEqual(['s-plan-1'])
      expect(await storeOf().sends.claim({ now: at + HOUR_MS, limit: 5 }, GO)).toEqual([])
      const listed = await storeOf().sends.listByUser(userId('s-plan'), { before: at + 1, limit: 1 })
      expect(listed.map((send) => send.decisionId)).toEqual(['s-plan-2'])
      expect(await storeOf().sends.get(listed[0]!.sendId)).toStrictEqual(listed[0])
      expect(await storeOf().sends.get(sendId('none'))).toBeUndefined()
      expect((await storeOf().sends.counts()).planned).toBe(before + 2)
      const { planned, reserved = 0, dispatching = 0 } = await storeOf().sends.counts()
      expect(await storeOf().sends.countUnderWay()).toEqual({ planned, reserved, dispatching })
    })

    it('finds the last decision that was sent, by user, channel and time', async () => {
      const at = dayOf(10)
      await reserve('s-last', ['s-last-1'], at)
      await reserve('s-last', ['s-last-2'], at + HOUR_MS)
      await storeOf().sends.claim({ now: at + HOUR_MS, limit: 10 }, GO)
      await reserve('s-last', ['s-last-3'], at + 2 * HOUR_MS, at + DAY_MS)
      const key = { userId: userId('s-last'), channel: null, since: at, at: at + DAY_MS }
      const found = await storeOf().decisions.lastSentFor([
        key,
        { ...key, channel: 'email', at: at + HOUR_MS - 1 },
        { ...key, channel: 'push' },
        { ...key, since: at + HOUR_MS + 1 },
        { ...key, userId: userId('s-nobody') },
      ])
      expect(found).toEqual(['s-last-2', 's-last-1', null, null, null])
    })
  })
}
