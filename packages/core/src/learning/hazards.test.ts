import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CHANNELS } from '../domain/index.ts'
import { randomFrom } from '../random/index.ts'
import { type LossCause, lossCausesOf, lossChance, priorLossHead, reachCost } from './hazards.ts'
import { learnLosses, type SendResult } from './learn-sends.ts'
import { chanceOf } from './logistic-head.ts'

const RESTED = [1, 0, 0, 0, 0]
const USUAL = [1, 1, 0, 0, 0]
const CAUSES = lossCausesOf(CHANNELS).map((cause) => ({ ...cause, state: priorLossHead(cause) }))

function stateOf(learned: Readonly<Record<string, LossCause & { readonly state: ReturnType<typeof priorLossHead> }>>) {
  return Object.fromEntries(Object.values(learned).map(({ head, state }) => [head, state]))
}

describe('what is believed before anybody left', () => {
  it.each([
    ['push', 'push-disabled', 0.004],
    ['email', 'unsubscribed', 0.0025],
  ] as const)('loses %s by %s about as often as published, at usual fatigue', (channel, cause, rate) => {
    const chance = reachCost(CAUSES, { channel, times: {} }, USUAL).losses[cause]!
    expect(chance / rate).toBeGreaterThan(0.8)
    expect(chance / rate).toBeLessThan(1.25)
  })

  it('adds causes up, and counts an application that is gone as two channels', () => {
    const { losses, mean } = reachCost(CAUSES, { channel: 'push', times: {} }, USUAL)
    expect(mean).toBeCloseTo(losses['push-disabled']! + 2 * losses.uninstalled!, 15)
  })

  it('counts each lost channel as often as its days are worth', () => {
    const times = { push: 0.5, 'in-app': 3 }
    const { losses, mean } = reachCost(CAUSES, { channel: 'push', times }, USUAL)
    expect(mean).toBeCloseTo(0.5 * losses['push-disabled']! + 3.5 * losses.uninstalled!, 15)
  })

  it('loses nothing on a channel without causes', () => {
    expect(reachCost([], { channel: 'push', times: {} }, USUAL)).toEqual({ losses: {}, mean: 0, variance: 0 })
  })
})

describe('lossChance', () => {
  it('never falls when pressure rises, whatever was learned', () => {
    const pressure = fc.tuple(...[1, 2, 3, 4].map(() => fc.double({ min: 0, max: 6, noNaN: true })))
    const weights = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 5, maxLength: 5 })
    fc.assert(
      fc.property(weights, pressure, pressure, (mean, less, more) => {
        const head = { ...priorLossHead({ rate: 0.004 }), mean: Float64Array.from(mean) }
        const low = [1, ...less.map((value, i) => Math.min(value, more[i]!))]
        const high = [1, ...less.map((value, i) => Math.max(value, more[i]!))]
        expect(lossChance(head, high).chance).toBeGreaterThanOrEqual(lossChance(head, low).chance)
      }),
    )
  })
})

describe('learnLosses', () => {
  /** Sends of a world in which push is disabled with log odds −4 + .5 × fatigue. */
  function resultsOf(count: number): readonly SendResult[] {
    const random = randomFrom('losses')
    return Array.from({ length: count }, () => {
      const fatigue = 3 * random()
      const isLost = random() < chanceOf(-4 + 0.5 * fatigue)
      const sent = { channel: 'push' as const, action: [], pressure: [1, fatigue, 0, 0, 0] }
      return { sent, responded: false, own: 0, losses: isLost ? ['push-disabled' as const] : [], baseline: [] }
    })
  }

  it('comes to the rate there is, and to how it grows with pressure', () => {
    const heads = learnLosses(stateOf(Object.fromEntries(CAUSES.map((c) => [c.head, c]))), resultsOf(20_000))
    const head = heads['send/loss/push/push-disabled']!
    expect(lossChance(head, RESTED).chance).toBeCloseTo(chanceOf(-4), 2)
    expect(lossChance(head, [1, 3, 0, 0, 0]).chance / chanceOf(-2.5)).toBeGreaterThan(0.8)
    expect(lossChance(head, [1, 3, 0, 0, 0]).chance / chanceOf(-2.5)).toBeLessThan(1.25)
  })

  it('learns of the channel that was used alone', () => {
    const before = stateOf(Object.fromEntries(CAUSES.map((c) => [c.head, c])))
    const heads = learnLosses(before, resultsOf(5))
    expect(heads['send/loss/email/unsubscribed']).toBe(before['send/loss/email/unsubscribed'])
    expect(heads['send/loss/push/uninstalled']!.n).toBe(5)
  })
})
