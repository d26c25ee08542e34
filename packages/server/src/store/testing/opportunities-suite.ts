import { type Opportunity, opportunityId, userId } from '@paloma/core/domain'
import { describe, expect, it } from 'vitest'
import { exampleDecision, exampleNew, exampleOpportunity, exampleProfile, NOON } from './examples.ts'
import type { StoreOf } from './store-of.ts'

/** Opportunities: idempotency, what replaces what, withdrawal. */
export function testOpportunities(storeOf: StoreOf): void {
  describe('opportunities', () => {
    const insert = (items: readonly Opportunity[]) => storeOf().opportunities.insertMany(items, NOON)
    const statusOf = async (id: string) =>
      (await storeOf().opportunities.get([opportunityId(id)])).get(opportunityId(id))?.status

    it('tells new from repeated from different, in one list and over several', async () => {
      const item = exampleOpportunity('o-same', 'o-user')
      const reordered = { ...item, features: { discount: item.features.discount! } }
      const other = { ...item, message: 'digest' }
      expect(await insert([item, reordered, other])).toEqual(['inserted', 'duplicate', 'conflict'])
      expect(await insert([other, item])).toEqual(['conflict', 'duplicate'])
      const stored = (await storeOf().opportunities.get([item.id])).get(item.id)
      expect(stored).toStrictEqual({ opportunity: item, status: 'open' })
    })

    it('lets only the newest of a dedupe key stand, per user', async () => {
      const key = { dedupeKey: 'cart' }
      await insert([exampleOpportunity('o-k1', 'o-key', key), exampleOpportunity('o-k1-other', 'o-key-other', key)])
      await insert([exampleOpportunity('o-k2', 'o-key', key), exampleOpportunity('o-k3', 'o-key', key)])
      await insert([exampleOpportunity('o-k1', 'o-key', key)])
      expect(await Promise.all(['o-k1', 'o-k2', 'o-k3', 'o-k1-other'].map(statusOf))).toEqual([
        'superseded',
        'superseded',
        'open',
        'open',
      ])
    })

    it('supersedes the one it names where that is of the same user', async () => {
      await insert([exampleOpportunity('o-s1', 'o-sup'), exampleOpportunity('o-s-foreign', 'o-sup-foreign')])
      await insert([
        exampleOpportunity('o-s2', 'o-sup', { supersedes: opportunityId('o-s1') }),
        exampleOpportunity('o-s3', 'o-sup', { supersedes: opportunityId('o-s-foreign') }),
      ])
      expect(await Promise.all(['o-s1', 'o-s2', 'o-s-foreign'].map(statusOf))).toEqual(['superseded', 'open', 'open'])
    })

    it('supersedes what waits to be sent, and calls it off, but not what may have arrived', async () => {
      const user = 'o-waits'
      const key = { dedupeKey: 'cart' }
      await storeOf().users.change([{ userId: userId(user), update: () => exampleProfile(user) }])
      await insert([exampleOpportunity('o-d-k1', user, key)])
      await storeOf().decisions.insertMany([exampleNew(exampleDecision('d-k1', user))])
      expect(await statusOf('o-d-k1')).toBe('taken')
      await insert([exampleOpportunity('o-d-k2', user, key)])
      await storeOf().decisions.insertMany([exampleNew(exampleDecision('d-k2', user))])
      const go = { kind: 'go' } as const
      const claimed = await storeOf().sends.claim({ now: NOON, limit: 99 }, ({ send }) =>
        send.userId === user ? go : { kind: 'postpone', until: NOON },
      )
      expect(claimed.map(({ opportunity }) => opportunity.id)).toEqual(['o-d-k2'])
      await insert([exampleOpportunity('o-d-k3', user, key)])
      expect(await Promise.all(['o-d-k1', 'o-d-k2', 'o-d-k3'].map(statusOf))).toEqual(['superseded', 'taken', 'open'])
      const sends = await storeOf().sends.listByUser(userId(user), { limit: 9 })
      expect(Object.fromEntries(sends.map(({ decisionId, status }) => [decisionId, status]))).toEqual({
        'd-k1': 'refused',
        'd-k2': 'dispatching',
      })
    })

    it('lists what is open and not expired per user, in order of arrival', async () => {
      const ended = { window: { notBefore: 0, expires: NOON } }
      await insert([
        exampleOpportunity('o-b', 'o-open'),
        exampleOpportunity('o-a', 'o-open'),
        exampleOpportunity('o-ended', 'o-open', ended),
      ])
      const open = await storeOf().opportunities.openFor([userId('o-open'), userId('o-none')], NOON)
      expect([...open.keys()]).toEqual(['o-open'])
      expect(open.get(userId('o-open'))?.map(({ id }) => id)).toEqual(['o-b', 'o-a'])
      const listed = await storeOf().opportunities.listByUser(userId('o-open'), { limit: 2 })
      expect(listed.map(({ opportunity }) => opportunity.id)).toEqual(['o-ended', 'o-a'])
      const { proposedAt } = listed[0]!
      expect(await storeOf().opportunities.listByUser(userId('o-open'), { limit: 2, before: proposedAt })).toEqual([])
      const all = await storeOf().opportunities.listByUser(userId('o-open'), { limit: 9, before: proposedAt + 1 })
      expect(all).toHaveLength(3)
    })

    it('gives back the objects it answered before where they still stand, and no others', async () => {
      const user = userId('o-known')
      await insert(['o-known-1', 'o-known-2', 'o-known-3'].map((id) => exampleOpportunity(id, 'o-known')))
      const { opportunities, users } = storeOf()
      const first = (await opportunities.openFor([user], NOON)).get(user)!
      await opportunities.withdraw(opportunityId('o-known-2'))
      const again = (await opportunities.openFor([user], NOON, first)).get(user)!
      expect(again).toHaveLength(2)
      expect(again[0]).toBe(first[0])
      expect(again[1]).toBe(first[2])
      await users.erase(user, NOON)
      await insert([exampleOpportunity('o-known-1', 'o-known', { message: 'another' })])
      const fresh = (await opportunities.openFor([user], NOON, first)).get(user)!
      expect(fresh.map(({ message }) => message)).toEqual(['another'])
    })

    it('closes what is open and expired, a few at a time, and nothing else', async () => {
      const window = { notBefore: 0, expires: NOON - 9 }
      const ids = ['o-x1', 'o-x2', 'o-x3']
      await insert(ids.map((id) => exampleOpportunity(id, 'o-expired', { window })))
      await insert([exampleOpportunity('o-x4', 'o-expired', { window: { notBefore: 0, expires: NOON - 8 } })])
      await storeOf().opportunities.withdraw(opportunityId('o-x3'))
      const close = (limit: number) => storeOf().opportunities.closeExpired(NOON - 9, limit)
      expect([await close(1), await close(9), await close(9)]).toEqual([1, 1, 0])
      expect(await Promise.all([...ids, 'o-x4'].map(statusOf))).toEqual(['expired', 'expired', 'withdrawn', 'open'])
    })

    it('withdraws what has not gone out, and calls off its reserved send', async () => {
      await insert([exampleOpportunity('o-w', 'o-withdraw'), exampleOpportunity('o-d-w', 'o-withdraw')])
      await storeOf().decisions.insertMany([exampleNew(exampleDecision('d-w', 'o-withdraw'))])
      expect(await storeOf().opportunities.withdraw(opportunityId('o-w'))).toBe(true)
      expect(await storeOf().opportunities.withdraw(opportunityId('o-w'))).toBe(false)
      expect(await storeOf().opportunities.withdraw(opportunityId('o-unheard-of'))).toBe(false)
      expect(await storeOf().opportunities.withdraw(opportunityId('o-d-w'))).toBe(true)
      const [send] = await storeOf().sends.listByUser(userId('o-withdraw'), { limit: 1 })
      expect(send).toMatchObject({ status: 'refused', refusals: [{ reason: 'superseded' }] })
      expect(await Promise.all(['o-w', 'o-d-w'].map(statusOf))).toEqual(['withdrawn', 'withdrawn'])
    })
  })
}
