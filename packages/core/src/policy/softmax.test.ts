import { expect, it } from 'vitest'
import { softmax } from './softmax.ts'
import { testPolicy } from './testing/test-policy.ts'

testPolicy({ kind: 'softmax', temperature: 0.5, floor: 0.02 }, 0.02)

it('gives odds of exp(gap / temperature), far from 0 too', () => {
  const [low, high] = softmax(Float64Array.of(1000, 1001), 2)
  expect(high! / low!).toBeCloseTo(Math.exp(0.5), 12)
})
