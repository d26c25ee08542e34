import { describe, expect, it } from 'vitest'
import { createWorld, RETAIL, type WorldAttempt } from './index.ts'

const START = 1_767_571_200_000

function attempts(seed: number): { world: ReturnType<typeof createWorld>; list: readonly WorldAttempt[] } {
  const world = createWorld({ scenario: RETAIL, users: 4000, days: 2, seed, startAt: START })
  const list = world
    .opportunitiesOn(0)
    .filter((offer) => offer.channels.includes('push') && offer.category !== 'transactional')
    .map((offer) => ({
      channel: 'push' as const,
      variant: offer.variants[0]!.name,
      opportunityId: offer.id,
      at: offer.window.notBefore,
    }))
    .filter((attempt) => world.isReachable(Number(attempt.opportunityId.split('.u')[1]), 'push'))
  return { world, list }
}

describe('expect', () => {
  it('agrees with how often people respond and opt out when they are really sent to', () => {
    const { world, list } = attempts(31)
    let expectedTaps = 0
    let taps = 0
    let received = 0
    const seen = new Set<number>()
    for (const attempt of list) {
      const userIndex = Number(attempt.opportunityId.split('.u')[1])
      if (seen.has(userIndex)) continue
      seen.add(userIndex)
      const message = attempt.opportunityId.split('.d')[0]!
      const effect = world.expect(attempt)
      const events = world.deliver({
        ...attempt,
        userIndex,
        message,
        decisionId: attempt.opportunityId,
        category: 'marketing',
      })
      if (!events.some((event) => event.name === 'Push Notification Received')) continue
      received += 1
      expectedTaps += effect.response
      taps += events.filter((event) => event.name === 'Push Notification Tapped').length
    }
    expect(received).toBeGreaterThan(1000)
    expect(Math.abs(taps - expectedTaps)).toBeLessThan(4 * Math.sqrt(expectedTaps))
  })

  it('falls when the user is tired', () => {
    const { world, list } = attempts(33)
    const attempt = list.find((each) => each.opportunityId.startsWith('price-drop'))!
    const userIndex = Number(attempt.opportunityId.split('.u')[1])
    const before = world.expect(attempt)
    const send = { ...attempt, userIndex, message: 'price-drop', category: 'marketing' } as const
    for (let day = 0; day < 3; day += 1)
      world.deliver({ ...send, decisionId: `d${day}`, at: send.at + day * 86_400_000 })
    expect(world.isReachable(userIndex, 'push')).toBe(true)
    const after = world.expect(attempt)
    expect(after.response).toBeLessThan(before.response)
    expect(after.optOut).toBeGreaterThan(before.optOut)
  })

  it('is worth more for persuadable users than for those who are better left alone', () => {
    const { world, list } = attempts(35)
    const meanValue = (archetype: string): number => {
      const group = list.filter(
        (each) => world.truth(Number(each.opportunityId.split('.u')[1])).archetype === archetype,
      )
      return group.reduce((sum, each) => sum + world.expect(each).value, 0) / group.length
    }
    expect(meanValue('persuadable')).toBeGreaterThan(0.1)
    expect(meanValue('persuadable')).toBeGreaterThan(meanValue('sure-thing'))
    expect(meanValue('do-not-disturb')).toBeLessThan(0)
  })
})
