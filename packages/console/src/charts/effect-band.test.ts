import { describe, expect, it } from 'vitest'
import type { EffectOverTime, MetricAnswer } from '../experiment-answers.ts'
import { bandPlot, bandPoints, marginOf } from './effect-band.ts'

const followed: EffectOverTime = {
  treatment: 'calm',
  metric: 'visits',
  scale: 'relative',
  band: 'groupSequential',
  points: [
    { day: '2026-03-02', users: 10, effect: null, low: null, high: null },
    { day: '2026-03-03', users: 100, effect: 0.5, low: -90, high: 91 },
    { day: '2026-03-04', users: 900, effect: 0.1, low: -0.05, high: 0.25 },
  ],
}

const guardrail = { nonInferiorityMargin: 0.02, inverse: false } as MetricAnswer

describe('bandPoints', () => {
  it('keeps the days with an effect, shares as per cent', () => {
    expect(bandPoints(followed)).toEqual([
      { at: new Date('2026-03-03'), effect: 50, low: -9000, high: 9100 },
      { at: new Date('2026-03-04'), effect: 10, low: -5, high: 25 },
    ])
  })
})

describe('bandPlot', () => {
  it('is not stretched by the first looks, and keeps zero and the margin in view', () => {
    const { y } = bandPlot(bandPoints(followed), { unit: '%', margin: -200 })
    expect(y?.domain).toEqual([-200, 10 + 4 * 30])
  })
})

describe('marginOf', () => {
  it('lies where loss lies, and nowhere for an effect that is no share', () => {
    expect(marginOf(guardrail, followed)).toBe(-2)
    expect(marginOf({ ...guardrail, inverse: true }, followed)).toBe(2)
    expect(marginOf(guardrail, { ...followed, scale: 'absolute' })).toBeNull()
    expect(marginOf(undefined, followed)).toBeNull()
  })
})
