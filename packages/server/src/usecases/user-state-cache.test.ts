import { DAY_MS, type EpochMs, type Opportunity, opportunityId, sendId, type UserId, userId } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '../store/contract.ts'
import { pgliteStore } from '../store/pglite-store.ts'
import {
  exampleDecision,
  exampleNew,
  exampleOpportunity,
  exampleOutcome,
  exampleProfile,
} from '../store/testing/examples.ts'
import { type CachedStore, withUserStateCache } from './user-state-cache.ts'

const OPEN = { window: { notBefore: 0, expires: Date.parse('2027-03-11T12:00:00Z') } }
const START: EpochMs = Date.parse('2027-03-10T12:00:00Z')

describe('a store that remembers users', () => {
  let raw: Store
  let wall = 0
  const cached = (maxUsers = 100): CachedStore => withUserStateCache(raw, { maxUsers, wallClock: () => wall })
  const save = (store: Store, id: UserId, plan: string) =>
    store.users.change([{ userId: id, update: () => exampleProfile(id, { traits: { plan } }) }])
  const planOf = async (store: Store, id: UserId, now = START) =>
    (await store.users.loadStates([id], now)).get(id)?.profile.traits.plan

  beforeAll(async () => {
    raw = await pgliteStore({ dataDir: null })
  })
  afterAll(() => raw.close())

  it('asks the store once, and not again until somebody writes', async () => {
    let asked = 0
    const counting = {
      ...raw,
      users: {
        ...raw.users,
        loadStates: (...of: Parameters<Store['users']['loadStates']>) => {
          asked += 1
          return raw.users.loadStates(...of)
        },
      },
    }
    const { store, usersInMemory } = withUserStateCache(counting, { maxUsers: 10, wallClock: () => 0 })
    const id = userId('c-once')
    await save(store, id, 'free')
    for (let i = 0; i < 5; i += 1) await planOf(store, id, START + i)
    expect(asked).toBe(1)
    expect(usersInMemory()).toBe(1)
    await save(store, id, 'paid')
    await store.outcomes.insertMany([exampleOutcome('c-once-m', id, { isVisit: true, at: START })])
    const state = (await store.users.loadStates([id], START + 9)).get(id)
    expect(state).toMatchObject({ profile: { traits: { plan: 'paid' } }, history: { visits: [START] } })
    expect(asked).toBe(1)
  })

  it('knows open opportunities again that were believed too long, and sees what changed elsewhere', async () => {
    const { store } = withUserStateCache(
      { ...raw, traits: { name: 'postgres', isShared: true } },
      { maxUsers: 10, wallClock: () => wall },
    )
    const id = userId('c-seen')
    await save(store, id, 'free')
    await store.opportunities.insertMany(
      ['c-s1', 'c-s2'].map((o) => exampleOpportunity(o, id, OPEN)),
      START,
    )
    const ask = async (): Promise<readonly Opportunity[]> => {
      wall += 1_000
      await store.users.loadStates([id], START)
      return (await store.opportunities.openFor([id], START)).get(id) ?? []
    }
    const first = await ask()
    wall += 1_000
    await store.decisions.insertMany([exampleNew(exampleDecision('c-seen-d', id), { deliver: false })])
    const second = await ask()
    expect(second).toHaveLength(2)
    expect(second[0]).toBe(first[0])
    await raw.opportunities.withdraw(opportunityId('c-s1'))
    const third = await ask()
    expect(third).toHaveLength(1)
    expect(third[0]).toBe(first[1])
  })

  it('never keeps what a load read before a write that ended first', async () => {
    const gates: (() => void)[] = []
    const slow = {
      ...raw,
      users: {
        ...raw.users,
        loadStates: async (...of: Parameters<Store['users']['loadStates']>) => {
          const states = await raw.users.loadStates(...of)
          await new Promise<void>((open) => gates.push(open))
          return states
        },
      },
    }
    const { store } = withUserStateCache(slow, { maxUsers: 10, wallClock: () => 0 })
    const id = userId('c-late')
    await save(store, id, 'old')
    const early = planOf(store, id)
    while (gates.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await save(store, id, 'new')
    gates.pop()?.()
    expect(await early).toBe('old')
    const late = planOf(store, id)
    while (gates.length === 0) await new Promise((resolve) => setImmediate(resolve))
    gates.pop()?.()
    expect(await late).toBe('new')
  })

  it('forgets whom a failed write may have changed', async () => {
    const { store, usersInMemory } = cached()
    const id = userId('c-failed')
    await save(store, id, 'free')
    await planOf(store, id)
    expect(usersInMemory()).toBe(1)
    const update = () => {
      throw new RangeError('no such change')
    }
    await expect(store.users.change([{ userId: id, update }])).rejects.toThrow('no such change')
    expect(usersInMemory()).toBe(0)
  })

  it('keeps the users asked for last, as many as it may', async () => {
    const { store, usersInMemory } = cached(2)
    const ids = ['c-lru-1', 'c-lru-2', 'c-lru-3'].map(userId)
    for (const id of ids) await save(store, id, 'free')
    for (const id of ids) await planOf(store, id)
    expect(usersInMemory()).toBe(2)
  })

  it('believes a shared store for a second only', async () => {
    const shared: Store = { ...raw, traits: { name: 'postgres', isShared: true } }
    const { store } = withUserStateCache(shared, { maxUsers: 10, wallClock: () => wall })
    const id = userId('c-shared')
    await save(store, id, 'old')
    expect(await planOf(store, id)).toBe('old')
    await save(raw, id, 'new')
    wall += 999
    expect(await planOf(store, id)).toBe('old')
    wall += 1
    expect(await planOf(store, id)).toBe('new')
  })

  it('keeps nobody of a shared store in memory for whom nobody has asked for long, or who is gone', async () => {
    const shared: Store = { ...raw, traits: { name: 'postgres', isShared: true } }
    const { store, usersInMemory } = withUserStateCache(shared, { maxUsers: 10, wallClock: () => wall })
    const [gone, quiet, asked] = ['c-gone', 'c-quiet', 'c-asked'].map(userId) as [UserId, UserId, UserId]
    for (const id of [gone, quiet, asked]) await save(raw, id, 'free')
    for (const id of [gone, quiet]) await planOf(store, id)
    expect(usersInMemory()).toBe(2)
    await raw.users.erase(gone, START)
    wall += 1_000
    expect(await planOf(store, gone)).toBeUndefined()
    expect(usersInMemory()).toBe(1)
    wall += 10 * 60_000
    await planOf(store, asked)
    expect(usersInMemory()).toBe(1)
  })

  it('lets the last check before a send read the store, not the memory', async () => {
    const { store } = cached()
    const at = START + 999_999 * DAY_MS
    const id = userId('c-claim')
    await save(store, id, 'free')
    await store.opportunities.insertMany([exampleOpportunity('o-c-d', id)], at)
    const [, send] = exampleDecision('c-d', id).actions
    const decision = exampleDecision('c-d', id, { at, actions: [{ kind: 'hold' }, { ...send!, sendAt: at } as never] })
    await store.decisions.insertMany([exampleNew(decision)])
    await planOf(store, id, at)
    await save(raw, id, 'told elsewhere')
    const seen: unknown[] = []
    await store.sends.claim({ now: at, limit: 500 }, ({ user, send: claimed }) => {
      if (claimed.sendId === sendId('send-c-d')) seen.push(user.profile.traits.plan)
      return { kind: 'refuse', refusals: [] }
    })
    expect(seen).toEqual(['told elsewhere'])
  })
})
