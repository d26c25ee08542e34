import type { Estimate } from '@paloma/core'
import { describe, expect, it } from 'vitest'
import { type JudgedPolicy, tradeOffOf, tradeOffText } from './trade-off.ts'

function policy(name: string, value: number, pushReach: number): JudgedPolicy {
  const of = (mean: number): Estimate => ({
    kind: 'estimate',
    mean,
    low: mean - 2,
    high: mean + 2,
    stdError: 1,
    dof: null,
  })
  return { name, perUser: { value: of(value), pushReach: of(pushReach) } }
}

const CADENCES = [policy('never', 10, 0.8), policy('cadence', 20, 0.5), policy('daily', 12, 0.2)]

describe('value and reach together', () => {
  it('say who is not beaten, and what a policy adds to the frontier of the cadences', () => {
    const found = tradeOffOf([...CADENCES, policy('better', 25, 0.6), policy('myopic', 15, 0.4)])
    expect(found.undominated).toEqual(['never', 'better'])
    expect(found.beyondCadences?.better).toBeCloseTo((15 * 0.6) / (10 * 0.5) - 1, 12)
    expect(found.beyondCadences?.myopic).toBe(0)
    expect(tradeOffText(found)).toBe(
      'By their means, no policy has both more value and more push reach than: never, better.\n' +
        'Area of value and push reach beyond that of the fixed cadences: better +80.0 %, myopic 0.0 %.',
    )
  })

  it.each([
    ['too few cadences', [...CADENCES.slice(1), policy('better', 25, 0.6)]],
    ['cadences that are all alike', [1, 2, 3].map((n) => policy(`cadence-${n}`, 5, 0.5))],
  ])('have no frontier of %s', (_, policies) => {
    const found = tradeOffOf(policies)
    expect(found.beyondCadences).toBeNull()
    expect(tradeOffText(found)).not.toContain('Area')
  })
})
