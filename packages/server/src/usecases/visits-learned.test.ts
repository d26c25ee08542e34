import { DAY_MS, type Decision, decisionId, HOUR_MS, type Objective } from '@paloma/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { defaultConfig } from '../config/default-config.ts'
import { exampleNew, NOON } from '../store/testing/examples.ts'
import { ALWAYS_SEND, type ArrivalsLab, arrivalsLab, ask, introduce, proposal, track } from './testing/arrivals.ts'

const VISITS: Objective = {
  name: 'visits',
  events: ['App Visited'],
  aggregate: 'any',
  windowHours: 24,
  unit: 'visits',
  weight: 1,
  model: 'visit',
  priorEffectSd: 0.03,
  noiseSd: 0.4,
}
const HAZARD = 'visit/visits'
const USERS = Array.from({ length: 8 }, (_, i) => `v-${i}`)
const HALF = { share: 1_000_000, policy: { kind: 'random', holdProbability: 0.5 } } as const

let lab: ArrivalsLab
beforeAll(async () => {
  const groups = { ...defaultConfig.groups, paloma: HALF }
  lab = await arrivalsLab({ config: { ...ALWAYS_SEND, groups, objectives: [VISITS] } })
  for (const user of USERS) {
    await introduce(lab, user)
    await lab.usecases.opportunities.propose([proposal(`o-${user}`, user)])
    await lab.usecases.decisions.decide([ask(`d-${user}`, user)])
  }
  await lab.due.dispatch()
  lab.clock.set(NOON + 5.5 * HOUR_MS)
  await lab.usecases.events.ingest([track('e-0', 'v-0', 'App Visited'), track('e-1', 'v-1', 'Order Completed')])
  lab.clock.set(NOON + DAY_MS + 3 * HOUR_MS)
  await lab.due.learn()
})
afterAll(() => lab.close())

const stored = async (user: string): Promise<Decision> => (await lab.usecases.decisions.get(decisionId(`d-${user}`)))!

it('keeps with a decision what its hazard learns from, through the store, and replays it', async () => {
  const actions: string[] = []
  for (const user of USERS) {
    const { learning, actions: all, chosen } = await stored(user)
    const { kind } = all[chosen]!
    actions.push(kind)
    const { moment, sent, chances } = learning!.visit!
    expect(moment).toHaveLength(11)
    expect(sent.reduce((sum, each) => sum + each, 0)).toBe(kind === 'send' ? 1 : 0)
    expect(chances.reduce((sum, each) => sum + each, 0)).toBeCloseTo(0.5, 12)
    expect(await lab.usecases.decisions.replay(decisionId(`d-${user}`))).toMatchObject({ identical: true })
  }
  expect(new Set(actions)).toEqual(new Set(['hold', 'send']))
})

it('learns from events when people come: hours up to the first visit, and the regression on whether one came', async () => {
  const { heads } = (await lab.store.registry.latestState())!
  // One came in the sixth hour, seven stayed away for 24.
  expect(heads[HAZARD]!.n).toBe(6 + 7 * 24)
  expect(heads.visits!.n).toBe(8)
  // One of eight in a day is less than the one in five that is believed of people of whom nothing is known.
  const prior = lab.deps.snapshots.prior().heads[HAZARD]!
  expect(heads[HAZARD]!.mean[0]).toBeLessThan(prior.mean[0]!)
})

it('decides with what it has learned, and says whether the user would have come anyway', async () => {
  await lab.usecases.opportunities.propose([proposal('o-next', 'v-0', { at: NOON + DAY_MS + 3 * HOUR_MS })])
  await lab.usecases.decisions.decide([ask('d-next', 'v-0')])
  const { summary, chosen, contributions } = (await lab.usecases.decisions.explain(decisionId('d-next')))!
  const words = summary.find((sentence) => sentence.includes('within 24 h'))
  if (chosen.action === 'hold') {
    expect(words).toMatch(
      /^Without a message the user comes within 24 h with a chance of [\d.]+ % ± [\d.]+ % \(visits\)\.$/,
    )
  } else {
    expect(words).toMatch(
      /^The user would come within 24 h anyway with a chance of [\d.]+ % ± [\d.]+ %; with this email message [\d.]+ % \(visits\)\.$/,
    )
    expect(contributions.map(({ feature }) => feature)).toContain('expected visits on email')
  }
  const [sent, held] = await Promise.all(
    ['send', 'hold'].map(async (kind) => {
      const all = await Promise.all(USERS.map(stored))
      const one = all.find(({ actions, chosen: place }) => actions[place]!.kind === kind)!
      return (await lab.usecases.decisions.explain(one.decisionId))!.summary.join('\n')
    }),
  )
  expect(sent).toMatch(/would come within 24 h anyway .*; with this email message/)
  expect(held).toMatch(/Without a message the user comes within 24 h/)
})

it('goes on from a record that kept nothing for the hazard, with the regression alone', async () => {
  const before = (await lab.store.registry.latestState())!
  const next = await stored('v-2')
  const { visit: _, ...learning } = next.learning!
  const at = NOON + DAY_MS + 4 * HOUR_MS
  await lab.store.decisions.insertMany([exampleNew({ ...next, decisionId: decisionId('d-old'), at, learning })])
  lab.clock.set(at + DAY_MS + 3 * HOUR_MS)
  await lab.due.learn()
  const { heads } = (await lab.store.registry.latestState())!
  const learnedNext = (await lab.usecases.decisions.get(decisionId('d-next')))!.learning === null ? 0 : 1
  expect(heads.visits!.n).toBe(before.heads.visits!.n + 1 + learnedNext)
  expect(heads[HAZARD]!.n).toBe(before.heads[HAZARD]!.n + 24 * learnedNext)
})
