import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import {
  DEFAULT_CONSENT,
  type DecisionRequest,
  decisionId,
  type Group,
  HOUR_MS,
  MINUTE_MS,
  type PolicySpec,
  type Snapshot,
} from './domain/index.ts'
import { situations } from './eligibility/testing/arbitraries.ts'
import { chiSquareCdf } from './numeric/index.ts'
import { hash53, randomFrom } from './random/index.ts'
import {
  chances,
  groupsOf,
  NOW,
  OBJECTIVES,
  person,
  proposal,
  RULES,
  requestOf,
  snapshotOf,
  twoWordings,
} from './testing/decision-scene.ts'

const TWO = [twoWordings('a'), twoWordings('b', { features: { score: 0.1 } })]

function drawFor(request: DecisionRequest): () => number {
  return () => hash53(request.decisionId, 'rules-1', '7')
}

function decideNow(snapshot: Snapshot, request: DecisionRequest, now = NOW) {
  return decide(snapshot, request, { now, random: drawFor(request) })
}

const POLICIES: readonly PolicySpec[] = [
  { kind: 'thompson', floor: 0.05, sharpness: 1 },
  { kind: 'greedy', floor: 0.1 },
  { kind: 'epsilonGreedy', epsilon: 0.2 },
  { kind: 'softmax', temperature: 0.3, floor: 0.02 },
  { kind: 'squareCb', gamma: 20, floor: 0.02 },
  { kind: 'random', holdProbability: 0.4 },
]

describe('the record of a decision', () => {
  it('is the same text for the same arguments, also after other decisions have used the same memory', () => {
    const snapshot = snapshotOf()
    const first = JSON.stringify(decideNow(snapshot, requestOf(TWO)))
    decideNow(snapshot, requestOf([twoWordings('other', { features: { score: 1 } }), twoWordings('more')]))
    expect(JSON.stringify(decideNow(snapshot, requestOf(TWO)))).toBe(first)
    expect(JSON.stringify(decideNow(snapshotOf(), requestOf(TWO)))).toBe(first)
  })

  it('keeps its columns parallel and its propensity the probability of the choice', () => {
    const decision = decideNow(snapshotOf(), requestOf(TWO))
    const columns = [decision.prices, decision.scores, decision.scoreVariances, decision.probabilities]
    const values = Object.values(decision.values).flatMap(({ mean, variance }) => [mean, variance])
    for (const column of [...columns, ...values]) expect(column).toHaveLength(1 + 2 * 2 * 2)
    expect(decision.propensity).toBe(decision.probabilities[decision.chosen])
    expect(decision).toMatchObject({
      stateId: 7,
      snapshotVersion: 'rules-1',
      policy: 'paloma/thompson',
      reason: 'policy',
    })
  })

  it('scores Σ weight × value − price, with value in the unit of the objective and hold at 0', () => {
    const prices = { 'channel:push': 0.25, 'message:message-a': 0.5, 'message:other': 9 }
    const rules = {
      ...RULES,
      channels: { ...RULES.channels, push: { consent: 'opt-out', pricePerSend: 0.01 } },
    } as const
    const decision = decideNow(snapshotOf({ prices, rules }), requestOf(TWO))
    expect(decision.scores[0]).toBe(0)
    decision.actions.forEach((action, i) => {
      if (action.kind === 'hold') return
      const price = (action.channel === 'push' ? 0.26 : 0) + (action.opportunityId === 'a' ? 0.5 : 0)
      expect(decision.prices[i]).toBeCloseTo(price, 14)
      const value = OBJECTIVES.reduce((sum, { name, weight }) => sum + weight * decision.values[name]!.mean[i]!, 0)
      expect(decision.scores[i]).toBeCloseTo(value - price, 12)
      const spread = OBJECTIVES.reduce((sum, { name, weight }) => {
        return sum + weight * weight * decision.values[name]!.variance[i]!
      }, 0)
      expect(decision.scoreVariances[i]).toBeCloseTo(spread, 12)
    })
  })

  it('moves with a weight without learning anything anew', () => {
    const state = snapshotOf().state
    const heavier = OBJECTIVES.map((objective) => ({ ...objective, weight: 3 * objective.weight }))
    const light = decideNow(snapshotOf({ state }), requestOf(TWO))
    const heavy = decideNow(snapshotOf({ state, objectives: heavier }), requestOf(TWO))
    heavy.scores.forEach((score, i) => {
      expect(score).toBeCloseTo(3 * light.scores[i]!, 12)
    })
  })

  it('does not depend on the order in which proposals are given', () => {
    const [a, b, c] = [TWO[0]!, TWO[1]!, twoWordings('c')]
    const sorted = decideNow(snapshotOf(), requestOf([a, b, c]))
    for (const order of [
      [c, b, a],
      [b, c, a],
      [c, a, b],
    ]) {
      expect(decideNow(snapshotOf(), requestOf(order))).toEqual(sorted)
    }
  })

  it('refuses a state that was learned under other features, or that lacks a head', () => {
    const snapshot = snapshotOf()
    const other = { ...snapshot, features: { ...snapshot.features, messageBuckets: 5 } }
    expect(() => decideNow(other, requestOf(TWO))).toThrow(/^policy state 7 was learned under schema /)
    const headless = { ...snapshot, state: { ...snapshot.state, heads: {} } }
    expect(() => decideNow(headless, requestOf(TWO))).toThrow('policy state 7 has no head for objective conversion')
  })
})

