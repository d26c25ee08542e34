import { describe, expect, it } from 'vitest'
import { createWorld, fitWorld, logOfRun, policyNamed, RETAIL, scenarioNamed, type WorldLog } from '../index.ts'
import { mergeRareMessages, producersOf } from './producers.ts'
import { replayLog } from './replay.ts'
import { summarize } from './summarize.ts'

const START = Date.UTC(2026, 0, 5)
const DAY = 86_400_000

function logUnder(policy: string, users = 60, days = 14): WorldLog {
  const world = createWorld({ scenario: RETAIL, users, days, seed: 3, startAt: START })
  return logOfRun(world, policyNamed(world, policy))
}

/** The same people without what they were sent. */
function unsent(log: WorldLog): WorldLog {
  return { ...log, sends: [], events: log.events.map((event) => ({ ...event, send: null })) }
}

const QUICK = { base: RETAIL, seed: 1, worlds: 1, rounds: 2 }

describe('a log that tells little', () => {
  it.each([
    [
      'of two silent users',
      {
        startAt: START,
        days: 2,
        users: [0, 1].map(() => ({ timeZone: null, hasPush: false, hasEmail: false })),
        sends: [],
        events: [],
      },
    ],
    ['without sends', unsent(logUnder('cadence'))],
    ['without outcomes', { ...logUnder('cadence'), events: [] }],
    ['of one week', logUnder('cadence', 30, 7)],
  ])('%s is reported, not crashed on', (_, log) => {
    const { parameters, remarks, scenario } = fitWorld(log, QUICK)
    const kept = parameters.filter(({ kind }) => kind === 'kept')
    expect(kept.length).toBeGreaterThan(9)
    for (const parameter of kept) if (parameter.kind === 'kept') expect(parameter.reason).not.toBe('')
    expect(remarks.join()).toContain('days are short')
    expect(createWorld({ scenario, users: 5, days: 3, seed: 1, startAt: START }).users).toHaveLength(5)
  })

  it('of one user or one day is refused', () => {
    const log = logUnder('never')
    expect(() => fitWorld({ ...log, days: 1 }, QUICK)).toThrow(/at least 2 users and 2 days, got 60 and 1/)
    expect(() => fitWorld({ ...log, users: log.users.slice(0, 1) }, QUICK)).toThrow(
      expect.objectContaining({ code: 'CALIBRATION_EMPTY' }),
    )
  })

  it('with messages nobody knows gets producers for them, at most twenty', () => {
    const send = { user: 0, channel: 'push', variant: null, isTransactional: false } as const
    const sends = Array.from({ length: 30 }, (_, i) => ({ ...send, at: START + (i * DAY) / 4, message: `m${i % 25}` }))
    const log = mergeRareMessages({ ...unsent(logUnder('never')), sends })
    const producers = producersOf(log, RETAIL)
    expect(producers).toHaveLength(20)
    expect(producers.map(({ message }) => message)).toContain('other-messages')
    expect(fitWorld({ ...unsent(logUnder('never')), sends }, QUICK).remarks[0]).toContain('other-messages')
  })
})

describe('replaying a log', () => {
  it('sends at the same local hours on the same days, on channels that still reach', () => {
    const log = logUnder('daily', 200, 21)
    const replayed = replayLog(log, RETAIL, 9)
    expect(replayed.users).toHaveLength(200)
    expect(Math.abs(replayed.sends.length / log.sends.length - 1)).toBeLessThan(0.1)
    for (const { send } of replayed.events) if (send !== null) expect(replayed.sends[send]).toBeDefined()
    expect(replayLog(log, RETAIL, 9)).toEqual(replayed)
  })

  it('of the same world meets every statistic within four standard errors', () => {
    const log = logUnder('random', 500, 35)
    const there = summarize(log)
    const here = summarize(replayLog(log, RETAIL, 77))
    expect(there.size).toBeGreaterThan(18)
    for (const [name, { value, stdError }] of there) {
      const other = here.get(name)!
      expect(Math.abs(value - other.value), name).toBeLessThan(4 * Math.hypot(stdError, other.stdError))
    }
  })

  it('tells a world that drifts from one that does not', () => {
    const trendOf = (name: string): number => {
      const scenario = {
        ...scenarioNamed(name),
        visit: { ...RETAIL.visit, driftPerDay: name === 'retail' ? 0 : -0.02 },
      }
      const world = createWorld({ scenario, users: 300, days: 40, seed: 3, startAt: START })
      const trend = summarize(logOfRun(world, policyNamed(world, 'never'))).get('trend of active days')!
      return trend.value / trend.stdError
    }
    expect(trendOf('retail-drift')).toBeLessThan(-5)
    expect(trendOf('retail')).toBeGreaterThan(-3)
  })
})
