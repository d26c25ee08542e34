import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/sequential.json' with { type: 'json' }
import { confidenceSequence, sequenceCritical } from './confidence-sequence.ts'

const known = (effect: number, stdError: number) => ({ kind: 'effect', effect, stdError, dof: null }) as const

describe('confidenceSequence', () => {
  it.each(cases.sequence)('gives the agreed interval and evidence for $effect ± $stdError, n = $n', (agreed) => {
    const { effect, stdError, n, alpha, expectedN } = agreed
    const two = confidenceSequence(known(effect, stdError), { n, alpha, expectedN })
    const one = confidenceSequence(known(effect, stdError), { n, alpha, expectedN, sides: 1 })
    if (two.kind !== 'sequence' || one.kind !== 'sequence') throw new Error('expected sequences')
    expect(two.high - effect).toBeCloseTo(agreed.halfWidth, 9)
    expect(effect - two.low).toBeCloseTo(agreed.halfWidth, 9)
    expect(two.eValue / agreed.eValue).toBeCloseTo(1, 9)
    expect(two.pValue).toBeCloseTo(agreed.pValue, 9)
    expect((one.high - effect) / agreed.oneSidedHalfWidth).toBeCloseTo(1, 8)
    expect(Math.log(one.eValue)).toBeCloseTo(agreed.oneSidedLogE, 7)
  })

  it('excludes a value just where the p of that value falls below α', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -5, max: 5, noNaN: true }),
        fc.integer({ min: 2, max: 1e6 }),
        fc.constantFrom(1 as const, 2 as const),
        (z, n, sides) => {
          const design = { n, alpha: 0.05, expectedN: 1000, sides }
          const found = confidenceSequence(known(z, 1), design)
          if (found.kind !== 'sequence') throw new Error('expected a sequence')
          const critical = sequenceCritical(design)
          const isOut = sides === 1 ? z > critical : Math.abs(z) > critical
          if (Math.abs(Math.abs(z) - critical) > 1e-9) expect(found.pValue < 0.05).toBe(isOut)
          expect(found.high - z).toBeCloseTo(critical, 9)
        },
      ),
      { numRuns: 200, seed: 3 },
    )
  })

  it('is narrowest, next to its final level, around the size it is tuned for', () => {
    const width = (expectedN: number) => sequenceCritical({ n: 1000, alpha: 0.05, expectedN, sides: 2 })
    expect(width(1000)).toBeLessThan(width(100))
    expect(width(1000)).toBeLessThan(width(10_000))
  })

  it('keeps infinite evidence finite, and no evidence at p = 1', () => {
    const sure = confidenceSequence(known(1000, 1), { n: 1e6, alpha: 0.05, expectedN: 1000 })
    expect(sure).toMatchObject({ eValue: Number.MAX_VALUE, pValue: 0 })
    expect(confidenceSequence(known(-1000, 1), { n: 10, alpha: 0.05, expectedN: 10, sides: 1 })).toMatchObject({
      pValue: 1,
    })
  })

  it('hands on why there is no effect, and refuses sizes and errors out of range', () => {
    const none = { kind: 'undefined', reason: 'too-few-units', effect: null } as const
    expect(confidenceSequence(none, { n: 5, alpha: 0.05, expectedN: 10 })).toEqual(none)
    const design = { n: 5, alpha: 0.05, expectedN: 10 }
    expect(() => confidenceSequence(known(1, 1), { ...design, n: 0 })).toThrow('n must be above 0, got 0')
    expect(() => confidenceSequence(known(1, 1), { ...design, alpha: 1 })).toThrow(/alpha must be in \(0, 1\)/)
    expect(() => confidenceSequence(known(1, 1), { ...design, expectedN: Number.NaN })).toThrow(/expectedN/)
  })
})
