import { decisionId, userId } from '@paloma/core/domain'
import { describe, expect, it } from 'vitest'
import { exampleOutcome, NOON } from './examples.ts'
import type { StoreOf } from './store-of.ts'

const FAR_DAY = '2031-07-04'
const FAR = Date.parse(`${FAR_DAY}T00:00:00Z`)

/** Outcomes: idempotency, neighbours of a bad row, reading back. */
export function testOutcomes(storeOf: StoreOf): void {
  describe('outcomes', () => {
    it('gives back an outcome exactly, and never changes one that is there', async () => {
      const full = exampleOutcome('m-full', 'm-user', {
        decisionId: decisionId('d-x'),
        joinedBy: 'window',
        channel: 'in-app',
        reachLoss: 'complained',
        isResponse: true,
        values: { conversion: 0.1 + 0.2, engagement: 1e-320 },
        properties: { 'a "b" \\ {c,d}': 'NULL', empty: '', yes: true, n: -1.5 },
      })
      const later = { ...full, receivedAt: NOON + 99, joinedBy: null, decisionId: null }
      const other = { ...full, name: 'Order Completed' }
      const insert = storeOf().outcomes.insertMany
      expect(await insert([full, later, other])).toEqual(['inserted', 'duplicate', 'conflict'])
      expect(await storeOf().outcomes.listByUser(userId('m-user'), { limit: 5 })).toStrictEqual([full])
      expect(await storeOf().outcomes.getMany(['m-full', 'm-none'])).toStrictEqual(new Map([['m-full', full]]))
    })

    it('stores the neighbours of rows it must refuse, and names those', async () => {
      const rows = Array.from({ length: 9 }, (_, i) => exampleOutcome(`m-row-${i}`, 'm-rows'))
      const bad = rows.map((row, i) => (i === 2 ? { ...row, name: 'a\0b' } : i === 7 ? { ...row, at: 0.5 } : row))
      const refused = await storeOf()
        .outcomes.insertMany(bad)
        .catch((error: unknown) => error)
      expect(refused).toMatchObject({ code: 'ROWS_REFUSED', refused: [{ index: 2 }, { index: 7 }] })
      expect(await storeOf().outcomes.listByUser(userId('m-rows'), { limit: 20 })).toHaveLength(7)
    })

    it('counts each of many senders of the same events once', async () => {
      const rows = Array.from({ length: 50 }, (_, i) => exampleOutcome(`m-many-${i}`, 'm-many'))
      const results = await Promise.all(Array.from({ length: 4 }, () => storeOf().outcomes.insertMany(rows)))
      expect(results.flat().filter((result) => result === 'inserted')).toHaveLength(50)
      expect(results.flat().filter((result) => result === 'duplicate')).toHaveLength(150)
    })

    it('reads a user backwards and a day forwards, page by page', async () => {
      await storeOf().outcomes.insertMany([
        exampleOutcome('m-day-b', 'm-day', { at: FAR + 5 }),
        exampleOutcome('m-day-a', 'm-day', { at: FAR + 5 }),
        exampleOutcome('m-day-c', 'm-day', { at: FAR }),
        exampleOutcome('m-day-next', 'm-day', { at: FAR + 86_400_000 }),
      ])
      const { listByDay, listByUser, countByDay } = storeOf().outcomes
      const first = await listByDay(FAR_DAY, null, 2)
      expect(first.map((row) => row.messageId)).toEqual(['m-day-c', 'm-day-a'])
      expect((await listByDay(FAR_DAY, 'm-day-a', 9)).map((row) => row.messageId)).toEqual(['m-day-b'])
      expect((await countByDay()).get(FAR_DAY)).toBe(3)
      const newest = await listByUser(userId('m-day'), { before: FAR + 86_400_000, limit: 1 })
      expect(newest.map((row) => row.messageId)).toEqual(['m-day-b'])
      await expect(listByDay(FAR_DAY, 'm-erased', 9)).rejects.toMatchObject({ code: 'CURSOR_GONE' })
      await expect(listByDay('2031-02-30', null, 9)).rejects.toMatchObject({ code: 'INVALID_DAY' })
    })
  })
}
