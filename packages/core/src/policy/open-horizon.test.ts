import { expect, it } from 'vitest'
import { openHorizonSharpness } from './open-horizon.ts'

it.each([
  [0, 40],
  [500, 20],
  [4500, 4],
  [1e9, 4],
])('is after %d decisions %d', (decisions, sharpness) => {
  expect(openHorizonSharpness(decisions)).toBe(sharpness)
})

it.each([-1, Number.NaN])('refuses %d decisions', (decisions) => {
  expect(() => openHorizonSharpness(decisions)).toThrow(`decisions must be ≥ 0, got ${decisions}`)
})
