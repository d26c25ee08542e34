import { expect, it } from 'vitest'
import { holdout } from './holdout.ts'
import { sendAction } from './testing/policy-input.ts'
import { testPolicy } from './testing/test-policy.ts'

testPolicy({ kind: 'holdout' }, 0)

it('holds wherever hold stands, and takes the first action without it', () => {
  expect([...holdout([sendAction(1), { kind: 'hold' }, sendAction(2)])]).toEqual([0, 1, 0])
  expect([...holdout([sendAction(1), sendAction(2)])]).toEqual([1, 0])
})
