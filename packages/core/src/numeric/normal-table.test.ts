import { expect, it } from 'vitest'
import { chiSquareCdf, normalCdf, normalPdf, normalQuantile, tCdf, tQuantile } from './distributions.ts'
import { neumaierSum } from './neumaier-sum.ts'
import { evaluateNormals } from './normal-table.ts'

function evaluateAt(x: number, mean: number, sd: number): { readonly cdf: number; readonly density: number } {
  const columns = {
    count: 1,
    mean: Float64Array.of(mean),
    inverseSd: Float64Array.of(1 / sd),
    cdf: new Float64Array(1),
    density: new Float64Array(1),
  }
  evaluateNormals(columns, x)
  return { cdf: columns.cdf[0]!, density: columns.density[0]! }
}

it('gives the normal distribution function with a relative error below 1e-7 and the density below 1e-8', () => {
  for (let z = -8; z <= 8; z += 0.00737) {
    const { cdf, density } = evaluateAt(z, 0, 1)
    expect(Math.abs(cdf / normalCdf(z) - 1)).toBeLessThan(1e-7)
    expect(Math.abs(density - normalPdf(z))).toBeLessThan(1e-8)
  }
})

it('shifts and scales', () => {
  const { cdf, density } = evaluateAt(3, 1, 4)
  expect(cdf).toBeCloseTo(normalCdf(0.5), 9)
  expect(density).toBeCloseTo(normalPdf(0.5) / 4, 9)
})

it('is exactly 0 and 1 far out', () => {
  expect(evaluateAt(-9, 0, 1)).toEqual({ cdf: 0, density: 0 })
  expect(evaluateAt(1e300, 0, 1)).toEqual({ cdf: 1, density: 0 })
})

it('agrees with known values of the normal, t and chi-square distributions', () => {
  expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 14)
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 13)
  // Closed form for two degrees of freedom: 1/2 + t / (2 √(2 + t²)).
  expect(tCdf(Math.SQRT2, 2)).toBeCloseTo(0.5 + Math.SQRT2 / 4, 12)
  expect(tQuantile(0.5 + Math.SQRT2 / 4, 2)).toBeCloseTo(Math.SQRT2, 10)
  expect(chiSquareCdf(3.841458820694124, 1)).toBeCloseTo(0.95, 12)
})

it('adds up what a plain sum loses', () => {
  expect(neumaierSum([1, 1e100, 1, -1e100])).toBe(2)
  expect(neumaierSum(Array.from({ length: 10 }, () => 0.1))).toBe(1)
})
