import { describe, expect, it } from 'vitest'
import { logGamma } from './log-gamma.ts'

describe('logGamma', () => {
  // scipy.special.gammaln
  it.each([
    [0.001, 6.907_178_885_383_853],
    [0.5, 0.572_364_942_924_7],
    [1, 0],
    [2, 0],
    [7.3, 7.147_892_523_022_249],
    [10, 12.801_827_480_081_469],
    [100.5, 361.435_540_467_777_57],
    [1e8, 1_742_068_066.103_835],
  ])('is right at %d', (x, expected) => {
    expect(Math.abs(logGamma(x) - expected)).toBeLessThan(1e-13 * Math.max(1, Math.abs(expected)))
  })
})
