import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/sequential.json' with { type: 'json' }
import type { Spending } from './alpha-spending.ts'
import { groupSequentialBounds } from './group-sequential-bounds.ts'
import { repeatedInterval, stagewiseEstimate } from './stagewise-estimate.ts'

const known = (effect: number, stdError: number) => ({ kind: 'effect', effect, stdError, dof: null }) as const

describe('stagewiseEstimate', () => {
  it.each(cases.stagewise)('agrees with an independent program at look $look with Z = $z', (agreed) => {
    const sides = agreed.sides === 2 ? 2 : 1
    const fractions = agreed.fractions.slice(0, agreed.look + 1)
    const spending = agreed.spending as Spending
    const bounds = groupSequentialBounds({ spending, alpha: agreed.alpha, fractions, sides })
    // A standard error of 1 / √t makes the effect at hand a drift at fraction 1.
    const stdError = 1 / Math.sqrt(fractions.at(-1)!)
    const found = stagewiseEstimate(bounds, known(agreed.z * stdError, stdError))
    if (found.kind !== 'stagewise') throw new Error('expected an estimate')
    expect(Math.abs(found.medianUnbiased - agreed.medianUnbiased)).toBeLessThan(1e-5)
    expect(Math.abs(found.low - agreed.low)).toBeLessThan(1e-5)
    expect(Math.abs(found.high - agreed.high)).toBeLessThan(1e-5)
    expect(Math.abs(found.pValue - agreed.pValue)).toBeLessThan(1e-7)
  })

  it('is the plain estimate at the first look, and pulled back after an early stop', () => {
    const first = stagewiseEstimate(groupSequentialBounds({ alpha: 0.05, fractions: [0.5] }), known(0.3, 0.1))
    expect(first).toMatchObject({ kind: 'stagewise', stoppedEarly: true })
    if (first.kind === 'stagewise') expect(first.medianUnbiased).toBeCloseTo(0.3, 6)
    const later = stagewiseEstimate(
      groupSequentialBounds({ alpha: 0.05, fractions: [0.2, 0.35, 0.5] }),
      known(0.3, 0.1),
    )
    if (later.kind === 'stagewise') expect(later.medianUnbiased).toBeLessThan(0.295)
  })

  it('excludes the tested value just where the bound is crossed', () => {
    const bounds = groupSequentialBounds({ alpha: 0.05, fractions: [0.3, 0.7] })
    const bound = bounds.looks[1]!.bound!
    for (const [z, isOut] of [
      [bound + 1e-4, true],
      [bound - 1e-4, false],
    ] as const) {
      const found = stagewiseEstimate(bounds, known(0.02 + z, 1), { at: 0.02, alpha: bounds.looks[1]!.spent })
      if (found.kind !== 'stagewise') throw new Error('expected an estimate')
      expect(found.low > 0.02).toBe(isOut)
      expect(found.pValue < bounds.looks[1]!.spent).toBe(isOut)
      expect(found.stoppedEarly).toBe(isOut)
    }
  })

  it('says why there is none', () => {
    const bounds = groupSequentialBounds({ alpha: 0.05, fractions: [0.5, 0.5] })
    expect(stagewiseEstimate(bounds, known(1, 1))).toEqual({ kind: 'undefined', reason: 'no-test', effect: 1 })
    expect(repeatedInterval(bounds, known(1, 1))).toMatchObject({ kind: 'undefined', reason: 'no-test' })
    const none = { kind: 'undefined', reason: 'zero-variance', effect: 0 } as const
    expect(stagewiseEstimate(bounds, none)).toEqual(none)
  })
})
