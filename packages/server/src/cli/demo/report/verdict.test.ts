import { describe, expect, it } from 'vitest'
import { verdictOn } from './verdict.ts'

describe('verdictOn', () => {
  it.each([
    [{ mean: 2, low: 1, high: 3 }, /did better/],
    [{ mean: -2, low: -3, high: -1 }, /did worse/],
    [{ mean: 2, low: -1, high: 5 }, /cannot be told apart/],
    [{ mean: 2, low: Number.NaN, high: Number.NaN }, /Too few users/],
    [undefined, /Too few users/],
  ])('says of %o no more than it shows', (difference, words) => {
    expect(verdictOn(difference, 0.95)).toMatch(words)
  })
})
