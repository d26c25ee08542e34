import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Action, type Channel, opportunityId } from '../domain/index.ts'
import { propensityFactors, withoutExploration } from './propensity-factors.ts'

const HOLD: Action = { kind: 'hold' }
function send(id: string, { variant = 'a', channel = 'push' as Channel, sendAt = 0 } = {}): Action {
  return { kind: 'send', opportunityId: opportunityId(id), variant, channel, sendAt }
}

describe('the propensity of a choice, step by step', () => {
  const actions = [
    HOLD,
    send('x'),
    send('x', { variant: 'b' }),
    send('y'),
    send('x', { channel: 'email' }),
    send('x', { sendAt: 9 }),
  ]
  const probabilities = [0.2, 0.1, 0.2, 0.1, 0.1, 0.3]

  it('narrows down from sending at all to the variant', () => {
    const factors = propensityFactors({ actions, probabilities, chosen: 2 })
    expect(factors.map(({ step }) => step)).toEqual(['send', 'moment', 'channel', 'message', 'variant'])
    const expected = [0.8, 0.5 / 0.8, 0.4 / 0.5, 0.3 / 0.4, 0.2 / 0.3]
    factors.forEach(({ probability }, i) => {
      expect(probability).toBeCloseTo(expected[i]!, 12)
    })
  })

  it('of holding is one number', () => {
    expect(propensityFactors({ actions, probabilities, chosen: 0 })).toEqual([{ step: 'hold', probability: 0.2 }])
  })

  it('ends in 0 for what had no chance, and is certain without alternatives', () => {
    const alone = propensityFactors({ actions: [send('x')], probabilities: [1], chosen: 0 })
    expect(alone.map(({ probability }) => probability)).toEqual([1, 1, 1, 1, 1])
    const none = propensityFactors({ actions: [HOLD, send('x')], probabilities: [1, 0], chosen: 1 })
    expect(none.map(({ probability }) => probability)).toEqual([0, 0, 0, 0, 0])
  })

  it('multiplies to the propensity, each factor a probability', () => {
    const some = fc.record({
      id: fc.constantFrom('x', 'y', 'z'),
      variant: fc.constantFrom('a', 'b'),
      channel: fc.constantFrom<Channel>('push', 'email'),
      sendAt: fc.constantFrom(0, 9),
      weight: fc.double({ min: 0.001, max: 1, noNaN: true }),
    })
    const sends = fc.uniqueArray(some, {
      minLength: 1,
      maxLength: 12,
      selector: ({ id, variant, channel, sendAt }) => `${id} ${variant} ${channel} ${sendAt}`,
    })
    fc.assert(
      fc.property(sends, fc.nat(), (list, at) => {
        const total = list.reduce((sum, { weight }) => sum + weight, 1)
        const given = {
          actions: [HOLD, ...list.map(({ id, ...way }) => send(id, way))],
          probabilities: [1 / total, ...list.map(({ weight }) => weight / total)],
          chosen: at % (list.length + 1),
        }
        const factors = propensityFactors(given).map(({ probability }) => probability)
        const product = factors.reduce((all, each) => all * each, 1)
        expect(product).toBeCloseTo(given.probabilities[given.chosen]!, 12)
        expect(factors.every((each) => each > 0 && each <= 1 + 1e-12)).toBe(true)
      }),
      { seed: 3, numRuns: 200 },
    )
  })
})

describe('a choice without exploration', () => {
  it('is the best score, ties alike', () => {
    expect([...withoutExploration({ policy: 'paloma/thompson', scores: [0, 0.3, 0.1] })!]).toEqual([0, 1, 0])
    expect([...withoutExploration({ policy: 'paloma/bounded', scores: [0.3, 0.3, 0.1] })!]).toEqual([0.5, 0.5, 0])
  })

  it.each(['businessAsUsual/cadence', 'random/random', 'holdout/holdout', 'paloma/mandatory'])(
    'does not exist for %s, which looks at no score',
    (policy) => {
      expect(withoutExploration({ policy, scores: [0, 1] })).toBeNull()
    },
  )
})
