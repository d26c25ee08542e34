import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packedIndex } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import type { Estimate } from '../statistics/index.ts'
import {
  type EvaluationOptions,
  evaluatePolicy,
  type ObjectiveEvaluation,
  type PolicyEvaluation,
} from './evaluate-policy.ts'
import type { EvaluationLog } from './evaluation-log.ts'
import type { EstimatorName } from './objective-evaluation.ts'
import { preCheckPolicy } from './policy-pre-check.ts'
import { selectDecisions } from './select-decisions.ts'
import { evaluationLogs } from './testing/logs.ts'
import { drawWorld, type SegmentWorld, trueValue, WORLD } from './testing/segment-world.ts'

const QUICK: EvaluationOptions = { seed: 'test', resamples: 0 }

function named({ estimators }: ObjectiveEvaluation, name: EstimatorName): Estimate {
  return estimators.find((each) => each.name === name)!.estimate
}

const failed = ({ gates }: PolicyEvaluation) =>
  gates.filter(({ status }) => status === 'failed').map(({ name }) => name)
const log = drawWorld(WORLD, 900, randomFrom('a log'))
const withRewards = (from: EvaluationLog, map: (reward: number) => number): EvaluationLog => ({
  ...from,
  rewards: from.rewards.map(({ name, values }) => ({ name, values: Array.from(values).map(map) })),
})

