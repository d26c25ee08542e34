import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boxVertices, breakEvenWeights, jointUtility, paretoStatus, robustUtility } from './joint-utility.ts'
import { phasedJointEffects } from './phased-joint-effects.ts'

const joint = { effects: [2, -1], covariance: Float64Array.of(0.25, 0.1, 0.16), dof: null }

describe('jointUtility', () => {
  it('weighs effects and their covariance', () => {
    const found = jointUtility(joint, [1, 0.5], 0.95)
    const variance = 0.25 + 2 * 0.5 * 0.1 + 0.25 * 0.16
    expect(found.utility).toMatchObject({ effect: 1.5, dof: null })
    expect(found.lowerBound).toBeCloseTo(1.5 - 1.6448536269514722 * Math.sqrt(variance), 10)
  })

  it('is smallest at a corner of the box: no point inside is worse', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    const worst = robustUtility(
      joint,
      boxVertices([
        { low: 0.5, high: 2 },
        { low: -1, high: 3 },
      ]),
      0.95,
    )!
    fc.assert(
      fc.property(share, share, (x, y) => {
        const inside = jointUtility(joint, [0.5 + 1.5 * x, -1 + 4 * y], 0.95).lowerBound!
        expect(inside).toBeGreaterThanOrEqual(worst.lowerBound! - 1e-12)
      }),
      { seed: 19, numRuns: 200 },
    )
    expect(worst.weights).toEqual([0.5, 3])
  })

  it('is 0 at weights that are all 0, and unknown where a corner is: such corners were passed over', () => {
    const good = { effects: [2, 1], covariance: Float64Array.of(0.01, 0, 0.01), dof: null }
    const box = boxVertices([
      { low: 0, high: 1 },
      { low: 0, high: 1 },
    ])
    expect(robustUtility(good, box, 0.95)).toMatchObject({ lowerBound: 0, weights: [0, 0] })
    const half = { effects: [2, 1], covariance: Float64Array.of(0, 0, 0.01), dof: null }
    expect(
      robustUtility(
        half,
        [
          [1, 1],
          [1, 0],
        ],
        0.95,
      ),
    ).toBeNull()
    expect(robustUtility(good, [], 0.95)).toBeNull()
  })

  it('answers with a reason', () => {
    expect(jointUtility(joint, [0, 0], 0.9)).toEqual({
      utility: { kind: 'undefined', reason: 'no-weight', effect: null },
      lowerBound: null,
    })
    const sure = { effects: [1], covariance: Float64Array.of(0), dof: null }
    expect(jointUtility(sure, [2], 0.9).utility).toEqual({ kind: 'undefined', reason: 'zero-variance', effect: 2 })
    expect(jointUtility({ ...sure, effects: [Number.NaN] }, [2], 0.9).utility).toMatchObject({ reason: 'not-finite' })
    expect(robustUtility(sure, [[1]], 0.9)).toBeNull()
    expect(() => jointUtility(joint, [1], 0.9)).toThrow(/one entry per effect, got 1 for 2/)
    expect(() => boxVertices([{ low: 1, high: 0 }])).toThrow(/low ≤ high/)
    expect(() => boxVertices(Array.from({ length: 17 }, () => ({ low: 0, high: 1 })))).toThrow(/at most 16, got 17/)
    expect(
      boxVertices([
        { low: 1, high: 1 },
        { low: 0, high: 2 },
      ]),
    ).toEqual([
      [1, 0],
      [1, 2],
    ])
  })

  it('names where metrics pull against each other', () => {
    expect(breakEvenWeights([2, -1, 3])).toEqual([
      { metric: 0, against: 1, ratio: 2 },
      { metric: 0, against: 2, ratio: null },
      { metric: 1, against: 2, ratio: 1 / 3 },
    ])
    expect(
      paretoStatus([
        { low: 1, high: 2 },
        { low: -1, high: 1 },
      ]),
    ).toBe('dominates')
    expect(
      paretoStatus([
        { low: 1, high: 2 },
        { low: -2, high: -1 },
      ]),
    ).toBe('trade-off')
    expect(paretoStatus([{ low: -2, high: -1 }])).toBe('dominated')
    expect(paretoStatus([])).toBe('unclear')
  })

  it('adds up over phases as each metric alone does', () => {
    const other = { effects: [4, 1], covariance: Float64Array.of(1, 0.5, 4), dof: 12 }
    const found = phasedJointEffects([
      { units: 300, joint },
      { units: 100, joint: other },
      { units: 0, joint: { ...other, effects: [Number.NaN, 0] } },
    ])
    expect(found?.effects).toEqual([2.5, -0.5])
    expect([...found!.covariance]).toEqual([0.25, 0.1, 0.16].map((v, k) => 0.5625 * v + 0.0625 * other.covariance[k]!))
    expect(found?.dof).toBe(12)
    expect(phasedJointEffects([])).toBeNull()
    expect(() => phasedJointEffects([{ units: -1, joint }])).toThrow(/got -1/)
    const short = { units: 5, joint: { effects: [1], covariance: Float64Array.of(1), dof: null } }
    expect(() => phasedJointEffects([{ units: 5, joint }, short])).toThrow(/2 metrics each, got 1/)
  })
})
