import { describe, expect, it } from 'vitest'
import { createWorld, pairedDifference, policyNamed, type RunTotals, runWorld, scenarioNamed } from './index.ts'

const START = Date.UTC(2026, 0, 5)
const USERS = 1500
const NAMES = ['never', 'daily', 'cadence', 'cadence-5', 'random', 'myopic', 'oracle'] as const
type Name = (typeof NAMES)[number]

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Standard errors by which a beats b, user by user. */
function zOf(a: Float64Array, b: Float64Array): number {
  const difference = pairedDifference(a, b)
  return difference.mean / difference.standardError
}

function totalsOf(name: string, days: number): Readonly<Record<Name, RunTotals>> {
  const scenario = scenarioNamed(name)
  const world = createWorld({ scenario, users: USERS, days, seed: 21, startAt: START })
  const run = (policy: Name): RunTotals => runWorld(world, policyNamed(world, policy), { blockUsers: 250 })
  const [never, daily, cadence] = [run('never'), run('daily'), run('cadence')]
  const [random, myopic, oracle] = [run('random'), run('myopic'), run('oracle')]
  return { never, daily, cadence, 'cadence-5': run('cadence-5'), random, myopic, oracle }
}

function differenceShare(a: Float64Array, b: Float64Array): { readonly share: number; readonly error: number } {
  const difference = pairedDifference(a, b)
  return { share: difference.mean / mean(b), error: difference.standardError / mean(b) }
}

function expectHonest(totals: Readonly<Record<Name, RunTotals>>, leastZ: number): void {
  const { never, daily, cadence, random, myopic, oracle } = totals
  const near = differenceShare(daily.value, never.value)
  expect(Math.abs(near.share) - 2 * near.error, 'daily near never').toBeLessThan(0.06)
  expect(zOf(cadence.value, never.value), 'cadence beats never').toBeGreaterThan(leastZ)
  expect(zOf(cadence.value, daily.value), 'cadence beats daily').toBeGreaterThan(leastZ)
  expect(zOf(cadence.value, myopic.value), 'cadence beats myopic').toBeGreaterThan(leastZ)
  expect(zOf(cadence.value, totals['cadence-5'].value), 'more is not better').toBeGreaterThan(-1)
  expect(zOf(random.value, cadence.value), 'random does not beat the cadence').toBeLessThan(2.5)
  expect(zOf(oracle.value, cadence.value), 'oracle beats the cadence').toBeGreaterThan(2 * leastZ)
  expect(zOf(cadence.pushReach, myopic.pushReach), 'myopic burns push reach').toBeGreaterThan(7)
  expect(zOf(myopic.engagement, cadence.engagement), 'myopic is opened most').toBeGreaterThan(7)
  expect(zOf(oracle.pushReach, cadence.pushReach), 'oracle keeps reach').toBeGreaterThan(2)
}

/** Opt-in to push is 41–91 % by platform, 60–70 % over all. */
function expectReach({ never, daily, cadence, myopic, oracle }: Readonly<Record<Name, RunTotals>>): void {
  expect(mean(never.pushReach)).toBeGreaterThan(0.6)
  expect(mean(never.pushReach)).toBeLessThan(0.75)
  expect(mean(never.optOuts)).toBe(0)
  expect(mean(cadence.pushReach)).toBeGreaterThan(0.5)
  expect(mean(cadence.optOuts)).toBeLessThan(0.3)
  expect(mean(oracle.pushReach)).toBeGreaterThan(0.55)
  expect(mean(oracle.optOuts)).toBeLessThan(0.18)
  expect(mean(myopic.pushReach)).toBeLessThan(0.45)
  expect(mean(myopic.optOuts)).toBeGreaterThan(0.5)
  expect(mean(daily.pushReach)).toBeLessThan(0.3)
}

// Seed 21 was not in view while the parameters were chosen.
describe('daily is near never, a cadence is hard to beat, myopic burns reach', () => {
  it('over 60 days of retail', () => {
    expectHonest(totalsOf('retail', 60), 1.5)
  })

  it.each(['retail', 'streaming', 'news'])(
    'over 180 days of %s, with reach and opt-outs where sources put them',
    (name) => {
      const totals = totalsOf(name, 180)
      expectHonest(totals, 3)
      expectReach(totals)
    },
  )
})
