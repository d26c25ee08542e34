import { describe, expect, it } from 'vitest'
import {
  cadence,
  createWorld,
  dailyPush,
  NEWS,
  POLICIES,
  policyNamed,
  RETAIL,
  runWorld,
  SCENARIOS,
  type Scenario,
  STREAMING,
  scenarioNamed,
  userMetrics,
  type World,
} from './index.ts'

const START = 1_767_571_200_000 // Monday 2026-01-05T00:00Z

function worldOf(scenario: Scenario, users: number, days: number): World {
  return createWorld({ scenario, users, days, seed: 4, startAt: START })
}

describe('the scenarios', () => {
  it('are seven kinds of three bases, by unique names', () => {
    expect(SCENARIOS).toHaveLength(21)
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(21)
    expect(SCENARIOS.every(({ about }) => about !== undefined)).toBe(true)
    expect(scenarioNamed('news-broken-surrogate').shifts).toHaveLength(1)
  })

  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s lives and sends', (_, scenario) => {
    const world = worldOf(scenario, 60, 21)
    const totals = runWorld(world, policyNamed(world, 'cadence'))
    expect(totals.sends.reduce((sum, sends) => sum + sends, 0)).toBeGreaterThan(200)
    expect(totals.value.every(Number.isFinite)).toBe(true)
    const messages = world.options.scenario.producers.map(({ message }) => message)
    expect(new Set(messages).size).toBe(messages.length)
  })

  it('claim more the later an inflating producer comes, and alike where all are honest', () => {
    const scales = (name: string): readonly number[] =>
      scenarioNamed(name)
        .producers.filter(({ category }) => category !== 'transactional')
        .map(({ claimScale }, place) => claimScale / RETAIL.producers[place]!.claimScale)
    const ratios = scales('retail-inflating')
    expect(ratios[0]).toBeCloseTo(1, 12)
    expect(ratios.at(-1)).toBeCloseTo(4, 12)
    expect([...ratios].sort((a, b) => a - b)).toEqual(ratios)
  })
})

describe('a shift', () => {
  const sumBetween = (scenario: Scenario, metric: 'engagement' | 'conversion', range: [number, number]): number => {
    const world = worldOf(scenario, 800, 90)
    const metrics = userMetrics(world, dailyPush())
    let sum = 0
    for (let user = 0; user < 800; user += 1) {
      for (let day = range[0]; day < range[1]; day += 1) sum += metrics[metric][user * 90 + day]!
    }
    return sum
  }

  it('changes nothing before its day', () => {
    const broken = scenarioNamed('retail-broken-surrogate')
    for (const metric of ['engagement', 'conversion'] as const) {
      expect(sumBetween(broken, metric, [0, 58])).toBe(sumBetween(RETAIL, metric, [0, 58]))
    }
  })

  it('breaks the surrogate: more opens and less revenue than without it', () => {
    const broken = scenarioNamed('retail-broken-surrogate')
    expect(sumBetween(broken, 'engagement', [61, 90])).toBeGreaterThan(1.1 * sumBetween(RETAIL, 'engagement', [61, 90]))
    expect(sumBetween(broken, 'conversion', [61, 90])).toBeLessThan(0.97 * sumBetween(RETAIL, 'conversion', [61, 90]))
  })

  it('of the visit holds for everybody', () => {
    const fewer = { ...RETAIL, shifts: [{ fromDay: 0, visitLogit: -1 }] }
    const visits = (scenario: Scenario): number =>
      runWorld(worldOf(scenario, 200, 30), () => null).activeDays.reduce((sum, days) => sum + days, 0)
    expect(visits(fewer)).toBeLessThan(0.6 * visits(RETAIL))
  })
})

describe('policyNamed', () => {
  it('knows every yardstick it lists', () => {
    const world = worldOf(RETAIL, 30, 7)
    for (const { name } of POLICIES) {
      const choose = policyNamed(world, name.replace('N', '2'))
      expect(runWorld(world, choose).value).toHaveLength(30)
    }
  })

  it.each([1, 2, 3, 5, 7])('sends at most %d times a week under a cadence of so many', (perWeek) => {
    const world = worldOf(STREAMING, 100, 28)
    const { sends } = runWorld(world, policyNamed(world, `cadence-${perWeek}`))
    expect(Math.max(...sends)).toBeLessThanOrEqual(perWeek * 4)
    expect(sends.reduce((sum, each) => sum + each, 0) / 100).toBeGreaterThan(perWeek * 2.2)
  })

  it('lets business as usual of a newspaper write in the morning', () => {
    const world = worldOf(NEWS, 20, 7)
    const hours = new Set<number>()
    const choose = policyNamed(world, 'cadence')
    runWorld(world, (context) => {
      const send = choose(context)
      if (send !== null) hours.add(send.localHour)
      return send
    })
    expect([...hours]).toEqual([8])
  })

  it.each(['cadence-8', 'sometimes', 'push-', ''])('refuses %s and says what there is', (name) => {
    expect(() => policyNamed(worldOf(RETAIL, 1, 1), name)).toThrow(/policy must be one of never, daily, .*got/)
  })

  it('refuses a cadence that no week has', () => {
    expect(() => cadence({ perWeek: 0 })).toThrow('perWeek must be a whole number in [1, 7], got 0')
  })
})
