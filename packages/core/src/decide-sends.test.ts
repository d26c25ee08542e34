import { describe, expect, it } from 'vitest'
import { compileSnapshot } from './compiled-snapshot.ts'
import { decide } from './decide.ts'
import { chosenAction, DAY_MS, type Decision, type Objective, type Snapshot } from './domain/index.ts'
import { contributionsOf, reachCostsOf } from './explain.ts'
import {
  FEATURES,
  NOW,
  OBJECTIVES,
  person,
  RULES,
  requestOf,
  snapshotOf,
  twoWordings,
} from './testing/decision-scene.ts'

const [CONVERSION, REACH] = OBJECTIVES as readonly [Objective, Objective]
const SENDS: readonly Objective[] = [
  { ...CONVERSION, model: 'response', worth: 40, habit: 0.02, traced: { push: 0.5 } },
  { ...REACH, model: 'hazard' },
]
const TWO = [twoWordings('a'), twoWordings('b', { features: { score: 0.1 } })]
const FRESH = { now: NOW, random: () => 0.999 }

/** The state that knows nothing yet, so that every number can be worked out by hand. */
function ignorant(objectives: readonly Objective[] = SENDS): Snapshot {
  const taught = snapshotOf({ objectives })
  const heads = Object.fromEntries(
    Object.entries(taught.state.heads).map(([name, head]) => {
      const response = name === 'send/response' || name === 'send/outcome/conversion'
      const mean = head.mean.map((_, j) =>
        response && compileSnapshot(taught).encoder.actionNames[j] === 'send' ? -2.5 : 0,
      )
      return [name, name === 'send/worth/conversion' ? { ...head, mean: Float64Array.of(40) } : { ...head, mean }]
    }),
  )
  return { ...taught, state: { ...taught.state, heads } }
}

function chosen(decision: Decision, index: number): Decision {
  return { ...decision, chosen: index }
}

describe('a decision that values sends by what they bring', () => {
  const snapshot = snapshotOf({ objectives: SENDS })
  const decision = decide(snapshot, requestOf(TWO), FRESH)

  it('is the same record when it is made again', () => {
    expect(decide(snapshot, requestOf(TWO), FRESH)).toEqual(decision)
  })

  it('explains itself: contributions sum to the score plus the price of whatever was chosen', () => {
    for (let i = 1; i < decision.actions.length; i += 1) {
      const sum = contributionsOf(snapshot, chosen(decision, i), TWO).reduce((s, c) => s + c.contribution, 0)
      expect(Math.abs(sum - (decision.scores[i]! + decision.prices[i]!))).toBeLessThan(1e-9)
    }
  })

  it('values nothing at hold, neither gain nor loss', () => {
    for (const { mean, variance } of Object.values(decision.values)) expect([mean[0], variance[0]]).toEqual([0, 0])
  })

  it('keeps of a send what its models learn from, without what they said themselves', () => {
    const send = chosenAction(decision)
    const { sent } = decision.learning!
    const { encoder } = compileSnapshot(snapshot)
    expect(send.kind).toBe('send')
    expect(sent).toMatchObject({ channel: send.kind === 'send' ? send.channel : null })
    expect(sent!.action[encoder.actionNames.indexOf('send')]).toBe(1)
    const expected = encoder.actionNames.flatMap((name, j) => (name.startsWith('expected') ? [j] : []))
    expect(expected.length).toBeGreaterThan(0)
    for (const column of expected) expect(sent!.action[column]).toBe(0)
    expect(expected.some((column) => decision.learning!.centred[column] !== 0)).toBe(true)
    expect(decide(snapshot, requestOf(TWO), { now: NOW, random: () => 0 }).learning!.sent).toBeNull()
  })

  it('keeps nothing of somebody who is not to be learned from', () => {
    const user = person()
    const silent = { ...user, profile: { ...user.profile, consent: { ...user.profile.consent, learning: false } } }
    expect(decide(snapshot, requestOf(TWO, { user: silent }), FRESH).learning).toBeNull()
  })
})

describe('what a send is expected to bring', () => {
  it('is chance × worth plus chance of an answer × habit, over the share that is traced', () => {
    const snapshot = ignorant()
    const { encoder, heads } = compileSnapshot(snapshot)
    const head = snapshot.state.heads.conversion!
    const column = encoder.expectedColumns.conversion!.push!
    const offset = head.dimension - heads.width
    const mean = head.mean.map((value, j) => (j === offset + column ? 1 : value))
    const state = { ...snapshot.state, heads: { ...snapshot.state.heads, conversion: { ...head, mean } } }
    const decision = decide({ ...snapshot, state }, requestOf(TWO), FRESH)
    const push = decision.actions.findIndex((action) => action.kind === 'send' && action.channel === 'push')
    const chance = 1 / (1 + Math.exp(5))
    const answer = 1 / (1 + Math.exp(2.5))
    const expected = (chance * 40 + answer * 0.02 * 0.5) / CONVERSION.priorEffectSd!
    expect(decision.values.conversion!.mean[push]).toBeCloseTo(expected, 12)
  })
})

describe('the price of a send in reach', () => {
  const decision = decide(ignorant(), requestOf(TWO), FRESH)
  const reach = SENDS[1]!

  it('is the sum of its causes, in contactable days, and what the decision took off', () => {
    for (let i = 1; i < decision.actions.length; i += 1) {
      const costs = reachCostsOf(reach, chosen(decision, i))
      const sum = costs.reduce((total, { cost }) => total + cost, 0)
      expect(sum).toBeGreaterThan(0)
      expect(sum).toBeCloseTo(-decision.values.reachability!.mean[i]!, 12)
    }
    expect(reachCostsOf(reach, chosen(decision, 0))).toEqual([])
  })

  it('stands in the record by channel and cause', () => {
    expect(Object.keys(decision.losses).sort()).toEqual(['in-app', 'push'])
    expect(Object.keys(decision.losses.push!).sort()).toEqual(['push-disabled', 'uninstalled'])
  })

  it('rises with pressure', () => {
    const user = person()
    const sends = [3, 2, 1].map((days) => ({
      ...{ at: NOW - days * DAY_MS, channel: 'push' as const, category: 'marketing' as const },
      ...{ message: 'digest', topic: 'news', opportunityId: `old-${days}` },
    }))
    const snapshot = snapshotOf({ objectives: SENDS, rules: { ...RULES, caps: [], gaps: [] }, features: FEATURES })
    const prior = ignorant()
    const state = { ...snapshot.state, heads: { ...prior.state.heads, ...pressed(prior) } }
    const tired = { ...user, history: { ...user.history, sends } }
    const before = decide({ ...snapshot, state }, requestOf(TWO, { user }), FRESH).losses.push!
    const after = decide({ ...snapshot, state }, requestOf(TWO, { user: tired }), FRESH).losses.push!
    expect(after['push-disabled']).toBeGreaterThan(before['push-disabled']!)
  })
})

/** Hazards that grow with the fatigue of the channel. */
function pressed({ state }: Snapshot): Snapshot['state']['heads'] {
  const losses = Object.entries(state.heads).filter(([name]) => name.startsWith('send/loss'))
  return Object.fromEntries(losses.map(([name, head]) => [name, { ...head, mean: Float64Array.of(-5, 0.5, 0, 0, 0) }]))
}
