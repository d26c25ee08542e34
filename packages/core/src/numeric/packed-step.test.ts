import fc from 'fast-check'
import { expect, it } from 'vitest'
import { packedGain, subtractOuterProduct } from './packed-step.ts'
import { addOuterProduct, multiplyPacked, packedLength, quadraticForm } from './packed-symmetric.ts'

const entry = fc.double({ min: -3, max: 3, noNaN: true })
const problem = fc.integer({ min: 1, max: 13 }).chain((n) =>
  fc.record({
    vector: fc.array(entry, { minLength: n, maxLength: n }).map((numbers) => Float64Array.from(numbers)),
    matrix: fc
      .array(entry, { minLength: packedLength(n), maxLength: packedLength(n) })
      .map((numbers) => Float64Array.from(numbers)),
    scale: entry,
  }),
)

it('multiplies like the plain loop, whatever the size', () => {
  fc.assert(
    fc.property(problem, ({ matrix, vector }) => {
      const gain = new Float64Array(vector.length).fill(7)
      const form = packedGain(matrix, vector, gain)
      multiplyPacked(matrix, vector).forEach((value, i) => {
        expect(Math.abs(gain[i]! - value)).toBeLessThan(1e-11)
      })
      expect(Math.abs(form - quadraticForm(matrix, vector))).toBeLessThan(1e-10)
    }),
    { seed: 3 },
  )
})

it('subtracts the same outer product as the plain loop', () => {
  fc.assert(
    fc.property(problem, ({ matrix, vector, scale }) => {
      const plain = Float64Array.from(matrix)
      addOuterProduct(plain, vector, -scale)
      subtractOuterProduct(matrix, vector, scale)
      matrix.forEach((value, k) => {
        expect(Math.abs(value - plain[k]!)).toBeLessThan(1e-13 * 100)
      })
    }),
    { seed: 4 },
  )
})
