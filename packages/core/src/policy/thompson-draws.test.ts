import { describe, expect, it } from 'vitest'
import { normalCdf, packedDiagonal } from '../numeric/index.ts'
import { bestProbabilities } from './best-probabilities.ts'
import { distributionFor } from './distribution-for.ts'
import { inputOf } from './testing/policy-input.ts'
import { testPolicy } from './testing/test-policy.ts'
import { thompsonDraws } from './thompson-draws.ts'

const SPEC = { kind: 'thompsonDraws', draws: 4096, floor: 0.05, sharpness: 2 } as const

testPolicy(SPEC, 0.05)

/** Four standard errors of a frequency of 1/2, by 65,536 draws half of which are mirror images. */
const DRAWS = 65_536
const TOLERANCE = 4 * Math.sqrt(0.25 / (DRAWS / 2))

describe('thompsonDraws', () => {
  it('agrees with the quadrature when scores are independent', () => {
    const [scores, variances] = [Float64Array.of(0, 0.3, 0.1, -0.2), Float64Array.of(0, 0.2, 0.5, 1)]
    const drawn = thompsonDraws({ scores, covariance: packedDiagonal(variances) }, { draws: DRAWS, key: 'a' })
    bestProbabilities(scores, variances).forEach((p, k) => {
      expect(Math.abs(drawn[k]! - p)).toBeLessThan(TOLERANCE)
    })
  })

  it('agrees with the closed form of two correlated scores', () => {
    const covariance = Float64Array.of(1, 0.9, 1)
    const [first] = thompsonDraws({ scores: Float64Array.of(0.2, 0), covariance }, { draws: DRAWS, key: 'b' })
    expect(Math.abs(first! - normalCdf(0.2 / Math.sqrt(0.2)))).toBeLessThan(TOLERANCE)
  })

  it('gives two copies of one action together what one of them would have', () => {
    const covariance = Float64Array.of(1, 1, 1, 0, 0, 1)
    const [a, b, other] = thompsonDraws({ scores: new Float64Array(3), covariance }, { draws: DRAWS, key: 'c' })
    expect(a).toBe(b)
    expect(Math.abs(other! - 0.5)).toBeLessThan(TOLERANCE)
  })

  it('replays by its key and differs by another', () => {
    const posterior = { scores: Float64Array.of(0, 0.1), covariance: Float64Array.of(1, 0.5, 2) }
    const [same, again, other] = ['d1', 'd1', 'd2'].map((key) => thompsonDraws(posterior, { draws: 4096, key }))
    expect(again).toEqual(same)
    expect(other).not.toEqual(same)
  })

  it('takes many near copies of one action, as a catalogue of like proposals makes them', () => {
    // Gram matrix of rows that differ in their fifth digit: of rank 3, but for rounding.
    const rows = Array.from({ length: 150 }, (_, i) => [1, (i % 7) * 1e-5, Math.sin(i) * 1e-3])
    const gram = rows.flatMap((a, i) => rows.slice(0, i + 1).map((b) => a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!))
    const noisy = gram.map((entry, k) => entry * (1 + 3e-11 * Math.cos(k)))
    const p = thompsonDraws(
      { scores: new Float64Array(150), covariance: Float64Array.from(noisy) },
      { draws: 4096, key: 'c' },
    )
    expect(p.reduce((sum, q) => sum + q, 0)).toBeCloseTo(1, 12)
  })

  it.each([
    ['too few draws', { draws: 4095 }, Float64Array.of(1, 0, 1), 'draws must be a whole number ≥ 4096, got 4095'],
    ['a negative variance', {}, Float64Array.of(1, 0, -1), 'variance of score 1 must be a finite number ≥ 0, got -1'],
    ['a correlation beyond 1', {}, Float64Array.of(1, 1.1, 1), 'covariance must be positive semi-definite'],
    ['a missing entry', {}, Float64Array.of(1, 0), 'covariance.length must be 3, got 2'],
  ])('refuses %s', (_, change, covariance, message) => {
    const options = { draws: 4096, key: 'e', ...change }
    expect(() => thompsonDraws({ scores: new Float64Array(2), covariance }, options)).toThrow(message)
  })
})

describe('thompsonDraws as a policy', () => {
  it('takes the covariance of its input, and divides it by the sharpness', () => {
    const input = { ...inputOf([0, 0], [1, 1]), covariance: Float64Array.of(0, 0, 1, 0, 1, 1) }
    const [hold, a, b] = distributionFor({ ...SPEC, draws: DRAWS, floor: 0 }, input)
    expect(Math.abs(a! - b!)).toBeLessThan(1e-9)
    expect(Math.abs(hold! - 0.5)).toBeLessThan(TOLERANCE)
    const uneven = { ...inputOf([0.5], [1]), covariance: Float64Array.of(0, 0, 1) }
    const [, sharp] = distributionFor({ ...SPEC, draws: DRAWS, floor: 0, sharpness: 4 }, uneven)
    expect(Math.abs(sharp! - normalCdf(1))).toBeLessThan(TOLERANCE)
  })
})
