import { BUCKETS, DAY_MS, decisionId, opportunityId, userId } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { experimentDesignSchema } from '../config/experiment-design-schema.ts'
import type { Store } from '../store/contract.ts'
import { pgliteStore } from '../store/pglite-store.ts'
import { exampleOpportunity, exampleProfile, NOON } from '../store/testing/examples.ts'
import { OPEN_RULES, type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'

/** What is chosen is chosen for now, so that all of it is learned from. */
const config = { rules: { ...OPEN_RULES, slots: { localHours: [], horizonHours: 0 } } }

const KEY = 'two-policies'
const design = experimentDesignSchema.parse({
  key: KEY,
  variants: [
    { name: 'thompson', change: { policy: { kind: 'thompson', floor: 0.1, sharpness: 1 } } },
    { name: 'even', change: { policy: { kind: 'epsilonGreedy', epsilon: 1 } } },
  ],
  traffic: BUCKETS / 2,
  learning: 'perVariant',
})

describe('an experiment whose variants learn apart', () => {
  let store: Store
  let lab: UsecaseLab
  const names = Array.from({ length: 60 }, (_, i) => `l-${i}`)
  beforeAll(async () => {
    store = await pgliteStore({ dataDir: null })
    lab = await usecaseLab({ store, config })
    await store.users.change(names.map((id) => ({ userId: userId(id), update: () => exampleProfile(id) })))
  })
  afterAll(() => store.close())

  async function decide(where: UsecaseLab, round: string) {
    const at = where.clock.now()
    const window = { notBefore: at, expires: at + DAY_MS }
    const proposals = names.map((id) => {
      const name = `o-${id}-${round}`
      const variants = [{ name: 'default', content: { 'in-app': { title: 'Hi' } } }]
      return exampleOpportunity(name, id, { id: opportunityId(name), window, channels: ['in-app'], variants })
    })
    await store.opportunities.insertMany(proposals, at)
    const results = await where.usecases.decisions.decide(
      names.map((id) => ({
        decisionId: decisionId(`${id}-${round}`),
        userId: userId(id),
        context: {},
        deliver: false,
      })),
    )
    const stored = await store.decisions.getMany(names.map((id) => decisionId(`${id}-${round}`)))
    return results.map((result) => {
      if (!result.ok) throw new Error(result.error.detail)
      const { assignments, stateId, learning } = stored.get(result.value.decision.decisionId)!
      const variant = assignments.find(({ experiment }) => experiment === KEY)?.variant
      return { line: variant === undefined ? 'everybody' : `${KEY}/${variant}`, stateId, learning }
    })
  }
  const statesOf = (where: UsecaseLab): Readonly<Record<string, { readonly id: number; readonly n: number }>> => {
    const { lines, current } = where.deps.snapshots
    return Object.fromEntries(
      [current().state, ...lines()].map(({ id, line = 'everybody', heads }) => [line, { id, n: heads.conversion!.n }]),
    )
  }

  it('begins with what everybody had learned, under numbers of their own', async () => {
    await lab.usecases.experiments.create(design, 'ann')
    await lab.usecases.experiments.start(KEY, 'ann')
    expect(statesOf(lab)).toEqual({
      everybody: { id: 0, n: 0 },
      [`${KEY}/thompson`]: { id: 1, n: 0 },
      [`${KEY}/even`]: { id: 2, n: 0 },
    })
  })

  it('folds each reward into the state of the variant it came from, and into no other', async () => {
    const made = await decide(lab, 'first')
    const states = statesOf(lab)
    for (const { line, stateId } of made) expect(stateId).toBe(states[line]!.id)
    const counts: Record<string, number> = {}
    for (const { line, learning } of made) counts[line] = (counts[line] ?? 0) + (learning === null ? 0 : 1)
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(5)
    lab.clock.set(NOON + 9 * DAY_MS)
    await lab.due.learn()
    const learned = statesOf(lab)
    for (const [line, n] of Object.entries(counts)) expect([line, learned[line]!.n]).toEqual([line, n])
    expect(new Set(Object.values(learned).map(({ id }) => id)).size).toBe(3)
    expect(Math.min(...Object.values(learned).map(({ id }) => id))).toBeGreaterThan(2)
  })

  it('is followed by another server, and survives a restart and pruning', async () => {
    await store.registry.pruneStates(1)
    const other = await usecaseLab({ store, config, startAt: NOON + 9 * DAY_MS })
    expect(statesOf(other)).toEqual(statesOf(lab))
    const [here, there] = [await decide(lab, 'second'), await decide(other, 'third')]
    expect(here.map(({ stateId }) => stateId)).toEqual(there.map(({ stateId }) => stateId))
    lab.clock.set(NOON + 18 * DAY_MS)
    await lab.due.learn()
    await other.due.learn()
    expect(statesOf(other)).toEqual(statesOf(lab))
  })

  it('leaves decisions that replay identically', async () => {
    const { checked, identical } = await lab.usecases.decisions.audit({})
    expect([checked, identical]).toEqual([180, 180])
  })

  it('goes back to everybody’s state when it ends', async () => {
    await lab.usecases.experiments.stop(KEY, { decision: 'inconclusive', reason: '' }, 'ann')
    const made = await decide(lab, 'fourth')
    expect(new Set(made.map(({ stateId }) => stateId))).toEqual(new Set([lab.deps.snapshots.current().state.id]))
  })
})
