import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { covers } from '../statistics/testing/calibration.ts'
import { evaluateSlates, SLATE_ESTIMATORS, type SlateEvaluation } from './evaluate-slates.ts'
import type { SlateLog } from './slate-log.ts'
import { drawSlates, slateTruth } from './testing/slate-world.ts'

const QUICK = { seed: '1' }

const estimateBy = (found: SlateEvaluation, name: string) => {
  const { estimate } = found.objectives[0]!.estimators.find((each) => each.name === name)!
  if (estimate.kind !== 'estimate') throw new Error(`${name}: ${estimate.reason}`)
  return estimate
}

describe('slates', () => {
  it('give the mean of the log to the policy that made it, by every estimator', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const log = drawSlates(30, randomFrom(`same ${seed}`), { most: 4 })
        const same = { ...log, target: log.logging, steps: { ...log.steps!, targetPolicy: log.steps!.loggingPolicy! } }
        const found = evaluateSlates(same, QUICK)
        const mean = found.objectives[0]!.logging.mean!
        for (const { name, estimate } of found.objectives[0]!.estimators) {
          // A model moves what it says of the draws, and only by chance.
          if (name === 'cascadeDr' || name === 'snCascadeDr') continue
          expect(estimate.mean, name).toBeCloseTo(mean, 9)
        }
        expect(found.overlap.effectiveShare).toBeCloseTo(1, 9)
      }),
      { numRuns: 30 },
    )
  })

  it('have as many estimators as both policies have probabilities', () => {
    const log = drawSlates(40, randomFrom('parts'), { most: 3 })
    const namesOf = (over: Partial<SlateLog>) =>
      evaluateSlates({ ...log, ...over }, QUICK).objectives[0]!.estimators.map(({ name }) => name)
    expect(namesOf({})).toEqual(SLATE_ESTIMATORS)
    const { steps: _, ...plain } = log
    const found = (logging: SlateLog['logging']) => evaluateSlates({ ...plain, logging }, QUICK)
    const { joint, position } = log.logging
    expect(found({ joint: joint! }).deciding).toBe('snsips')
    expect(found({ position: position! }).objectives[0]!.estimators.map(({ name }) => name)).toEqual(['sniips', 'iips'])
    expect(found(log.logging).deciding).toBe('snrips')
    const agreement = found(log.logging).gates.find(({ name }) => name === 'agreement')!
    expect(agreement.words).toContain('self-normalised RIPS and RIPS')
  })

  it('are equal to one another where slates have one position', () => {
    const found = evaluateSlates(drawSlates(200, randomFrom('one'), { most: 1 }), QUICK)
    for (const name of ['iips', 'sips'])
      expect(estimateBy(found, name).mean).toBeCloseTo(estimateBy(found, 'rips').mean, 9)
    for (const name of ['sniips', 'snsips'])
      expect(estimateBy(found, name).mean).toBeCloseTo(estimateBy(found, 'snrips').mean, 9)
  })

  it.each([
    [{ users: [] }, 'users must be at least one slate, got none'],
    [{ offsets: [0, 1, 1, 3] }, 'offsets[2] must be an integer above 1, got 1'],
    [{ logging: { joint: [0.5, 0, 0.5] } }, 'logging.joint[1] must be in (0, 1], got 0'],
    [
      { target: { prefix: [0.5, 0.5, 0.6] } },
      'target.prefix[2] must be at most that of the position before, 0.5, got 0.6',
    ],
    [{ target: { position: [0.5, 0.5, 0.5] } }, 'logging and target must be given joint, position or prefix'],
    [{ rewards: [{ name: 'visit', values: [1, Number.NaN, 0] }] }, "rewards 'visit'[1] must be a finite number"],
  ] as const)('refuse what cannot be: %j', (over, message) => {
    const log: SlateLog = {
      offsets: [0, 1, 3],
      users: [0, 1],
      rewards: [{ name: 'visit', values: [1, 0, 0] }],
      logging: { prefix: [0.5, 0.5, 0.25] },
      target: { prefix: [0.5, 0.5, 0.2] },
    }
    const odd =
      'offsets' in over || 'logging' in over
        ? { ...log, users: [0, 1, 2], offsets: [0, 1, 2, 3], ...over }
        : { ...log, ...over }
    expect(() => evaluateSlates(odd, QUICK)).toThrow(message)
  })

  it('are covered as often as intervals say by RIPS and Cascade-DR; IIPS misses what positions do to one another', () => {
    const runs = 200
    const truth = slateTruth({ most: 3 })
    const holds: Record<string, number> = {}
    for (let run = 0; run < runs; run++) {
      const found = evaluateSlates(drawSlates(400, randomFrom(`slates ${run}`), { most: 3 }), { seed: `${run}` })
      for (const { name, estimate } of found.objectives[0]!.estimators)
        holds[name] = (holds[name] ?? 0) + (covers(estimate, truth) === true ? 1 / runs : 0)
    }
    for (const name of ['cascadeDr', 'snCascadeDr', 'snrips', 'rips', 'sips', 'snsips'])
      expect(Math.abs(holds[name]! - 0.95), `${name} ${holds[name]}`).toBeLessThan(0.045)
    expect(holds.iips!).toBeLessThan(0.8)
  })
})
