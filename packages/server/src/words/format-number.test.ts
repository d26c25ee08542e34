import { describe, expect, it } from 'vitest'
import { decimalsFor, formatNumber, formatShare, formatSigned } from './format-number.ts'

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [1234567, '1,234,567'],
    [12.345, '12.3'],
    [0.01234, '0.0123'],
    [-3.5, '\u22123.50'],
    [1e-12, '0.000000'],
    [Number.NaN, '\u2013'],
    [Number.POSITIVE_INFINITY, '\u2013'],
  ])('writes %d as %s', (value, text) => {
    expect(formatNumber(value)).toBe(text)
  })

  it('writes no minus before a zero that rounding made', () => {
    expect(formatNumber(-0.001, 1)).toBe('0.0')
    expect(formatSigned(0.001, 1)).toBe('0.0')
    expect(formatSigned(0.2, 1)).toBe('+0.2')
  })

  it('writes shares as percentages', () => {
    expect(formatShare(0.95)).toBe('95\u00a0%')
    expect(formatShare(0.9741)).toBe('97.4\u00a0%')
  })

  it('gives an interval the decimals its width deserves', () => {
    expect([200, 11, 4.8, 0.24, 0].map(decimalsFor)).toEqual([0, 1, 1, 2, 2])
  })
})
