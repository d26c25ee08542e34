import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { projectOnBounds } from './project-on-bounds.ts'

const weight = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(0))

/** A distribution with bounds that some distribution keeps. */
const problems = fc
  .array(fc.record({ p: weight, inside: weight, down: weight, up: weight }), { minLength: 1, maxLength: 9 })
  .filter((rows) => rows.some(({ p }) => p > 0.01) && rows.some(({ inside }) => inside > 0.01))
  .map((rows) => {
    const [mass, total] = [rows.reduce((sum, { p }) => sum + p, 0), rows.reduce((sum, { inside }) => sum + inside, 0)]
    return {
      probabilities: Float64Array.from(rows, ({ p }) => p / mass),
      lower: Float64Array.from(rows, ({ inside, down }) => (inside / total) * down),
      upper: Float64Array.from(rows, ({ inside, up }) => inside / total + up * (1 - inside / total)),
    }
  })

describe('projectOnBounds', () => {
  it('keeps bounds and sum', () => {
    fc.assert(
      fc.property(problems, ({ probabilities, lower, upper }) => {
        const projected = projectOnBounds(probabilities, { lower, upper })
        expect(Math.abs(projected.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(1e-12)
        projected.forEach((p, k) => {
          expect(p).toBeGreaterThanOrEqual(lower[k]! - 1e-12)
          expect(p).toBeLessThanOrEqual(upper[k]! + 1e-12)
        })
      }),
      { seed: 5 },
    )
  })

  it('changes nothing that is within its bounds', () => {
    const p = Float64Array.of(0.2, 0.5, 0.3)
    projectOnBounds(p, { lower: new Float64Array(3), upper: new Float64Array(3).fill(1) }).forEach((q, k) => {
      expect(q).toBeCloseTo(p[k]!, 14)
    })
  })

  it('gives what a cap takes to the others in proportion', () => {
    const projected = projectOnBounds(Float64Array.of(0.9, 0.08, 0.02), {
      lower: new Float64Array(3),
      upper: Float64Array.of(0.5, 1, 1),
    })
    expect([...projected].map((p) => Number(p.toFixed(12)))).toEqual([0.5, 0.4, 0.1])
  })

  it('shares alike among actions that had nothing', () => {
    const projected = projectOnBounds(Float64Array.of(1, 0, 0), {
      lower: new Float64Array(3),
      upper: Float64Array.of(0.5, 1, 1),
    })
    expect([...projected]).toEqual([0.5, 0.25, 0.25])
  })

  it.each([
    [[0.6, 0.6], [1, 1], 'lower must sum to at most 1, got 1.2'],
    [[0, 0], [0.3, 0.3], 'upper must sum to at least 1, got 0.6'],
    [[0.5, 0], [0.4, 1], 'lower[0] must be in [0, upper[0] = 0.4], got 0.5'],
  ])('refuses bounds that no distribution keeps: %o to %o', (lower, upper, message) => {
    const bounds = { lower: Float64Array.from(lower), upper: Float64Array.from(upper) }
    expect(() => projectOnBounds(Float64Array.of(0.5, 0.5), bounds)).toThrow(message)
  })
})
