import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/random.json' with { type: 'json' }
import { randomFrom } from './random-from.ts'

describe('randomFrom', () => {
  it.each(cases.randomFrom)('begins the stream of "$key" with the agreed numbers', ({ key, first }) => {
    const random = randomFrom(key)
    expect(first.map(() => random())).toEqual(first)
  })

  it('gives the same key the same stream and another key another one', () => {
    const take = (key: string) => Array.from({ length: 20 }, randomFrom(key))
    expect(take('a')).toEqual(take('a'))
    expect(take('a')).not.toEqual(take('b'))
  })

  it('has the mean and variance of a uniform number', () => {
    const random = randomFrom('moments')
    const draws = Array.from({ length: 40_000 }, random)
    const mean = draws.reduce((a, b) => a + b, 0) / draws.length
    const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / draws.length))
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.002)
  })

  it('starts streams of numbered keys independently', () => {
    const firsts = Array.from({ length: 20_000 }, (_, i) => randomFrom(`user-${i}`)())
    const mean = firsts.reduce((a, b) => a + b, 0) / firsts.length
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / firsts.length))
  })
})