describe('a policy judged on the log of another', () => {
  const evaluation = evaluatePolicy(log, { seed: 'test', resamples: 300 })
  const [visit] = evaluation.objectives as [ObjectiveEvaluation]

  it('gets the value it would have, within the interval, by every estimator that needs no true model', () => {
    const truth = trueValue(WORLD, WORLD.target)
    for (const name of ['dr', 'snips', 'ips', 'drUnclipped', 'sndr'] as const) {
      const estimate = named(visit, name)
      if (estimate.kind === 'undefined') throw new Error(estimate.reason)
      expect(estimate.low, name).toBeLessThan(truth)
      expect(estimate.high, name).toBeGreaterThan(truth)
    }
    expect(evaluation.status).toBe('evaluated')
    expect(evaluation.promoted?.verdict.kind).toBe('better')
    expect(visit.difference.mean).toBeCloseTo(truth - trueValue(WORLD, WORLD.logging), 1)
  })

  it('has bootstrap intervals of whole users that agree with the normal ones where many users count', () => {
    for (const [one, other] of [
      [visit.value, visit.bootstrap!.value],
      [named(visit, 'snips'), visit.bootstrap!.snips],
      [visit.difference, visit.bootstrap!.difference],
    ] as const) {
      if (one.kind === 'undefined' || other.kind === 'undefined') throw new Error('no interval')
      expect(other.mean).toBeCloseTo(one.mean, 12)
      expect(other.stdError / one.stdError).toBeGreaterThan(0.85)
      expect(other.stdError / one.stdError).toBeLessThan(1.15)
    }
  })

  it('is the same for the same seed, and for decisions in any order', () => {
    expect(evaluatePolicy(log, { seed: 'test', resamples: 300 })).toEqual(evaluation)
    const turned = selectDecisions(
      log,
      Array.from({ length: log.chosen.length }, (_, i) => log.chosen.length - 1 - i),
    )
    const again = evaluatePolicy(turned, { seed: 'test', resamples: 300 })
    visit.estimators.forEach(({ estimate }, k) => {
      expect(again.objectives[0]!.estimators[k]!.estimate.mean).toBeCloseTo(estimate.mean!, 9)
    })
    expect(again.objectives[0]!.bootstrap!.value.mean).toBeCloseTo(visit.bootstrap!.value.mean!, 9)
    expect(again.objectives[0]!.gainBound!.difference).toBeCloseTo(visit.gainBound!.difference, 9)
  })

  it('moves and stretches with its rewards', () => {
    const moved = evaluatePolicy(
      withRewards(log, (reward) => 3 - 2 * reward),
      QUICK,
    ).objectives[0]!
    for (const name of ['dr', 'snips', 'dm', 'drUnclipped', 'sndr'] as const) {
      expect(named(moved, name).mean, name).toBeCloseTo(3 - 2 * named(visit, name).mean!, 9)
    }
    const stretched = evaluatePolicy(
      withRewards(log, (reward) => 5 * reward),
      QUICK,
    ).objectives[0]!
    expect(named(stretched, 'ips').mean).toBeCloseTo(5 * named(visit, 'ips').mean!, 9)
  })

  it('is the logging policy itself: weights of 1, the mean reward, and a difference of exactly 0', () => {
    fc.assert(
      fc.property(evaluationLogs, (any) => {
        const own = { ...any, targetPolicy: any.loggingPolicy! }
        const { overlap, objectives, gates } = evaluatePolicy(own, QUICK)
        expect(overlap.effectiveShare).toBeCloseTo(1, 12)
        for (const objective of objectives) {
          expect(named(objective, 'ips').mean).toBeCloseTo(objective.logging.mean!, 9)
          expect(named(objective, 'snips').mean).toBeCloseTo(objective.logging.mean!, 9)
          expect(objective.difference).toEqual({ kind: 'undefined', reason: 'zero-variance', mean: 0 })
        }
        expect(gates.find(({ name }) => name === 'mean-weight')?.status).toBe('passed')
      }),
      { seed: 5, numRuns: 40 },
    )
  })

  it('has no noise from weights where the model is exact: DR is DM', () => {
    fc.assert(
      fc.property(evaluationLogs, (any) => {
        const predictions = Array.from(any.identities!.indices, (action, k) => 2 * action + (k % 3))
        const values = Array.from(any.chosen, (place, i) => predictions[any.offsets[i]! + place]!)
        const [exact] = evaluatePolicy({ ...any, rewards: [{ name: 'sends', values, predictions }] }, QUICK).objectives
        const [dr, dm] = [named(exact!, 'drUnclipped'), named(exact!, 'dm')]
        expect(dr).toEqual(dm)
        expect(named(exact!, 'dr')).toEqual(dm)
        expect(exact!.model.source).toBe('exact')
      }),
      { seed: 6, numRuns: 40 },
    )
  })

  it('says the same whatever place an action has in its decision', () => {
    const backwards = (column: ArrayLike<number>) => Array.from(column, (_, k) => column[k - (k % 3) + 2 - (k % 3)]!)
    const turned: EvaluationLog = {
      ...log,
      chosen: Array.from(log.chosen, (place) => 2 - place),
      targetPolicy: backwards(log.targetPolicy),
      loggingPolicy: backwards(log.loggingPolicy!),
      identities: { ...log.identities!, indices: backwards(log.identities!.indices) },
    }
    const again = evaluatePolicy(turned, QUICK).objectives[0]!
    visit.estimators.forEach(({ estimate }, k) => {
      expect(again.estimators[k]!.estimate.mean).toBeCloseTo(estimate.mean!, 9)
    })
  })

  it('joins several objectives by one covariance, whose diagonal are the squared errors', () => {
    const two = {
      ...log,
      rewards: [log.rewards[0]!, { name: 'cost', values: Array.from(log.chosen, (place) => Number(place > 0)) }],
    }
    const { promoted, objectives } = evaluatePolicy(two, {
      ...QUICK,
      metrics: [
        { reward: 'visit', role: 'success', weight: 1 },
        { reward: 'cost', role: 'guardrail', inverse: true, margin: 0.5, weight: -0.1 },
      ],
    })
    objectives.forEach(({ difference }, m) => {
      if (difference.kind === 'undefined') throw new Error(difference.reason)
      expect(Math.sqrt(promoted!.differences.covariance[packedIndex(m, m)]!)).toBeCloseTo(difference.stdError, 12)
    })
    const { verdict } = promoted!
    expect(verdict.utility!.utility.effect).toBeCloseTo(
      objectives[0]!.difference.mean! - 0.1 * objectives[1]!.difference.mean!,
      12,
    )
    expect(verdict.metrics.map(({ status }) => status)).toEqual(['better', 'tolerated'])
    expect(verdict.kind).toBe('better')
  })
})

