import { describe, expect, it } from 'vitest'
import { crossoverCheck, exposureLossTest } from './exposure-checks.ts'
import { sampleRatioByPhase } from './sample-ratio-by-phase.ts'
import { sampleRatioSeverity, shareDeviation } from './sample-ratio-severity.ts'

describe('sampleRatioSeverity', () => {
  it.each([
    [0.0005, 0.002, 'alert'],
    [0.0005, 0.0005, 'warning'],
    [0.005, 0.1, 'warning'],
    [0.01, 0.1, 'none'],
    [null, 0.1, 'none'],
    [Number.NaN, 0.1, 'none'],
  ] as const)('calls p = %s at a deviation of %s a matter of %s', (pValue, deviation, severity) => {
    expect(sampleRatioSeverity(pValue, deviation)).toBe(severity)
  })

  it('measures the largest deviation of a share', () => {
    expect(shareDeviation([52, 48], [1, 1])).toBeCloseTo(0.02, 12)
    expect(shareDeviation([60, 30, 10], [5, 4, 1])).toBeCloseTo(0.1, 12)
    expect(shareDeviation([0, 0], [1, 1])).toBe(0)
  })
})

describe('sampleRatioByPhase', () => {
  it('sees faults that cancel over all phases, and shares that change', () => {
    const found = sampleRatioByPhase([
      { name: '10 %', counts: [9300, 700], shares: [9, 1] },
      { name: '50 %', counts: [4700, 5300], shares: [1, 1] },
      { name: 'last', counts: [1, 1], shares: [1, 1] },
    ])
    expect(found.severity).toBe('alert')
    expect(found.phases.map(({ severity }) => severity)).toEqual(['alert', 'alert', 'none'])
    const values = found.phases.flatMap(({ test }) => (test.kind === 'test' ? [test.pValue] : []))
    expect(values).toHaveLength(2)
    expect(found.pValue).toBe(2 * Math.min(...values))
  })

  it('has no p where no phase can be tested', () => {
    expect(sampleRatioByPhase([])).toEqual({ phases: [], pValue: null, severity: 'none' })
    expect(sampleRatioByPhase([{ name: 'first', counts: [2, 1], shares: [1, 1] }]).pValue).toBeNull()
  })
})

describe('crossoverCheck', () => {
  it('counts users of several variants, and calls more than .5 % invalid', () => {
    expect(crossoverCheck({ exposed: 1000, crossed: 5 })).toMatchObject({ share: 0.005, isInvalid: false })
    expect(crossoverCheck({ exposed: 1000, crossed: 6 }).isInvalid).toBe(true)
    expect(crossoverCheck({ exposed: 0, crossed: 0 }).share).toBe(0)
    expect(() => crossoverCheck({ exposed: 1, crossed: 2 })).toThrow('crossed must be in [0, 1], got 2')
  })
})

describe('exposureLossTest', () => {
  it('gives Pearson’s χ² of the table of exposed and lost', () => {
    // scipy.stats.chi2_contingency([[900, 100], [860, 140]], correction=False)
    const found = exposureLossTest([
      { assigned: 1000, exposed: 900 },
      { assigned: 1000, exposed: 860 },
    ])
    if (found.kind !== 'test') throw new Error('expected a test')
    expect(found.statistic).toBeCloseTo(7.575_757_575_757_576, 9)
    expect(found.pValue).toBeCloseTo(0.005_915_851_074_238, 9)
    expect(found.isMismatch).toBe(false)
  })

  it('answers with a reason, or with no difference where nobody is lost', () => {
    const thin = { assigned: 10, exposed: 9 }
    expect(exposureLossTest([thin, thin])).toEqual({ kind: 'undefined', reason: 'too-few-units' })
    expect(
      exposureLossTest([
        { assigned: 10, exposed: 9 },
        { assigned: 0, exposed: 0 },
      ]),
    ).toMatchObject({ kind: 'undefined' })
    const all = { assigned: 100, exposed: 100 }
    expect(exposureLossTest([all, all, all])).toEqual({ kind: 'undefined', reason: 'zero-variance' })
    expect(() => exposureLossTest([{ assigned: 1, exposed: 2 }])).toThrow(/exposed must be in \[0, 1\], got 2/)
  })
})
