import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY_MS, DEFAULT_CONSENT, type EpochMs, HOUR_MS, headToBytes, type PolicyState, userId } from '@paloma/core'
import { afterEach, describe, expect, it } from 'vitest'
import type { Config } from '../config/contract.ts'
import { defaultConfig } from '../config/default-config.ts'
import type { Store } from '../store/contract.ts'
import { pgliteStore } from '../store/pglite-store.ts'
import { exampleDecision, exampleNew, exampleOutcome, exampleProfile, NOON } from '../store/testing/examples.ts'
import { kept } from './learner.ts'
import { type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'

const MATURE_MS = (168 + 2) * HOUR_MS

/** Decisions of random users whose features fit the heads, with an order now and then. */
async function live(lab: UsecaseLab, from: EpochMs, options: { readonly users?: number; readonly name?: string } = {}) {
  const { users = 40, name = 'u' } = options
  const { heads } = lab.deps.snapshots.prior()
  const width = heads.conversion!.dimension
  const random = wheel(from)
  for (let i = 0; i < users; i += 1) {
    const user = `${name}${i}`
    await lab.store.users.change([{ userId: userId(user), update: (there) => there ?? exampleProfile(user) }])
    const at = from + i
    const learning = { baseline: [1], centred: Array.from({ length: width - 1 }, () => random() - 0.5), sent: null }
    const id = `${user}-${from}`
    await lab.store.decisions.insertMany([exampleNew(exampleDecision(id, user, { at, chosen: 0, learning }))])
    if (random() > 0.5) continue
    const outcome = exampleOutcome(`o-${id}`, user, { at: at + 5, values: { conversion: 10 * random() } })
    await lab.store.outcomes.insertMany([outcome])
  }
}

/** Lehmer's multiplicative congruential numbers in (0, 1): the same for the same seed. */
function wheel(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

function bytesOf(state: PolicyState): string {
  return Object.entries(state.heads)
    .map(([name, head]) => `${name} ${Buffer.from(headToBytes(head)).toString('base64')}`)
    .join('\n')
}

const withLearning = (changes: Partial<Config['learning']>): { readonly config: Partial<Config> } => ({
  config: { learning: { ...defaultConfig.learning, ...changes } },
})

describe('the learner', () => {
  const labs: UsecaseLab[] = []
  const open = async (options: Parameters<typeof usecaseLab>[0] = {}): Promise<UsecaseLab> => {
    const lab = await usecaseLab(options)
    labs.push(lab)
    return lab
  }
  afterEach(async () => {
    for (const lab of labs.splice(0)) await lab.close()
  })
  const latest = async (store: Store): Promise<PolicyState> => (await store.registry.latestState())!

  it('waits until rewards are all in, learns each decision once, and names a new state', async () => {
    const lab = await open()
    await live(lab, NOON)
    lab.clock.set(NOON + 71 * HOUR_MS)
    await lab.due.learn()
    const early = await latest(lab.store)
    expect(early.heads.conversion?.n).toBe(0)
    expect(early.heads.engagement?.n).toBe(40)
    lab.clock.set(NOON + MATURE_MS + 1_000)
    await lab.due.learn()
    const learned = await latest(lab.store)
    expect(Object.values(learned.heads).map(({ n }) => n)).toEqual([40, 40, 40, 40])
    expect(await lab.due.learn()).toBe(learned.id)
    expect(lab.deps.snapshots.current().state).toEqual(learned)
    expect(early.id).toBe(learned.id - 1)
  })

  it('gives the same bits whether or not the process is restarted between', async () => {
    const root = mkdtempSync(join(tmpdir(), 'paloma-learn-'))
    const states: PolicyState[] = []
    for (const restarts of [false, true]) {
      const dataDir = join(root, String(restarts))
      let store = await pgliteStore({ dataDir })
      let lab = await open({ store })
      await live(lab, NOON)
      await live(lab, NOON + DAY_MS)
      lab.clock.set(NOON + MATURE_MS + 1_000)
      await lab.due.learn()
      if (restarts) {
        await store.close()
        store = await pgliteStore({ dataDir })
        lab = await open({ store, startAt: NOON + MATURE_MS + 1_000 })
      }
      lab.clock.set(NOON + MATURE_MS + 2 * DAY_MS)
      await lab.due.learn()
      states.push(await latest(store))
      await store.close()
    }
    expect(states[0]?.heads.conversion?.n).toBe(80)
    expect(bytesOf(states[1]!)).toBe(bytesOf(states[0]!))
    expect(states[1]).toEqual(states[0])
    rmSync(root, { recursive: true, force: true })
  })

  it('gives the same bits when examples come in many pages', async () => {
    const states: PolicyState[] = []
    for (const pageRows of [1_000, 7]) {
      const lab = await open()
      await live(lab, NOON)
      const { matured } = lab.store.decisions
      Object.assign(lab.store.decisions, {
        async *matured(options: Parameters<typeof matured>[0]) {
          for await (const page of matured(options)) {
            for (let i = 0; i < page.length; i += pageRows) yield page.slice(i, i + pageRows)
          }
        },
      })
      lab.clock.set(NOON + MATURE_MS + 1_000)
      await lab.due.learn()
      states.push(await latest(lab.store))
    }
    expect(bytesOf(states[1]!)).toBe(bytesOf(states[0]!))
  })

  it('learns nothing from who said no, and only from the groups it is told to', async () => {
    const lab = await open(withLearning({ groups: ['holdout'] }))
    await live(lab, NOON)
    lab.clock.set(NOON + MATURE_MS + 1_000)
    expect(await lab.due.learn()).toBe(0)
    const all = await open()
    await live(all, NOON)
    for (let i = 0; i < 10; i += 1) {
      await all.usecases.users.upsert([{ userId: userId(`u${i}`), consent: { learning: false } }])
    }
    expect(DEFAULT_CONSENT.learning).toBe(true)
    all.clock.set(NOON + MATURE_MS + 1_000)
    await all.due.learn()
    expect((await latest(all.store)).heads.conversion?.n).toBe(30)
  })

  it('forgets one step per midnight, however often it learns between', async () => {
    expect(kept(NOON, NOON + 11 * HOUR_MS, 1)).toBe(1)
    expect(kept(NOON, NOON + 13 * HOUR_MS, 1)).toBe(0.5)
    expect(kept(NOON, NOON + 3 * DAY_MS, 90)).toBeCloseTo(0.5 ** (3 / 90), 15)
    expect(kept(NOON, NOON + 30 * DAY_MS, 0)).toBe(1)
    expect(kept(NOON, NOON - DAY_MS, 1)).toBe(1)
  })

  it('goes on after a change of features, without older decisions of which it cannot tell any more what they weighed', async () => {
    const store = await pgliteStore({ dataDir: null })
    const old = await open({ store })
    await live(old, NOON, { name: 'before' })
    const features = { ...defaultConfig.features, messageBuckets: 3 }
    const changed = await open({ store, config: { features }, startAt: NOON + DAY_MS })
    expect(changed.deps.snapshots.current().state.id).toBe(1)
    await live(changed, NOON + DAY_MS, { name: 'after' })
    await live(old, NOON + DAY_MS, { name: 'straggler', users: 3 })
    changed.clock.set(NOON + MATURE_MS + 3 * DAY_MS)
    expect(await changed.due.learn()).toBe(2)
    expect(Object.values((await latest(store)).heads).map(({ n }) => n)).toEqual([40, 40, 40, 40])
    expect(changed.lines).toEqual([
      '12 rewards are not learned from: their decisions were made with other features\n',
      expect.stringContaining('on were learned from again'),
      '40 older decisions are not learned from: what they weighed is no longer stored\n',
    ])
    // That was said once; nothing is looked through a second time.
    changed.clock.set(NOON + MATURE_MS + 4 * DAY_MS)
    expect(await changed.due.learn()).toBe(2)
    expect(changed.lines).toHaveLength(3)
    await store.close()
  })

  it('rests, and says why, once another process has learned under another configuration', async () => {
    const store = await pgliteStore({ dataDir: null })
    const old = await open({ store })
    const [first] = defaultConfig.objectives
    await open({ store, config: { objectives: [first!] } })
    await live(old, NOON)
    old.clock.set(NOON + MATURE_MS + 1_000)
    expect(await old.due.learn()).toBe(0)
    expect(old.lines).toEqual([expect.stringContaining('state 1 was learned under other features or objectives')])
    await store.close()
  })
})
