import { beforeAll, describe, expect, it } from 'vitest'
import {
  createWorld,
  fixedPolicies,
  type HappeningKind,
  pairedDifference,
  RETAIL,
  type RunTotals,
  runWorld,
  type World,
  type WorldSend,
} from './index.ts'

const START = 1_767_571_200_000 // Monday 2026-01-05T00:00Z

function retail(users: number, days: number, seed: number): World {
  return createWorld({ scenario: RETAIL, users, days, seed, startAt: START })
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Standard errors by which a beats b, per user. */
function zOf(a: Float64Array, b: Float64Array): number {
  const difference = pairedDifference(a, b)
  return difference.mean / difference.standardError
}

describe('the fixed policies on 2,000 users × 60 days of retail', () => {
  const totals: Record<string, RunTotals> = {}

  beforeAll(() => {
    const world = retail(2000, 60, 2)
    for (const [name, choose] of Object.entries(fixedPolicies(world))) {
      totals[name] = runWorld(world, choose, { blockUsers: 500 })
    }
  })

  it('lets a cadence of three a week clearly beat never sending', () => {
    expect(zOf(totals.cadence!.value, totals.never!.value)).toBeGreaterThan(3)
  })

  it('lets daily sending end near never sending and below the cadence', () => {
    const share = mean(totals.daily!.value) / mean(totals.never!.value)
    expect(Math.abs(share - 1)).toBeLessThan(0.08)
    expect(zOf(totals.cadence!.value, totals.daily!.value)).toBeGreaterThan(2)
    expect(zOf(totals.never!.activeDays, totals.daily!.activeDays)).toBeGreaterThan(3)
  })

  it('makes daily and myopic sending burn the reach that the cadence keeps', () => {
    for (const name of ['daily', 'myopic']) {
      expect(zOf(totals.cadence!.reachLeft, totals[name]!.reachLeft)).toBeGreaterThan(10)
      expect(mean(totals[name]!.optOuts)).toBeGreaterThan(3 * mean(totals.cadence!.optOuts))
    }
  })

  it('gives the myopic policy the most engagement and less value than the cadence', () => {
    for (const name of ['never', 'daily', 'cadence', 'random', 'oracle']) {
      expect(zOf(totals.myopic!.engagement, totals[name]!.engagement)).toBeGreaterThan(10)
    }
    expect(zOf(totals.cadence!.value, totals.myopic!.value)).toBeGreaterThan(1.5)
  })

  it('makes the cadence no worse than random sends', () => {
    expect(zOf(totals.cadence!.value, totals.random!.value)).toBeGreaterThan(-1.5)
  })

  it('lets the oracle clearly beat the cadence while it keeps more reach', () => {
    expect(zOf(totals.oracle!.value, totals.cadence!.value)).toBeGreaterThan(5)
    expect(mean(totals.oracle!.reachLeft)).toBeGreaterThan(mean(totals.cadence!.reachLeft))
  })

  it('loses nobody without sends', () => {
    expect(mean(totals.never!.reachLeft)).toBeGreaterThan(0.999)
    expect(mean(totals.never!.sends)).toBe(0)
  })
})

describe('runWorld', () => {
  it('gives the same totals in blocks as at once, and again after another run', () => {
    const world = retail(150, 20, 4)
    const { cadence, daily } = fixedPolicies(world)
    const whole = runWorld(world, cadence!)
    runWorld(world, daily!)
    expect(runWorld(world, cadence!, { blockUsers: 40 })).toEqual(whole)
  })

  it('changes nothing for users whom a policy leaves alone', () => {
    const world = retail(200, 30, 5)
    const { daily, never } = fixedPolicies(world)
    const half = runWorld(world, (context) => (context.user.index < 100 ? daily!(context) : null))
    const none = runWorld(world, never!)
    expect(half.value.slice(100)).toEqual(none.value.slice(100))
    expect(half.activeDays.slice(100)).toEqual(none.activeDays.slice(100))
    expect(half.sends.slice(0, 100)).not.toEqual(none.sends.slice(0, 100))
  })

  it('offers only what stands open, on channels that still reach', () => {
    const world = retail(100, 15, 6)
    runWorld(world, ({ day, offers, channels, user }) => {
      for (const offer of offers) expect(offer.window.expires).toBeGreaterThan(START + day * 86_400_000)
      for (const channel of channels) expect(world.isReachable(user.index, channel)).toBe(true)
      return null
    })
    expect.hasAssertions()
  })
})

/** Happenings by kind and sends by channel of what the policy chose. */
function countUnder(name: string): Readonly<Record<string, number>> {
  const world = retail(2500, 60, 3)
  const counts: Record<string, number> = {}
  const add = (key: string): void => {
    counts[key] = (counts[key] ?? 0) + 1
  }
  const count = (send: WorldSend): ((kind: HappeningKind) => void) => {
    if (send.category === 'transactional') return () => undefined
    add(send.channel)
    return add
  }
  const counted: World = {
    ...world,
    direct: {
      ...world.direct,
      deliver: (send, emit) => {
        const note = count(send)
        world.direct.deliver(send, (happening) => {
          note(happening.kind)
          emit(happening)
        })
      },
      closeDay: (span, emit) =>
        world.direct.closeDay(span, (happening) => {
          if (happening.kind.startsWith('inApp')) add(happening.kind)
          emit(happening)
        }),
    },
  }
  runWorld(counted, fixedPolicies(world)[name]!, { blockUsers: 500 })
  return counts
}

describe('the calibration of retail', () => {
  const cache: Record<string, Readonly<Record<string, number>>> = {}

  it.each([
    ['cadence', 'pushTapped', 'pushReceived', 0.03, 0.06],
    ['cadence', 'pushDisabled', 'pushReceived', 0.003, 0.006],
    ['cadence', 'emailOpened', 'emailDelivered', 0.18, 0.23],
    ['cadence', 'emailClicked', 'emailDelivered', 0.022, 0.032],
    ['cadence', 'emailUnsubscribed', 'emailDelivered', 0.002, 0.0036],
    ['cadence', 'emailBounced', 'email', 0.003, 0.012],
    ['random', 'inAppClicked', 'inAppViewed', 0.25, 0.33],
    ['daily', 'pushDisabled', 'pushReceived', 0.008, 0.016],
    ['daily', 'emailUnsubscribed', 'emailDelivered', 0.005, 0.01],
  ])('under %s keeps %s per %s in its band', (policy, kind, per, low, high) => {
    const counts = cache[policy] ?? countUnder(policy)
    cache[policy] = counts
    const rate = (counts[kind] ?? 0) / counts[per]!
    expect(rate).toBeGreaterThan(low)
    expect(rate).toBeLessThan(high)
  })

  it('lets about 85 % of Android and 48 % of iOS users allow push', () => {
    const users = retail(4000, 1, 8).users
    const share = (platform: string): number => {
      const group = users.filter((user) => user.traits.platform === platform)
      return group.filter((user) => user.hasPush).length / group.length
    }
    expect(Math.abs(share('android') - 0.85)).toBeLessThan(0.03)
    expect(Math.abs(share('ios') - 0.48)).toBeLessThan(0.04)
  })
})