describe('one action for everybody', () => {
  const fixedOf = (world: SegmentWorld) =>
    evaluatePolicy(drawWorld(world, 1500, randomFrom('fixed')), QUICK).promoted!.fixed!

  it('is what a policy has to beat, and one that fits segments does', () => {
    const push = [0, 1, 0]
    const email = [0, 0, 1]
    const fitting = { ...WORLD, target: [push, email, email] }
    const fixed = fixedOf(fitting)
    expect(fixed).toMatchObject({ offered: 3, untold: 0, verdict: 'gain' })
    // The target of the other tests gains over its log, and does not beat an e-mail for everybody.
    expect(fixedOf(WORLD).verdict).not.toBe('gain')
    // Email: the third segment has most decisions, and likes it best.
    const everybody = (place: number) =>
      trueValue(
        WORLD,
        [0, 1, 2].map(() => [0, 1, 2].map((a) => Number(a === place))),
      )
    expect(fixed.best!.action).toBe('email')
    expect(fixed.best!.value.mean).toBeCloseTo(everybody(2), 1)
    expect(fixed.hold!.value.mean).toBeCloseTo(everybody(0), 1)
    expect(fixed.best!.gain.mean).toBeCloseTo(trueValue(WORLD, fitting.target) - everybody(2), 1)
  })

  it('shows that most of a gain over the log may need no policy', () => {
    const always = [0.02, 0.02, 0.96]
    const fixed = fixedOf({ ...WORLD, means: [0, 1, 2].map(() => [0.2, 0.3, 0.9]), target: [always, always, always] })
    expect(fixed.verdict).not.toBe('gain')
    const own = fixedOf({ ...WORLD, target: [0, 1, 2].map(() => [0, 0, 1]) })
    expect(own).toMatchObject({ verdict: 'no-gain-shown', best: { action: 'email' } })
  })

  it('is unknown where too few decisions tell of an action', () => {
    const thin = Array.from({ length: 3 }, () => [0.5, 0.4995, 0.0005])
    const rarely = { ...WORLD, isBinary: true, userSpread: 0, logging: thin, target: thin.map(() => [0.4, 0.6, 0]) }
    expect(fixedOf(rarely)).toMatchObject({ offered: 3, untold: 1, verdict: 'unknown' })
  })

  it('counts only actions that every decision offers', () => {
    const some = {
      ...log.identities!,
      indices: Array.from(log.identities!.indices, (a, k) => (a === 2 && k < 30 ? 3 : a)),
    }
    const found = evaluatePolicy({ ...log, identities: { ...some, names: [...some.names, 'sms'] } }, QUICK)
    expect(found.promoted!.fixed!.offered).toBe(2)
  })
})

describe('guardrails', () => {
  const sends = (margin: number, isRelative = false) => {
    const values = Array.from(log.chosen, (place) => Number(place > 0))
    return evaluatePolicy(
      { ...log, rewards: [log.rewards[0]!, { name: 'sends', values, predictions: isSend }] },
      {
        ...QUICK,
        metrics: [
          { reward: 'visit', role: 'success' },
          { reward: 'sends', role: 'guardrail', inverse: true, margin, isRelative },
        ],
      },
    )
  }
  const isSend = Array.from(log.targetPolicy, (_, k) => Number(k % 3 > 0))

  it('hold a policy that sends more than tolerated back, however much it gains', () => {
    // Sends per decision rise by some .3 from .5.
    expect(sends(0.05).promoted!.verdict.kind).toBe('worse')
    expect(preCheckPolicy(sends(0.05)).reasons).toEqual(['sends gets worse than tolerated.'])
    expect(sends(0.5).promoted!.verdict.kind).toBe('better')
    expect(sends(0.1, true).promoted!.verdict.kind).toBe('worse')
    expect(sends(0.9, true).promoted!.verdict.kind).toBe('better')
  })

  it('know sends exactly: their number is a matter of the action alone', () => {
    const [, own] = sends(0.5).objectives
    const dm = named(own!, 'dm')
    expect(own!.value).toEqual(dm)
  })
})

