import { describe, expect, it } from 'vitest'
import { createHead, updateHead } from './bayesian-head.ts'
import { headFromBytes, headToBytes } from './head-bytes.ts'

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

describe('headToBytes', () => {
  it('comes back bit for bit', () => {
    const bytes = headToBytes(LEARNED)
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    const back = headFromBytes(shifted.subarray(3))
    expect(back).toEqual(LEARNED)
    expect(headToBytes(back)).toEqual(bytes)
  })

  it('keeps extreme numbers and the sign of zero', () => {
    const mean = Float64Array.of(-0, 5e-324)
    const odd = { ...PRIOR, dimension: 2, mean, covariance: Float64Array.of(Number.MAX_VALUE, 1 / 3, -1e-17) }
    const back = headFromBytes(headToBytes(odd))
    expect(Object.is(back.mean[0], -0)).toBe(true)
    expect(back.covariance).toEqual(odd.covariance)
  })

  it('refuses bytes that were cut or are of another version', () => {
    const bytes = headToBytes(PRIOR)
    expect(() => headFromBytes(bytes.subarray(0, 100))).toThrow('length must be 152 bytes, got 100')
    expect(() => headFromBytes(bytes.subarray(0, 8))).toThrow('length must be at least 40 bytes, got 8')
    bytes[7] = 0
    expect(() => headFromBytes(bytes)).toThrow('version must be 1')
  })
})
