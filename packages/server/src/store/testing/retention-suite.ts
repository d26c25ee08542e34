import {
  DAY_MS,
  type DecisionId,
  decisionId,
  type EpochMs,
  type OpportunityId,
  opportunityId,
  sendId,
} from '@paloma/core/domain'
import { describe, expect, it } from 'vitest'
import type { Gone, Place, Store } from '../contract.ts'
import {
  exampleDecision,
  exampleNew,
  exampleOpportunity,
  exampleOutcome,
  exampleProfile,
  exampleState,
  NOON,
} from './examples.ts'
import type { StoreOf } from './store-of.ts'

/** Long before all other examples, so that they stay. */
const CUT: EpochMs = Date.parse('2019-05-01T00:00:00Z')
const OLD = CUT - 3 * DAY_MS

/** Runs a deletion to its end, two rows at a time. */
async function all(step: (after: Place | null) => Promise<Gone>): Promise<number> {
  let rows = 0
  let after: Place | null = null
  do {
    const gone: Gone = await step(after)
    rows += gone.rows
    after = gone.next
  } while (after !== null)
  return rows
}

const twoAt = (before: EpochMs) => (after: Place | null) => ({ before, after, limit: 2 })

/** A decision that sends an opportunity of its own, `o-<id>`, both of that time. */
async function decide(
  store: Store,
  id: string,
  options: {
    readonly at?: EpochMs
    readonly sendAt?: EpochMs
  } = {},
): Promise<void> {
  const { at = OLD, sendAt = at } = options
  const expires = at + DAY_MS
  await store.users.change([
    { userId: exampleProfile('keep-user').userId, update: (there) => there ?? exampleProfile('keep-user') },
  ])
  await store.opportunities.insertMany(
    [exampleOpportunity(`o-${id}`, 'keep-user', { window: { notBefore: at, expires } })],
    at,
  )
  const action = {
    kind: 'send',
    opportunityId: opportunityId(`o-${id}`),
    variant: 'default',
    channel: 'email',
    sendAt,
  } as const
  const decision = exampleDecision(id, 'keep-user', {
    at,
    actions: [{ kind: 'hold' }, action],
  })
  await store.decisions.insertMany([exampleNew(decision)])
}

async function endAt(store: Store, at: EpochMs): Promise<void> {
  await store.sends.claim({ now: at, limit: 100 }, ({ send }) =>
    send.userId === 'keep-user' ? { kind: 'go' } : { kind: 'postpone', until: send.dueAt },
  )
}

async function send(store: Store, id: string, at: EpochMs): Promise<void> {
  await endAt(store, at)
  await store.sends.finish([{ sendId: sendId(`send-${id}`), result: { kind: 'sent', providerMessageId: null } }], at)
}

const there = async (store: Store, ids: readonly string[]): Promise<readonly string[]> => [
  ...(await store.decisions.getMany(ids as readonly DecisionId[])).keys(),
]

