import {
  chosenAction,
  DAY_MS,
  type Decision,
  decisionId,
  HOUR_MS,
  NO_EVIDENCE,
  type ObjectiveEvidence,
  type PolicyState,
  startSurrogateTest,
  userId,
} from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Config } from '../config/contract.ts'
import { defaultConfig } from '../config/default-config.ts'
import { NOON } from '../store/testing/examples.ts'
import { learnOfMessages } from './learn-of-messages.ts'
import { NO_NOTES } from './notes.ts'
import { ALWAYS_SEND, type ArrivalsLab, arrivalsLab, ask, introduce, proposal, track } from './testing/arrivals.ts'

const CONFIG: Partial<Config> = {
  rules: ALWAYS_SEND.rules!,
  objectives: defaultConfig.objectives.filter(({ name }) => name === 'engagement' || name === 'retention'),
  messages: { variants: {}, beliefs: ['engagement'], traits: {} },
  learning: { ...defaultConfig.learning, latenessHours: 0 },
  groups: {
    ...defaultConfig.groups,
    paloma: { share: 1_000_000, policy: { kind: 'epsilonGreedy', epsilon: 1 } },
  },
}
const CONTENT = { email: { subject: 'Hi', html: '<p>Hi</p>' } }
/** Of ten that get it so many come within the day. */
const VISITS = { alpha: 1, beta: 4, gamma: 7, delta: 9 }

let lab: ArrivalsLab
beforeAll(async () => {
  lab = await arrivalsLab({ config: CONFIG })
})
afterAll(() => lab.close())

async function decideFor(user: string, message: string): Promise<Decision> {
  await introduce(lab, user)
  const variants = [{ name: 'default', content: CONTENT }]
  await lab.usecases.opportunities.propose([proposal(`o-${user}`, user, { message, variants, at: lab.clock.now() })])
  await lab.usecases.decisions.decide([ask(`d-${user}`, user)])
  return (await lab.usecases.decisions.get(decisionId(`d-${user}`)))!
}

/** Forty people are decided for, and those who get the message come back as its rate says, twelve hours later. */
async function cohort(message: string, rate: number): Promise<void> {
  const at = lab.clock.now()
  const decisions = await Promise.all(Array.from({ length: 44 }, (_, i) => decideFor(`${message}-${i}`, message)))
  const sent = decisions.filter((decision) => chosenAction(decision).kind === 'send')
  const visits = sent.filter((_, i) => i % 10 < rate)
  const sentAt = at + 12 * HOUR_MS
  lab.clock.set(sentAt)
  await lab.usecases.events.ingest(
    visits.map(({ userId: user }, i) => track(`v-${message}-${i}`, user, 'App Visited', { timestamp: sentAt })),
  )
}
const latest = async (): Promise<PolicyState> => (await lab.store.registry.latestState())!

