import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import { type DecisionRequest, decisionId, type PolicySpec } from './domain/index.ts'
import { openHorizonSharpness } from './policy/index.ts'
import { hash53 } from './random/index.ts'
import { groupsOf, NOW, person, requestOf, snapshotOf, twoWordings } from './testing/decision-scene.ts'

const TWO = [twoWordings('a'), twoWordings('b', { features: { score: 0.1 } })]
const DRAWS = { kind: 'thompsonDraws', draws: 65_536, floor: 0.05, sharpness: 1 } as const

function decideUnder(policy: PolicySpec, request: DecisionRequest = requestOf(TWO)) {
  const random = () => hash53(request.decisionId, 'rules-1', '7')
  return decide(snapshotOf({ groups: groupsOf('paloma', policy) }), request, { now: NOW, random })
}

describe('decisions by joint draws', () => {
  it('know that two wordings of one message stand or fall together', () => {
    const drawn = decideUnder(DRAWS)
    const independent = decideUnder({ kind: 'thompson', floor: 0.05, sharpness: 1 })
    expect(drawn.scores).toEqual(independent.scores)
    expect(drawn.probabilities.length).toBeGreaterThan(4)
    // Scores that share most of their doubt leave hold more chance to be the best than independent ones.
    expect(drawn.probabilities[0]).toBeGreaterThan(1.05 * independent.probabilities[0]!)
  })

  it('are the same when they are computed again, and others under another id', () => {
    expect(decideUnder(DRAWS)).toEqual(decideUnder(DRAWS))
    const other = decideUnder(DRAWS, { ...requestOf(TWO), decisionId: decisionId('decision-2') })
    expect(other.probabilities).not.toEqual(decideUnder(DRAWS).probabilities)
  })
})

describe('decisions within bounds', () => {
  const bounded = {
    kind: 'bounded',
    policy: { kind: 'thompson', floor: 0.02, sharpness: 1 },
    budget: { share: 0.1 },
  } as const

  it('explore no more than the owner’s share', () => {
    const { probabilities, scores, policy } = decideUnder(bounded)
    const best = scores.indexOf(Math.max(...scores))
    expect(1 - probabilities[best]!).toBeCloseTo(0.1, 10)
    expect(policy).toBe('paloma/bounded')
  })

  it('do not explore on who does not want it', () => {
    const user = person()
    const consent = { ...user.profile.consent, exploration: false }
    const request = { ...requestOf(TWO), user: { ...user, profile: { ...user.profile, consent } } }
    for (const policy of [bounded, DRAWS]) {
      const decision = decideUnder(policy, request)
      expect(decision.policy).toBe('paloma/greedy')
      expect(Math.max(...decision.probabilities)).toBe(1)
    }
  })
})

describe('decisions whose end nobody knows', () => {
  it('weigh gaps by what was learned so far, where that is asked', () => {
    const growing: PolicySpec = { kind: 'squareCb', gamma: { scale: 2 }, floor: 0.05 }
    const { actions, probabilities } = decideUnder(growing)
    const learned = Math.max(...Object.values(snapshotOf().state.heads).map(({ n }) => n))
    expect(learned).toBeGreaterThan(1)
    const gamma = 2 * Math.sqrt(actions.length * learned)
    expect(probabilities).toEqual(decideUnder({ ...growing, gamma }).probabilities)
    expect(decideUnder({ kind: 'bounded', policy: growing }).probabilities).toEqual(probabilities)
  })

  it('let doubt count for less, the more has been learned the less so, and replay by the state they name', () => {
    const open: PolicySpec = { kind: 'thompson', floor: 0.05, sharpness: 'openHorizon' }
    const { n } = snapshotOf().state.heads.conversion!
    const sharp = openHorizonSharpness(n)
    expect(sharp).toBeLessThan(40)
    expect(decideUnder(open).probabilities).toEqual(decideUnder({ ...open, sharpness: sharp }).probabilities)
    expect(decideUnder({ ...DRAWS, sharpness: 'openHorizon' }).probabilities).toEqual(
      decideUnder({ ...DRAWS, sharpness: sharp }).probabilities,
    )
    expect(decideUnder({ kind: 'bounded', policy: open }).probabilities).toEqual(decideUnder(open).probabilities)
  })
})
