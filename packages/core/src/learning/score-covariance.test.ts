import { describe, expect, it } from 'vitest'
import { packedIndex } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { createHead, predictHead, updateHead } from './bayesian-head.ts'
import { scoreCovariance } from './score-covariance.ts'

const random = randomFrom('score covariance')
const numbers = (count: number): Float64Array => Float64Array.from({ length: count }, () => 2 * random() - 1)

function learned(dimension: number) {
  const prior = createHead({
    dimension,
    priorMean: new Float64Array(dimension),
    priorVariance: 1,
    noiseSd: 1,
    noiseWeight: 5,
  })
  return updateHead(
    prior,
    Array.from({ length: 12 }, () => ({ features: numbers(dimension), reward: random() })),
  )
}

describe('scoreCovariance', () => {
  const [offset, width, rows] = [2, 4, 5]
  const matrix = numbers(rows * width)
  matrix.fill(0, 0, width)
  const terms = [
    { head: learned(offset + width), weight: 2 },
    { head: learned(offset + width), weight: -0.5 },
  ]
  const filled = (row: number) => [0, 0, ...matrix.subarray(row * width, (row + 1) * width)]
  const covariance = scoreCovariance(terms, { offset, rows, width, matrix })

  it('has the heads’ own variances on its diagonal', () => {
    for (let a = 0; a < rows; a++) {
      const variance = terms.reduce(
        (sum, { head, weight }) => sum + weight ** 2 * predictHead(head, filled(a)).variance,
        0,
      )
      expect(covariance[packedIndex(a, a)]).toBeCloseTo(variance, 12)
    }
  })

  it('gives the variance of a difference of two scores', () => {
    for (const [a, b] of [
      [1, 2],
      [4, 3],
      [2, 0],
    ] as const) {
      const apart = filled(a).map((value, j) => value - filled(b)[j]!)
      const variance = terms.reduce((sum, { head, weight }) => sum + weight ** 2 * predictHead(head, apart).variance, 0)
      const [own, other, both] = [packedIndex(a, a), packedIndex(b, b), packedIndex(a, b)].map((k) => covariance[k]!)
      expect(own! + other! - 2 * both!).toBeCloseTo(variance, 12)
    }
  })
})
