import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PolicySpec } from '../../domain/index.ts'
import { distributionFor } from '../distribution-for.ts'
import type { PolicyInput } from '../policy-input.ts'
import { inputOf, policyInputs, sendAction } from './policy-input.ts'

const RUNS = { seed: 11, numRuns: 150 }

/** What every policy must keep; `floor` is the total probability it spreads over all actions. */
export function testPolicy(spec: PolicySpec, floor: number): void {
  describe(`${spec.kind} as a policy`, () => {
    it('gives probabilities that are never negative, sum to 1 and keep the floor', () => {
      fc.assert(
        fc.property(policyInputs, (input) => {
          const probabilities = distributionFor(spec, input)
          expect(probabilities.length).toBe(input.actions.length)
          expect(Math.abs(probabilities.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(1e-12)
          for (const p of probabilities) expect(p).toBeGreaterThanOrEqual((floor / probabilities.length) * (1 - 1e-12))
        }),
        RUNS,
      )
    })

    it('gives an action the same probability wherever it stands', () => {
      fc.assert(
        fc.property(policyInputs, fc.integer({ min: 0, max: 1e6 }), (input, key) => {
          const order = permutation(input.actions.length, key)
          const direct = distributionFor(spec, input)
          const permuted = distributionFor(spec, permute(input, order))
          order.forEach((from, to) => {
            expect(Math.abs(permuted[to]! - direct[from]!)).toBeLessThan(1e-9)
          })
        }),
        RUNS,
      )
    })

    it('gives the same bits to the same input', () => {
      fc.assert(
        fc.property(policyInputs, (input) => {
          expect(distributionFor(spec, input)).toEqual(distributionFor(spec, input))
        }),
        RUNS,
      )
    })

    it('is certain when there is one action, with or without hold', () => {
      expect([...distributionFor(spec, inputOf([], []))]).toEqual([1])
      const only = { ...inputOf([], []), actions: [sendAction(1)] }
      expect([...distributionFor(spec, only)]).toEqual([1])
    })

    it('works without hold among the actions', () => {
      const input = inputOf([0.4, 0.1], [0.2, 0.3])
      const mandatory = permute(input, [1, 2])
      const sum = distributionFor(spec, mandatory).reduce((total, p) => total + p, 0)
      expect(sum).toBeCloseTo(1, 12)
    })
  })
}

function permutation(length: number, key: number): number[] {
  const rest = Array.from({ length }, (_, i) => i)
  const order: number[] = []
  for (let k = key + 1; rest.length > 0; k = (k * 7919 + 13) % 1_000_003) {
    order.push(...rest.splice(k % rest.length, 1))
  }
  return order
}

function permute(input: PolicyInput, order: readonly number[]): PolicyInput {
  return {
    ...input,
    actions: order.map((i) => input.actions[i]!),
    scores: Float64Array.from(order, (i) => input.scores[i]!),
    variances: Float64Array.from(order, (i) => input.variances[i]!),
    claimed: Float64Array.from(order, (i) => input.claimed[i]!),
  }
}