describe('the distribution', () => {
  it.each(POLICIES)('sums to 1, keeps hold and gives refused candidates nothing, whatever the case: %o', (policy) => {
    fc.assert(
      fc.property(situations, ({ user, opportunities, rules, now, trigger }) => {
        const snapshot = snapshotOf({ rules, groups: groupsOf('paloma', policy) })
        const request = requestOf(opportunities, { user, trigger })
        const decision = decideNow(snapshot, request, now)
        const sum = decision.probabilities.reduce((total, p) => total + p, 0)
        expect(Math.abs(sum - 1)).toBeLessThan(1e-12)
        for (const p of decision.probabilities) expect(p).toBeGreaterThanOrEqual(0)
        if (decision.reason !== 'transactional') expect(decision.actions[0]).toEqual({ kind: 'hold' })
        const offered = new Set(Object.keys(chances(decision)))
        for (const { candidate, refusals } of decision.refused) {
          expect(refusals.length).toBeGreaterThan(0)
          const { opportunityId, variant, channel, sendAt } = candidate
          expect(offered).not.toContain([opportunityId, variant, channel, sendAt].join(' '))
        }
      }),
      { seed: 11, numRuns: 60 },
    )
  })

  it.each([
    [{ kind: 'thompson', floor: 0.09, sharpness: 1 } as const],
    [{ kind: 'greedy', floor: 0.09 } as const],
    [{ kind: 'softmax', temperature: 0.01, floor: 0.09 } as const],
  ])('keeps floor / actions for every action: %o', (policy) => {
    const { probabilities } = decideNow(snapshotOf({ groups: groupsOf('paloma', policy) }), requestOf(TWO))
    expect(Math.min(...probabilities)).toBeGreaterThanOrEqual(0.01 - 1e-15)
  })

  it('is what the choices of many decisions follow (chi-square at fixed ids)', () => {
    const snapshot = snapshotOf()
    const runs = 4000
    const { probabilities } = decideNow(snapshot, requestOf(TWO))
    const counts = probabilities.map(() => 0)
    for (let run = 0; run < runs; run += 1) {
      const { chosen } = decideNow(snapshot, requestOf(TWO, { decisionId: decisionId(`run-${run}`) }))
      counts[chosen] = counts[chosen]! + 1
    }
    const statistic = counts.reduce((sum, n, i) => {
      const expected = runs * probabilities[i]!
      return sum + (n - expected) ** 2 / expected
    }, 0)
    expect(Math.min(...probabilities) * runs).toBeGreaterThan(5)
    expect(chiSquareCdf(statistic, counts.length - 1)).toBeLessThan(0.999)
  })

  it('holds for sure, and says why, when nothing is proposed', () => {
    const decision = decideNow(snapshotOf(), requestOf([]))
    expect(decision).toMatchObject({ reason: 'nothing-eligible', probabilities: [1], chosen: 0, learning: null })
    const expired = proposal({ window: { notBefore: NOW - 2 * HOUR_MS, expires: NOW - HOUR_MS } })
    const refused = decideNow(snapshotOf(), requestOf([expired]))
    expect(refused).toMatchObject({ reason: 'nothing-eligible', probabilities: [1] })
    expect(refused.refused.map(({ refusals }) => refusals.map(({ reason }) => reason))).toEqual([['expired']])
  })
})

