import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import { type Decision, HOUR_MS, type Opportunity, type PolicySpec, type Snapshot } from './domain/index.ts'
import { situations } from './eligibility/testing/arbitraries.ts'
import { consent, past } from './eligibility/testing/scenes.ts'
import { randomFrom } from './random/index.ts'
import { isSameDistribution, reweigh } from './reweigh.ts'
import {
  groupsOf,
  NOW,
  OBJECTIVES,
  person,
  RULES,
  requestOf,
  snapshotOf,
  twoWordings,
} from './testing/decision-scene.ts'

const TWO = [twoWordings('a'), twoWordings('b', { features: { score: 0.1 } })]
const POLICIES: readonly PolicySpec[] = [
  { kind: 'thompson', floor: 0.05, sharpness: 1 },
  { kind: 'thompsonDraws', draws: 4096, floor: 0.02, sharpness: 1 },
  { kind: 'greedy', floor: 0.1 },
  { kind: 'greedy', floor: 0 },
  { kind: 'softmax', temperature: 0.3, floor: 0.02 },
  { kind: 'random', holdProbability: 0.4 },
  { kind: 'holdout' },
]
const underPolicy = (policy: PolicySpec): Partial<Snapshot> => ({ groups: groupsOf('paloma', policy) })

function decided(over: Partial<Snapshot>, draw: number, request = requestOf(TWO)): Decision {
  return decide(snapshotOf(over), request, { now: NOW, random: () => draw })
}

