import { expect, it } from 'vitest'
import { chiSquareCdf } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { sampleIndex } from './sample-index.ts'

it('draws as often as the probabilities say (chi-square test)', () => {
  const random = randomFrom('draws')
  const probabilities = [0.1, 0, 0.25, 0.05, 0.6]
  const draws = 20_000
  const counts = probabilities.map(() => 0)
  for (let i = 0; i < draws; i++) counts[sampleIndex(probabilities, random())]! += 1
  let statistic = 0
  probabilities.forEach((p, i) => {
    if (p > 0) statistic += (counts[i]! - draws * p) ** 2 / (draws * p)
  })
  expect(counts[1]).toBe(0)
  expect(1 - chiSquareCdf(statistic, 3)).toBeGreaterThan(0.001)
})

it('never draws probability 0, at either end', () => {
  expect(sampleIndex([0, 0.5, 0.5, 0], 0)).toBe(1)
  expect(sampleIndex([0, 0.5, 0.5, 0], 0.5)).toBe(2)
  expect(sampleIndex([0, 0.3, 0.7 - 1e-13, 0], 1 - 2 ** -53)).toBe(2)
})

it('refuses probabilities without a positive one', () => {
  expect(() => sampleIndex([0, 0], 0.5)).toThrow('must have a positive entry')
})