const rare = (share: number): EvaluationLog => ({
  ...log,
  rewards: [{ name: 'visit', values: Array.from(log.chosen, (_, i) => Number(i < share * log.chosen.length)) }],
})

describe('gates', () => {
  const skewed = (world: Partial<SegmentWorld>, users = 900) =>
    evaluatePolicy(drawWorld({ ...WORLD, ...world }, users, randomFrom('gates')), QUICK)

  it('let nothing through where weights leave little of the log, and say what to log', () => {
    const thin = [0.985, 0.01, 0.005]
    const found = skewed({ logging: [thin, thin, thin], target: Array.from({ length: 3 }, () => [0.05, 0.05, 0.9]) })
    expect(found.status).toBe('insufficient-overlap')
    expect(found.promoted).toBeNull()
    expect(failed(found)).toContain('effective-share')
    expect(failed(found)).toContain('effective-sample-size')
    const [first] = found.exploration!.actions
    expect(first).toMatchObject({ action: 'email', targetProbability: expect.closeTo(0.9, 9) })
    expect(first!.loggedProbability).toBeCloseTo(0.005, 9)
    expect(preCheckPolicy(found)).toMatchObject({ advice: 'explore', predicted: null, plan: null })
  })

  it('pass on a log that the exploration plan asks for', () => {
    const thin = [0.985, 0.01, 0.005]
    const goal = [0.05, 0.05, 0.9]
    const { exploration } = skewed({ logging: [thin, thin, thin], target: [goal, goal, goal] })
    const share = exploration!.targetShare
    expect(share).toBeGreaterThan(0)
    const mixed = thin.map((p, a) => (1 - share) * p + share * goal[a]!)
    const again = skewed({ logging: [mixed, mixed, mixed], target: [goal, goal, goal] }, exploration!.decisions)
    expect(again.overlap.effectiveShare).toBeGreaterThan(0.085)
    expect(again.overlap.effectiveSampleSize).toBeGreaterThan(500)
    // The share is that of the plan up to chance.
    expect(failed(again).filter((name) => name !== 'effective-share')).toEqual([])
  })

  it('count the mass of actions that the log could not have chosen', () => {
    const found = skewed({ logging: Array.from({ length: 3 }, () => [0.6, 0.4, 0]) })
    expect(failed(found)).toContain('support')
    expect(failed(found)).toContain('mean-weight')
    expect(found.overlap.unsupportedMass).toBeGreaterThan(0.4)
    expect(found.overlap.unsupportedDecisions).toBe(found.decisions)
    expect(found.exploration!.actions[0]!.action).toBe('email')
  })

  it('take a tail of a distribution that is rounding for supported', () => {
    const chosen = Array.from(log.chosen, (place) => place % 2)
    const logging = Array.from(log.targetPolicy, (_, k) => (k % 3 === 2 ? 0 : 0.5))
    const found = (rest: number) =>
      evaluatePolicy(
        {
          ...log,
          chosen,
          loggingPolicy: logging,
          propensities: chosen.map(() => 0.5),
          targetPolicy: logging.map((p, k) => (k % 3 === 2 ? rest : p * (1 - rest))),
        },
        QUICK,
      )
    expect(failed(found(1e-12))).not.toContain('support')
    expect(failed(found(1e-6))).toContain('support')
  })

  it('see propensities that are not those of the draw', () => {
    const { loggingPolicy: _, ...rest } = log
    const claimed = evaluatePolicy({ ...rest, propensities: Array.from(log.propensities, () => 1 / 3) }, QUICK)
    expect(failed(claimed)).toContain('mean-weight')
    expect(claimed.gates.find(({ name }) => name === 'support')?.status).toBe('unknown')
  })

  it('see one decision that carries much of the weight', () => {
    const propensities = Array.from(log.propensities)
    propensities[0] = 1e-4
    const { loggingPolicy: _, ...rest } = log
    expect(failed(evaluatePolicy({ ...rest, propensities }, QUICK))).toContain('largest-weight')
  })

  it('do not believe a spread that rests on fewer than five unusual rewards', () => {
    const found = evaluatePolicy(rare(0.001), QUICK)
    expect(failed(found)).toContain('rare-rewards')
    // Five of a thousandth, from a log of this overlap.
    const needed = 5 / (Math.ceil(0.001 * log.chosen.length) / log.chosen.length) / found.overlap.effectiveShare
    expect(found.exploration!.targetShare).toBe(0)
    expect(Math.abs(found.exploration!.decisions / needed - 1)).toBeLessThan(0.1)
    expect(failed(evaluatePolicy(rare(0.2), QUICK))).not.toContain('rare-rewards')
  })

  it('answer a log of one user, and one that agrees nowhere, with reasons', () => {
    const alone = evaluatePolicy({ ...log, users: Array.from(log.users, () => 0) }, { seed: 'one', resamples: 20 })
    expect(alone.objectives[0]!.value).toMatchObject({ kind: 'undefined', reason: 'too-few-units' })
    expect(alone.objectives[0]!.bootstrap!.value).toMatchObject({ reason: 'too-few-units' })
    expect(alone.objectives[0]!.gainBound).toBeNull()
    expect(alone.promoted).toBeNull()
    const { loggingPolicy: _, ...rest } = log
    const never = Array.from(log.targetPolicy, (_p, k) => Number(k % 3 === (log.chosen[(k - (k % 3)) / 3]! + 1) % 3))
    const nowhere = evaluatePolicy({ ...rest, targetPolicy: never }, { seed: 'none', resamples: 20 })
    expect(named(nowhere.objectives[0]!, 'snips')).toMatchObject({ kind: 'undefined', reason: 'no-weight' })
    expect(nowhere.objectives[0]!.bootstrap!.snips).toMatchObject({ reason: 'no-weight' })
    expect(failed(nowhere)).toContain('largest-weight')
  })
})

