import { expect, it } from 'vitest'
import { squareCb } from './square-cb.ts'
import { testPolicy } from './testing/test-policy.ts'

testPolicy({ kind: 'squareCb', gamma: 20, floor: 0.01 }, 0.01)

it('weighs actions by the inverse of their gap', () => {
  const [far, best, near] = squareCb(Float64Array.of(0, 1, 0.5), 10)
  expect(far).toBeCloseTo(1 / 13, 14)
  expect(near).toBeCloseTo(1 / 8, 14)
  expect(best).toBeCloseTo(1 - 1 / 13 - 1 / 8, 14)
})

it('shares what is left among ties', () => {
  const [a, b, c] = squareCb(Float64Array.of(1, 1, 0), 7)
  expect(c).toBeCloseTo(0.1, 14)
  expect(a).toBeCloseTo(0.45, 14)
  expect(b).toBe(a)
})
