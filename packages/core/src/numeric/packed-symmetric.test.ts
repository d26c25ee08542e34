import fc from 'fast-check'
import { expect, it } from 'vitest'
import { choleskyFactor, choleskyInvert, choleskySolve } from './cholesky.ts'
import {
  addOuterProduct,
  multiplyPacked,
  packedDiagonal,
  packedIndex,
  packedLength,
  quadraticForm,
} from './packed-symmetric.ts'

const SEED = { seed: 7, numRuns: 60 }
const entries = (n: number) => fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: n, maxLength: n })

/** Vectors v₀ … vₙ of equal length: M = I + Σ v v' is positive definite. */
const vectors = fc.integer({ min: 1, max: 8 }).chain((n) => fc.array(entries(n), { minLength: 2, maxLength: 5 }))

function positiveMatrix(rows: readonly number[][]): Float64Array {
  const matrix = packedDiagonal(rows[0]!.map(() => 1))
  for (const row of rows) addOuterProduct(matrix, row, 1)
  return matrix
}

it('packs the lower triangle row by row', () => {
  expect(packedLength(4)).toBe(10)
  expect(packedIndex(2, 1)).toBe(4)
  expect(packedIndex(1, 2)).toBe(4)
})

it('multiplies like the full matrix [[2, 1], [1, 3]]', () => {
  const matrix = Float64Array.of(2, 1, 3)
  expect([...multiplyPacked(matrix, [5, 7])]).toEqual([17, 26])
  expect(quadraticForm(matrix, [5, 7])).toBe(267)
})

it('agrees between product and quadratic form, also when the output held numbers before', () => {
  fc.assert(
    fc.property(vectors, (rows) => {
      const matrix = positiveMatrix(rows)
      const x = rows[0]!
      const product = multiplyPacked(matrix, x, new Float64Array(x.length).fill(99))
      const form = product.reduce((sum, value, i) => sum + value * x[i]!, 0)
      expect(quadraticForm(matrix, x)).toBeCloseTo(form, 8)
    }),
    SEED,
  )
})

it('solves and inverts what it factored', () => {
  fc.assert(
    fc.property(vectors, (rows) => {
      const matrix = positiveMatrix(rows)
      const n = rows[0]!.length
      const factor = choleskyFactor(matrix, n)!
      const inverse = choleskyInvert(factor, n)
      const solution = choleskySolve(factor, rows[1]!)
      const back = multiplyPacked(matrix, solution)
      const direct = multiplyPacked(inverse, rows[1]!)
      for (let i = 0; i < n; i++) {
        expect(back[i]).toBeCloseTo(rows[1]![i]!, 8)
        expect(direct[i]).toBeCloseTo(solution[i]!, 8)
      }
    }),
    SEED,
  )
})

it('refuses to factor a matrix that is not positive definite', () => {
  expect(choleskyFactor(Float64Array.of(1, 2, 1), 2)).toBeNull()
  expect(choleskyFactor(Float64Array.of(Number.NaN), 1)).toBeNull()
})
