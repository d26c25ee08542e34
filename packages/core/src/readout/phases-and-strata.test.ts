import { describe, expect, it } from 'vitest'
import type { ExperimentMetric } from '../domain/index.ts'
import { normalQuantile } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { decompose } from './decompose.ts'
import { readOut } from './read-out.ts'
import { specOf, summaryOf, type TestUser } from './testing/summary-of.ts'

const spend: ExperimentMetric = {
  name: 'spend',
  metricType: 'mean',
  numerator: { column: 'spend' },
  role: 'success',
  targetMDE: 0.05,
}

const PHASES = [
  { name: 'early', weights: { control: 0.9, new: 0.1 } },
  { name: 'late', weights: { control: 0.1, new: 0.9 } },
]

/** No effect, while shares move towards the new variant and everybody buys more. */
function rampUsers(seed: string): readonly TestUser[] {
  const random = randomFrom(seed)
  return Array.from({ length: 4000 }, (_, i) => {
    const isLate = i >= 2000
    const isNew = random() < (isLate ? 0.9 : 0.1)
    return {
      variant: isNew ? 'new' : 'control',
      phase: isLate ? 'late' : 'early',
      segment: i % 2 === 0 ? 'ios' : 'android',
      values: [(isLate ? 20 : 10) + normalQuantile(random())],
    }
  })
}

const shownOf = (users: readonly TestUser[], spec = specOf([spend])) =>
  readOut(summaryOf(users, spec), spec).comparisons[0]!.metrics[0]!

describe('a ramp', () => {
  it('is not taken for an effect in segments', () => {
    const spec = specOf([spend], { phases: PHASES, segments: ['platform'] })
    const { segments } = readOut(summaryOf(rampUsers('segments of a ramp'), spec), spec)
    expect(segments).toHaveLength(2)
    for (const { absolute, isDiscovery, users } of segments) {
      expect(isDiscovery).toBe(false)
      expect(users).toBe(2000)
      expect(Math.abs(absolute.mean ?? Number.NaN)).toBeLessThan(0.3)
    }
  })

  it('is not taken for an interaction with another experiment', () => {
    const spec = specOf([spend], {
      phases: PHASES,
      segments: ['platform'],
      interactions: [{ experiment: 'other', column: 'platform', control: 'ios' }],
    })
    // The other experiment's treatment came late.
    const users = rampUsers('interaction of a ramp').filter(
      ({ segment, phase }, i) => !(segment === 'android' && phase === 'early' && i % 10 !== 1),
    )
    const [found] = readOut(summaryOf(users, spec), spec).exploration.interactions
    expect(Math.abs(found?.interaction.mean ?? Number.NaN)).toBeLessThan(0.5)
  })

  it('is not taken apart: a change of shares would be taken for one of users', () => {
    const spec = specOf([spend], { phases: PHASES, segments: ['platform'] })
    expect(() => decompose(summaryOf(rampUsers('ramp'), spec), spec, { funnels: [], channels: [] })).toThrow(
      /decompositions expect one set of shares, got 2 phases \(early, late\)/,
    )
  })

  it('says how many users lie in phases that compare nothing', () => {
    const users: readonly TestUser[] = [
      ...rampUsers('one sided').filter(({ phase }) => phase === 'late'),
      ...Array.from({ length: 500 }, (_, i): TestUser => ({ variant: 'control', phase: 'early', values: [i % 7] })),
    ]
    const { notes, absolute } = shownOf(users, specOf([spend], { phases: PHASES }))
    expect(Math.abs(absolute.mean ?? Number.NaN)).toBeLessThan(0.3)
    expect(notes).toContain('20 % of the users are in phases or strata without both variants, and left out')
  })
})

describe('strata', () => {
  it('with fewer than two users of a variant are taken together', () => {
    // Pairs of one user each: none compares anything by itself.
    const random = randomFrom('pairs')
    const users = Array.from({ length: 600 }, (_, i): TestUser => {
      const isNew = i % 2 === 0
      return {
        variant: isNew ? 'new' : 'control',
        stratum: `pair ${Math.floor(i / 2)}`,
        values: [10 + normalQuantile(random()) + (isNew ? 1 : 0)],
      }
    })
    const { absolute, notes } = shownOf(users)
    expect(absolute.mean).toBeCloseTo(shownOf(users.map(({ stratum: _, ...user }) => user)).absolute.mean!, 10)
    expect(notes.join()).not.toContain('left out')
  })
})