describe('beliefs about single messages, from the store to the decision', () => {
  it('are learned edge by edge, from nobody who said no', async () => {
    for (const [message, rate] of Object.entries(VISITS)) await cohort(message, rate)
    await lab.usecases.users.upsert([{ userId: userId('alpha-0'), consent: { learning: false } }])
    lab.clock.set(NOON + 4 * DAY_MS)
    await lab.due.learn()
    const { engagement } = (await latest()).messages!.objectives!
    expect(engagement!.edgesHours).toEqual([1, 24])
    expect(engagement!.rewards.n).toBe(4 * 44 - 1)
    expect(Object.keys(engagement!.messages).sort()).toEqual(
      Object.keys(VISITS)
        .map((name) => `email ${name}`)
        .sort(),
    )
    // Each counts a quarter, being chosen by a coin between a send and holding.
    expect(engagement!.messages['email beta']!.information).toEqual([11, 11])
  })

  it('move the values of decisions, which replay, and say which message it is', async () => {
    const [good, bad] = [await decideFor('good', 'delta'), await decideFor('bad', 'alpha')]
    const valueIn = (decision: Decision): number => {
      const send = decision.actions.findIndex(({ kind }) => kind === 'send')
      return decision.values.engagement!.mean[send]!
    }
    expect(valueIn(good) - valueIn(bad)).toBeGreaterThan(0.2)
    const { draws, ...audit } = await lab.usecases.decisions.audit({})
    expect(audit).toMatchObject({ checked: 178, identical: 178 })
    expect(draws).toMatchObject([{ policy: 'paloma/epsilonGreedy', choices: 178, impossible: 0, isSuspect: false }])
    const explained = await Promise.all(
      ['good', 'bad'].map((user) => lab.usecases.decisions.explain(decisionId(`d-${user}`))),
    )
    const chosen = explained.filter((each) => each!.chosen.action !== 'hold')
    for (const each of chosen) {
      expect(each!.contributions.some(({ feature }) => feature.startsWith('message '))).toBe(true)
    }
    expect(await lab.usecases.health.counts()).toMatchObject({
      horizons: { engagement: { horizonHours: 24, trust: 'surrogate', givenUp: [] } },
    })
  })

  it('say so in explanation and counts when early signals no longer predict', async () => {
    const state = await latest()
    const { engagement } = state.messages!.objectives!
    const verdict = { kind: 'broken', reason: 'outcomes-below-forecast', atCohort: 3 } as const
    const tests = engagement!.tests.map((test, j) => (j === 1 ? { ...test, cohorts: 3, verdict } : test))
    const broken: PolicyState = {
      ...state,
      id: await lab.store.registry.nextStateId(),
      messages: { ...state.messages!, objectives: { engagement: { ...engagement!, tests } } },
    }
    await lab.store.registry.saveState(broken)
    await lab.due.learn()
    expect((await lab.usecases.health.counts()).horizons).toMatchObject({
      engagement: { horizonHours: 24, trust: 'observed', givenUp: [{ horizonHours: 24 }] },
    })
    const decision = await decideFor('told', 'beta')
    const { summary } = (await lab.usecases.decisions.explain(decision.decisionId))!
    const isSend = chosenAction(decision).kind === 'send'
    expect(summary.some((line) => line.includes('was not forecast (outcomes-below-forecast)'))).toBe(isSend)
  })
})

it('tells the owner when forecasts stop to come true', async () => {
  const { objectives } = CONFIG
  const evidence: ObjectiveEvidence = {
    ...{
      edgesHours: [1, 24],
      centres: [0, 0],
      seen: [9, 9],
      messages: {},
      tests: [0, 1].map(() => startSurrogateTest(0.05)),
    },
    rewards: { n: 100, mean: [0, 0], scatter: [99, 0, 99] },
    forecasts: [
      {
        ...{ at: NOON - 9 * DAY_MS, compared: 0 },
        beliefs: { 'email x': [null, { mean: 1, variance: 0.01, shared: 0 }] },
        outcomes: { 'email x': { information: [100, 100], sums: [0, -300] } },
      },
    ],
  }
  const said: string[] = []
  const messages = { ...NO_EVIDENCE, objectives: { engagement: evidence } }
  const state = { ...(await latest()), messages, learnedUntil: {}, createdAt: NOON - 10 * DAY_MS }
  const decision = {
    ...{ decisionId: decisionId('d'), userId: userId('u'), at: NOON - 9 * DAY_MS, outcomes: [] },
    learning: { baseline: [], centred: [], sent: null, messages: { sent: null, centred: [] } },
  }
  const { learned } = await learnOfMessages({
    ...{ config: { ...defaultConfig, ...CONFIG, objectives: objectives! }, state, at: NOON, keep: 1 },
    notes: { ...NO_NOTES, say: (line) => said.push(line) },
    async *pages({ windowMs }) {
      if (windowMs === DAY_MS) yield [decision]
    },
  })
  expect(learned.messages!.objectives!.engagement!.forecasts).toEqual([])
  expect(said).toEqual([
    expect.stringMatching(
      /^early signals of engagement no longer predict \(24 h: .*\); only what 24 h have shown is believed$/,
    ),
  ])
})
