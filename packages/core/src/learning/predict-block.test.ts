import { describe, expect, it } from 'vitest'
import { createHead, predictHead, updateHead } from './bayesian-head.ts'
import { predictBlock } from './predict-block.ts'

const PRIOR = createHead({
  dimension: 4,
  priorMean: [0.5, 0, -0.25, 0],
  priorVariance: Float64Array.of(1, 2, 0.5, 4),
  noiseSd: 0.7,
  noiseWeight: 6,
})
const LEARNED = updateHead(PRIOR, [
  { features: [1, 0.3, -0.2, 0.7], reward: 1.1 },
  { features: [0, -0.9, 1 / 3, 0.1], reward: -0.4 },
  { features: [0.5, 0, 0.8, -1], reward: 0.2 },
])

describe('predictBlock', () => {
  it('equals predictHead on the rows filled up with zeros', () => {
    const matrix = Float64Array.of(0, 0, 1.5, 0, -1, 2, 0, 0.5, 0)
    const out = { mean: new Float64Array(3), variance: new Float64Array(3) }
    predictBlock(LEARNED, { offset: 1, rows: 3, width: 3, matrix }, out)
    for (let row = 0; row < 3; row++) {
      const { mean, variance } = predictHead(LEARNED, [0, ...matrix.subarray(3 * row, 3 * row + 3)])
      expect(out.mean[row]).toBeCloseTo(mean, 12)
      expect(out.variance[row]).toBeCloseTo(variance, 12)
    }
  })

  it('gives exactly mean 0 and variance 0 to a row of zeros', () => {
    const out = { mean: Float64Array.of(9), variance: Float64Array.of(9) }
    predictBlock(LEARNED, { offset: 2, rows: 1, width: 2, matrix: new Float64Array(2) }, out)
    expect([out.mean[0], out.variance[0]]).toEqual([0, 0])
  })
})
