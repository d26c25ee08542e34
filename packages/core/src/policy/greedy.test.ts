import { expect, it } from 'vitest'
import { greedy } from './greedy.ts'
import { testPolicy } from './testing/test-policy.ts'

testPolicy({ kind: 'greedy', floor: 0.05 }, 0.05)

it('splits equally among the best', () => {
  expect([...greedy(Float64Array.of(1, 3, 3, 2))]).toEqual([0, 0.5, 0.5, 0])
})
