import { describe, expect, it } from 'vitest'
import type { GroupComparison } from '../answers.ts'
import { comparedNames, forestPlot, forestRows, intervalText, pairName } from './forest.ts'

const comparison: GroupComparison = {
  from: '2026-01-01T00:00:00.000Z',
  until: '2026-02-01T00:00:00.000Z',
  level: 0.95,
  groups: {},
  differences: {
    'paloma-businessAsUsual': {
      conversion: { mean: 2, low: -1, high: 5 },
      combined: { mean: 3, low: 1, high: 5 },
    },
    'paloma-holdout': {
      conversion: { mean: 4, low: null, high: null },
      combined: { mean: null, low: null, high: null },
    },
  },
}

describe('forestRows', () => {
  it('keeps the pairs that have an interval and marks the one against business as usual', () => {
    expect(forestRows(comparison, 'combined')).toEqual([
      { label: 'Paloma \u2212 business as usual', mean: 3, low: 1, high: 5, tone: 'main' },
    ])
    expect(forestRows(comparison, 'nothing')).toEqual([])
  })
})

describe('comparedNames', () => {
  it('puts the combined objective first and every other once', () => {
    expect(comparedNames(comparison)).toEqual(['combined', 'conversion'])
  })
})

describe('forestPlot', () => {
  it('keeps zero in view when every interval lies on one side', () => {
    const domain = forestPlot(forestRows(comparison, 'combined'), 'EUR').x?.domain as readonly number[]
    expect(domain[0]).toBeLessThan(0)
    expect(domain[1]).toBeGreaterThan(5)
  })
})

describe('words of an interval', () => {
  it('names groups it does not know as they are', () => {
    expect(pairName('paloma-random')).toBe('Paloma \u2212 random')
    expect(pairName('alpha-beta')).toBe('alpha \u2212 beta')
  })

  it('shows a mean without an interval as such', () => {
    expect(intervalText({ mean: 1.234, low: -0.5, high: 3 })).toBe('+1.23 [\u22120.5,\u00a0+3]')
    expect(intervalText({ mean: 2, low: null, high: null })).toBe('+2')
    expect(intervalText({ mean: null, low: null, high: null })).toBe('\u2013')
  })
})
