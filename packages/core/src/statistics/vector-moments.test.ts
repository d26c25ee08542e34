import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cubicForm } from './third-moments.ts'
import { selectMoments, transformMoments } from './transform-moments.ts'
import {
  addRow,
  crossProduct,
  mergeVectorMoments,
  noVectorMoments,
  sampleCovariance,
  type VectorMoments,
  vectorMomentsOf,
} from './vector-moments.ts'

const number = fc.double({ min: -1e4, max: 1e4, noNaN: true })
const rows = fc.array(fc.tuple(number, number, number), { maxLength: 30 })

function expectSame(found: VectorMoments, expected: VectorMoments): void {
  expect(found.n).toBe(expected.n)
  found.mean.forEach((mean, i) => {
    expect(Math.abs(mean - expected.mean[i]!)).toBeLessThan(1e-9)
  })
  found.cross.forEach((value, i) => {
    expect(Math.abs(value - expected.cross[i]!)).toBeLessThan(1e-4)
  })
  expect(found.third?.length).toBe(expected.third?.length)
  found.third?.forEach((value, i) => {
    expect(Math.abs(value - expected.third![i]!)).toBeLessThan(1)
  })
}

describe('vector moments', () => {
  it('know means and covariances of rows worked by hand', () => {
    const moments = vectorMomentsOf(
      [
        [1, 2],
        [2, 4],
        [3, 9],
      ],
      2,
    )
    expect([...moments.mean]).toEqual([2, 5])
    expect(sampleCovariance(moments, 0, 1)).toBeCloseTo(3.5, 14)
    expect(sampleCovariance(moments, 1)).toBeCloseTo(13, 14)
    expect(sampleCovariance(noVectorMoments(1), 0)).toBeUndefined()
  })

  it('merge to what one pass gives, in any order, and grow by one row likewise', () => {
    fc.assert(
      fc.property(rows, rows, rows, (a, b, c) => {
        const whole = vectorMomentsOf([...a, ...b, ...c], 3, 3)
        const [x, y, z] = [a, b, c].map((part) => vectorMomentsOf(part, 3, 3))
        expectSame(mergeVectorMoments(mergeVectorMoments(x!, y!), z!), whole)
        expectSame(mergeVectorMoments(z!, mergeVectorMoments(y!, x!)), whole)
        expectSame(
          c.reduce((moments, row) => addRow(moments, row), mergeVectorMoments(x!, y!)),
          whole,
        )
      }),
      { seed: 5, numRuns: 100 },
    )
  })

  it('know third moments of rows worked by hand, and lose them beside moments without', () => {
    const list = [
      [0, 1],
      [0, 3],
      [3, 5],
    ]
    const moments = vectorMomentsOf(list, 2, 3)
    // Deviations (−1, −2), (−1, 0), (2, 2): Σ x³, Σ x²y, Σ xy², Σ y³.
    expect([...moments.third!].map((sum) => Number(sum.toFixed(12)))).toEqual([6, 6, 4, 0])
    // (x + 2y)³ with deviations −5, −1, 6.
    expect(cubicForm(moments.third!, [1, 2])).toBeCloseTo(-125 - 1 + 216, 10)
    expect(mergeVectorMoments(moments, vectorMomentsOf(list, 2))).not.toHaveProperty('third')
  })

  it('keep the covariance of numbers far from zero', () => {
    const far = vectorMomentsOf(
      [4, 7, 13, 16].map((v) => [1e9 + v, -1e9 + 2 * v]),
      2,
    )
    expect(sampleCovariance(far, 0, 1)).toBeCloseTo(60, 5)
  })

  it('pass through selections and linear combinations', () => {
    fc.assert(
      fc.property(rows, number, (list, weight) => {
        const moments = vectorMomentsOf(list, 3, 3)
        expectSame(
          selectMoments(moments, [2, 0]),
          vectorMomentsOf(
            list.map((r) => [r[2], r[0]]),
            2,
            3,
          ),
        )
        const share = weight / 1e4
        const combined = transformMoments(moments, [
          [1, share, 0],
          [0, 0, 1],
        ])
        expectSame(
          combined,
          vectorMomentsOf(
            list.map((r) => [r[0] + share * r[1], r[2]]),
            2,
          ),
        )
      }),
      { seed: 6, numRuns: 100 },
    )
  })

  it('refuse rows of another length and columns that do not exist', () => {
    expect(() => addRow(noVectorMoments(2), [1])).toThrow(/dimension of a row must be 2, got 1/)
    expect(() => selectMoments(noVectorMoments(2), [2])).toThrow(/column must be an integer in \[0, 2\), got 2/)
    expect(crossProduct(noVectorMoments(2), 1, 0)).toBe(0)
  })
})
