import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Phase } from '../domain/index.ts'
import { BUCKETS } from './assignment.ts'
import { cohortOf, mayBeInCohort, readablePart } from './cohorts.ts'
import { membershipOf } from './membership.ts'
import { runningOf, subjectOf, USERS } from './testing/scenes.ts'
import { rangesOf, reweighted } from './variant-ranges.ts'

/** A ramp of steps [traffic, share of the control]. */
function rampOf(steps: readonly (readonly [number, number])[]): readonly Phase[] {
  const phases: Phase[] = []
  steps.forEach(([traffic, control], since) => {
    const weights = [
      { name: 'control', share: control },
      { name: 'greedy', share: BUCKETS - control },
    ]
    const last = phases.at(-1)
    phases.push({ since, traffic, ranges: last === undefined ? rangesOf(weights) : reweighted(last.ranges, weights) })
  })
  return phases
}

const TENTH = BUCKETS / 10

describe('readablePart', () => {
  it('has the same shares in every cohort where only traffic grew', () => {
    const { cohorts, isReweighted, until } = readablePart(
      rampOf([
        [TENTH, 5 * TENTH],
        [BUCKETS, 5 * TENTH],
      ]),
    )
    expect({ isReweighted, until }).toEqual({ isReweighted: false, until: null })
    expect(cohorts.map(({ weights }) => weights)).toEqual([
      { control: 0.5, greedy: 0.5 },
      { control: 0.5, greedy: 0.5 },
    ])
  })

  it('counts in early cohorts only who was never moved', () => {
    const { cohorts, isReweighted } = readablePart(
      rampOf([
        [TENTH, 5 * TENTH],
        [BUCKETS, 2 * TENTH],
      ]),
    )
    expect(isReweighted).toBe(true)
    expect(cohorts[0]!.weights.control).toBeCloseTo(2 / 7, 12)
    expect(cohorts[1]!.weights).toEqual({ control: 0.2, greedy: 0.8 })
  })

  it('ends where a variant is left without users', () => {
    const phases = rampOf([
      [BUCKETS, 5 * TENTH],
      [BUCKETS, TENTH],
      [BUCKETS, 0],
      [BUCKETS, 0],
    ])
    expect(readablePart(phases)).toMatchObject({ until: 2, phases: phases.slice(0, 2) })
  })

  it('gives every user a cohort in which his variant never changes, in the shares it says', () => {
    const step = fc.tuple(fc.integer({ min: TENTH, max: BUCKETS }), fc.integer({ min: TENTH, max: 9 * TENTH }))
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), (steps) => {
        const ours = { ...runningOf(), phases: rampOf(steps) }
        const part = readablePart(ours.phases)
        const counts = part.cohorts.map(() => ({ control: 0, greedy: 0 }))
        for (const [i, user] of USERS.slice(0, 2_000).entries()) {
          const phase = i % part.phases.length
          const cohort = cohortOf({ ...ours, phases: part.phases }, { userId: user, phase })
          if (typeof cohort !== 'number') continue
          expect(cohort).toBe(phase)
          expect(mayBeInCohort({ ...ours, phases: part.phases }, user)).toBe(true)
          const seen = part.phases.slice(phase)
          const met = seen.map(({ since }) => membershipOf(ours, subjectOf(user), since)?.variant)
          const variants = new Set(met.filter((variant) => variant !== undefined))
          expect(variants.size).toBe(1)
          counts[cohort]![[...variants][0] as 'control' | 'greedy'] += 1
        }
        counts.forEach(({ control, greedy }, i) => {
          const n = control + greedy
          const share = part.cohorts[i]!.weights.control!
          // Six standard errors: one chance in a thousand million per cohort.
          if (n > 0)
            expect(Math.abs(control - n * share)).toBeLessThanOrEqual(6 * Math.sqrt(n * share * (1 - share)) + 1)
        })
      }),
      { seed: 11, numRuns: 40 },
    )
  })

  it('leaves out who was exposed before and moved, and who does not take part, and counts who came later', () => {
    const ours = {
      ...runningOf(),
      phases: rampOf([
        [5 * TENTH, 5 * TENTH],
        [8 * TENTH, TENTH],
      ]),
    }
    const { phases } = readablePart(ours.phases)
    const readable = { ...ours, phases }
    const found = USERS.map((user) => [user, cohortOf(readable, { userId: user, phase: 0 })] as const)
    for (const [user, cohort] of found) {
      const [first, last] = [0, 1].map((at) => membershipOf(ours, subjectOf(user), at))
      if (cohort === 'outside') expect(first).toBeNull()
      else expect(cohort === 'moved').toBe(last!.moved)
      expect(cohortOf(readable, { userId: user, phase: 1 })).toBe(last === null ? 'outside' : 1)
      expect(mayBeInCohort(readable, user)).toBe(last !== null)
    }
    // Four tenths of the half that takes part.
    expect(found.filter(([, cohort]) => cohort === 'moved').length / USERS.length).toBeCloseTo(0.2, 1)
  })

  it('knows nobody of a phase that is not readable', () => {
    const { phases } = readablePart(rampOf([[BUCKETS, 5 * TENTH]]))
    expect(cohortOf({ ...runningOf(), phases }, { userId: USERS[0]!, phase: 1 })).toBe('outside')
  })
})
