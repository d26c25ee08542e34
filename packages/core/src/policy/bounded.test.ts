import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BoundedPolicy } from '../domain/index.ts'
import { distributionFor } from './distribution-for.ts'
import { inputOf, policyInputs, sendAction } from './testing/policy-input.ts'
import { testPolicy } from './testing/test-policy.ts'

const THOMPSON = { kind: 'thompson', floor: 0.04, sharpness: 1 } as const
const BUDGET: BoundedPolicy = { kind: 'bounded', policy: THOMPSON, budget: { share: 0.2, loss: 0.1 } }
const CAPPED: BoundedPolicy = { kind: 'bounded', policy: THOMPSON, caps: { email: 0.6 } }

testPolicy(BUDGET, 0.04)
testPolicy(CAPPED, 0.04)
testPolicy({ ...BUDGET, caps: { email: 0.6 } }, 0.04)
testPolicy({ kind: 'bounded', policy: { kind: 'thompsonDraws', draws: 4096, floor: 0.1, sharpness: 1 } }, 0.1)

describe('a budget for exploring', () => {
  it('leaves a policy alone that keeps it', () => {
    const input = inputOf([3, -3], [0.01, 0.01])
    expect(distributionFor(BUDGET, input)).toEqual(distributionFor(THOMPSON, input))
  })

  it('brings the share of other actions down to the share allowed, and no further', () => {
    const input = inputOf([0.1, 0.05], [1, 1])
    const [hold, best, other] = distributionFor({ ...BUDGET, budget: { share: 0.2 } }, input)
    expect(hold! + other!).toBeCloseTo(0.2, 12)
    expect(best).toBeCloseTo(0.8, 12)
  })

  it('never expects to lose more than the loss allowed, beyond what the floor alone costs', () => {
    fc.assert(
      fc.property(policyInputs, fc.double({ min: 0, max: 1, noNaN: true }), (input, loss) => {
        const cost = (p: Float64Array): number => {
          const best = Math.max(...input.scores)
          return p.reduce((sum, q, k) => sum + q * (best - input.scores[k]!), 0)
        }
        const least = cost(distributionFor({ kind: 'greedy', floor: 0.04 }, input))
        const kept = cost(distributionFor({ ...BUDGET, budget: { loss } }, input))
        expect(kept).toBeLessThanOrEqual(Math.max(loss, least) + 1e-9)
      }),
      { seed: 12 },
    )
  })

  it('keeps the floor where the floor alone costs more', () => {
    const input = inputOf([10], [0])
    const [hold] = distributionFor({ ...BUDGET, budget: { loss: 0.001 } }, input)
    expect(hold).toBeCloseTo(0.02, 12)
  })

  it('refuses a budget that is none', () => {
    expect(() => distributionFor({ ...BUDGET, budget: { share: 1.5 } }, inputOf([1], [1]))).toThrow(
      'share must be in [0, 1], got 1.5',
    )
  })
})

describe('caps', () => {
  it('hold for every send of the channel and give the rest to the others by what they had', () => {
    const input = {
      ...inputOf([2, 0, 0.5], [0.2, 0.2, 0.2]),
      actions: [
        { kind: 'hold' } as const,
        sendAction(1),
        sendAction(2, { channel: 'push' }),
        sendAction(3, { channel: 'push' }),
      ],
    }
    const free = distributionFor(THOMPSON, input)
    const kept = distributionFor(CAPPED, input)
    expect(free[1]).toBeGreaterThan(0.9)
    expect(kept[1]).toBeCloseTo(0.6, 12)
    expect(kept[2]! / kept[3]!).toBeCloseTo(free[2]! / free[3]!, 6)
  })

  it('give way where they leave no distribution, evenly', () => {
    const input = { ...inputOf([1], [1]), actions: [sendAction(1), sendAction(2)] }
    for (const email of [0.2, 0]) {
      const [first, second] = distributionFor({ ...CAPPED, caps: { email } }, input)
      expect(first).toBeCloseTo(0.5, 12)
      expect(second).toBeCloseTo(0.5, 12)
    }
  })
})
