import { describe, expect, it } from 'vitest'
import { actionShares } from './charts/actions.ts'
import { weeklySends } from './figures.ts'
import { pairLabel } from './groups.ts'

describe('weeklySends', () => {
  it('gives seven times the daily mean, also for a week cut short', () => {
    const daily = Array.from({ length: 9 }, (_, i) => ({
      day: i + 1,
      group: 'paloma' as const,
      reach: 1,
      sendsPerUser: i < 7 ? 0.5 : 0.25,
      combinedPerUser: 0,
    }))
    expect(weeklySends(daily)).toEqual([
      { x: 1, series: 'paloma', y: 3.5 },
      { x: 2, series: 'paloma', y: 1.75 },
    ])
  })
})

describe('actionShares', () => {
  it('sums to one on every day that has decisions', () => {
    const shares = actionShares([
      { day: 1, action: 'hold', decisions: 3 },
      { day: 1, action: 'push', decisions: 1 },
      { day: 2, action: 'hold', decisions: 0 },
    ])
    expect(shares.map(({ day, action, share }) => [day, action, share])).toEqual([
      [1, 'hold', 0.75],
      [1, 'push', 0.25],
    ])
  })
})

describe('pairLabel', () => {
  it('reads a pair of groups aloud and leaves anything else as it is', () => {
    expect(pairLabel('paloma-businessAsUsual')).toBe('Paloma \u2212 business as usual')
    expect(pairLabel('left-right')).toBe('left-right')
  })
})
