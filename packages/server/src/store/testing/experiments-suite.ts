import {
  type Assignment,
  DAY_MS,
  DEFAULT_CONSENT,
  type Experiment,
  HOUR_MS,
  knownAt,
  opportunityId,
  sendId,
  type UserProfile,
  userId,
} from '@paloma/core/domain'
import { describe, expect, it } from 'vitest'
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

/** A draft with a text that plain SQL would spoil. */
export function exampleExperiment(key: string, changes: Partial<Experiment> = {}): Experiment {
  return {
    design: {
      ...{ key, hypothesis: 'it’s "better" \\', salt: key, layer: null, isExclusive: false, groups: ['paloma'] },
      ...{ targeting: [], unit: { kind: 'user' }, control: 'control', traffic: 1_000_000, learning: 'shared' },
      variants: [
        { name: 'control', change: {} },
        { name: 'new', change: { weights: { conversion: 0.1 + 0.2 } } },
      ],
      weights: { control: 500_000, new: 500_000 },
      metrics: [],
      horizon: { kind: 'days', days: 14 },
    },
    ...{ status: 'draft', createdAt: NOON, layer: null, phases: [], stateId: null, end: null, revision: 1 },
    ...changes,
  }
}

const NEW = { at: NOON, actor: 'ann', action: 'create', note: 'first' } as const

