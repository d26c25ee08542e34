import { expect, it } from 'vitest'
import { epsilonGreedy } from './epsilon-greedy.ts'
import { testPolicy } from './testing/test-policy.ts'

testPolicy({ kind: 'epsilonGreedy', epsilon: 0.2 }, 0.2)

it('gives the best 1 − ε + ε / K', () => {
  const [low, best] = epsilonGreedy(Float64Array.of(1, 3, 2, 0), 0.2)
  expect(low).toBeCloseTo(0.05, 14)
  expect(best).toBeCloseTo(0.85, 14)
})