describe('a past decision under another snapshot', () => {
  it('has exactly the logged probabilities where nothing changed, whatever the rules, people and policy', () => {
    const cases = fc.tuple(situations, fc.constantFrom(...POLICIES), fc.double({ min: 0, max: 0.999, noNaN: true }))
    fc.assert(
      fc.property(cases, ([{ user, opportunities, rules, now, trigger }, policy, draw]) => {
        const snapshot = snapshotOf({ rules, ...underPolicy(policy) })
        const decision = decide(snapshot, requestOf(opportunities, { user, trigger }), { now, random: () => draw })
        const same = reweigh({ ...snapshot, version: 'copied' }, decision, opportunities)
        expect(same.candidate).toStrictEqual(decision.probabilities)
        expect(same.logged).toStrictEqual(decision.probabilities)
        expect(same.actions).toStrictEqual(decision.actions)
        expect(same.unsupported).toEqual([])
      }),
      { seed: 21, numRuns: 150 },
    )
  })

  it('always has a distribution, and hides nothing that the record could not have done', () => {
    const policies = fc.constantFrom(...POLICIES)
    fc.assert(
      fc.property(situations, situations, fc.tuple(policies, policies), (one, other, [then, now]) => {
        const { user, opportunities, trigger } = one
        const logged = decide(
          snapshotOf({ rules: one.rules, ...underPolicy(then) }),
          requestOf(opportunities, { user, trigger }),
          { now: one.now, random: () => 0.3 },
        )
        // Channels are columns of what was learned, so that they stay.
        const rules = { ...other.rules, channels: one.rules.channels }
        const result = reweigh(snapshotOf({ rules, ...underPolicy(now) }), logged, opportunities)
        const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)
        expect(sum(result.candidate)).toBeCloseTo(1, 9)
        expect(result.logged.slice(0, logged.actions.length)).toStrictEqual(logged.probabilities)
        const outside = result.candidate.filter((_, i) => result.logged[i] === 0)
        expect(sum(result.unsupported.map(({ probability }) => probability))).toBeCloseTo(sum(outside), 12)
      }),
      { seed: 22, numRuns: 150 },
    )
  })

  it('gives 0 to what the other rules refuse', () => {
    const decision = decided({}, 0.5)
    const cap = { name: 'none', channels: ['push' as const], max: 0, window: { kind: 'rolling' as const, hours: 24 } }
    const result = reweigh(snapshotOf({ rules: { ...RULES, caps: [cap] } }), decision, TWO)
    const pushes = result.actions.flatMap((action, i) =>
      action.kind === 'send' && action.channel === 'push' ? [i] : [],
    )
    expect(pushes).toHaveLength(4)
    for (const i of pushes) {
      expect(result.logged[i]).toBeGreaterThan(0)
      expect(result.candidate[i]).toBe(0)
    }
    expect(result.unsupported).toEqual([])
  })

  it('says what would be sent that the record refused, with the rule that spoke', () => {
    const user = person({}, [past({ at: NOW - HOUR_MS })])
    const cap = { name: 'one-a-day', max: 1, window: { kind: 'rolling' as const, hours: 24 } }
    const capped = decided({ rules: { ...RULES, caps: [cap] } }, 0.5, requestOf(TWO, { user }))
    expect(capped.actions).toEqual([{ kind: 'hold' }])
    const { unsupported, actions, candidate, logged } = reweigh(snapshotOf(), capped, TWO)
    expect(actions).toHaveLength(9)
    expect(logged).toEqual([1, ...Array.from({ length: 8 }, () => 0)])
    expect(unsupported.map(({ action }) => action)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    for (const { cause, refusals, probability, action } of unsupported) {
      expect(cause).toBe('refused')
      expect(refusals).toMatchObject([{ reason: 'capped', rule: 'one-a-day' }])
      expect(probability).toBe(candidate[action])
    }
  })

  it('tells a channel that was off from a moment that was not offered, a policy without chance and a user without', () => {
    const causesOf = (logged: Decision, over: Partial<Snapshot>, opportunities: readonly Opportunity[] = TWO) =>
      new Set(reweigh(snapshotOf(over), logged, opportunities).unsupported.map(({ cause }) => cause))
    const email = [twoWordings('a', { channels: ['email'] })]
    const refused = decided({}, 0.5, requestOf(email))
    expect(refused.actions).toHaveLength(1)
    const optOut = {
      ...RULES,
      channels: { ...RULES.channels, email: { consent: 'opt-out' as const, pricePerSend: 0 } },
    }
    expect(causesOf(refused, { rules: optOut }, email)).toEqual(new Set(['refused']))
    const later = { ...RULES, slots: { localHours: [20], horizonHours: 24 } }
    expect(causesOf(decided({}, 0.5), { rules: later })).toEqual(new Set(['absent']))
    const greedy = underPolicy({ kind: 'greedy', floor: 0 })
    expect(causesOf(decided(greedy, 0.5), {})).toEqual(new Set(['no-chance']))
    const without = requestOf(TWO, { user: person(consent({ exploration: false })) })
    const dear = { prices: { 'channel:push': 100, 'channel:in-app': 100 } }
    expect(causesOf(decided(dear, 0.5, without), {})).toEqual(new Set(['no-exploration']))
  })

  it('changes with weights, prices, floor and sharpness as deciding does', () => {
    const decision = decided({}, 0.5)
    const changes: readonly Partial<Snapshot>[] = [
      { prices: { 'channel:push': 0.2 } },
      {
        objectives: OBJECTIVES.map((objective, i) => ({
          ...objective,
          weight: i === 0 ? objective.weight : 3 * objective.weight,
        })),
      },
      underPolicy({ kind: 'thompson', floor: 0.2, sharpness: 1 }),
      underPolicy({ kind: 'thompson', floor: 0.05, sharpness: 0.2 }),
    ]
    for (const change of changes) {
      const fresh = decided(change, 0.5)
      const result = reweigh(snapshotOf(change), decision, TWO)
      expect(result.candidate).toStrictEqual(fresh.probabilities)
      expect(isSameDistribution(fresh, decision)).toBe(false)
    }
  })

  it('does not take what was learned under other features', () => {
    const features = { messageBuckets: 8, features: [] }
    const snapshot: Snapshot = { ...snapshotOf(), features }
    expect(() => reweigh(snapshot, decided({}, 0.5), TWO)).toThrow('was learned under schema')
  })
})

describe('whether two distributions are the same', () => {
  it('looks at every bit and every action', () => {
    const decision = decided({}, randomFrom('same')())
    const { actions, probabilities } = decision
    expect(isSameDistribution(decision, { actions, probabilities: [...probabilities] })).toBe(true)
    const nudged = probabilities.map((probability, i) => (i === 1 ? probability * (1 + 4e-16) : probability))
    expect(isSameDistribution(decision, { actions, probabilities: nudged })).toBe(false)
    expect(isSameDistribution(decision, { actions: actions.slice(1), probabilities: probabilities.slice(1) })).toBe(
      false,
    )
    expect(isSameDistribution(decision, { actions: [...actions.slice(1), actions[0]!], probabilities })).toBe(false)
  })
})
