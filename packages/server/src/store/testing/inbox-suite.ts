import { decisionId, sendId, userId } from '@paloma/core/domain'
import { describe, expect, it } from 'vitest'
import type { InboxItem } from '../contract.ts'
import { NOON } from './examples.ts'
import type { StoreOf } from './store-of.ts'

/** The inbox: idempotency, order, statuses that only move forward. */
export function testInbox(storeOf: StoreOf): void {
  describe('inbox', () => {
    const item = (id: string, user: string, createdAt = NOON): InboxItem => ({
      sendId: sendId(id),
      decisionId: decisionId(`d-${id}`),
      userId: userId(user),
      message: 'digest',
      content: { title: 'Ünïcode "x"', body: '' },
      createdAt,
      status: 'unseen',
      statusAt: createdAt,
    })
    const put = async (one: InboxItem) => (await storeOf().inbox.putMany([one]))[0]
    const ids = async (user: string, options: object = {}) =>
      (await storeOf().inbox.list(userId(user), { limit: 10, ...options })).items.map((row) => row.sendId)

    it('puts an item once', async () => {
      const one = item('i-once', 'i-user')
      expect(await put(one)).toBe('inserted')
      expect(await put({ ...one, createdAt: NOON + 1 })).toBe('duplicate')
      expect(await put({ ...one, message: 'other' })).toBe('conflict')
      expect((await storeOf().inbox.list(userId('i-user'), { limit: 5 })).items).toStrictEqual([one])
    })

    it('puts many items, each for itself', async () => {
      const one = item('i-many-1', 'i-many')
      await put(one)
      const given = [one, item('i-many-2', 'i-many'), { ...one, message: 'other' }, item('i-many-2', 'i-many')]
      expect(await storeOf().inbox.putMany(given)).toEqual(['duplicate', 'inserted', 'conflict', 'duplicate'])
      expect(await storeOf().inbox.putMany([])).toEqual([])
      expect(await put(item('i-many-2', 'i-other'))).toBe('conflict')
    })

    it('lists newest first from a cursor, and counts what is unseen', async () => {
      for (const [i, id] of ['i-l1', 'i-l2', 'i-l3'].entries()) await put(item(id, 'i-list', NOON + i))
      expect(await ids('i-list')).toEqual(['i-l3', 'i-l2', 'i-l1'])
      expect(await ids('i-list', { before: sendId('i-l3'), limit: 1 })).toEqual(['i-l2'])
      await storeOf().inbox.mark(userId('i-list'), sendId('i-l2'), 'archived', NOON + 9)
      expect(await ids('i-list')).toEqual(['i-l3', 'i-l1'])
      expect(await ids('i-list', { withArchived: true })).toEqual(['i-l3', 'i-l2', 'i-l1'])
      expect((await storeOf().inbox.list(userId('i-list'), { limit: 1 })).unseen).toBe(2)
    })

    it('finds what came to some users since a moment, oldest first', async () => {
      for (const [i, id] of ['i-n1', 'i-n2', 'i-n3'].entries()) await put(item(id, 'i-new', NOON + i))
      await put(item('i-n4', 'i-other', NOON + 2))
      const found = await storeOf().inbox.newFor([userId('i-new'), userId('i-nobody')], NOON + 1)
      expect(found.map(({ sendId: id }) => id)).toEqual(['i-n2', 'i-n3'])
    })

    it('moves statuses forward only, and only for the owner', async () => {
      await put(item('i-mark', 'i-owner'))
      const mark = (user: string, status: InboxItem['status'], at: number) =>
        storeOf().inbox.mark(userId(user), sendId('i-mark'), status, at)
      expect(await mark('i-thief', 'read', NOON + 1)).toBeUndefined()
      expect(await mark('i-owner', 'read', NOON + 2)).toMatchObject({ status: 'read', statusAt: NOON + 2 })
      expect(await mark('i-owner', 'seen', NOON + 3)).toMatchObject({ status: 'read', statusAt: NOON + 2 })
      expect(await mark('i-owner', 'archived', NOON + 4)).toMatchObject({ status: 'archived' })
      expect(await mark('i-owner', 'interacted', NOON + 5)).toMatchObject({ status: 'archived', statusAt: NOON + 4 })
    })
  })
}
