import { DAY_MS, DEFAULT_CONSENT, decisionId, type EpochMs, HOUR_MS, userId } from '@paloma/core/domain'
import { describe, expect, it } from 'vitest'
import type { LearningExample } from '../contract.ts'
import { exampleDecision, exampleNew, exampleOpportunity, exampleOutcome, exampleProfile } from './examples.ts'
import type { StoreOf } from './store-of.ts'

const START = Date.parse('2027-05-01T00:00:00Z')
const DAY_END = START + DAY_MS

/** What learning and group comparisons read. */
export function testLearning(storeOf: StoreOf): void {
  describe('learning and totals', () => {
    const decide = (id: string, user: string, at: EpochMs, learns = true) =>
      exampleNew(exampleDecision(id, user, { at, chosen: 0, ...(learns ? {} : { learning: null }) }))
    const create = (id: string, learning = true, createdAt: EpochMs = START - DAY_MS) =>
      storeOf().users.change([
        {
          userId: userId(id),
          update: () => exampleProfile(id, { createdAt, consent: { ...DEFAULT_CONSENT, learning } }),
        },
      ])
    const matured = async (from: EpochMs, until: EpochMs): Promise<readonly (readonly LearningExample[])[]> => {
      const pages: (readonly LearningExample[])[] = []
      for await (const page of storeOf().decisions.matured({ from, until, windowMs: HOUR_MS })) pages.push(page)
      return pages
    }

    it('hands the learner decisions with the outcomes of their window, and nobody who said no', async () => {
      await create('l-yes')
      await create('l-no', false)
      await storeOf().decisions.insertMany([
        decide('l-2', 'l-yes', START + 5),
        decide('l-1', 'l-yes', START + 5),
        decide('l-0', 'l-yes', START),
        decide('l-plain', 'l-yes', START + 6, false),
        decide('l-denied', 'l-no', START),
        decide('l-late', 'l-yes', DAY_END),
      ])
      const seen = (id: string, at: EpochMs, changes: object = {}) =>
        exampleOutcome(`l-${id}`, 'l-yes', { at, ...changes })
      await storeOf().outcomes.insertMany([
        seen('before', START - 1),
        seen('first', START, { values: { conversion: 0.1 + 0.2 }, channel: 'email', reachLoss: 'complained' }),
        seen('robot', START + 1, { isMachine: true }),
        seen('guessed', START + 2, { decisionId: decisionId('l-0'), joinedBy: 'window' }),
        seen('named', START + 3, { decisionId: decisionId('l-0'), joinedBy: 'decisionId', isResponse: true }),
        seen('last', START + HOUR_MS, { name: 'Order Completed' }),
        seen('after', START + HOUR_MS + 6),
      ])
      const visited = { name: 'App Visited', values: {}, reachLoss: null, channel: null }
      const [page, ...rest] = await matured(START, DAY_END)
      expect(rest).toEqual([])
      expect(page?.map((example) => example.decisionId)).toEqual(['l-0', 'l-1', 'l-2'])
      expect(page?.[0]).toStrictEqual({
        decisionId: 'l-0',
        userId: 'l-yes',
        at: START,
        learning: exampleDecision('l-0', 'l-yes').learning,
        outcomes: [
          {
            at: START,
            name: 'App Visited',
            values: { conversion: 0.1 + 0.2 },
            reachLoss: 'complained',
            channel: 'email',
            ...{ isResponse: false, isOwn: false },
          },
          { ...visited, at: START + 2, isResponse: false, isOwn: false },
          { ...visited, at: START + 3, isResponse: true, isOwn: true },
          { ...visited, at: START + HOUR_MS, name: 'Order Completed', isResponse: false, isOwn: false },
        ],
      })
      expect(page?.[1]?.outcomes.map(({ name }) => name)).toEqual(['Order Completed'])
    })

    it('says what followed moments of users, each in its window, and nothing of who does not allow to be learned from', async () => {
      await create('w-yes')
      await create('w-no', false)
      const seen = (id: string, user: string, at: EpochMs, changes: object = {}) =>
        exampleOutcome(`w-${id}`, user, { at, ...changes })
      await storeOf().outcomes.insertMany([
        seen('b', 'w-yes', START + 1, { values: { conversion: 0.1 + 0.2 }, channel: 'email', reachLoss: 'complained' }),
        seen('a', 'w-yes', START + 1),
        seen('robot', 'w-yes', START + 1, { isMachine: true }),
        seen('before', 'w-yes', START - 1),
        seen('last', 'w-yes', START + HOUR_MS),
        seen('after', 'w-yes', START + HOUR_MS + 1),
        seen('refused', 'w-no', START),
      ])
      const moment = (user: string, at: EpochMs) => ({ userId: userId(user), at })
      const plain = { name: 'App Visited', values: {}, reachLoss: null, channel: null }
      const full = { values: { conversion: 0.1 + 0.2 }, reachLoss: 'complained', channel: 'email' }
      const found = await storeOf().outcomes.within(
        [
          moment('w-no', START),
          moment('w-yes', START),
          moment('w-nobody', START),
          moment('w-yes', START + 2 * HOUR_MS),
          moment('w-yes', START + 1),
        ],
        HOUR_MS,
      )
      expect(found).toStrictEqual([
        null,
        [
          { ...plain, at: START + 1 },
          { ...plain, at: START + 1, ...full },
          { ...plain, at: START + HOUR_MS },
        ],
        null,
        [],
        [
          { ...plain, at: START + 1 },
          { ...plain, at: START + 1, ...full },
          { ...plain, at: START + HOUR_MS },
          { ...plain, at: START + HOUR_MS + 1 },
        ],
      ])
      expect(await storeOf().outcomes.within([], HOUR_MS)).toEqual([])
    })

    it('hands the learner which message was sent and which ones could have been', async () => {
      await create('l-offered')
      const at = START + 5 * DAY_MS
      const plain = exampleDecision('l-offered', 'l-offered', { at, chosen: 0 })
      const messages = {
        sent: { message: 'price-drop', variant: 'bold', channel: 'email' as const },
        centred: [
          { message: 'price-drop', channel: 'email' as const, value: 0.1 + 0.2 },
          { message: 'sürprise 🎉', channel: 'push' as const, value: -1 / 3 },
        ],
      }
      const learning = { ...plain.learning!, messages }
      await storeOf().decisions.insertMany([exampleNew({ ...plain, learning })])
      expect((await matured(at, at + 1)).flat().map((example) => example.learning)).toStrictEqual([learning])
      expect((await storeOf().decisions.get(plain.decisionId))?.learning).toStrictEqual(learning)
    })

    it('comes in pages that together hold every decision once, in order', async () => {
      const from = START + 10 * DAY_MS
      await create('l-pages')
      const items = Array.from({ length: 2300 }, (_, i) => decide(`l-page-${i}`, 'l-pages', from + (i % 7)))
      await storeOf().decisions.insertMany(items)
      const pages = await matured(from, from + 7)
      expect(pages.map((page) => page.length)).toEqual([1000, 1000, 300])
      const keys = pages.flat().map(({ at, decisionId }) => `${at} ${decisionId}`)
      expect(new Set(keys).size).toBe(2300)
      expect(keys).toEqual([...keys].sort())
    })

    it('leaves out decisions of users who are not there, and have allowed nothing', async () => {
      const at = START + 12 * DAY_MS
      await storeOf().decisions.insertMany([decide('l-nobody', 'l-nobody', at)])
      expect(await matured(at, at + 1)).toEqual([])
    })

    it('sums what users did in an interval, for all who existed before its end', async () => {
      const [from, until] = [START + 20 * DAY_MS, START + 30 * DAY_MS]
      await create('t-busy')
      await create('t-idle')
      await create('t-unborn', true, until)
      const seen = (id: string, at: EpochMs, changes: object) => exampleOutcome(`t-${id}`, 't-busy', { at, ...changes })
      await storeOf().outcomes.insertMany([
        seen('early', from - 1, { isVisit: true, values: { conversion: 100 } }),
        seen('one', from, { isVisit: true, values: { conversion: 0.1, engagement: 1 } }),
        seen('two', from + 1, { isVisit: true, values: { conversion: 0.2 } }),
        seen('three', from + DAY_MS, { values: { engagement: 1 }, reachLoss: 'unsubscribed', channel: 'email' }),
        seen('robot', from + 2, { isVisit: true, isMachine: true, values: { conversion: 100 } }),
        seen('end', until, { isVisit: true, values: { conversion: 100 } }),
      ])
      await storeOf().opportunities.insertMany([exampleOpportunity('o-t-sent', 't-busy')], from)
      await storeOf().decisions.insertMany([
        exampleNew(
          exampleDecision('t-sent', 't-busy', {
            at: from,
            actions: [
              { kind: 'hold' },
              {
                kind: 'send',
                ...exampleCandidate('o-t-sent', from),
              },
            ],
          }),
        ),
      ])
      await storeOf().sends.claim({ now: from, limit: 1 }, () => ({ kind: 'go' }))
      const totals = await storeOf().decisions.totals(
        from,
        until,
        ['t-unborn', 't-idle', 't-busy', 't-nobody'].map(userId),
      )
      const of = (id: string) => totals.find((row) => row.userId === id)
      expect(of('t-busy')).toStrictEqual({
        userId: 't-busy',
        values: { conversion: 0.1 + 0.2, engagement: 2 },
        days: { conversion: 1, engagement: 2 },
        sends: 1,
        reachLosses: [{ at: from + DAY_MS, channel: 'email' }],
      })
      expect(of('t-idle')).toStrictEqual({ userId: 't-idle', values: {}, days: {}, sends: 0, reachLosses: [] })
      expect(of('t-unborn')).toBeUndefined()
      expect(totals.map((row) => row.userId)).toEqual(['t-busy', 't-idle'])
    })

    it('says who was sent what by decisions of an interval, who was lost in it, and how many users there are', async () => {
      const from = START + 40 * DAY_MS
      const span = { from, until: from + DAY_MS }
      await create('v-user')
      await create('v-other')
      const before = await storeOf().users.count()
      await create('v-new')
      expect(await storeOf().users.count()).toBe(before + 1)
      const sends = ['v-first', 'v-last', 'v-after', 'v-service'].map((id, i) => {
        const at = [from, span.until - 1, span.until, from + 5][i]!
        return { id, at, category: id === 'v-service' ? ('transactional' as const) : ('marketing' as const) }
      })
      await storeOf().opportunities.insertMany(
        sends.map(({ id, category }) => exampleOpportunity(`o-${id}`, 'v-user', { category })),
        from,
      )
      await storeOf().decisions.insertMany([
        ...sends.map(({ id, at }) => exampleNew(exampleDecision(id, 'v-user', { at }))),
        decide('v-held', 'v-other', from + 1),
      ])
      const found: { readonly userId: string; readonly channel: string }[] = []
      for await (const page of storeOf().sends.decidedIn(span)) found.push(...page)
      const email = { userId: 'v-user', channel: 'email' }
      expect(found).toEqual([email, email])
      const lost = (id: string, at: EpochMs, changes: object = {}) =>
        exampleOutcome(`v-${id}`, 'v-user', { at, reachLoss: 'unsubscribed', channel: 'email', ...changes })
      await storeOf().outcomes.insertMany([
        lost('lost', from),
        lost('later', span.until),
        lost('bounce', from, { reachLoss: 'bounced' }),
        lost('robot', from, { isMachine: true }),
        lost('nothing', from, { reachLoss: null }),
      ])
      expect(await storeOf().outcomes.lossesIn(span)).toEqual([email])
    })
  })
}

function exampleCandidate(opportunity: string, sendAt: EpochMs) {
  return {
    opportunityId: exampleOpportunity(opportunity, 't-busy').id,
    variant: 'default',
    channel: 'email' as const,
    sendAt,
  }
}
