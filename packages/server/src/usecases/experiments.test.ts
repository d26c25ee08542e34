import { BUCKETS, decisionId, type ExperimentDesign, HOUR_MS, opportunityId, userId } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { experimentDesignSchema } from '../config/experiment-design-schema.ts'
import type { Store } from '../store/contract.ts'
import { pgliteStore } from '../store/pglite-store.ts'
import { exampleDecision, exampleNew, exampleOpportunity, exampleProfile, NOON } from '../store/testing/examples.ts'
import { type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'

const LAYERS = [{ name: 'wording', salt: 'w', holdoutShare: 100_000 }]
const designOf = (key: string, over: Partial<ExperimentDesign> = {}): ExperimentDesign => ({
  ...experimentDesignSchema.parse({ key, variants: [{ name: 'control' }, { name: 'greedy' }] }),
  variants: [
    { name: 'control', change: {} },
    { name: 'greedy', change: { policy: { kind: 'greedy', floor: 0 } } },
  ],
  ...over,
})

/** Users with one open proposal each. */
async function people({ store }: Pick<UsecaseLab, 'store'>, names: readonly string[]): Promise<void> {
  await store.users.change(names.map((id) => ({ userId: userId(id), update: () => exampleProfile(id) })))
  const proposals = names.map((id) => exampleOpportunity(`o-${id}`, id, { id: opportunityId(`o-${id}`) }))
  await store.opportunities.insertMany(proposals, NOON)
}

async function decide(lab: UsecaseLab, ids: readonly string[], round = '1') {
  const results = await lab.usecases.decisions.decide(
    ids.map((id) => ({ decisionId: decisionId(`${id}-${round}`), userId: userId(id), context: {}, deliver: false })),
  )
  return results.map((result) => {
    if (!result.ok) throw new Error(result.error.detail)
    return result.value.decision
  })
}

describe('experiments', () => {
  let store: Store
  let lab: UsecaseLab
  const names = Array.from({ length: 60 }, (_, i) => `x-${i}`)
  beforeAll(async () => {
    store = await pgliteStore({ dataDir: null })
    lab = await usecaseLab({ store, config: { experiments: { layers: LAYERS, withholding: null } } })
    await people(lab, names)
  })
  afterAll(() => store.close())
  const use = () => lab.usecases.experiments

  it('are created once, and rewritten as long as they are drafts', async () => {
    const first = await use().create(designOf('draft'), 'ann')
    expect(first).toMatchObject({ status: 'created', faults: [], experiment: { status: 'draft', revision: 1 } })
    expect((await use().create(designOf('draft'), 'ann')).status).toBe('duplicate')
    expect((await use().create(designOf('draft', { traffic: 5 }), 'bob')).status).toBe('updated')
    expect((await use().get('draft'))?.changes).toEqual([
      { key: 'draft', revision: 1, at: NOON, actor: 'ann', action: 'create', note: '' },
      { key: 'draft', revision: 2, at: NOON, actor: 'bob', action: 'create', note: '' },
    ])
    expect(await use().start('nowhere', 'ann')).toBeUndefined()
  })

  it('are refused at the start for what is wrong with them, which create has said', async () => {
    const wrong = designOf('wrong', {
      metrics: [{ name: 'profit', role: 'success' }],
      weights: { control: 1, greedy: 1 },
    })
    const { faults } = await use().create(wrong, 'ann')
    expect(faults.map(({ pointer }) => pointer)).toEqual(['/weights', '/metrics'])
    await expect(use().start('wrong', 'ann')).rejects.toMatchObject({ code: 'EXPERIMENT_INVALID', pointer: '/weights' })
    expect((await use().get('wrong'))?.experiment.status).toBe('draft')
  })

  it('change what their users get, and only theirs, from the start to the stop', async () => {
    await use().create(designOf('live', { traffic: 500_000 }), 'ann')
    const before = lab.deps.snapshots.current().version
    const started = await use().start('live', 'ann')
    expect(started).toMatchObject({ status: 'running', phases: [{ since: NOON }] })
    expect(await use().start('live', 'ann')).toEqual(started)
    expect(lab.deps.snapshots.current().version).not.toBe(before)

    const made = await decide(lab, names)
    const inside = made.filter(({ assignments }) => assignments.some(({ experiment }) => experiment === 'live'))
    expect(inside.length).toBeGreaterThan(15)
    expect(inside.length).toBeLessThan(45)
    for (const { assignments, policy } of made) {
      const variant = assignments.find(({ experiment }) => experiment === 'live')?.variant
      expect(policy).toBe(variant === 'greedy' ? 'paloma/greedy' : 'paloma/thompson')
    }

    await use().ramp('live', { traffic: BUCKETS }, 'ann')
    const wider = await decide(lab, names, '2')
    expect(wider.every(({ assignments }) => assignments[1]?.experiment === 'live')).toBe(true)
    inside.forEach(({ userId: id, assignments }) => {
      const now = wider.find((each) => each.userId === id)!.assignments[1]
      expect(now).toMatchObject({ variant: assignments[1]!.variant, phase: 1, moved: false })
    })

    await use().stop('live', { decision: 'doNotShip', reason: 'no better' }, 'bob')
    expect(await use().stop('live', { decision: 'doNotShip', reason: 'no better' }, 'bob')).toMatchObject({
      status: 'stopped',
      end: { at: NOON, decision: 'doNotShip', reason: 'no better' },
    })
    expect(lab.deps.snapshots.current().version).toBe(before)
    expect((await decide(lab, names, '3')).every(({ policy }) => policy === 'paloma/thompson')).toBe(true)
    const { changes } = (await use().get('live'))!
    expect(changes.map(({ action, actor }) => [action, actor])).toEqual([
      ['create', 'ann'],
      ['start', 'ann'],
      ['ramp', 'ann'],
      ['stop', 'bob'],
    ])
    await expect(use().create(designOf('live'), 'ann')).rejects.toMatchObject({ code: 'EXPERIMENT_CONFLICT' })
  })

  it('leave decisions that replay identically, whatever became of them since', async () => {
    const { checked, identical } = await lab.usecases.decisions.audit({})
    expect(checked).toBeGreaterThanOrEqual(180)
    expect(identical).toBe(checked)
  })

  it('report who was exposed to what, and whether the split is as planned', async () => {
    const report = (await use().exposures('live'))!
    expect(report).toMatchObject({ users: 60, crossed: 0 })
    expect(report.sampleRatios.map(({ phase, isMismatch }) => [phase, isMismatch])).toEqual([
      [0, false],
      [1, false],
    ])
    expect(await use().exposures('layer:wording')).toMatchObject({ users: 60, sampleRatios: [{ isMismatch: false }] })
    expect(await use().exposures('layer:nothing')).toBeUndefined()
  })

  it('count users in two variants as crossed, once', async () => {
    const extra = { experiment: 'crossing', variant: 'control', phase: 0, exposed: true }
    await use().create(designOf('crossing', { groups: ['random'] }), 'ann')
    await use().start('crossing', 'ann')
    const [one] = await decide(lab, ['x-0'], 'c')
    const twice = ['control', 'greedy'].map((variant, i) => {
      const changes = { stateId: one!.stateId, at: NOON + i, assignments: [{ ...extra, variant }], chosen: 0 }
      return exampleNew(exampleDecision(`crossing-${i}`, one!.userId, changes))
    })
    await store.decisions.insertMany(twice)
    expect(await use().exposures('crossing')).toMatchObject({ users: 1, crossed: 1 })
  })

  it('are refused beside an exclusive one, with its name', async () => {
    const wording = (from: number, until: number) => ({ layer: { name: 'wording', from, until } })
    await use().create(designOf('first', { ...wording(0, 400_000), isExclusive: true }), 'ann')
    await use().create(designOf('same-users', wording(300_000, 500_000)), 'ann')
    await use().create(designOf('other-users', wording(400_000, 500_000)), 'ann')
    await use().start('first', 'ann')
    await expect(use().start('same-users', 'ann')).rejects.toMatchObject({
      code: 'EXPERIMENT_CONFLICT',
      message: expect.stringContaining('beside first: first is exclusive'),
    })
    expect(await use().start('other-users', 'ann')).toMatchObject({ status: 'running' })
    for (const key of ['first', 'other-users']) await use().stop(key, { decision: 'inconclusive', reason: '' }, 'ann')
  })

  it('let only one of two start that meet, on two servers', async () => {
    const other = await usecaseLab({ store, config: { experiments: { layers: LAYERS, withholding: null } } })
    for (const key of ['meet-a', 'meet-b']) await use().create(designOf(key), 'ann')
    const tries = await Promise.allSettled([
      use().start('meet-a', 'a'),
      other.usecases.experiments.start('meet-b', 'b'),
    ])
    expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const winner = tries[0]!.status === 'fulfilled' ? 'meet-a' : 'meet-b'
    await lab.due.followExperiments()
    await other.due.followExperiments()
    expect(other.deps.snapshots.current().version).toBe(lab.deps.snapshots.current().version)
    const [here, there] = [await decide(lab, names, 'h'), await decide(other, names, 't')]
    expect(here.map(({ assignments }) => assignments)).toEqual(there.map(({ assignments }) => assignments))
    expect(here[0]!.assignments.at(1)?.experiment).toBe(winner)
    await use().stop(winner, { decision: 'inconclusive', reason: '' }, 'ann')
    expect(await other.due.followExperiments()).toBe(1)
    expect(await other.due.followExperiments()).toBe(0)
    expect((await decide(other, ['x-1'], 'after'))[0]!.policy).toBe('paloma/thompson')
  })

  it('have nobody before they began, where a clock is behind', async () => {
    const config = { experiments: { layers: LAYERS, withholding: null } }
    const ahead = await usecaseLab({ store, config, startAt: NOON + HOUR_MS })
    await use().create(designOf('ahead'), 'ann')
    await ahead.usecases.experiments.start('ahead', 'ann')
    await lab.due.followExperiments()
    const [early] = await decide(lab, ['x-2'], 'early')
    expect(early!.assignments.map(({ experiment }) => experiment)).not.toContain('ahead')
    const [late] = await decide(ahead, ['x-2'], 'late')
    expect(late!.assignments.map(({ experiment }) => experiment)).toContain('ahead')
    await use().stop('ahead', { decision: 'inconclusive', reason: '' }, 'ann')
  })

  describe('with a frozen policy state', () => {
    it('decide with it while everybody else goes on learning, and replay identically', async () => {
      await use().create(designOf('frozen', { learning: 'frozen', traffic: 500_000 }), 'ann')
      const state = lab.deps.snapshots.current().state
      expect(await use().start('frozen', 'ann')).toMatchObject({ stateId: state.id })
      const next = { ...state, id: state.id + 1 }
      await store.registry.saveState(next)
      lab.deps.snapshots.adopt(next)
      const made = await decide(lab, names, 'f')
      for (const { assignments, stateId } of made) {
        const isIn = assignments.some(({ experiment }) => experiment === 'frozen')
        expect(stateId).toBe(isIn ? state.id : next.id)
      }
      expect(new Set(made.map(({ stateId }) => stateId)).size).toBe(2)
      const { checked, failures } = await lab.usecases.decisions.audit({})
      expect(checked).toBeGreaterThan(300)
      const ids: readonly string[] = failures.map(({ decisionId: id }) => id)
      expect(ids).toEqual(['crossing-0', 'crossing-1']) // made by hand above
    })

    it('end as invalid where features change, and say so', async () => {
      const features = { features: [], messageBuckets: 3 }
      const changed = await usecaseLab({ store, startAt: NOON + HOUR_MS, config: { features } })
      const { experiment, changes } = (await changed.usecases.experiments.get('frozen'))!
      expect(experiment).toMatchObject({ status: 'stopped', end: { decision: 'invalid' } })
      expect(changes.at(-1)).toMatchObject({ actor: 'paloma', note: expect.stringContaining('state 0 no longer fit') })
      expect((await decide(changed, ['x-3'], 'changed'))[0]!.stateId).toBe(changed.deps.snapshots.current().state.id)
    })
  })
})
