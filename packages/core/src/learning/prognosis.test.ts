import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rowWithPrognosis, withPrognosis } from './prognosis.ts'
import { fitRidge, predictLinear } from './ridge.ts'

const ROWS = Array.from({ length: 60 }, (_, i) => [i % 5, (i * 7) % 11])
const OPTIONS = { foldOf: ROWS.map((_, i) => i % 3), folds: 3, penalty: 1 }

describe('the prognosis', () => {
  it('is the least squares line of rewards where they lie on one', () => {
    const rewards = ROWS.map(([a, b]) => 1 + 2 * a! - b!)
    const { rows, prognosis } = withPrognosis(ROWS, rewards, { ...OPTIONS, penalty: 1e-9 })
    rows.forEach((row, i) => {
      expect(Array.from(row).slice(0, 2)).toEqual(ROWS[i])
      expect(row[2]).toBeCloseTo(rewards[i]!, 6)
    })
    expect(rowWithPrognosis(prognosis, [100, 3])[2]).toBeCloseTo(198, 5)
  })

  it('of a row does not see what the row, or its fold, brought', () => {
    fc.assert(
      fc.property(fc.nat(59), fc.double({ min: -1e3, max: 1e3, noNaN: true }), (at, reward) => {
        const rewards = ROWS.map(([a]) => a!)
        const fold = OPTIONS.foldOf[at]
        const others = rewards.map((own, i) => (OPTIONS.foldOf[i] === fold ? reward : own))
        const before = withPrognosis(ROWS, rewards, OPTIONS).rows[at]
        expect(withPrognosis(ROWS, others, OPTIONS).rows[at]).toEqual(before)
      }),
      { numRuns: 30 },
    )
  })

  it('of rows not seen is learned from all', () => {
    const rewards = ROWS.map(([a, b], i) => a! * b! + i)
    const all = fitRidge(ROWS, rewards, { picks: ROWS.map((_, i) => i), penalty: 1 })
    expect(rowWithPrognosis(withPrognosis(ROWS, rewards, OPTIONS).prognosis, [2, 5])[2]).toBe(
      predictLinear(all, [2, 5]),
    )
  })

  it('refuses a fold that is none', () => {
    expect(() => withPrognosis([[1], [2]], [0, 1], { foldOf: [0, 2], folds: 2, penalty: 1 })).toThrow(
      'foldOf[1] must be an integer in [0, 2), got 2',
    )
  })

  it('refuses rows of which none lies in another fold', () => {
    expect(() => withPrognosis([[1], [2]], [0, 1], { foldOf: [0, 0], folds: 1, penalty: 1 })).toThrow('at least 1 row')
  })
})
