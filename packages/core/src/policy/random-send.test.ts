import { expect, it } from 'vitest'
import { randomSend } from './random-send.ts'
import { inputOf, sendAction } from './testing/policy-input.ts'
import { testPolicy } from './testing/test-policy.ts'

testPolicy({ kind: 'random', holdProbability: 0.4 }, 0)

it('holds with its own probability and sends alike', () => {
  const { actions } = inputOf([1, 2, 3], [0, 0, 0])
  const [hold, ...sends] = randomSend(actions, 0.4)
  expect(hold).toBe(0.4)
  for (const send of sends) expect(send).toBeCloseTo(0.2, 14)
})

it('takes the first action when it may not hold', () => {
  expect([...randomSend([sendAction(1), sendAction(2)], 0.4)]).toEqual([1, 0])
})
