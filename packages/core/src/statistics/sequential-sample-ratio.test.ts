import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/sequential.json' with { type: 'json' }
import { randomFrom } from '../random/index.ts'
import { startSampleRatio, updateSampleRatio } from './sequential-sample-ratio.ts'

describe('updateSampleRatio', () => {
  it.each(cases.sampleRatio)('gives the agreed p for shares $shares', ({ shares, steps }) => {
    let state = startSampleRatio(shares)
    for (const { added, pValue } of steps) {
      state = updateSampleRatio(state, added)
      expect(state.pValue).toBeCloseTo(pValue, 9)
      expect(state.isMismatch).toBe(pValue < 0.001)
    }
  })

  it('keeps the smallest p, and takes counts of shards together', () => {
    const broken = updateSampleRatio(startSampleRatio([1, 1]), [300, 500])
    const mended = updateSampleRatio(broken, [200, 0])
    expect(broken.isMismatch).toBe(true)
    expect(mended).toMatchObject({ counts: [500, 500], pValue: broken.pValue })
    const shards = [
      [100, 250],
      [200, 250],
    ]
    expect(
      updateSampleRatio(
        startSampleRatio([1, 1]),
        [0, 1].map((j) => shards[0]![j]! + shards[1]![j]!),
      ),
    ).toEqual(broken)
  })

  it('is sure of a unit in a group without share, and unmoved by nobody', () => {
    const start = startSampleRatio([1, 1, 0])
    expect(updateSampleRatio(start, [0, 0, 0])).toEqual(start)
    expect(updateSampleRatio(start, [5, 5, 1])).toMatchObject({ pValue: 0, isMismatch: true })
  })

  it('refuses what does not fit', () => {
    expect(() => startSampleRatio([0, 0])).toThrow('shares must not all be 0')
    expect(() => startSampleRatio([1, Number.NaN])).toThrow(/got NaN/)
    expect(() => updateSampleRatio(startSampleRatio([1, 1]), [1])).toThrow(/got 1 for 2/)
    expect(() => updateSampleRatio(startSampleRatio([1, 1]), [1, -1])).toThrow(/got -1/)
  })

  it('raises fewer false alarms over all looks together than its level, and finds a lost group', () => {
    const random = randomFrom('sequential-srm')
    const below = (level: number, share: number, looks: number) => {
      let state = startSampleRatio([0.7, 0.3])
      for (let look = 0; look < looks; look++) {
        let first = 0
        for (let i = 0; i < 40; i++) if (random() < share) first += 1
        state = updateSampleRatio(state, [first, 40 - first])
      }
      return state.pValue < level
    }
    const rate = (level: number, share: number, runs: number) =>
      Array.from({ length: runs }, () => below(level, share, 60)).filter(Boolean).length / runs
    const falseAlarms = rate(0.05, 0.7, 800)
    expect(falseAlarms).toBeLessThan(0.05)
    expect(falseAlarms).toBeGreaterThan(0.002)
    expect(rate(0.001, 0.62, 50)).toBeGreaterThan(0.9)
  })
})