describe('rights of the user', () => {
  const asked = { ...DEFAULT_CONSENT, exploration: false }

  it('does not explore on who does not want it: the best guess for sure, under every policy with chance', () => {
    const request = requestOf(TWO, { user: person({ consent: asked }) })
    for (const policy of POLICIES) {
      const decision = decideNow(snapshotOf({ groups: groupsOf('paloma', policy) }), request)
      expect(decision.propensity).toBe(1)
      expect(decision.scores[decision.chosen]).toBe(Math.max(...decision.scores))
      expect(decision.policy).toBe('paloma/greedy')
      expect(decision.learning).toBeNull()
    }
  })

  it('leaves who is not explored on in the cadence or the holdout, which have no chance in them', () => {
    const request = requestOf(TWO, { user: person({ consent: asked }) })
    const cadence = { kind: 'cadence', perWeek: 3, gapHours: 24, channels: ['in-app'] } as const
    const usual = decideNow(snapshotOf({ groups: groupsOf('businessAsUsual', cadence) }), request)
    expect(usual.actions[usual.chosen]).toMatchObject({ kind: 'send', channel: 'in-app' })
    const held = decideNow(snapshotOf({ groups: groupsOf('holdout', { kind: 'holdout' }) }), request)
    expect(held.actions[held.chosen]).toEqual({ kind: 'hold' })
  })

  it('decides the same but does not learn from who does not want to be learned from', () => {
    const silent = requestOf(TWO, { user: person({ consent: { ...DEFAULT_CONSENT, learning: false } }) })
    const plain = requestOf(TWO, { user: person() })
    const decision = decideNow(snapshotOf(), silent)
    expect(decision.learning).toBeNull()
    expect(decideNow(snapshotOf(), plain).learning).not.toBeNull()
    expect(decision.probabilities).toEqual(decideNow(snapshotOf(), plain).probabilities)
  })

  it('sends a transactional message without optimising it, in every group, but never against a no', () => {
    const order = twoWordings('order', { category: 'transactional', topic: 'orders' })
    const policies: Readonly<Record<Group, PolicySpec>> = {
      paloma: { kind: 'thompson', floor: 0.05, sharpness: 1 },
      businessAsUsual: { kind: 'cadence', perWeek: 0, gapHours: 24, channels: [] },
      random: { kind: 'random', holdProbability: 1 },
      holdout: { kind: 'holdout' },
    }
    for (const [group, policy] of Object.entries(policies)) {
      const snapshot = snapshotOf({ groups: groupsOf(group as Group, policy) })
      const decision = decideNow(snapshot, requestOf([...TWO, order]))
      expect(decision).toMatchObject({ reason: 'transactional', propensity: 1, learning: null })
      expect(decision.actions[decision.chosen]).toMatchObject({ opportunityId: 'order', channel: 'push' })
      const denied = { ...DEFAULT_CONSENT, channels: { push: 'denied', 'in-app': 'denied' } } as const
      const refused = decideNow(snapshot, requestOf([order], { user: person({ consent: denied }) }))
      expect(refused.actions).toEqual([{ kind: 'hold' }])
    }
  })
})

