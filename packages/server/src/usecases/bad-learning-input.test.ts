import {
  DAY_MS,
  type Decision,
  decide,
  decisionId,
  LOG_REFUSALS,
  type PolicyState,
  screenLog,
  shapeOf,
} from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Config } from '../config/contract.ts'
import { defaultConfig } from '../config/default-config.ts'
import { NOON } from '../store/testing/examples.ts'
import {
  ALWAYS_SEND,
  type ArrivalsLab,
  arrivalsLab,
  ask,
  introduce,
  outcomesOf,
  proposal,
  track,
} from './testing/arrivals.ts'

const VARIANTS = ['plain', 'bold'].map((name) => ({ name, content: { email: { subject: 'Hi', html: '<p>Hi</p>' } } }))
const CONFIG: Partial<Config> = {
  rules: ALWAYS_SEND.rules!,
  groups: ALWAYS_SEND.groups!,
  objectives: defaultConfig.objectives
    .filter(({ name }) => name === 'conversion')
    .map((objective) => ({ ...objective, model: 'response', worth: 40 })),
  features: {
    features: [{ kind: 'number', name: 'price', source: 'opportunity', centre: 10, scale: 5 }],
    messageBuckets: 4,
  },
  messages: { variants: {}, beliefs: ['conversion'], traits: {} },
}

let lab: ArrivalsLab
beforeAll(async () => {
  lab = await arrivalsLab({ config: CONFIG })
})
afterAll(() => lab.close())

async function decideFor(
  user: string,
  over: Parameters<typeof proposal>[2] = { variants: VARIANTS },
): Promise<Decision> {
  await introduce(lab, user)
  await lab.usecases.opportunities.propose([proposal(`o-${user}`, user, { ...over, at: lab.clock.now() })])
  await lab.usecases.decisions.decide([ask(`d-${user}`, user)])
  return (await lab.usecases.decisions.get(decisionId(`d-${user}`)))!
}

const order = (id: string, user: string, properties: Readonly<Record<string, unknown>>) =>
  track(id, user, 'Order Completed', { properties })
const refusal = async (events: Parameters<ArrivalsLab['usecases']['events']['ingest']>[0]) =>
  (await lab.usecases.events.ingest(events)).map((result) => (result.ok ? result.status : result.error.detail))

interface Case {
  readonly given: string
  readonly rule: string
  readonly see: () => Promise<unknown>
  readonly expected: unknown
}

