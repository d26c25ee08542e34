import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { covers } from '../statistics/testing/calibration.ts'
import { evaluatePolicy, type PolicyEvaluation } from './evaluate-policy.ts'
import type { EvaluationLog } from './evaluation-log.ts'
import { drawPlace } from './testing/logs.ts'

const TARGET = [0.2, 0.3, 0.5]
const MEANS = [0.2, 0.4, 0.9]
const TRUTH = TARGET.reduce((sum, p, a) => sum + p * MEANS[a]!, 0)

/** Decisions of users by turns under a careful logger, which hardly ever or (with 0) never takes the last action, and one that explores. */
function drawLog(
  key: string,
  { users = 300, least = 0.02 }: { readonly users?: number; readonly least?: number } = {},
): EvaluationLog {
  const random = randomFrom(key)
  const policies = [
    [0.9 - least, 0.1, least],
    [0.2, 0.4, 0.4],
  ]
  const n = 2 * users
  const owners = Array.from({ length: n }, (_, i) => i >> 1)
  const indices = owners.map((user) => user % 2)
  const effects = Array.from({ length: users }, () => random() - 0.5)
  const chosen = indices.map((logger) => drawPlace(policies[logger]!, random()))
  return {
    offsets: Array.from({ length: n + 1 }, (_, i) => 3 * i),
    chosen,
    propensities: chosen.map((place, i) => policies[indices[i]!]![place]!),
    loggingPolicy: indices.flatMap((logger) => policies[logger]!),
    targetPolicy: owners.flatMap(() => TARGET),
    users: owners,
    rewards: [
      { name: 'visit', values: chosen.map((place, i) => MEANS[place]! + effects[owners[i]!]! + random() - 0.5) },
    ],
    identities: { indices: Array.from({ length: 3 * n }, (_, k) => k % 3), names: ['hold', 'push', 'email'] },
    loggers: {
      indices,
      names: ['careful', 'exploring'],
      chosenProbabilities: policies.map((policy) => chosen.map((place) => policy[place]!)),
      distributions: policies.map((policy) => owners.flatMap(() => policy)),
    },
  }
}

const QUICK = { seed: '1', resamples: 0 }
const estimateBy = (found: PolicyEvaluation, name: string) =>
  found.loggers!.objectives[0]!.estimators.find((each) => each.name === name)!.estimate

describe('a log of several loggers', () => {
  it('is judged by the mixture of all, which is worth more than each decision by its own', () => {
    const found = evaluatePolicy(drawLog('mixture', { users: 3000 }), QUICK)
    expect(found.status).toBe('evaluated')
    const { isBalanced, effectiveSampleSize, loggers } = found.loggers!
    expect(isBalanced).toBe(true)
    expect(effectiveSampleSize.balanced).toBeCloseTo(found.overlap.effectiveSampleSize, 9)
    expect(effectiveSampleSize.balanced!).toBeGreaterThan(2 * effectiveSampleSize.naive)
    expect(loggers.map(({ name, decisions }) => [name, decisions])).toEqual([
      ['careful', 3000],
      ['exploring', 3000],
    ])
    expect(estimateBy(found, 'balancedDr')).toEqual(
      found.objectives[0]!.estimators.find(({ name }) => name === 'drUnclipped')!.estimate,
    )
  })

  it('has support where the mixture has, though one logger never takes an action', () => {
    const log = drawLog('support', { users: 3000, least: 0 })
    expect(evaluatePolicy(log, QUICK).gates.find(({ name }) => name === 'support')!.status).toBe('passed')
    const { loggers: _, ...alone } = log
    expect(evaluatePolicy(alone, QUICK).gates.find(({ name }) => name === 'support')!.status).toBe('failed')
  })

  it('is judged by own probabilities where nobody knows the others', () => {
    const log = drawLog('own', { users: 1000 })
    const { chosenProbabilities: _, distributions: __, ...loggers } = log.loggers!
    const found = evaluatePolicy({ ...log, loggers }, QUICK)
    expect(found.loggers!.isBalanced).toBe(false)
    expect(found.loggers!.effectiveSampleSize.balanced).toBeNull()
    expect(found.loggers!.objectives[0]!.estimators.map(({ name }) => name)).not.toContain('balancedDr')
    const { loggers: ___, ...plain } = log
    expect(found.objectives).toEqual(evaluatePolicy(plain, QUICK).objectives)
  })

  it('of one name, or of loggers that do the same, is a log like any other', () => {
    const log = drawLog('one')
    expect(
      evaluatePolicy(
        { ...log, loggers: { indices: log.users.length === 0 ? [] : Array.from(log.users, () => 0), names: ['only'] } },
        QUICK,
      ).loggers,
    ).toBeNull()
    const own = log.propensities
    const same = {
      ...log.loggers!,
      chosenProbabilities: [own, own],
      distributions: [log.loggingPolicy!, log.loggingPolicy!],
    }
    const found = evaluatePolicy({ ...log, loggers: same }, QUICK)
    expect(estimateBy(found, 'balancedIps').mean).toBeCloseTo(estimateBy(found, 'naiveIps').mean!, 9)
  })

  it.each([
    [{ indices: [2] }, 'loggers.indices[0] must be an integer in [0, 2), got 2'],
    [{ chosenProbabilities: [[0.5]] }, 'loggers.chosenProbabilities must be a column of 2 entries, got 1'],
    [
      { chosenProbabilities: [[0.4], [0.5]] },
      "loggers.chosenProbabilities of 'a'[0] must be propensities[0] = 0.5, got 0.4",
    ],
    [
      {
        distributions: [
          [0.5, 0.5],
          [2, 0],
        ],
      },
      "loggers.distributions of 'b'[0] must be in [0, 1], got 2",
    ],
  ])('refuses what cannot be: %j', (over, message) => {
    const log: EvaluationLog = {
      offsets: [0, 2],
      chosen: [0],
      propensities: [0.5],
      targetPolicy: [0.5, 0.5],
      users: [0],
      rewards: [{ name: 'visit', values: [1] }],
      loggers: { indices: [0], names: ['a', 'b'], ...over },
    }
    expect(() => evaluatePolicy(log, QUICK)).toThrow(message)
  })

  it('is covered as often as intervals say by every way to take loggers together', () => {
    const runs = 150
    const holds: Record<string, number> = {}
    for (let run = 0; run < runs; run++) {
      const found = evaluatePolicy(drawLog(`loggers ${run}`, { least: 0.1 }), { ...QUICK, seed: `${run}` })
      for (const { name, estimate } of found.loggers!.objectives[0]!.estimators)
        holds[name] = (holds[name] ?? 0) + (covers(estimate, TRUTH) === true ? 1 / runs : 0)
    }
    for (const [name, share] of Object.entries(holds))
      expect(Math.abs(share - 0.95), `${name} ${share}`).toBeLessThan(0.05)
  })
})