describe('the check before an experiment', () => {
  it('predicts a difference, and how many users it takes to show it', () => {
    const check = preCheckPolicy(evaluatePolicy(log, QUICK))
    expect(check.advice).toBe('experiment')
    expect(check.chanceOfNoGain).toBeLessThan(0.01)
    expect(check.predicted!.visit!.mean).toBeGreaterThan(0)
    expect(check.plan!.units).toBeGreaterThan(10)
    expect(check.plan!.bottleneck).toBe('visit')
  })

  it('asks for a smaller ramp where a fall is more likely', () => {
    const worse = { ...log, targetPolicy: Array.from(log.targetPolicy, (_, k) => [0.2, 0.6, 0.2][k % 3]!) }
    const down = withRewards(worse, (reward) => -reward)
    const up = evaluatePolicy(worse, QUICK).objectives[0]!.difference.mean!
    const check = preCheckPolicy(evaluatePolicy(up < 0 ? worse : down, QUICK))
    expect(check.advice).toBe('smaller-ramp')
    expect(check.chanceOfNoGain).toBeGreaterThan(0.5)
    expect(check.plan).toBeNull()
  })

  it('refuses metrics that the log does not have', () => {
    const metrics = [{ reward: 'clicks', role: 'success' as const }]
    expect(() => evaluatePolicy(log, { ...QUICK, metrics })).toThrow(
      "metric 'clicks' must be a reward of the log (visit), got none of that name",
    )
    expect(() =>
      evaluatePolicy(log, { ...QUICK, metrics: [{ reward: 'visit', role: 'guardrail', margin: -1 }] }),
    ).toThrow("metric 'visit' must be given a margin ≥ 0, got -1")
    expect(() =>
      evaluatePolicy(log, { ...QUICK, metrics: [{ reward: 'visit', role: 'success', range: { low: 0, high: 1 } }] }),
    ).toThrow("metric 'visit' must be given a range that holds all its rewards")
  })
})
