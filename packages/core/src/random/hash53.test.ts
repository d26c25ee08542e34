import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/random.json' with { type: 'json' }
import { hash53 } from './hash53.ts'

const KEYS = Array.from({ length: 50_000 }, (_, i) => hash53('key', String(i)))

/** Pearson's statistic of counts against equal cells. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b, 0) / counts.length
  return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
}

describe('hash53', () => {
  it.each(cases.hash53)('gives the agreed number for $parts', ({ parts, value }) => {
    expect(hash53(...parts)).toBe(value)
  })

  it('keeps part boundaries apart', () => {
    expect(
      new Set([hash53('abc'), hash53('ab', 'c'), hash53('a', 'bc'), hash53('abc', ''), hash53('', 'abc')]).size,
    ).toBe(5)
  })

  it('fills a hundred cells evenly', () => {
    const counts = new Array<number>(100).fill(0)
    for (const u of KEYS) counts[Math.floor(u * 100)]!++
    // χ²(99): 0.9999 quantile 156.
    expect(chiSquare(counts)).toBeLessThan(156)
  })

  it('fills the lowest bits as evenly as the highest', () => {
    const counts = new Array<number>(64).fill(0)
    for (const u of KEYS) counts[(u * 2 ** 53) % 64]!++
    // χ²(63): 0.9999 quantile 111.
    expect(chiSquare(counts)).toBeLessThan(111)
  })

  it('gives neighbouring keys uncorrelated numbers', () => {
    let product = 0
    for (let i = 1; i < KEYS.length; i++) product += (KEYS[i]! - 0.5) * (KEYS[i - 1]! - 0.5)
    const correlation = (product / (KEYS.length - 1)) * 12
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(KEYS.length))
  })

  it('stays in [0, 1) and never repeats among fifty thousand keys', () => {
    expect(Math.min(...KEYS.slice(0, 10_000))).toBeGreaterThanOrEqual(0)
    expect(Math.max(...KEYS.slice(0, 10_000))).toBeLessThan(1)
    expect(new Set(KEYS).size).toBe(KEYS.length)
  })
})
