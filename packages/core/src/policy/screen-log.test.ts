import { expect, it } from 'vitest'
import { type LoggedChoice, screenLog } from './screen-log.ts'

const GOOD: LoggedChoice = { actions: 4, chosen: 1, propensity: 0.3, reward: 1 }

it.each([
  ['no eligible action', { actions: 0 }, 'no-actions'],
  ['an action that was not eligible', { chosen: 4 }, 'unknown-action'],
  ['a propensity of 0', { propensity: 0 }, 'no-probability'],
  ['a propensity above 1', { propensity: 1.01 }, 'no-probability'],
  ['a propensity that is no number', { propensity: Number.NaN }, 'no-probability'],
  ['a propensity below the floor', { propensity: 0.004 }, 'below-floor'],
  ['a reward that is no number', { reward: Number.NaN }, 'reward-not-finite'],
  ['an infinite reward', { reward: Infinity }, 'reward-not-finite'],
] as const)('refuses %s with its reason', (_, change, reason) => {
  expect(screenLog([GOOD, { ...GOOD, ...change }, GOOD], 0.02)).toEqual({
    usable: [0, 2],
    refused: [{ row: 1, reason }],
  })
})

it('keeps a propensity at the floor, also a rounded one, and one eligible action', () => {
  const rows = [
    { ...GOOD, propensity: 0.005 },
    { ...GOOD, actions: 3, propensity: 0.006667 },
    { actions: 1, chosen: 0, propensity: 1, reward: 0 },
  ]
  expect(screenLog(rows, 0.02).refused).toEqual([])
})
