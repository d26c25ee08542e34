import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, type Objective } from '../domain/index.ts'
import { type RewardOutcome, rewardOf } from './reward.ts'

const AT = 1_781_085_600_000

function objectiveOf(aggregate: Objective['aggregate']): Objective {
  return { name: 'goal', events: ['Done'], aggregate, windowHours: 72, unit: 'things', weight: 2, scale: 60 }
}

function outcome(over: Partial<RewardOutcome> = {}): RewardOutcome {
  return { at: AT + HOUR_MS, name: 'Done', values: { goal: 1 }, reachLoss: null, channel: null, ...over }
}

const lost = (channel: RewardOutcome['channel']): RewardOutcome =>
  outcome({ values: {}, reachLoss: 'unsubscribed', channel })

describe('rewardOf', () => {
  it.each<[string, Objective['aggregate'], readonly RewardOutcome[], number]>([
    ['adds values up', 'sum', [outcome({ values: { goal: 20.5 } }), outcome({ values: { goal: -3 } })], 17.5],
    ['leaves out what counts for others alone', 'sum', [outcome({ values: { other: 9 } }), outcome()], 1],
    ['says once that there was one', 'any', [outcome(), outcome({ values: { goal: 0 } })], 1],
    ['says that there was none', 'any', [outcome({ values: { other: 1 } })], 0],
    ['counts channels lost, each once, as a loss', 'reachLost', [lost('push'), lost('email'), lost('push')], -2],
    ['counts a loss without a channel as one', 'reachLost', [lost(null), lost(null)], -1],
    ['is nothing when nothing happened', 'reachLost', [outcome()], 0],
  ])('%s', (_, aggregate, outcomes, expected) => {
    expect(rewardOf(objectiveOf(aggregate), AT, outcomes)).toBeCloseTo(expected, 12)
  })

  it('counts days of 24 hours from the decision on, whatever the calendar says', () => {
    const at = (ms: number): RewardOutcome => outcome({ at: AT + ms })
    const objective = objectiveOf('activeDays')
    expect(rewardOf(objective, AT, [at(0), at(DAY_MS - 1)])).toBe(1)
    expect(rewardOf(objective, AT, [at(DAY_MS - 1), at(DAY_MS)])).toBe(2)
    expect(rewardOf(objective, AT, [at(0), at(DAY_MS), at(2 * DAY_MS), at(2 * DAY_MS + 1)])).toBe(3)
  })

  it('knows neither weight nor scale: those belong to the decision', () => {
    const heavy = { ...objectiveOf('sum'), weight: 9, scale: 1 }
    expect(rewardOf(heavy, AT, [outcome()])).toBe(rewardOf(objectiveOf('sum'), AT, [outcome()]))
  })

  it('does not care in which order outcomes come', () => {
    const outcomes = fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 72 * 60 }).map((minutes) => AT + minutes * 60_000),
        name: fc.constant('Done'),
        values: fc.constantFrom({ goal: 2 }, { goal: 5 }, {}),
        reachLoss: fc.constantFrom(null, 'unsubscribed' as const),
        channel: fc.constantFrom('push' as const, 'email' as const),
      }),
      { maxLength: 8 },
    )
    const aggregate = fc.constantFrom('sum' as const, 'any' as const, 'activeDays' as const, 'reachLost' as const)
    fc.assert(
      fc.property(outcomes, aggregate, (list, how) => {
        const reward = rewardOf(objectiveOf(how), AT, list)
        expect(rewardOf(objectiveOf(how), AT, [...list].reverse())).toBe(reward)
      }),
      { seed: 4, numRuns: 200 },
    )
  })
})
