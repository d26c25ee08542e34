import { DAY_MS, HOUR_MS, type PolicyState, userId } from '@paloma/core'
import { afterEach, describe, expect, it } from 'vitest'
import type { Config } from '../config/contract.ts'
import { defaultConfig } from '../config/default-config.ts'
import type { Store } from '../store/contract.ts'
import { pgliteStore } from '../store/pglite-store.ts'
import { NOON } from '../store/testing/examples.ts'
import { ALWAYS_SEND, type ArrivalsLab, arrivalsLab, ask, introduce, proposal, track } from './testing/arrivals.ts'

const DAYS = 6
const USERS = 12
const PLAIN: Partial<Config> = {
  rules: ALWAYS_SEND.rules!,
  groups: { ...ALWAYS_SEND.groups!, paloma: { share: 1_000_000, policy: { kind: 'random', holdProbability: 0.4 } } },
  objectives: defaultConfig.objectives.map((objective) => ({ ...objective, windowHours: 24 })),
  learning: { ...defaultConfig.learning, halfLifeDays: 10, latenessHours: 1 },
}
/** The same with one feature more, and other buckets. */
const WIDER: Partial<Config> = {
  ...PLAIN,
  features: { features: [{ kind: 'boolean', name: 'vip', source: 'user' }], messageBuckets: 5 },
}

const NEVER_MIND: Partial<Config> = { ...WIDER, learning: { ...PLAIN.learning!, relearnDays: 0 } }

/** Some days of decisions and orders, learned from every midnight. */
async function live(lab: ArrivalsLab, days: number): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    const at = lab.clock.now()
    for (let i = 0; i < USERS; i += 1) {
      const [user, id] = [`u-${i}`, `${day}-${i}`]
      await introduce(lab, user)
      if (i % 3 === 0) await lab.usecases.users.upsert([{ userId: userId(user), traits: { vip: true } }])
      await lab.usecases.opportunities.propose([proposal(`o-${id}`, user, { message: `m-${i % 4}`, at })])
      await lab.usecases.decisions.decide([ask(`d-${id}`, user)])
      const order = track(`e-${id}`, user, 'Order Completed', { properties: { revenue: 5 + i } })
      if ((i + day) % 2 === 0) await lab.usecases.events.ingest([order])
    }
    lab.clock.set(at + DAY_MS)
    await lab.due.learn()
  }
}

function weights(state: PolicyState): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(Object.entries(state.heads).map(([name, { mean }]) => [name, [...mean]]))
}

describe('a server whose features changed', () => {
  const open: { close(): Promise<void> }[] = []
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close()
  })
  async function labOf(store: Store, config: Partial<Config>, startAt = NOON): Promise<ArrivalsLab> {
    const lab = await arrivalsLab({ store, config, startAt })
    open.push(lab)
    return lab
  }
  async function storeOf(): Promise<Store> {
    const store = await pgliteStore({ dataDir: null })
    open.push(store)
    return store
  }
  const latest = async (store: Store): Promise<PolicyState> => (await store.registry.latestState())!

  it('learns from older decisions as if they had been made with the new ones, and finds its old beliefs when they come back', async () => {
    const store = await storeOf()
    await live(await labOf(store, PLAIN), DAYS)
    const before = await latest(store)
    const now = NOON + DAYS * DAY_MS
    const changed = await labOf(store, WIDER, now)
    expect((await latest(store)).heads.conversion!.n).toBe(0)
    await changed.due.learn()
    const other = await latest(store)
    expect(other.heads.conversion!.n).toBe((DAYS - 1) * USERS)
    expect(other.heads.conversion!.dimension).not.toBe(before.heads.conversion!.dimension)
    expect(changed.lines).toEqual([expect.stringContaining('were learned from again')])
    const back = await labOf(store, PLAIN, now)
    await back.due.learn()
    const after = await latest(store)
    expect(after.id).toBeGreaterThan(other.id)
    expect(weights(after)).toEqual(weights(before))
    expect(after.learnedUntil).toEqual(before.learnedUntil)
  })

  it('goes on learning what matures later, each decision once', async () => {
    const store = await storeOf()
    await live(await labOf(store, PLAIN), 3)
    const changed = await labOf(store, WIDER, NOON + 3 * DAY_MS)
    await changed.due.learn()
    const first = await latest(store)
    // The window of the third day closes only now.
    changed.clock.set(NOON + 3 * DAY_MS + 2 * HOUR_MS)
    await changed.due.learn()
    const second = await latest(store)
    expect([first.heads.conversion!.n, second.heads.conversion!.n]).toEqual([2 * USERS, 3 * USERS])
    expect(await changed.due.learn()).toBe(second.id)
    expect(second.began).toEqual(first.began)
  })

  it('learns when people come from decisions that were made before anybody asked', async () => {
    const store = await storeOf()
    await live(await labOf(store, PLAIN), 2)
    const { valueProperty: _, ...conversion } = PLAIN.objectives!.find(({ name }) => name === 'conversion')!
    const asked = { ...conversion, aggregate: 'any', model: 'visit' } as const
    const changed = await labOf(store, { ...PLAIN, objectives: [asked] }, NOON + 2 * DAY_MS)
    await changed.due.learn()
    const { heads } = await latest(store)
    // Of the day whose windows have closed, half ordered in their first hour.
    expect(heads['visit/conversion']!.n).toBe((USERS / 2) * 1 + (USERS / 2) * 24)
    expect(heads.conversion!.n).toBe(USERS)
  }, 60_000)

  it('lets others have their turn while it learns', async () => {
    const store = await storeOf()
    await live(await labOf(store, PLAIN), 3)
    const changed = await labOf(store, WIDER, NOON + 3 * DAY_MS)
    let [turns, isDone] = [0, false]
    const next = (): void => {
      turns += 1
      if (!isDone) setImmediate(next)
    }
    setImmediate(next)
    await changed.due.learn()
    isDone = true
    // Two pages of two objectives with the same window, and one of each of the others, at the least.
    expect(turns).toBeGreaterThan(4)
  })

  it('begins anew where the owner asks for it', async () => {
    const store = await storeOf()
    await live(await labOf(store, PLAIN), 3)
    const changed = await labOf(store, NEVER_MIND, NOON + 3 * DAY_MS)
    await changed.due.learn()
    expect((await latest(store)).heads.conversion!.n).toBe(0)
    expect(changed.lines).toEqual([])
  })
})
