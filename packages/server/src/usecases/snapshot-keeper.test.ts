import type { PolicyState } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Config } from '../config/contract.ts'
import { defaultConfig } from '../config/default-config.ts'
import type { Store } from '../store/contract.ts'
import { pgliteStore } from '../store/pglite-store.ts'
import { NOON } from '../store/testing/examples.ts'
import { snapshotKeeper } from './snapshot-keeper.ts'

describe('snapshotKeeper', () => {
  let store: Store
  beforeAll(async () => {
    store = await pgliteStore({ dataDir: null })
  })
  afterAll(() => store.close())
  const priced: Config = { ...defaultConfig, prices: { 'channel:email': 1 } }
  const wider: Config = { ...defaultConfig, features: { features: [], messageBuckets: 3 } }

  it('starts once with the prior, whoever starts in the same moment', async () => {
    const keepers = await Promise.all([0, 1, 2].map((n) => snapshotKeeper(store, defaultConfig, NOON + n)))
    expect(keepers.map((keeper) => keeper.current().state.id)).toEqual([0, 0, 0])
    expect(new Set(keepers.map((keeper) => keeper.current().state.createdAt)).size).toBe(1)
    expect(await store.registry.loadState(0)).toStrictEqual(keepers[0]?.current().state)
  })

  it('goes on with what was learned last', async () => {
    const keeper = await snapshotKeeper(store, defaultConfig, NOON)
    const learned: PolicyState = { ...keeper.current().state, id: 1, createdAt: NOON + 9 }
    await store.registry.saveState(learned)
    keeper.adopt(learned)
    expect((await snapshotKeeper(store, defaultConfig, NOON)).current()).toStrictEqual(keeper.current())
  })

  it('names other rules differently and keeps the state; other features begin anew under the next number', async () => {
    const before = (await snapshotKeeper(store, defaultConfig, NOON)).current()
    const repriced = (await snapshotKeeper(store, priced, NOON)).current()
    expect(repriced.version).not.toBe(before.version)
    expect(repriced.state).toStrictEqual(before.state)
    const begun = (await snapshotKeeper(store, wider, NOON)).current()
    expect(begun.state).toMatchObject({ id: 2 })
    expect(begun.state.schemaHash).not.toBe(before.state.schemaHash)
    expect((await store.registry.loadState(1))?.schemaHash).toBe(before.state.schemaHash)
  })

  it('names indicators that are none like a schema without them', async () => {
    const none: Config = { ...wider, features: { ...wider.features, variantBuckets: 0 } }
    const [before, after] = [wider, none].map((config) => snapshotKeeper(store, config, NOON))
    expect((await after!).current()).toStrictEqual((await before!).current())
  })

  it('finds past snapshots with their rules and states, and says which are gone', async () => {
    const now = await snapshotKeeper(store, wider, NOON)
    const then = (await snapshotKeeper(store, priced, NOON)).current()
    const found = await now.at(then.version, 1)
    expect(found).toMatchObject({ version: then.version, prices: { 'channel:email': 1 }, state: { id: 1 } })
    expect(await now.at(then.version, 1)).toBe(found)
    await expect(now.at('unheard of', 1)).rejects.toMatchObject({ code: 'SNAPSHOT_GONE' })
    await expect(now.at(then.version, 77)).rejects.toMatchObject({ code: 'STATE_GONE' })
  })
})
