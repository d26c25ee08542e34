import { expect, it } from 'vitest'
import { findMinimum } from './find-minimum.ts'

it('finds the bottom of the bent valley of Rosenbrock (1960), at (1, 1)', () => {
  const found = findMinimum(([x = 0, y = 0]) => 100 * (y - x * x) ** 2 + (1 - x) ** 2, [-1.2, 1], { tolerance: 1e-14 })
  expect(found.settled).toBe(true)
  for (const x of found.at) expect(Math.abs(x - 1)).toBeLessThan(1e-6)
})

it('leaves places that have no value', () => {
  const found = findMinimum(([x = 0]) => x - Math.log(x), [5])
  expect(found.at[0]).toBeCloseTo(1, 4)
})

it('says when it ran out of steps', () => {
  expect(findMinimum(([x = 0]) => (x - 1000) ** 2, [0], { steps: 3 }).settled).toBe(false)
})