describe('limits', () => {
  it('refuse with their reason and leave nothing to choose', () => {
    const cap = { name: 'one', max: 0, window: { kind: 'rolling', hours: 24 } } as const
    const decision = decideNow(snapshotOf({ rules: { ...RULES, caps: [cap] } }), requestOf(TWO))
    expect(decision.actions).toEqual([{ kind: 'hold' }])
    const reasons = decision.refused.flatMap(({ refusals }) => refusals.map(({ reason, rule }) => `${reason} ${rule}`))
    expect(new Set(reasons)).toEqual(new Set(['capped one']))
  })

  it('plans for later inside the window and outside quiet hours, and decides again when it falls due', () => {
    const rules = {
      ...RULES,
      quietHours: [{ startMinute: 12 * 60, endMinute: 15 * 60, behaviour: 'wait' }],
      slots: { localHours: [13, 17, 19], horizonHours: 8 },
    } as const
    const window = { notBefore: NOW, expires: NOW + 6 * HOUR_MS }
    const snapshot = snapshotOf({ rules })
    const decision = decideNow(snapshot, requestOf([twoWordings('a', { window })]))
    const moments = new Set(decision.actions.flatMap((action) => (action.kind === 'send' ? [action.sendAt] : [])))
    // Noon in Berlin: quiet until 15, then 17; 13 is quiet and 19 lies beyond the window.
    expect([...moments].sort()).toEqual([NOW + 3 * HOUR_MS, NOW + 5 * HOUR_MS])
    expect(decision.learning === null || decision.chosen === 0).toBe(true)
    const due = decideNow(
      snapshot,
      requestOf([twoWordings('a', { window })], { trigger: 'planned' }),
      NOW + 3 * HOUR_MS,
    )
    for (const action of due.actions) if (action.kind === 'send') expect(action.sendAt).toBe(NOW + 3 * HOUR_MS)
    expect(due.actions.length).toBe(1 + 2 * 2)
  })

  it('answers for 2,000 candidates and more with one probability each', () => {
    const many = Array.from({ length: 500 }, (_, i) => twoWordings(`many-${String(i).padStart(3, '0')}`))
    const decision = decideNow(snapshotOf(), requestOf(many))
    expect(decision.actions).toHaveLength(2001)
    expect(decision.probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12)
  })
})

describe('the other groups', () => {
  it('gives random sends equal chances beside their hold', () => {
    const policy = { kind: 'random', holdProbability: 0.4 } as const
    const { probabilities } = decideNow(snapshotOf({ groups: groupsOf('random', policy) }), requestOf(TWO))
    expect(probabilities[0]).toBeCloseTo(0.4, 12)
    for (const p of probabilities.slice(1)) expect(p).toBeCloseTo(0.6 / 8, 12)
  })

  it('ranks the sends of business as usual by what upstream claims, weighed by the owner', () => {
    const claim = { objective: 'conversion', unit: 'EUR', horizonDays: 7, kind: 'incremental' } as const
    const small = twoWordings('a', { claims: [{ ...claim, estimate: 0.1 }] })
    const large = twoWordings('b', { claims: [{ ...claim, estimate: 2 }] })
    const policy = { kind: 'cadence', perWeek: 3, gapHours: 24, channels: ['push'] } as const
    const snapshot = snapshotOf({ groups: groupsOf('businessAsUsual', policy) })
    const decision = decideNow(snapshot, requestOf([small, large]))
    expect(decision.actions[decision.chosen]).toMatchObject({ opportunityId: 'b', channel: 'push', variant: 'bold' })
  })

  it('never sends to the holdout and names it as the reason', () => {
    const snapshot = snapshotOf({ groups: groupsOf('holdout', { kind: 'holdout' }) })
    const decision = decideNow(snapshot, requestOf(TWO))
    expect(decision).toMatchObject({ reason: 'holdout', chosen: 0, propensity: 1, learning: null })
  })
})

describe('what is learned from', () => {
  it('is the choice less the mean of what might have been chosen now, so that its mean over draws is 0', () => {
    const rules = { ...RULES, slots: { localHours: [14], horizonHours: 8 } }
    const snapshot = snapshotOf({ rules })
    const mean = new Float64Array(snapshot.state.heads.conversion!.dimension)
    let mass = 0
    const { actions, probabilities } = decideNow(snapshot, requestOf(TWO))
    let before = 0
    actions.forEach((action, i) => {
      const middle = before + probabilities[i]! / 2
      before += probabilities[i]!
      const decision = decide(snapshot, requestOf(TWO), { now: NOW, random: () => middle })
      expect(decision.chosen).toBe(i)
      const isLater = action.kind === 'send' && action.sendAt > NOW
      expect(decision.learning === null).toBe(isLater)
      if (decision.learning === null) return
      mass += probabilities[i]!
      decision.learning.centred.forEach((value, j) => {
        mean[j] = mean[j]! + probabilities[i]! * value
      })
    })
    expect(mass).toBeGreaterThan(0.1)
    for (const value of mean) expect(Math.abs(value)).toBeLessThan(1e-12)
  })

  it('tells of user and moment alike for every choice', () => {
    const random = randomFrom('choices')
    const baselines = Array.from({ length: 20 }, () => {
      const moment = { now: NOW + 5 * MINUTE_MS, random }
      return JSON.stringify(decide(snapshotOf(), requestOf(TWO), moment).learning?.baseline)
    })
    expect(new Set(baselines).size).toBe(1)
  })
})
