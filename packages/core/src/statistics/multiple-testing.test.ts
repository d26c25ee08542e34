import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/sequential.json' with { type: 'json' }
import { randomFrom } from '../random/index.ts'
import { benjaminiHochberg, bonferroniPValue, effectiveTests } from './multiple-testing.ts'

describe('effectiveTests', () => {
  it.each(cases.effectiveTests)('agrees with the eigenvalues of $dimension metrics', (agreed) => {
    expect(effectiveTests(Float64Array.from(agreed.covariance), agreed.dimension)).toBeCloseTo(agreed.effectiveTests, 9)
  })

  it('is one for copies and all for independent metrics; one without variance counts', () => {
    expect(effectiveTests(Float64Array.of(4, 4, 4), 2)).toBeCloseTo(1, 12)
    expect(effectiveTests(Float64Array.of(4, 0, 9), 2)).toBeCloseTo(2, 12)
    expect(effectiveTests(Float64Array.of(4, 0, 0), 2)).toBeCloseTo(2, 12)
    expect(effectiveTests(new Float64Array(0), 0)).toBe(0)
  })
})

describe('benjaminiHochberg', () => {
  it('gives the adjusted p of SciPy', () => {
    const { pValues, adjusted } = cases.discoveries
    benjaminiHochberg(pValues).forEach((found, k) => {
      expect(found.adjusted).toBeCloseTo(adjusted[k]!, 12)
      expect(found.isDiscovery).toBe(adjusted[k]! <= 0.1)
    })
  })

  it('leaves out tests without p', () => {
    expect(benjaminiHochberg([null, 0.04, Number.NaN])).toEqual([
      { adjusted: null, isDiscovery: false },
      { adjusted: 0.04, isDiscovery: true },
      { adjusted: null, isDiscovery: false },
    ])
    expect(benjaminiHochberg([])).toEqual([])
    expect(() => benjaminiHochberg([1.2])).toThrow('p values must be in [0, 1], got 1.2')
  })

  it('keeps the share of false discoveries', () => {
    const random = randomFrom('false-discoveries')
    const runs = 2000
    let share = 0
    for (let run = 0; run < runs; run++) {
      // Three of ten tests have an effect: their p are squeezed towards 0.
      const found = benjaminiHochberg(Array.from({ length: 10 }, (_, k) => (k < 3 ? random() ** 6 : random())))
      const discoveries = found.filter(({ isDiscovery }) => isDiscovery).length
      const wrong = found.slice(3).filter(({ isDiscovery }) => isDiscovery).length
      share += discoveries === 0 ? 0 : wrong / discoveries
    }
    // Exactly rate × share of true nulls: .1 × .7.
    expect(Math.abs(share / runs - 0.07)).toBeLessThan(0.012)
  })
})

describe('bonferroniPValue', () => {
  it('is the smallest times their number, of those that are known', () => {
    expect(bonferroniPValue([0.01, 0.5, null])).toBeCloseTo(0.02, 12)
    expect(bonferroniPValue([0.9, 0.8])).toBe(1)
    expect(bonferroniPValue([null])).toBeNull()
  })
})