/** By what comes in: what becomes of it. `see` is asked in this order, on one store. */
const CASES: readonly Case[] = [
  {
    given: 'a reward that is no number',
    rule: 'refused, naming field, expectation and value',
    see: () => refusal([order('nan', 'a', { revenue: Number.NaN }), order('text', 'a', { revenue: 'much' })]),
    expected: ['NaN', '"much"'].map(
      (value) => `/properties/revenue: expected a number from -1000000000 to 1000000000, got ${value}`,
    ),
  },
  {
    given: 'an infinite reward',
    rule: 'refused likewise',
    see: () => refusal([order('infinite', 'a', { revenue: Number.POSITIVE_INFINITY })]),
    expected: ['/properties/revenue: expected a number from -1000000000 to 1000000000, got Infinity'],
  },
  {
    given: 'a reward for a decision that nobody made',
    rule: 'kept as what the user did, counted for no send, and its sender is told',
    async see() {
      await decideFor('stray')
      const stray = order('stray', 'stray', { revenue: 5, decisionId: 'nobody-made-it' })
      const results = await lab.usecases.events.ingest([stray])
      return results.map((each) => (each.ok ? [each.status, each.warnings?.map(({ code }) => code)] : each))
    },
    expected: [['created', ['DECISION_UNKNOWN']]],
  },
  {
    given: 'the same outcome twice',
    rule: 'counted once; another outcome under its id is refused',
    async see() {
      await decideFor('twice')
      const told = order('twice', 'twice', { revenue: 7, decisionId: 'd-twice' })
      const other = order('twice', 'twice', { revenue: 8, decisionId: 'd-twice' })
      return outcomesOf([
        ...(await lab.usecases.events.ingest([told])),
        ...(await lab.usecases.events.ingest([told])),
        ...(await lab.usecases.events.ingest([other])),
      ])
    },
    expected: ['created', 'duplicate', 'EVENT_CONFLICT'],
  },
  {
    given: 'what was learned of these',
    rule: 'two sends, one of which brought something; the stray order is in the user’s total alone',
    async see() {
      lab.clock.set(NOON + 4 * DAY_MS)
      await lab.due.learn()
      const { heads } = await latest()
      return [heads['send/outcome/conversion']!.n, heads['send/worth/conversion']!.n, heads.conversion!.n]
    },
    expected: [2, 1, 2],
  },
  {
    given: 'a message without features',
    rule: 'decided on, with 0 for what it does not say',
    async see() {
      const [bare, wrong] = [
        await decideFor('bare'),
        await decideFor('wrong', { variants: VARIANTS, features: { price: 'cheap' } }),
      ]
      return [bare.reason, wrong.reason, bare.scores[1] === wrong.scores[1]]
    },
    expected: ['policy', 'policy', true],
  },
  {
    given: 'one eligible action beside holding, of a policy that always sends',
    rule: 'chosen for certain, and not learned from: without chance there is no comparison',
    async see() {
      const { propensity, learning, actions } = await decideFor('single', { variants: VARIANTS.slice(0, 1) })
      return [actions.length, propensity, learning]
    },
    expected: [2, 1, null],
  },
  {
    given: 'every action refused',
    rule: 'held, with the reason of every refusal, and not learned from',
    async see() {
      const denied = { channels: { email: 'denied' as const } }
      await introduce(lab, 'refused')
      await lab.usecases.users.upsert([{ userId: (await decideFor('refused-first')).userId, consent: denied }])
      await lab.usecases.opportunities.propose([
        proposal('o-again', 'refused-first', { variants: VARIANTS, at: lab.clock.now() }),
      ])
      await lab.usecases.decisions.decide([ask('d-again', 'refused-first')])
      const { reason, actions, refused, learning } = (await lab.usecases.decisions.get(decisionId('d-again')))!
      return [reason, actions.length, refused.length > 0 && refused.every((each) => each.refusals.length > 0), learning]
    },
    expected: ['nothing-eligible', 1, true, null],
  },
  {
    given: 'a state learned under other features than the snapshot has',
    rule: 'refused, naming both schemas',
    async see() {
      const decision = await decideFor('schema')
      const snapshot = lab.deps.snapshots.current()
      const changed = { ...snapshot, features: { ...snapshot.features, messageBuckets: 8 } }
      const request = {
        ...decision.inputs,
        decisionId: decisionId('d'),
        opportunities: [],
        trigger: 'request' as const,
      }
      const { schemaHash } = shapeOf(changed)
      try {
        return decide(changed, request, { now: decision.at, random: () => 0.5 })
      } catch (error) {
        return String(error).includes(`${snapshot.state.schemaHash}, the snapshot has ${schemaHash}`)
      }
    },
    expected: true,
  },
  {
    given: 'an imported log with propensities below its floor, above 1, of unknown actions and without a number',
    rule: 'these rows are refused with a reason, the others used',
    async see() {
      const row = { actions: 4, chosen: 1, propensity: 0.5, reward: 1 }
      const rows = [
        row,
        { ...row, propensity: 0.01 },
        { ...row, propensity: 1.5 },
        { ...row, chosen: 4 },
        { ...row, reward: Number.NaN },
        { ...row, actions: 0 },
      ]
      const { usable, refused } = screenLog(rows, 0.1)
      return [usable, refused.map(({ reason }) => reason).sort()]
    },
    expected: [[0], [...LOG_REFUSALS].sort()],
  },
]

const latest = async (): Promise<PolicyState> => (await lab.store.registry.latestState())!

describe('what cannot be learned from', () => {
  it.each(CASES)('$given: $rule', async ({ see, expected }) => {
    expect(await see()).toEqual(expected)
  })

  it('leaves a log that replays and a state of finite numbers', async () => {
    const { checked, identical } = await lab.usecases.decisions.audit({})
    expect(identical).toBe(checked)
    for (const { mean, covariance } of Object.values((await latest()).heads)) {
      expect([...mean, ...covariance].every(Number.isFinite)).toBe(true)
    }
  })
})
