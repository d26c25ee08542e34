import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { covers } from '../statistics/testing/calibration.ts'
import { evaluatePolicy } from './evaluate-policy.ts'
import { evaluateTrajectories, type TrajectoryEvaluation, type TrajectoryLog } from './evaluate-trajectories.ts'
import { drawTiring, GAMMA, tiringTruth } from './testing/tiring-world.ts'

const QUICK = { seed: '1', gammaPerDay: GAMMA, resamples: 0 }
const estimateBy = (found: TrajectoryEvaluation, name: string) =>
  found.objectives[0]!.estimators.find((each) => each.name === name)!.estimate

describe('several decisions of users', () => {
  it('give the mean of the log to the policy that made it, by every estimator without a model', () => {
    const log = drawTiring({ users: 80, steps: 5 }, randomFrom('same'))
    const found = evaluateTrajectories(
      { ...log, steps: { ...log.steps, targetPolicy: log.steps.loggingPolicy! } },
      QUICK,
    )
    for (const name of ['tis', 'sntis', 'pdis', 'snpdis'])
      expect(estimateBy(found, name).mean, name).toBeCloseTo(found.objectives[0]!.logging.mean!, 9)
    expect(found.horizons.every(({ effectiveSampleSize }) => Math.abs(effectiveSampleSize - 80) < 1e-9)).toBe(true)
  })

  it('of one step are decisions by themselves', () => {
    const log = drawTiring({ users: 400, steps: 1 }, randomFrom('one'))
    const found = evaluateTrajectories(log, QUICK)
    const alone = evaluatePolicy(log.steps, { seed: '1', resamples: 0 }).objectives[0]!
    for (const [name, own] of [
      ['tis', 'ips'],
      ['pdis', 'ips'],
      ['sntis', 'snips'],
      ['snpdis', 'snips'],
    ] as const)
      expect(estimateBy(found, name)).toEqual(alone.estimators.find((each) => each.name === own)!.estimate)
  })

  it('see what one step cannot: a policy that spares people now and gains later', () => {
    const log = drawTiring({ users: 4000, steps: 4 }, randomFrom('later'))
    const found = evaluateTrajectories(log, QUICK)
    expect(found.status).toBe('evaluated')
    const { value } = found.objectives[0]!
    if (value.kind !== 'estimate') throw new Error(value.reason)
    expect(Math.abs(value.mean - tiringTruth({ steps: 4 }))).toBeLessThan(3 * value.stdError)
    // The model can hold this world, so that FQE is right too, and needs no weights.
    expect(Math.abs(estimateBy(found, 'fqe').mean! - tiringTruth({ steps: 4 }))).toBeLessThan(0.05)
  })

  it('lose the log with every decision, and say how far it carries', () => {
    const log = drawTiring({ users: 3000, steps: 14 }, randomFrom('far'))
    const found = evaluateTrajectories(log, QUICK)
    const worth = found.horizons.map(({ effectiveSampleSize }) => effectiveSampleSize)
    expect(worth.every((own, k) => k === 0 || own < worth[k - 1]! * 1.05)).toBe(true)
    expect(found.status).toBe('insufficient-overlap')
    expect(found.promoted).toBeNull()
    expect(found.longestHorizon).toBeGreaterThan(1)
    expect(found.longestHorizon).toBeLessThan(14)
    const short = evaluateTrajectories(log, { ...QUICK, horizon: found.longestHorizon })
    expect(short.horizons).toHaveLength(found.longestHorizon)
    expect(short.gates.filter(({ status, objective }) => status === 'failed' && objective === null)).toEqual([])
  })

  it('take days into account: a reward later counts less', () => {
    const log = drawTiring({ users: 200, steps: 3 }, randomFrom('days'))
    const slow: TrajectoryLog = { ...log, days: Array.from(log.days, (day) => 2 * day) }
    const of = (own: TrajectoryLog, gammaPerDay: number) =>
      evaluateTrajectories(own, { ...QUICK, gammaPerDay }).objectives[0]!.value.mean!
    expect(of(slow, GAMMA)).toBeCloseTo(of(log, GAMMA ** 2), 9)
    expect(of(log, 0.5)).toBeLessThan(of(log, 1))
  })

  it.each([
    [{ days: [0, 1, 0.5] }, {}, 'days[2] must be not before the decision before, 1, got 0.5'],
    [{ days: [0, 1] }, {}, 'days must be a column of 3 entries, got 2'],
    [{ sequences: [0, 2] }, {}, 'sequences must be from 0 to 3, got 0 to 2'],
    [{}, { gammaPerDay: 1.2 }, 'gammaPerDay must be in (0, 1], got 1.2'],
    [{}, { horizon: 0 }, 'horizon must be a whole number ≥ 1, got 0'],
    [{ sequences: [0, 3] }, {}, 'users[1] must be that of its sequence, 0, got 1'],
  ])('refuse what cannot be: %j %j', (over, options, message) => {
    const log = drawTiring({ users: 1, steps: 1 }, randomFrom('small'))
    const { steps } = drawTiring({ users: 2, steps: 2 }, randomFrom('small'))
    const three = { ...steps, users: [0, 1, 1] }
    const cut = { ...log, steps: firstThree(three), sequences: [0, 1, 3], days: [0, 0, 1], ...over }
    expect(() => evaluateTrajectories(cut, { ...QUICK, ...options })).toThrow(message)
  })

  it('are covered as often as intervals say, FQE by its bootstrap', () => {
    const runs = 80
    const truth = tiringTruth({ steps: 4 })
    const holds: Record<string, number> = {}
    const count = (name: string, is: boolean | null) => {
      holds[name] = (holds[name] ?? 0) + (is === true ? 1 / runs : 0)
    }
    for (let run = 0; run < runs; run++) {
      const log = drawTiring({ users: 250, steps: 4 }, randomFrom(`ways ${run}`))
      const found = evaluateTrajectories(log, { ...QUICK, seed: `${run}`, resamples: 60 })
      for (const { name, estimate } of found.objectives[0]!.estimators)
        if (name !== 'fqe') count(name, covers(estimate, truth))
      count('fqe by bootstrap', covers(found.fqeBootstrap![0]!.estimate, truth))
    }
    for (const [name, share] of Object.entries(holds))
      expect(Math.abs(share - 0.95), `${name} ${share}`).toBeLessThan(0.07)
  })
})

const firstThree = (steps: TrajectoryLog['steps']): TrajectoryLog['steps'] => ({
  ...steps,
  offsets: [0, 2, 4, 6],
  chosen: Array.from(steps.chosen).slice(0, 3),
  propensities: Array.from(steps.propensities).slice(0, 3),
  targetPolicy: Array.from(steps.targetPolicy).slice(0, 6),
  loggingPolicy: Array.from(steps.loggingPolicy!).slice(0, 6),
  rewards: [{ name: 'visit', values: [1, 0, 1] }],
  identities: { indices: [0, 1, 0, 1, 0, 1], names: ['hold', 'push'] },
  context: { width: 1, values: [0, 1, 0] },
})
