import { expect, it } from 'vitest'
import { distributionFor } from './distribution-for.ts'
import { inputOf } from './testing/policy-input.ts'

const SPEC = { kind: 'greedy', floor: 0 } as const

it('names the score or variance that is no number', () => {
  expect(() => distributionFor(SPEC, inputOf([1, Number.NaN], [0, 0]))).toThrow(
    'scores[2] must be a finite number, got NaN',
  )
  expect(() => distributionFor(SPEC, inputOf([1], [-1]))).toThrow('variances[1] must be a finite number ≥ 0, got -1')
})

it('refuses an empty list of actions', () => {
  expect(() => distributionFor(SPEC, { ...inputOf([], []), actions: [] })).toThrow('actions must not be empty')
})

it('mixes the floor instead of clamping: 1 − 0.1 + 0.05', () => {
  const [hold, send] = distributionFor({ kind: 'greedy', floor: 0.1 }, inputOf([1], [0]))
  expect(hold).toBeCloseTo(0.05, 14)
  expect(send).toBeCloseTo(0.95, 14)
})