/** Experiments, their audit trail, and exposures as decisions write them. */
export function testExperiments(storeOf: StoreOf): void {
  const add = (experiment: Experiment) => storeOf().experiments.change(() => ({ experiment, change: NEW }))

  describe('experiments', () => {
    it('gives back what was written, by key and in order, with who did it', async () => {
      const { experiments } = storeOf()
      const [first, second] = [exampleExperiment('x-b'), exampleExperiment('x-a')]
      await add(first)
      const before = await experiments.revision()
      await add(second)
      expect(await experiments.revision()).not.toBe(before)
      expect(await experiments.get('x-b')).toStrictEqual(first)
      expect(await experiments.get('x-c')).toBeUndefined()
      expect((await experiments.list()).map(({ design }) => design.key).filter((key) => /^x-[ab]/.test(key))).toEqual([
        'x-a',
        'x-b',
      ])
      await experiments.change((all) => {
        const known = all.find(({ design }) => design.key === 'x-a')!
        const change = { at: NOON + 1, actor: 'bob', action: 'start', note: '' } as const
        return { experiment: { ...known, status: 'running', revision: 2 }, change }
      })
      expect((await experiments.get('x-a'))?.status).toBe('running')
      expect(await experiments.changes('x-a')).toEqual([
        { key: 'x-a', revision: 1, ...NEW },
        { key: 'x-a', revision: 2, at: NOON + 1, actor: 'bob', action: 'start', note: '' },
      ])
    })

    it('changes nothing where nothing shall change, or the change throws', async () => {
      const { experiments } = storeOf()
      const before = await experiments.revision()
      await experiments.change(() => null)
      const failing = experiments.change(() => {
        throw new RangeError('no such change')
      })
      await expect(failing).rejects.toThrow('no such change')
      expect(await experiments.revision()).toBe(before)
    })

    it('lets no two changes pass one another', async () => {
      const { experiments } = storeOf()
      await add(exampleExperiment('x-race'))
      await Promise.all(
        Array.from({ length: 10 }, () =>
          experiments.change((all) => {
            const known = all.find(({ design }) => design.key === 'x-race')!
            return { experiment: { ...known, revision: known.revision + 1 }, change: NEW }
          }),
        ),
      )
      expect((await experiments.get('x-race'))?.revision).toBe(11)
    })

    it('keeps the policy state that an experiment froze', async () => {
      const { registry } = storeOf()
      for (const id of [5001, 5002, 5003]) await registry.saveState(exampleState(id))
      await add(exampleExperiment('x-frozen', { stateId: 5001 }))
      await registry.pruneStates(1)
      expect((await Promise.all([5001, 5002].map((id) => registry.loadState(id)))).map((s) => s?.id)).toEqual([
        5001,
        undefined,
      ])
    })
  })

  describe('exposures', () => {
    const decide = (id: string, user: string, at: number, ...given: readonly Partial<Assignment>[]) => {
      const assignments = given.map((each) => ({ experiment: 'e', variant: 'a', phase: 0, exposed: true, ...each }))
      return exampleNew(exampleDecision(id, user, { at: NOON + at, assignments, chosen: 0 }))
    }
    /** What is known of the example's user so long after noon. */
    const known = (at: number) => knownAt(exampleProfile('anybody'), NOON + at)
    const list = async (key: string) => storeOf().experiments.exposures(key, null, 100)

    it('are the first of each user, whatever the order they come in, and only what could matter', async () => {
      const experiment = 'e-first'
      await storeOf().decisions.insertMany([
        decide('e-1', 'e-ann', 30, { experiment }),
        decide('e-2', 'e-ann', 10, { experiment, phase: 2 }),
        decide('e-3', 'e-bob', 20, { experiment, exposed: false }),
        decide('e-4', 'e-cid', 20, { experiment, variant: 'b' }, { experiment: 'e-other' }),
      ])
      await storeOf().decisions.insertMany([decide('e-5', 'e-ann', 5, { experiment })])
      await storeOf().decisions.insertMany([decide('e-6', 'e-ann', 50, { experiment })])
      expect(await list(experiment)).toEqual([
        {
          ...{ userId: 'e-ann', variant: 'a', phase: 0, at: NOON + 5, decisionId: 'e-5', slot: null, variants: ['a'] },
          known: known(5),
        },
        {
          ...{ userId: 'e-cid', variant: 'b', phase: 0, at: NOON + 20, decisionId: 'e-4', slot: null, variants: ['b'] },
          known: known(20),
        },
      ])
    })

    it('keep what was known of the user at the first of them', async () => {
      const experiment = 'e-known'
      const of = (id: string, user: string, at: number, profile: Partial<UserProfile>) => {
        const assignments = [{ experiment, variant: 'a', phase: 0, exposed: true }]
        const plain = exampleDecision(id, user, { at: NOON + at, assignments, chosen: 0 })
        const state = { ...plain.inputs.user, profile: exampleProfile(user, profile) }
        return exampleNew({ ...plain, inputs: { ...plain.inputs, user: state } })
      }
      const suppressions = [{ channel: 'email', reason: 'bounce', since: NOON }] as const
      await storeOf().decisions.insertMany([
        of('n-1', 'n-ann', 2 * HOUR_MS, { createdAt: NOON - DAY_MS, suppressions }),
        of('n-2', 'n-ann', HOUR_MS, { createdAt: NOON - DAY_MS }),
        of('n-3', 'n-bob', HOUR_MS, {
          consent: { ...DEFAULT_CONSENT, channels: { 'in-app': 'denied' } },
          suppressions,
        }),
        // A clock that is wrong.
        of('n-4', 'n-cid', 0, { createdAt: NOON + DAY_MS, addresses: { sms: '+49' } }),
      ])
      const found = await list(experiment)
      expect(found.map(({ known: each }) => each)).toEqual([
        { tenureDays: 1 + 1 / 24, reachable: ['email', 'in-app'] },
        { tenureDays: 90 + 1 / 24, reachable: [] },
        { tenureDays: 0, reachable: ['in-app', 'sms'] },
      ])
    })

    it('count users in two variants once, under the first, and say so', async () => {
      const experiment = 'e-crossed'
      await storeOf().decisions.insertMany([
        decide('f-1', 'f-ann', 30, { experiment, variant: 'b', phase: 1 }),
        decide('f-2', 'f-ann', 10, { experiment }),
        decide('f-3', 'f-bob', 20, { experiment }),
        decide('f-4', 'f-cid', 40, { experiment, variant: 'b' }),
      ])
      expect(await storeOf().experiments.exposureCounts(experiment)).toEqual([
        { variant: 'a', phase: 0, users: 2, crossed: 1, firstAt: NOON + 10, lastAt: NOON + 20 },
        { variant: 'b', phase: 0, users: 1, crossed: 0, firstAt: NOON + 40, lastAt: NOON + 40 },
      ])
      expect((await list(experiment)).map(({ variants }) => variants)).toEqual([['a', 'b'], ['a'], ['b']])
    })

    it('are found by experiments and users', async () => {
      await storeOf().decisions.insertMany([
        decide('j-1', 'j-ann', 5, { experiment: 'e-found' }, { experiment: 'e-else' }),
        decide('j-2', 'j-ann', 9, { experiment: 'e-found', variant: 'b' }),
        decide('j-3', 'j-bob', 5, { experiment: 'e-found' }),
      ])
      const found = await storeOf().experiments.exposuresOf(['e-found', 'e-none'], [userId('j-ann'), userId('j-cid')])
      expect([...found].sort((a, b) => a.at - b.at)).toEqual([
        { key: 'e-found', userId: 'j-ann', variant: 'a', at: NOON + 5 },
        { key: 'e-found', userId: 'j-ann', variant: 'b', at: NOON + 9 },
      ])
    })

    it('come in pages, one row per slot of time', async () => {
      const experiment = 'e-slots'
      const slots = [7, 8, 9].map((slot) => decide(`g-${slot}`, 'g-ann', slot, { experiment, slot }))
      await storeOf().decisions.insertMany([...slots, decide('g-bob', 'g-bob', 1, { experiment, slot: 7 })])
      const { experiments } = storeOf()
      const first = await experiments.exposures(experiment, null, 2)
      const rest = await experiments.exposures(experiment, first[1]!, 9)
      expect([...first, ...rest].map(({ userId: user, slot }) => [user, slot])).toEqual([
        ['g-ann', 7],
        ['g-ann', 8],
        ['g-ann', 9],
        ['g-bob', 7],
      ])
    })

    it('keep the cluster of each slot, beside each variant', async () => {
      const at = { experiment: 'e-clusters', slot: 7 }
      await storeOf().decisions.insertMany([
        decide('q-1', 'q-ann', 9, { ...at, variant: 'b', cluster: 'Ulm' }),
        decide('q-2', 'q-ann', 5, { ...at, variant: 'a', cluster: 'Bonn' }),
        decide('q-3', 'q-ann', 6, { ...at, variant: 'a', cluster: 'Köln' }),
        decide('q-4', 'q-bob', 5, { ...at, cluster: '01' }),
      ])
      const found = await list('e-clusters')
      expect(found.map(({ variant, variants, clusters }) => ({ variant, variants, clusters }))).toEqual([
        { variant: 'a', variants: ['a', 'b'], clusters: ['Bonn', 'Ulm'] },
        { variant: 'a', variants: ['a'], clusters: ['01'] },
      ])
    })

    it('lead to what exposed users did, from before they were exposed, machines left out', async () => {
      const experiment = 'e-outcomes'
      await storeOf().decisions.insertMany([
        decide('i-1', 'i-ann', 100, { experiment }),
        decide('i-2', 'i-bob', 0, { experiment }),
        decide('i-3', 'i-cid', 0, { experiment: 'e-nothing' }),
      ])
      const seen = (id: string, user: string, at: number, isMachine = false) =>
        exampleOutcome(id, user, { at: NOON + at, isMachine })
      await storeOf().outcomes.insertMany([
        ...[seen('i-late', 'i-ann', 301), seen('i-early', 'i-ann', 49), seen('i-before', 'i-ann', 50)],
        ...[seen('i-bob', 'i-bob', 10), seen('i-robot', 'i-bob', 10, true), seen('i-other', 'i-cid', 10)],
        seen('i-after', 'i-ann', 300),
      ])
      const found: string[] = []
      for await (const page of storeOf().experiments.outcomes(experiment, { beforeMs: 50, until: NOON + 300 })) {
        found.push(...page.map(({ messageId }) => messageId))
      }
      expect(found).toEqual(['i-before', 'i-after', 'i-bob'])
    })

    it('lead to the messages that went out to exposed users, from when they were exposed', async () => {
      const experiment = 'e-sends'
      const met = [
        ['k-1', 'k-ann', experiment],
        ['k-2', 'k-bob', experiment],
        ['k-3', 'k-cid', 'e-nothing'],
      ] as const
      await storeOf().users.change(met.map(([, id]) => ({ userId: userId(id), update: () => exampleProfile(id) })))
      await storeOf().opportunities.insertMany(
        met.map(([id, user]) => exampleOpportunity(`o-${id}`, user)),
        NOON,
      )
      await storeOf().decisions.insertMany(
        met.map(([id, user, of]) => {
          const candidate = { opportunityId: opportunityId(`o-${id}`), variant: 'default', channel: 'email' } as const
          const actions = [{ kind: 'hold' }, { kind: 'send', ...candidate, sendAt: NOON }] as const
          const assignments = [{ experiment: of, variant: 'a', phase: 0, exposed: true }]
          return exampleNew(exampleDecision(id, user, { at: NOON, assignments, actions }))
        }),
      )
      const found = async (until: number) => {
        const all: string[] = []
        for await (const page of storeOf().experiments.sends(experiment, { until: NOON + until })) {
          all.push(
            ...page.map(({ userId: user, message, channel, at }) => `${user} ${message} ${channel} ${at - NOON}`),
          )
        }
        return all
      }
      // Reserved is not sent.
      expect(await found(1_000)).toEqual([])
      await storeOf().sends.claim({ now: NOON + 5, limit: 100 }, () => ({ kind: 'go' }))
      const sent = { kind: 'sent', providerMessageId: 'p' } as const
      await storeOf().sends.finish(
        [
          { sendId: sendId('send-k-1'), result: sent },
          { sendId: sendId('send-k-2'), result: { kind: 'failed', error: 'no such address' } },
          { sendId: sendId('send-k-3'), result: sent },
        ],
        NOON + 9,
      )
      expect(await found(1_000)).toEqual(['k-ann price-drop email 9'])
      expect(await found(8)).toEqual([])
    })

    it('go with the user to another id, the earlier of two staying, and away with him', async () => {
      const experiment = 'e-alias'
      const people = ['h-old', 'h-new'].map((id) => ({ userId: userId(id), update: () => exampleProfile(id) }))
      await storeOf().users.change(people)
      await storeOf().decisions.insertMany([
        decide('h-1', 'h-old', 10, { experiment }),
        decide('h-2', 'h-new', 20, { experiment }),
        decide('h-3', 'h-old', 30, { experiment, variant: 'b' }),
      ])
      await storeOf().users.addAlias('h-old', userId('h-new'))
      expect(await list(experiment)).toEqual([
        {
          ...{ userId: 'h-new', variant: 'a', phase: 0, at: NOON + 10, decisionId: 'h-1', slot: null },
          ...{ variants: ['a', 'b'], known: known(10) },
        },
      ])
      await storeOf().users.erase(userId('h-new'), NOON)
      expect(await list(experiment)).toEqual([])
    })
  })
}
