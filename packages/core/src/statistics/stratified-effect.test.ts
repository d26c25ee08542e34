import { describe, expect, it } from 'vitest'
import { adaptiveEffect } from './adaptive-effect.ts'
import { meanEffect } from './mean-effect.ts'
import { relativeEffect } from './relative-effect.ts'
import { phasedEffect, postStratifiedEffect } from './stratified-effect.ts'
import { columnMoments } from './testing/column-moments.ts'
import { known } from './testing/known-effect.ts'

const level = (base: number, n: number) => columnMoments(Array.from({ length: n }, (_, i) => base + (i % 2 ? 1 : -1)))
const phaseOf = (treatment: readonly [number, number], control: readonly [number, number]) => ({
  units: treatment[1] + control[1],
  effect: meanEffect({ treatment: level(...treatment), control: level(...control) }),
})

describe('phasedEffect', () => {
  it('finds no effect where a ramp alone moves the pooled means', () => {
    // Weekday 10 %, weekend 50 %; the weekend is worth 20 more to everybody.
    const phases = [phaseOf([10, 100], [10, 900]), phaseOf([30, 500], [30, 500])]
    const found = phasedEffect(phases)
    expect(found.effect.effect).toBeCloseTo(0, 12)
    expect(found.excludedShare).toBe(0)
  })

  it('weighs phases by their units, adds their variances and leaves one phase as it is', () => {
    const phases = [phaseOf([11, 100], [10, 300]), phaseOf([34, 200], [30, 200])]
    const found = known(phasedEffect(phases).effect)
    expect(found.effect).toBeCloseTo(2.5, 12)
    const [a, b] = phases.map((phase) => known(phase.effect.effect).stdError)
    expect(found.stdError).toBeCloseTo(Math.hypot(a! / 2, b! / 2), 12)
    const single = phasedEffect(phases.slice(0, 1))
    expect(known(single.effect).stdError).toBeCloseTo(a!, 12)
    expect(single.baseline?.mean).toBe(10)
    const relative = relativeEffect({ effect: found, baseline: phasedEffect(phases).baseline })
    expect(relative.effect).toBeCloseTo(2.5 / 20, 12)
  })

  it('leaves out phases without a comparison and says how many units that are', () => {
    const ramp = { units: 100, effect: meanEffect({ treatment: level(1, 0), control: level(1, 100) }) }
    const quiet = {
      units: 100,
      effect: meanEffect({ treatment: columnMoments([0, 0]), control: columnMoments([0, 0]) }),
    }
    const found = phasedEffect([ramp, quiet, phaseOf([12, 50], [10, 50])])
    expect(found.excludedShare).toBeCloseTo(1 / 3, 12)
    expect(found.effect.effect).toBeCloseTo(1, 12)
    expect(phasedEffect([ramp]).effect).toEqual({ kind: 'undefined', reason: 'no-weight', effect: null })
    expect(phasedEffect([]).effect).toMatchObject({ reason: 'no-weight' })
    expect(phasedEffect([quiet]).effect).toEqual({ kind: 'undefined', reason: 'zero-variance', effect: 0 })
    expect(() => phasedEffect([{ ...ramp, units: -1 }])).toThrow(/units of a part must be finite and ≥ 0, got -1/)
  })
})

describe('postStratifiedEffect', () => {
  it('takes thin strata together and takes out what strata explain', () => {
    const strata = [
      { treatment: level(10, 40), control: level(10, 60) },
      { treatment: level(50, 60), control: level(50, 40) },
      { treatment: columnMoments([9]), control: columnMoments([7, 8]) },
      { treatment: columnMoments([9, 11]), control: columnMoments([9]) },
    ]
    const found = postStratifiedEffect(strata)
    expect(found.excludedShare).toBe(0)
    expect(known(found.effect).stdError).toBeLessThan(0.3)
    expect(Math.abs(found.effect.effect!)).toBeLessThan(0.2)
  })
})

describe('adaptiveEffect', () => {
  const rows = (chance: number, outcomes: readonly number[], chosen: 'treatment' | 'control') =>
    outcomes.map((outcome) => ({ chosen, treatmentChance: chance, controlChance: 1 - chance, outcome }))

  it('answers with a reason where an arm was not drawn, or nothing varies', () => {
    expect(adaptiveEffect([]).effect).toMatchObject({ reason: 'too-few-units' })
    expect(adaptiveEffect(rows(1, [1, 2, 3], 'treatment'))).toMatchObject({
      effect: { reason: 'too-few-units' },
      controlMean: null,
    })
    expect(adaptiveEffect([...rows(0.5, [0, 0], 'treatment'), ...rows(0.5, [0, 0], 'control')]).effect).toEqual({
      kind: 'undefined',
      reason: 'zero-variance',
      effect: 0,
    })
    const broken = [...rows(0.5, [1, Number.NaN], 'treatment'), ...rows(0.5, [0, 1], 'control')]
    expect(adaptiveEffect(broken)).toEqual({
      effect: { kind: 'undefined', reason: 'not-finite', effect: null },
      treatmentMean: null,
      controlMean: expect.any(Number),
      baseline: expect.objectContaining({ mean: expect.any(Number) }),
    })
    expect(() => adaptiveEffect(rows(0, [1], 'treatment'))).toThrow(/chance of a row/)
  })

  it('is a difference of means where chance was even throughout, and a part of a ramp', () => {
    const [a, b] = [
      [3, 5, 4, 6, 7, 5],
      [1, 2, 1, 3, 2, 2],
    ]
    const mixed = a!.flatMap((outcome, i) => [...rows(0.5, [outcome], 'treatment'), ...rows(0.5, [b![i]!], 'control')])
    const found = adaptiveEffect([...mixed, ...mixed, ...mixed, ...mixed])
    expect(Math.abs(found.effect.effect! - (30 - 11) / 6)).toBeLessThan(0.2)
    const phase = phaseOf([11, 100], [10, 300])
    const whole = phasedEffect([{ units: 48, effect: found }, phase])
    expect(whole.effect.effect).toBeCloseTo((48 * found.effect.effect! + 400) / 448, 12)
    expect(whole.baseline?.mean).toBeCloseTo((48 * found.controlMean! + 4000) / 448, 12)
  })
})