/** What is old goes; what is on its way, or younger, stays whole. */
export function testRetention(storeOf: StoreOf): void {
  describe('retention', () => {
    it('deletes old decisions with their sends and inbox items, and nothing that is on its way or of later', async () => {
      const store = storeOf()
      // What other examples have left of as long ago.
      await all((after) => store.retention.decisions(twoAt(CUT)(after)))
      await decide(store, 'keep-sent')
      await send(store, 'keep-sent', OLD + 1)
      const item = { sendId: sendId('send-keep-sent'), decisionId: decisionId('keep-sent'), message: 'm', content: {} }
      const shown = { createdAt: OLD + 2, status: 'unseen', statusAt: OLD + 2 } as const
      await store.inbox.putMany([{ ...item, userId: exampleProfile('keep-user').userId, ...shown }])
      await decide(store, 'keep-sent-late')
      await send(store, 'keep-sent-late', CUT)
      await decide(store, 'keep-reserved')
      await decide(store, 'keep-planned', { sendAt: CUT + DAY_MS })
      await decide(store, 'keep-young', { at: CUT })
      const ids = ['keep-sent', 'keep-sent-late', 'keep-reserved', 'keep-planned', 'keep-young']
      expect(await all((after) => store.retention.decisions(twoAt(CUT)(after)))).toBe(3)
      expect(await there(store, ids)).toEqual(expect.arrayContaining(ids.slice(1)))
      expect(await there(store, ['keep-sent'])).toEqual([])
      expect(await store.sends.get(sendId('send-keep-sent'))).toBeUndefined()
      const left = await Promise.all(ids.slice(1).map((id) => store.sends.get(sendId(`send-${id}`))))
      expect(left.map((each) => each?.decisionId)).toEqual(ids.slice(1))
      const { items } = await store.inbox.list(exampleProfile('keep-user').userId, { limit: 10 })
      expect(items).toEqual([])
      expect(await all((after) => store.retention.decisions(twoAt(CUT)(after)))).toBe(0)
      expect(await store.retention.oldestDecision()).toBe(OLD)
      await send(store, 'keep-reserved', CUT - 1)
      expect(await all((after) => store.retention.decisions(twoAt(CUT)(after)))).toBe(2)
    })

    it('keeps a decision whose item in the inbox is younger', async () => {
      const store = storeOf()
      await decide(store, 'keep-item')
      await send(store, 'keep-item', OLD)
      const item = { sendId: sendId('send-keep-item'), decisionId: decisionId('keep-item'), message: 'm', content: {} }
      const shown = { createdAt: CUT, status: 'seen', statusAt: CUT } as const
      await store.inbox.putMany([{ ...item, userId: exampleProfile('keep-user').userId, ...shown }])
      expect(await all((after) => store.retention.decisions(twoAt(CUT)(after)))).toBe(0)
      expect(await all((after) => store.retention.decisions(twoAt(CUT + 1)(after)))).toBeGreaterThanOrEqual(3)
      expect(await there(store, ['keep-item'])).toEqual([])
    })

    it('lets an id be used again once its decision is gone', async () => {
      const store = storeOf()
      await decide(store, 'keep-again')
      await send(store, 'keep-again', OLD)
      await all((after) => store.retention.decisions(twoAt(CUT)(after)))
      await decide(store, 'keep-again', { at: CUT + DAY_MS })
      expect(await there(store, ['keep-again'])).toEqual(['keep-again'])
      expect(await store.sends.get(sendId('send-keep-again'))).toMatchObject({ status: 'reserved' })
      await send(store, 'keep-again', CUT + DAY_MS)
    })

    it('deletes proposals that are over, once no send speaks of them', async () => {
      const store = storeOf()
      await decide(store, 'keep-over')
      await send(store, 'keep-over', OLD)
      const more = [
        exampleOpportunity('keep-open', 'keep-user', { window: { notBefore: OLD, expires: CUT - 1 } }),
        exampleOpportunity('keep-gone', 'keep-user', { window: { notBefore: OLD, expires: CUT - 1 } }),
        exampleOpportunity('keep-lasting', 'keep-user', { window: { notBefore: OLD, expires: CUT } }),
      ]
      await store.opportunities.insertMany(more, OLD)
      for (const id of ['keep-gone', 'keep-lasting']) await store.opportunities.withdraw(opportunityId(id))
      const ids = [
        'o-keep-over',
        'keep-open',
        'keep-gone',
        'keep-lasting',
      ] as readonly string[] as readonly OpportunityId[]
      const left = async () => [...(await store.opportunities.get(ids)).keys()].sort()
      await all((after) => store.retention.opportunities(twoAt(CUT)(after)))
      expect(await left()).toEqual(['keep-lasting', 'keep-open', 'o-keep-over'])
      await all((after) => store.retention.decisions(twoAt(CUT)(after)))
      await all((after) => store.retention.opportunities(twoAt(CUT)(after)))
      expect(await left()).toEqual(['keep-lasting', 'keep-open'])
    })

    it('deletes old outcomes, and counts those of a day', async () => {
      const store = storeOf()
      const at = [CUT - 2 * DAY_MS, CUT - 1, CUT - 1, CUT, CUT + 1]
      await store.users.change([
        { userId: exampleProfile('keep-user').userId, update: (known) => known ?? exampleProfile('keep-user') },
      ])
      const outcomes = at.map((moment, i) => exampleOutcome(`keep-${i}`, 'keep-user', { at: moment }))
      await store.outcomes.insertMany(outcomes)
      expect(await store.retention.rowsOf('2019-04-30')).toMatchObject({ outcomes: 2, lastReceivedAt: NOON + 5 })
      expect(await all((after) => store.retention.outcomes(twoAt(CUT)(after)))).toBe(3)
      const left = await store.outcomes.getMany(outcomes.map(({ messageId }) => messageId))
      expect([...left.keys()].sort()).toEqual(['keep-3', 'keep-4'])
      expect(await store.retention.rowsOf('2019-04-30')).toMatchObject({ outcomes: 0, lastReceivedAt: null })
    })

    it('deletes old exposures of one experiment', async () => {
      const store = storeOf()
      const exposed = (id: string, experiment: string, at: EpochMs) =>
        exampleNew(
          exampleDecision(id, `user-${id}`, {
            at,
            chosen: 0,
            assignments: [{ experiment, variant: 'a', exposed: true }],
          }),
        )
      await store.decisions.insertMany([
        exposed('keep-e1', 'keep-x', OLD),
        exposed('keep-e2', 'keep-x', OLD + 1),
        exposed('keep-e3', 'keep-x', CUT),
        exposed('keep-e4', 'keep-y', OLD),
      ])
      expect(await store.retention.exposureKeys()).toEqual(expect.arrayContaining(['keep-x', 'keep-y']))
      expect(await all((after) => store.retention.exposures('keep-x', twoAt(CUT)(after)))).toBe(2)
      const users = async (key: string) =>
        (await store.experiments.exposures(key, null, 10)).map(({ userId }) => userId)
      expect(await users('keep-x')).toEqual(['user-keep-e3'])
      expect(await users('keep-y')).toEqual(['user-keep-e4'])
      await all((after) => store.retention.decisions(twoAt(CUT + 1)(after)))
    })

    it('deletes policy states and snapshots that nothing of its time was decided with', async () => {
      const { registry, retention, decisions } = storeOf()
      const first = (await registry.nextStateId()) + 10_000
      const old = (id: number, line?: string) => ({
        ...exampleState(first + id),
        createdAt: OLD,
        ...(line === undefined ? {} : { line }),
      })
      const states = [old(0), old(1), old(2), old(3, 'keep/ended'), old(4, 'keep/runs'), old(5), old(6)]
      for (const state of states) await registry.saveState(state)
      for (const version of ['keep-s1', 'keep-s2', 'keep-s3', 'keep-s4'])
        await registry.saveSnapshot(version, '{}', OLD)
      await registry.saveSnapshot('keep-newest', '{}', OLD + 1)
      const made = (id: string, state: number, snapshotVersion: string, at: EpochMs) =>
        exampleNew(exampleDecision(id, 'keep-user', { at, chosen: 0, stateId: first + state, snapshotVersion }))
      await decisions.insertMany([made('keep-m1', 0, 'keep-s1', OLD), made('keep-m2', 1, 'keep-s2', CUT)])
      // The same state again, days after: it is in use until then.
      await decisions.insertMany([made('keep-m3', 2, 'keep-s1', OLD)])
      await decisions.insertMany([made('keep-m4', 2, 'keep-s3', CUT)])
      const options = { before: CUT, now: CUT + 60 * DAY_MS, keep: 1, frozen: [first + 5], snapshot: 'keep-s4' }
      await retention.models({ ...options, lines: ['keep/runs'], limit: 100 })
      const left = await Promise.all(states.map(({ id }) => registry.loadState(id)))
      expect(left.flatMap((state) => (state === undefined ? [] : [state.id - first]))).toEqual([1, 2, 4, 5, 6])
      const versions = ['keep-s1', 'keep-s2', 'keep-s3', 'keep-s4']
      const found = await Promise.all(versions.map((version) => registry.loadSnapshot(version)))
      expect(found.map((json) => json !== undefined)).toEqual([false, true, true, true])
    })

    it('deletes counters of days that are over', async () => {
      const store = storeOf()
      await decide(store, 'keep-counted')
      const counters = new Map([
        ['17000/keep', 5],
        ['18016/keep', 5],
        ['odd', 5],
      ])
      await store.sends.claim({ now: OLD, limit: 1, counters }, () => ({ kind: 'go', uses: ['18016/keep'] }))
      expect(await store.retention.counters(18_016 * DAY_MS)).toBe(1)
      expect(await store.retention.counters(18_017 * DAY_MS)).toBe(1)
    })

    it('says what tables take up, and makes room', async () => {
      await storeOf().retention.reclaim()
      const sizes = await storeOf().retention.sizes()
      expect(sizes.find(({ table }) => table === 'decisions')?.bytes).toBeGreaterThan(0)
      expect(sizes.map(({ bytes }) => bytes)).toEqual(sizes.map(({ bytes }) => bytes).sort((a, b) => b - a))
    })
  })
}
