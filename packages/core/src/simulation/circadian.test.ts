import { describe, expect, it } from 'vitest'
import { createCircadian, wrapHour } from './circadian.ts'
import { createDraws } from './draws.ts'
import { RETAIL } from './retail.ts'

describe('createCircadian', () => {
  it('has mean density one and its highest point near the heaviest peak', () => {
    const circadian = createCircadian(RETAIL.circadian.peaks)
    const densities = Array.from({ length: 96 }, (_, bin) => Math.exp(circadian.logDensity(bin / 4 + 0.1)))
    expect(densities.reduce((sum, value) => sum + value, 0) / 96).toBeCloseTo(1, 10)
    expect(Math.abs(densities.indexOf(Math.max(...densities)) / 4 - 20)).toBeLessThan(1)
  })

  it('draws hours in the shares of the density', () => {
    const circadian = createCircadian(RETAIL.circadian.peaks)
    const hours = Array.from({ length: 9600 }, (_, i) => circadian.hourAt((i + 0.5) / 9600))
    for (const from of [2, 8, 12, 20]) {
      const share = hours.filter((hour) => hour >= from && hour < from + 1).length / 9600
      const expected = [0, 1, 2, 3].reduce((sum, q) => sum + Math.exp(circadian.logDensity(from + q / 4 + 0.1)) / 96, 0)
      expect(share).toBeCloseTo(expected, 2)
    }
  })

  it('wraps hours into the day', () => {
    expect([-1, 24, 49.5, 3].map(wrapHour)).toEqual([23, 0, 1.5, 3])
  })
})

describe('createDraws', () => {
  it('is uniform, normal and independent between neighbours', () => {
    const draws = createDraws(3)
    const n = 20_000
    const us = Array.from({ length: n }, (_, user) => draws.uniform(user, 4, 120))
    const next = Array.from({ length: n }, (_, user) => draws.uniform(user, 5, 120))
    const zs = Array.from({ length: n }, (_, user) => draws.normal(user, 4, 6))
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / n
    expect(Math.abs(mean(us) - 0.5)).toBeLessThan(0.008)
    expect(Math.abs(mean(us.map((u, i) => (u - 0.5) * (next[i]! - 0.5))))).toBeLessThan(0.003)
    expect(Math.abs(mean(zs))).toBeLessThan(0.03)
    expect(Math.abs(mean(zs.map((z) => z * z)) - 1)).toBeLessThan(0.05)
  })
})
