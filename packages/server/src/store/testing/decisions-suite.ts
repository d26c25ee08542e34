import { DAY_MS, decisionId, HOUR_MS, opportunityId, userId } from '@paloma/core/domain'
import { describe, expect, it } from 'vitest'
import { exampleDecision, exampleNew, exampleOpportunity, NOON } from './examples.ts'
import type { StoreOf } from './store-of.ts'

const LATER = NOON + 3 * HOUR_MS

/** Decisions: the record, and what follows from it in the same transaction. */
export function testDecisions(storeOf: StoreOf): void {
  describe('decisions', () => {
    const propose = (...ids: readonly string[]) =>
      storeOf().opportunities.insertMany(
        ids.map((id) => exampleOpportunity(id, 'd-user', { groupKey: 'sale' })),
        NOON,
      )
    const statusOf = async (id: string) =>
      (await storeOf().opportunities.get([opportunityId(id)])).get(opportunityId(id))?.status
    const sendOf = async (id: string) => (await storeOf().sends.byDecision([decisionId(id)])).get(decisionId(id))
    const later = (id: string, opportunity: string) =>
      exampleDecision(id, 'd-user', {
        actions: [
          { kind: 'hold' },
          {
            kind: 'send',
            opportunityId: opportunityId(opportunity),
            variant: 'default',
            channel: 'push',
            sendAt: LATER,
          },
        ],
      })

    it('gives back the record bit for bit', async () => {
      await propose('o-d-bits')
      const decision = exampleDecision('d-bits', 'd-user')
      await storeOf().decisions.insertMany([exampleNew(decision)])
      expect(await storeOf().decisions.get(decision.decisionId)).toStrictEqual(decision)
      const many = await storeOf().decisions.getMany([decision.decisionId, decisionId('d-none')])
      expect([...many.keys()]).toEqual(['d-bits'])
    })

    it('says whom decisions were made for, of those that are there', async () => {
      await storeOf().decisions.insertMany([
        exampleNew(exampleDecision('d-whose', 'd-whose-user', { chosen: 0 })),
        exampleNew(exampleDecision('d-whose-else', 'd-other-user', { chosen: 0 })),
      ])
      const found = await storeOf().decisions.usersOf(['d-whose', 'd-whose-else', 'd-none'].map(decisionId))
      expect(Object.fromEntries(found)).toEqual({ 'd-whose': 'd-whose-user', 'd-whose-else': 'd-other-user' })
      expect((await storeOf().decisions.usersOf([])).size).toBe(0)
    })

    it('answers a repeat with the stored record, and another request under the same id as a conflict', async () => {
      await propose('o-d-twice')
      const first = exampleNew(exampleDecision('d-twice', 'd-user'))
      const redrawn = exampleNew(exampleDecision('d-twice', 'd-user', { draw: 0.5, chosen: 0 }))
      const results = await storeOf().decisions.insertMany([first, redrawn])
      expect(results.map(({ result }) => result)).toEqual(['inserted', 'duplicate'])
      expect(results[1]?.decision).toStrictEqual(first.decision)
      const [asked] = await storeOf().decisions.insertMany([{ ...first, fingerprint: 'another' }])
      expect(asked?.result).toBe('conflict')
      expect(await storeOf().sends.listByUser(userId('d-user'), { limit: 99 })).toSatisfy(
        (sends: readonly { decisionId: string }[]) =>
          sends.filter((send) => send.decisionId === 'd-twice').length === 1,
      )
    })

    it('writes hundreds together, whatever their ids are made of, and a repeat among them costs the others nothing', async () => {
      const held = (id: string, at = NOON) => exampleNew(exampleDecision(id, `Ü-${id}`, { at, chosen: 0 }))
      const ids = Array.from({ length: 400 }, (_, i) => `d-bulk-${i}${['', 'ß', '消息', '🦆', '"{,}\\'][i % 5]}`)
      const some = [
        ...ids.slice(0, 300).map((id) => held(id)),
        held('d-bulk-early', -1),
        held('d-bulk-first', 2 ** 32 - 1),
      ]
      const first = await storeOf().decisions.insertMany(some)
      expect(first.every(({ result }) => result === 'inserted')).toBe(true)
      const second = await storeOf().decisions.insertMany(ids.slice(250).map((id) => held(id)))
      expect(second.map(({ result }) => result)).toEqual(
        ids.slice(250).map((_, i) => (i < 50 ? 'duplicate' : 'inserted')),
      )
      const stored = await storeOf().decisions.getMany(some.map(({ decision }) => decision.decisionId))
      for (const { decision } of some) {
        const { decisionId: id, userId: user, at, chosen } = decision
        expect(stored.get(id)).toStrictEqual(exampleDecision(id, user, { at, chosen }))
      }
      expect(await storeOf().decisions.getMany(ids.slice(300).map(decisionId))).toHaveProperty('size', 100)
    })

    it('refuses a moment that is no integer and an id with a NUL, and writes their neighbours', async () => {
      const held = (id: string, at: number) => exampleNew(exampleDecision(id, 'd-user', { at, chosen: 0 }))
      const items = [held('d-whole', NOON), held('d-half', 0.5), held('d-nul\0', NOON), held('d-whole-2', NOON)]
      const refused = await storeOf()
        .decisions.insertMany(items)
        .catch((error: unknown) => error)
      expect(refused).toMatchObject({ code: 'ROWS_REFUSED', refused: [{ index: 1 }, { index: 2 }] })
      expect(await storeOf().decisions.getMany(['d-whole', 'd-whole-2'].map(decisionId))).toHaveProperty('size', 2)
    })

    it('writes what is delivered and what is not at the same time', async () => {
      const ids = Array.from({ length: 20 }, (_, i) => `d-mixed-${i}`)
      await propose(...ids.map((id) => `o-${id}`))
      const write = (id: string, i: number) =>
        storeOf().decisions.insertMany([exampleNew(exampleDecision(id, 'd-user'), { deliver: i % 2 === 0 })])
      const results = (await Promise.all(ids.map(write))).flat()
      expect(results.every(({ result }) => result === 'inserted')).toBe(true)
      expect(await storeOf().sends.byDecision(ids.map(decisionId))).toHaveProperty('size', 10)
    })

    it('decides once however many ask at the same time', async () => {
      await propose('o-d-once')
      const item = exampleNew(exampleDecision('d-once', 'd-user'))
      const results = await Promise.all(Array.from({ length: 8 }, () => storeOf().decisions.insertMany([item])))
      expect(results.flat().filter(({ result }) => result === 'inserted')).toHaveLength(1)
    })

    it('reserves a send for now and takes its opportunity', async () => {
      await propose('o-d-now')
      await storeOf().decisions.insertMany([exampleNew(exampleDecision('d-now', 'd-user'))])
      expect(await sendOf('d-now')).toMatchObject({
        ...{ status: 'reserved', dueAt: NOON, updatedAt: NOON, opportunityId: 'o-d-now', channel: 'email' },
        ...{ message: 'price-drop', category: 'marketing', topic: 'offers', groupKey: 'sale', refusals: [] },
      })
      expect(await statusOf('o-d-now')).toBe('taken')
    })

    it('reserves nothing when it holds or when the caller delivers', async () => {
      await propose('o-d-held', 'o-d-own')
      await storeOf().decisions.insertMany([
        exampleNew(exampleDecision('d-held', 'd-user', { chosen: 0 })),
        exampleNew(exampleDecision('d-own', 'd-user'), { deliver: false }),
      ])
      expect([await sendOf('d-held'), await sendOf('d-own')]).toEqual([undefined, undefined])
      expect([await statusOf('o-d-held'), await statusOf('o-d-own')]).toEqual(['open', 'open'])
    })

    it('plans a later send, and closes the plan when it is decided again', async () => {
      await propose('o-d-plan', 'o-d-other')
      await storeOf().decisions.insertMany([exampleNew(later('d-plan', 'o-d-plan'))])
      const plan = (await sendOf('d-plan'))!
      expect(plan).toMatchObject({ status: 'planned', dueAt: LATER })
      const again = { plannedSendId: plan.sendId }
      await storeOf().decisions.insertMany([exampleNew(later('d-plan-2', 'o-d-other'), again)])
      expect(await sendOf('d-plan')).toMatchObject({ status: 'closed' })
      expect([await statusOf('o-d-plan'), await statusOf('o-d-other')]).toEqual(['open', 'taken'])
      const same = { plannedSendId: (await sendOf('d-plan-2'))!.sendId }
      await storeOf().decisions.insertMany([exampleNew(later('d-plan-3', 'o-d-other'), same)])
      expect(await statusOf('o-d-other')).toBe('taken')
    })

    it('refuses a decision whose opportunity is gone, and writes its neighbours', async () => {
      await propose('o-d-good')
      const refused = await storeOf()
        .decisions.insertMany([
          exampleNew(exampleDecision('d-orphan', 'd-user')),
          exampleNew(exampleDecision('d-good', 'd-user')),
        ])
        .catch((error: unknown) => error)
      expect(refused).toMatchObject({ code: 'ROWS_REFUSED', refused: [{ index: 0 }] })
      expect(await storeOf().decisions.get(decisionId('d-orphan'))).toBeUndefined()
      expect(await sendOf('d-good')).toMatchObject({ status: 'reserved' })
    })

    it('lists a user backwards, a day forwards, and the days there are', async () => {
      const at = Date.parse('2032-01-02T00:00:00Z')
      const held = (id: string, when: number) => exampleNew(exampleDecision(id, 'd-list', { chosen: 0, at: when }))
      const before = await storeOf().decisions.count()
      await storeOf().decisions.insertMany([held('d-l-b', at), held('d-l-a', at), held('d-l-c', at + DAY_MS)])
      expect(await storeOf().decisions.count()).toBe(before + 3)
      const { listByDay, listByUser, days } = storeOf().decisions
      expect((await listByDay('2032-01-02', null, 1)).map((row) => row.decisionId)).toEqual(['d-l-a'])
      expect((await listByDay('2032-01-02', decisionId('d-l-a'), 9)).map((row) => row.decisionId)).toEqual(['d-l-b'])
      const newest = await listByUser(userId('d-list'), { before: at + DAY_MS, limit: 1 })
      expect(newest.map((row) => row.decisionId)).toEqual(['d-l-b'])
      const { listRecent } = storeOf().decisions
      const lately = async (limit: number, from?: string) => {
        const page = await listRecent({ limit, ...(from === undefined ? {} : { before: decisionId(from) }) })
        return page.map((row) => row.decisionId)
      }
      expect(await lately(2)).toEqual(['d-l-c', 'd-l-b'])
      expect((await lately(9, 'd-l-b'))[0]).toBe('d-l-a')
      await expect(lately(9, 'd-nowhere')).rejects.toMatchObject({ code: 'CURSOR_GONE' })
      const known = await days()
      expect(known).toEqual([...known].sort())
      expect(known.slice(-2)).toEqual(['2032-01-02', '2032-01-03'])
    })
  })
}