describe('the sample ratio of a fixed experiment', () => {
  // Days that look worse and worse by chance: χ² of one look is below .001, the evidence over all looks is not.
  const users = [0, 1, 2, 3].flatMap((day) =>
    Array.from({ length: 400 }, (_, i): TestUser => ({ variant: i < 180 ? 'new' : 'control', day, values: [i % 5] })),
  )
  const checkAt = (asOf: number) => {
    const spec = specOf([spend], { start: 0, end: 10 * 86_400_000 })
    const { quality } = readOut({ ...summaryOf(users, spec), asOf }, spec)
    return quality.checks.find(({ name }) => name === 'sample ratio')
  }

  it('holds at every look while it runs', () => {
    expect(checkAt(4 * 86_400_000)?.pValue).toBeGreaterThan(0.001)
  })

  it('is one test at its end', () => {
    // χ² = 16, with one degree of freedom.
    expect(checkAt(10 * 86_400_000)?.pValue).toBeCloseTo(6.334e-5, 7)
  })
})

describe('the way from assignment to exposure', () => {
  const spec = specOf([spend])
  const exposedUsers = (control: number, treated: number) =>
    [control, treated].flatMap((n, i) =>
      Array.from({ length: n }, (_, k): TestUser => ({ variant: i === 0 ? 'control' : 'new', values: [k % 5] })),
    )
  const checksOf = (control: number, treated: number, assigned: number | null) => {
    const summary = summaryOf(exposedUsers(control, treated), spec)
    const cells = ['control', 'new'].map((variant) => ({ variant, phase: null, day: null, users: assigned ?? 0 }))
    return readOut({ ...summary, assigned: assigned === null ? null : cells }, spec).quality.checks
  }

  it('may not lose more users of one variant, though the split of those exposed looks as planned', () => {
    const checks = checksOf(990, 950, 1000)
    expect(checks.find(({ name }) => name === 'sample ratio')?.status).toBe('passed')
    const alike = checks.find(({ name }) => name === 'exposed alike')
    // scipy.stats.chi2_contingency([[990, 10], [950, 50]], correction=False)
    expect(alike?.pValue).toBeCloseTo(1.577_938_782_8e-7, 14)
    expect(alike).toMatchObject({ status: 'failed', words: 'control 990 of 1000 assigned, new 950 of 1000 assigned' })
  })

  it('has nothing to test where all were exposed, and is not asked about where nobody knows', () => {
    const moot = checksOf(1000, 1000, 1000).find(({ name }) => name === 'exposed alike')
    expect(moot).toMatchObject({ status: 'moot', pValue: null })
    expect(checksOf(990, 950, null).map(({ name }) => name)).not.toContain('exposed alike')
  })

  it('is not tested by users where clusters were assigned, for those of one are alike', () => {
    const faults = { clusters: 10, inManyVariants: 0, rowsInWashout: 0, rowsWithoutCluster: 0 }
    const cells = ['control', 'new'].map((variant) => ({ variant, phase: null, day: null, users: 5 }))
    const assigned = cells.map((cell, i) => ({ ...cell, users: 1000 + 300 * i }))
    const summary = { ...summaryOf(exposedUsers(900, 1200), spec), assigned, clusters: { exposed: cells, faults } }
    expect(readOut(summary, spec).quality.checks.map(({ name }) => name)).not.toContain(
      'sample ratio of assigned users',
    )
  })
})

describe('a share', () => {
  it('stands with the interval of each variant by itself', () => {
    const shares = specOf([{ ...spend, metricType: 'proportion' }])
    const users = [0, 1].flatMap((i) =>
      Array.from(
        { length: 40 },
        (_, k): TestUser => ({ variant: i === 0 ? 'control' : 'new', values: [k < 8 + 4 * i ? 1 : 0] }),
      ),
    )
    const { control, treatment } = shownOf(users, shares)
    // statsmodels.stats.proportion.proportion_confint(8, 40, method='wilson')
    expect(control.shareInterval?.[0]).toBeCloseTo(0.104_999_897, 8)
    expect(control.shareInterval?.[1]).toBeCloseTo(0.347_573_063, 8)
    expect(treatment.shareInterval?.[0]).toBeGreaterThan(0.15)
    expect(shownOf(users).control.shareInterval).toBeNull()
  })
})
