import { describe, expect, it } from 'vitest'
import { normalQuantile } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { groupSequentialBounds } from './group-sequential-bounds.ts'
import { repeatedInterval, stagewiseEstimate } from './stagewise-estimate.ts'

const known = (effect: number, stdError: number) => ({ kind: 'effect', effect, stdError, dof: null }) as const

describe('stagewiseEstimate', () => {
  it('is too large half of the time, where the plain estimate is too large more often, and covers', () => {
    const random = randomFrom('stagewise')
    const fractions = [0.25, 0.5, 0.75, 1]
    const all = groupSequentialBounds({ alpha: 0.05, fractions })
    const at = fractions.map((_, k) => groupSequentialBounds({ alpha: 0.05, fractions: fractions.slice(0, k + 1) }))
    const drift = 2
    const runs = 1000
    let [large, plainLarge, covered, repeated] = [0, 0, 0, 0]
    for (let run = 0; run < runs; run++) {
      let sum = 0
      let k = 0
      for (; k < 4; k++) {
        sum += drift * 0.25 + 0.5 * normalQuantile(random())
        if (sum / Math.sqrt(fractions[k]!) >= all.looks[k]!.bound! || k === 3) break
      }
      const effect = known(sum / fractions[k]!, 1 / Math.sqrt(fractions[k]!))
      const found = stagewiseEstimate(at[k]!, effect)
      const interval = repeatedInterval(at[k]!, effect)
      if (found.kind !== 'stagewise' || interval.kind !== 'estimate') throw new Error('expected estimates')
      if (found.medianUnbiased > drift) large += 1
      if (effect.effect > drift) plainLarge += 1
      if (found.low <= drift && drift <= found.high) covered += 1
      if (interval.low <= drift && drift <= interval.high) repeated += 1
    }
    expect(Math.abs(large / runs - 0.5)).toBeLessThan(0.05)
    expect(plainLarge / runs).toBeGreaterThan(0.55)
    expect(Math.abs(covered / runs - 0.9)).toBeLessThan(0.03)
    expect(repeated / runs).toBeGreaterThan(0.9)
  })
})
