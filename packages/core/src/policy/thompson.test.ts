import { describe, expect, it } from 'vitest'
import { gaussLegendre, normalCdf, normalPdf } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { bestProbabilities } from './best-probabilities.ts'
import { testPolicy } from './testing/test-policy.ts'
import { thompson } from './thompson.ts'

testPolicy({ kind: 'thompson', floor: 0.02, sharpness: 1 }, 0.02)
testPolicy({ kind: 'thompson', floor: 0, sharpness: 3 }, 0)

const RULE = gaussLegendre(20)

/** ∫ f_k Π F_j with exact Φ between all ends and middles of all densities, each piece cut to one sd: slow and plain. */
function reference(means: readonly number[], sds: readonly number[]): number[] {
  const point = Math.max(...means.filter((_, k) => sds[k] === 0), Number.NEGATIVE_INFINITY)
  const cuts = new Set([point])
  means.forEach((mean, k) => {
    for (let z = -9; z <= 9; z += 1) cuts.add(mean + z * sds[k]!)
  })
  const ends = [...cuts].filter((x) => x >= point && Number.isFinite(x)).sort((a, b) => a - b)
  const cdf = (x: number, j: number) => (sds[j] === 0 ? 1 : normalCdf((x - means[j]!) / sds[j]!))
  const product = (x: number, k: number) => means.reduce((p, _, j) => (j === k ? p : p * cdf(x, j)), 1)
  return means.map((mean, k) => {
    if (sds[k] === 0) return mean === point ? product(point, k) : 0
    let sum = 0
    for (let i = 1; i < ends.length; i++) {
      const width = ends[i]! - ends[i - 1]!
      RULE.nodes.forEach((node, n) => {
        const x = ends[i - 1]! + width * node
        sum += width * RULE.weights[n]! * (normalPdf((x - mean) / sds[k]!) / sds[k]!) * product(x, k)
      })
    }
    return sum
  })
}

function expectReference(means: readonly number[], sds: readonly number[]): void {
  const exact = reference(means, sds)
  expect(exact.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9)
  const probabilities = bestProbabilities(
    Float64Array.from(means),
    Float64Array.from(sds, (sd) => sd * sd),
  )
  exact.forEach((p, k) => {
    expect(Math.abs(probabilities[k]! - p)).toBeLessThan(1e-6)
  })
}

describe('thompson', () => {
  it('gives two actions the closed form', () => {
    const [first, second] = thompson(Float64Array.of(1, 0.4), Float64Array.of(0.09, 0.07), 1)
    expect(first).toBeCloseTo(normalCdf(0.6 / 0.4), 14)
    expect(second).toBeCloseTo(normalCdf(-0.6 / 0.4), 14)
  })

  it('gives two sure scores like greedy', () => {
    expect([...thompson(Float64Array.of(1, 2), new Float64Array(2), 1)]).toEqual([0, 1])
    expect([...thompson(Float64Array.of(2, 2, 1), new Float64Array(3), 1)]).toEqual([0.5, 0.5, 0])
  })

  it('divides variances by the sharpness', () => {
    const scores = Float64Array.of(0, 0.3, 0.2, -0.1)
    const sharp = thompson(scores, Float64Array.of(0, 1, 2, 4), 4)
    expect(sharp).toEqual(thompson(scores, Float64Array.of(0, 0.25, 0.5, 1), 1))
  })
})

describe('bestProbabilities', () => {
  it('gives equal scores equal chances', () => {
    for (const count of [3, 21, 50]) {
      const probabilities = bestProbabilities(new Float64Array(count).fill(2), new Float64Array(count).fill(0.3))
      for (const p of probabilities) expect(Math.abs(p - 1 / count)).toBeLessThan(1e-7)
    }
  })

  it('agrees with the closed form of two scores', () => {
    for (const gap of [0, 0.5, -2, 4]) {
      for (const sd of [1e-6, 1e-3, 1, 1e3]) {
        const [first] = bestProbabilities(Float64Array.of(gap, 0), Float64Array.of(sd * sd, 0.25))
        expect(Math.abs(first! - normalCdf(gap / Math.hypot(sd, 0.5)))).toBeLessThan(1e-6)
      }
    }
  })

  it('gives hold exactly the chance that every send is worse', () => {
    const [hold] = bestProbabilities(Float64Array.of(0, -1, 0.5, -0.2), Float64Array.of(0, 1, 0.25, 0.04))
    expect(Math.abs(hold! - normalCdf(1) * normalCdf(-1) * normalCdf(1))).toBeLessThan(1e-8)
  })

  it('lets a worse sure score never win and shares among equal ones', () => {
    const [low, a, b] = bestProbabilities(Float64Array.of(-1, 0, 0, -2), Float64Array.of(0, 0, 0, 1))
    expect(low).toBe(0)
    expect(a).toBe(b)
    expect(2 * a!).toBeCloseTo(normalCdf(2), 8)
  })

  it.each([
    ['alike', 1, 1],
    ['usual', 0.3, 2],
    ['from 1e-6 to 1e3', 1e-6, 1e3],
  ])('agrees with a fine reference when standard deviations are %s', (_, low, high) => {
    const random = randomFrom(`thompson ${low}`)
    for (let run = 0; run < 5; run++) {
      const means = Array.from({ length: 8 }, () => 4 * random() - 2)
      const sds = means.map(() => low * (high / low) ** random())
      expectReference(means, sds)
      expectReference([0, ...means], [0, ...sds])
    }
  })

  it.each([
    [
      [0, 1e-7, 0],
      [1e-6, 1e-6, 1e3],
    ],
    [
      [5, 5, 4.999],
      [1e-6, 1e-6, 1e-3],
    ],
    [
      [0, 3, 3.000001],
      [1, 1e-6, 1e-6],
    ],
    [
      [0, -6, 100],
      [0, 1e3, 30],
    ],
    [
      [1e6, 1e6 + 1, 0],
      [1, 1, 1e6],
    ],
  ])('finds narrow scores among wide ones: means %o, sds %o', (means, sds) => {
    expectReference(means, sds)
  })

  it('stays finite for scores that are far from everything', () => {
    const probabilities = bestProbabilities(Float64Array.of(0, 1e12, -1e12, 1e12), Float64Array.of(1, 1e-20, 1, 0))
    expect([...probabilities].map((p) => Math.round(p * 1e6) / 1e6)).toEqual([0, 0.5, 0, 0.5])
  })
})
