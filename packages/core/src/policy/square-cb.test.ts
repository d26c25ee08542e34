import { expect, it } from 'vitest'
import type { GapWeight } from '../domain/index.ts'
import { randomFrom } from '../random/index.ts'
import { distributionFor } from './distribution-for.ts'
import { sampleIndex } from './sample-index.ts'
import { gapWeight, squareCb } from './square-cb.ts'
import { inputOf } from './testing/policy-input.ts'
import { testPolicy } from './testing/test-policy.ts'

testPolicy({ kind: 'squareCb', gamma: 20, floor: 0.01 }, 0.01)
testPolicy({ kind: 'squareCb', gamma: { scale: 3 }, floor: 0.02 }, 0.02)

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

it.each([
  ['stays as it is given', 20, 1e6, 20],
  ['grows with the root of actions and rewards', { scale: 3 }, 900, 3 * Math.sqrt(4 * 900)],
  ['counts one reward before the first', { scale: 3 }, 0, 6],
] as const)('gamma %s', (_, gamma, learned, expected) => {
  expect(gapWeight(gamma, { actions: 4, learned })).toBeCloseTo(expected, 12)
})

it('refuses a negative count of rewards', () => {
  expect(() => gapWeight({ scale: 1 }, { actions: 2, learned: -1 })).toThrow('learned must be ≥ 0, got -1')
})

it('explores less and less as rewards are learned from, where it grows', () => {
  const spec = { kind: 'squareCb', gamma: { scale: 1 }, floor: 0 } as const
  const input = inputOf([0.4, 0.1], [0.2, 0.3])
  const best = [0, 10, 1_000, 100_000].map((learned) => distributionFor(spec, { ...input, learned })[1]!)
  expect(best).toEqual([...best].sort((a, b) => a - b))
  expect(best[0]).toBeLessThan(0.6)
  expect(best[3]).toBeGreaterThan(0.98)
})

/** Regret of √(K T): four times as many decisions cost about twice as much, where a constant gamma costs four times. */
it('costs the root of the time in a world of noisy rewards', () => {
  const means = [0, 0.25, 0.5]
  const costOf = (gamma: GapWeight, decisions: number): number => {
    const random = randomFrom('square-cb/growing')
    const [sums, counts] = [new Float64Array(3), new Float64Array(3)]
    let cost = 0
    for (let t = 0; t < decisions; t++) {
      const scores = sums.map((sum, k) => (sum + 0.5) / (counts[k]! + 1))
      const k = sampleIndex(squareCb(scores, gapWeight(gamma, { actions: 3, learned: t })), random())
      cost += 0.5 - means[k]!
      sums[k] = sums[k]! + (random() < means[k]! ? 1 : 0)
      counts[k] = counts[k]! + 1
    }
    return cost
  }
  expect(costOf({ scale: 2 }, 40_000) / costOf({ scale: 2 }, 10_000)).toBeLessThan(2.5)
  expect(costOf(20, 40_000) / costOf(20, 10_000)).toBeGreaterThan(3.2)
})
