import { expect, it } from 'vitest'
import { createWorld, joinRuns, policyNamed, RETAIL, runPolicy, runWorld } from './index.ts'

const START = 1_767_571_200_000 // Monday 2026-01-05T00:00Z
const world = createWorld({ scenario: RETAIL, users: 130, days: 30, seed: 3, startAt: START })

function runOf(name: string, from: number, to: number): ReturnType<typeof runPolicy> {
  return runPolicy(world, policyNamed(world, name), { range: { from, to } })
}

it.each(['cadence', 'oracle'])('gives the same run under %s in one piece and joined from three', (name) => {
  const whole = runOf(name, 0, 130)
  const joined = joinRuns([runOf(name, 0, 40), runOf(name, 40, 41), runOf(name, 41, 130)])
  expect(joined.totals).toEqual(whole.totals)
  for (const metric of ['sends', 'optOuts', 'pushReach', 'emailReach'] as const) {
    expect(joined.daily[metric]).toEqual(whole.daily[metric])
  }
})

it('sums by day to the totals of the run', () => {
  const { totals, daily } = runOf('daily', 0, 130)
  const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0)
  expect(totals).toEqual(runWorld(world, policyNamed(world, 'daily')))
  expect(sum(daily.value)).toBeCloseTo(sum(totals.value), 6)
  expect(sum(daily.sends)).toBe(sum(totals.sends))
  expect(sum(daily.optOuts)).toBe(sum(totals.optOuts))
  expect(daily.pushReach.at(-1)).toBe(sum(totals.pushReach))
  expect(daily.emailReach.at(-1)).toBe(sum(totals.emailReach))
})

it('lets a policy that learns see all users day by day', () => {
  const days: number[] = []
  const choose = ({ day }: { readonly day: number }): null => {
    days.push(day)
    return null
  }
  runPolicy(world, choose, { range: { from: 0, to: 130 }, isLearning: true })
  expect(days).toEqual([...days].sort((a, b) => a - b))
})
