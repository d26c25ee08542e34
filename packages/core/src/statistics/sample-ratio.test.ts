import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/statistics.json' with { type: 'json' }
import { randomFrom } from '../random/index.ts'
import { sampleRatioTest } from './sample-ratio.ts'

describe('sampleRatioTest', () => {
  it.each(cases.sampleRatio)('gives the agreed p for $counts', ({ counts, shares, statistic, pValue }) => {
    const found = sampleRatioTest(counts, shares)
    if (found.kind !== 'test') throw new Error('expected a test')
    expect(found.statistic).toBeCloseTo(statistic, 9)
    expect(found.pValue).toBeCloseTo(pValue, 9)
    expect(found.isMismatch).toBe(pValue < 0.001)
  })

  it('calls units in a group without share a mismatch, and leaves an empty one out', () => {
    expect(sampleRatioTest([50, 50, 1], [1, 1, 0])).toMatchObject({ kind: 'test', pValue: 0, isMismatch: true })
    expect(sampleRatioTest([50, 50, 0], [1, 1, 0])).toMatchObject({ kind: 'test', dof: 1, pValue: 1 })
  })

  it('answers with a reason where χ² is not to be trusted', () => {
    expect(sampleRatioTest([3, 4], [1, 1])).toEqual({ kind: 'undefined', reason: 'too-few-units' })
    expect(sampleRatioTest([100], [1])).toEqual({ kind: 'undefined', reason: 'too-few-units' })
    expect(sampleRatioTest([], [])).toEqual({ kind: 'undefined', reason: 'too-few-units' })
  })

  it('refuses lists that do not fit and negative numbers', () => {
    expect(() => sampleRatioTest([1, 2], [1])).toThrow(/got 1 for 2/)
    expect(() => sampleRatioTest([-1, 2], [1, 1])).toThrow(/got -1/)
  })

  it('raises false alarms at its rate under the planned split', () => {
    const random = randomFrom('srm-null')
    const shares = [0.5, 0.4, 0.05, 0.05]
    let alarms = 0
    const runs = 3000
    for (let i = 0; i < runs; i++) {
      const counts = [0, 0, 0, 0]
      for (let k = 0; k < 400; k++) {
        const u = random()
        counts[u < 0.5 ? 0 : u < 0.9 ? 1 : u < 0.95 ? 2 : 3]!++
      }
      const found = sampleRatioTest(counts, shares)
      if (found.kind === 'test' && found.pValue < 0.05) alarms++
    }
    expect(Math.abs(alarms / runs - 0.05)).toBeLessThan(0.015)
  })
})
