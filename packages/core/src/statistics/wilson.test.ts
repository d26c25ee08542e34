import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/statistics.json' with { type: 'json' }
import { randomFrom } from '../random/index.ts'
import { wilsonInterval } from './wilson.ts'

describe('wilsonInterval', () => {
  it.each(cases.wilson)('gives the agreed interval for $successes of $n', ({ successes, n, level, low, high }) => {
    const found = wilsonInterval(successes, n, level)
    expect(found).toMatchObject({ kind: 'estimate', mean: successes / n })
    if (found.kind !== 'estimate') return
    expect(found.low).toBeCloseTo(low, 9)
    expect(found.high).toBeCloseTo(high, 9)
  })

  it('mirrors when successes and failures change places', () => {
    const [found, mirrored] = [wilsonInterval(3, 20, 0.9), wilsonInterval(17, 20, 0.9)]
    if (found.kind !== 'estimate' || mirrored.kind !== 'estimate') throw new Error('expected two intervals')
    expect(mirrored.low).toBeCloseTo(1 - found.high, 12)
  })

  it('answers without units with a reason and refuses impossible counts', () => {
    expect(wilsonInterval(0, 0, 0.95)).toEqual({ kind: 'undefined', reason: 'too-few-units', mean: null })
    expect(() => wilsonInterval(4, 3, 0.95)).toThrow(/got 4 of 3/)
    expect(() => wilsonInterval(0.5, 3, 0.95)).toThrow(/got 0.5 of 3/)
  })

  it('is calibrated on average over proportions', () => {
    const random = randomFrom('wilson-calibration')
    const runs = 4000
    let hits = 0
    for (let i = 0; i < runs; i++) {
      const p = 0.02 + 0.96 * random()
      let successes = 0
      for (let k = 0; k < 40; k++) if (random() < p) successes++
      const found = wilsonInterval(successes, 40, 0.95)
      if (found.kind === 'estimate' && found.low <= p && p <= found.high) hits++
    }
    expect(Math.abs(hits / runs - 0.95)).toBeLessThan(0.012)
  })
})
