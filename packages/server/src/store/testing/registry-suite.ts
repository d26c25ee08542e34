import type { PolicyState } from '@paloma/core/domain'
import { describe, expect, it } from 'vitest'
import { exampleDecision, exampleNew, exampleState, NOON } from './examples.ts'
import type { StoreOf } from './store-of.ts'

/** States, snapshots, keys, settings, and the store as a whole. */
export function testRegistry(storeOf: StoreOf): void {
  describe('registry', () => {
    it('gives back a policy state bit for bit, and never replaces one', async () => {
      const state = exampleState(1000)
      await storeOf().registry.saveState(state)
      await storeOf().registry.saveState(state)
      expect(await storeOf().registry.loadState(1000)).toStrictEqual(state)
      const other = { ...state, schemaHash: 'h2' }
      await expect(storeOf().registry.saveState(other)).rejects.toMatchObject({ code: 'STATE_EXISTS' })
      expect(await storeOf().registry.loadState(999_999)).toBeUndefined()
    })

    it('keeps what a policy state knows of messages and delays', async () => {
      const variants = { 'price-drop': { plain: { sends: 3, users: [3, 2.5, 0.1 + 0.2], answers: [1, 0, 1e-300] } } }
      const test = { alpha: 0.05, cohorts: 2, evidence: [1 / 3, 0], verdict: { kind: 'holds' } } as const
      const conversion = {
        ...{ edgesHours: [1, 24], centres: [0.1, 0], seen: [7, 5], tests: [test, test], forecasts: [] },
        rewards: { n: 5, mean: [1 / 3, -2], scatter: [1, 2, 3] },
        messages: { 'email price-drop': { information: [1 / 3, 0.25], sums: [-0.1, 1e300] } },
      }
      const state: PolicyState = {
        ...exampleState(1001),
        delays: { conversion: { edgesHours: [6, 72], outcomes: [2.5, 1], pending: { early: 1, all: 2 }, test } },
        messages: { variants, delays: [1, 2, 3], objectives: { conversion } },
      }
      await storeOf().registry.saveState(state)
      expect(await storeOf().registry.loadState(1001)).toStrictEqual(state)
    })

    it('prunes old states but those that a decision names', async () => {
      for (const id of [2001, 2002, 2003, 2004]) await storeOf().registry.saveState(exampleState(id))
      const decision = exampleDecision('r-names', 'r-user', { stateId: 2001, chosen: 0 })
      await storeOf().decisions.insertMany([exampleNew(decision)])
      await storeOf().registry.pruneStates(2)
      const left = await Promise.all([2001, 2002, 2003, 2004].map((id) => storeOf().registry.loadState(id)))
      expect(left.map((state) => state?.id)).toEqual([2001, undefined, 2003, 2004])
      expect((await storeOf().registry.latestState())?.id).toBe(2004)
    })

    it('keeps lines of states apart, numbers them together, and prunes each by itself', async () => {
      const { registry } = storeOf()
      const first = await registry.nextStateId()
      const lines = [undefined, 'r-test/a', 'r-test/b', 'r-test/a', 'r-test/b', undefined, 'r-test/a']
      const states = lines.map((line, i) => ({ ...exampleState(first + i), ...(line === undefined ? {} : { line }) }))
      for (const state of states) await registry.saveState(state)
      expect(await registry.nextStateId()).toBe(first + 7)
      expect(await registry.latestState()).toStrictEqual(states[5])
      expect(await registry.latestState('r-test/a')).toStrictEqual(states[6])
      expect(await registry.latestState('r-test/c')).toBeUndefined()
      const other = { ...states[6]!, line: 'r-test/b' }
      await expect(registry.saveState(other)).rejects.toMatchObject({ code: 'STATE_EXISTS' })
      await registry.pruneStates(1)
      const left = await Promise.all(states.map(({ id }) => registry.loadState(id)))
      expect(left.flatMap((state) => (state === undefined ? [] : [state.id - first]))).toEqual([4, 5, 6])
    })

    it('keeps snapshots by version and settings by name', async () => {
      const { registry } = storeOf()
      await registry.saveSnapshot('r-v1', '{"a": 1}', NOON)
      await registry.saveSnapshot('r-v1', '{"a": 1}', NOON + 1)
      expect(await registry.loadSnapshot('r-v1')).toBe('{"a": 1}')
      expect(await registry.loadSnapshot('r-v2')).toBeUndefined()
      await registry.setSetting('r-set', 'a')
      await registry.setSetting('r-set', 'b')
      expect(await registry.getSetting('r-set')).toBe('b')
      expect(await registry.getSetting('r-unset')).toBeUndefined()
      const answers = await Promise.all(['x', 'y', 'z'].map((value) => registry.setSettingOnce('r-once', value)))
      expect(new Set(answers).size).toBe(1)
      expect(await registry.getSetting('r-once')).toBe(answers[0])
    })

    it('lists settings by prefix, and forgets one', async () => {
      const { registry } = storeOf()
      for (const name of ['r-job:b', 'r-job:a', 'r-jo%', 'r-jobless']) await registry.setSetting(name, `of ${name}`)
      expect(await registry.listSettings('r-job:')).toEqual([
        { name: 'r-job:a', value: 'of r-job:a' },
        { name: 'r-job:b', value: 'of r-job:b' },
      ])
      await registry.deleteSetting('r-job:a')
      await registry.deleteSetting('r-job:a')
      expect((await registry.listSettings('r-job:')).map(({ name }) => name)).toEqual(['r-job:b'])
    })

    it('finds keys by hash and revokes once', async () => {
      const { registry } = storeOf()
      const key = { id: 'k1', name: 'shop', scopes: ['ingest', 'read'], hash: 'abc', createdAt: NOON, revokedAt: null }
      await registry.addKey(key)
      expect(await registry.findKey('abc')).toStrictEqual(key)
      expect(await registry.findKey('abd')).toBeUndefined()
      expect(await registry.revokeKey('k1', NOON + 1)).toBe(true)
      expect(await registry.revokeKey('k1', NOON + 2)).toBe(false)
      expect(await registry.listKeys()).toStrictEqual([{ ...key, revokedAt: NOON + 1 }])
    })

    it('answers when asked whether it is there, and lets us lead', async () => {
      await storeOf().ping()
      expect(await storeOf().lead('learner')).toBe(true)
      expect(await storeOf().lead('learner')).toBe(true)
    })
  })
}
