import { describe, expect, it } from 'vitest'
import { HOUR_MS, type LearningFeatures, type Objective } from '../domain/index.ts'
import { randomFrom } from '../random/index.ts'
import { learnOutcomes, learnResponses, type SendResult, sendResultOf } from './learn-sends.ts'
import { chanceOf } from './logistic-head.ts'
import { exampleOf, type HeadShape, initialState, learn, learningTargets } from './policy-state.ts'
import type { RewardOutcome } from './reward.ts'

const AT = 1_781_085_600_000
const ORDERS: Objective = {
  ...{ name: 'orders', events: ['Order Completed'], aggregate: 'sum', valueProperty: 'revenue' },
  ...{ windowHours: 24, unit: 'EUR', weight: 1, model: 'response', worth: 10, noiseSd: 5 },
}
const REACH: Objective = {
  ...{ name: 'reach', events: [], aggregate: 'reachLost', windowHours: 24, unit: 'days', weight: 1, model: 'hazard' },
}
const SHAPE: HeadShape = {
  baselineWidth: 1,
  actionWidth: 3,
  channelColumns: { push: 1 },
  claimColumns: {},
  expectedColumns: { orders: { push: 2 } },
  slowColumns: {},
  actionNames: ['send', 'channel=push', 'expected orders on push'],
  schemaHash: 'hash',
}
const SENT: LearningFeatures = {
  baseline: [1],
  centred: [0.5, 0.5, 0],
  sent: { channel: 'push', action: [1, 1, 0], pressure: [1, 0, 0, 0, 0] },
}

function outcome(over: Partial<RewardOutcome>): RewardOutcome {
  return { at: AT + HOUR_MS, name: 'x', values: {}, reachLoss: null, channel: 'push', isOwn: true, ...over }
}

const TAP = outcome({ isResponse: true })
const BOUGHT = outcome({ values: { orders: 30 } })
const LEFT = outcome({ reachLoss: 'push-disabled' })

describe('sendResultOf', () => {
  it('counts what names the decision, and nothing else', () => {
    const others = [TAP, BOUGHT, LEFT].map((each) => ({ ...each, isOwn: false }))
    const own = sendResultOf(ORDERS, AT, { learning: SENT, outcomes: [TAP, BOUGHT, LEFT] })
    expect(own).toMatchObject({ responded: true, own: 30, losses: ['push-disabled'] })
    expect(sendResultOf(ORDERS, AT, { learning: SENT, outcomes: others })).toMatchObject({
      ...{ responded: false, own: 0, losses: [] },
    })
  })

  it('has none where nothing was sent', () => {
    expect(sendResultOf(ORDERS, AT, { learning: { ...SENT, sent: null }, outcomes: [TAP] })).toBeNull()
  })
})

describe('learning from sends', () => {
  const objectives = [ORDERS, REACH]
  const prior = initialState(objectives, SHAPE, 0)

  it('looks at answers before outcomes, each in its own window, and at no head of effects for hazards', () => {
    expect(learningTargets(objectives).map(({ name }) => name)).toEqual(['send/response', 'orders', 'reach'])
    expect(prior.heads.reach).toBeUndefined()
    expect(prior.learnedUntil).toEqual({ 'send/response': 0, orders: 0, reach: 0 })
  })

  it('comes to the chances and the worth there are', () => {
    const random = randomFrom('sends')
    const results: SendResult[] = Array.from({ length: 20_000 }, () => {
      const responded = random() < 0.2
      const own = responded && random() < 0.3 ? 20 : 0
      return { sent: SENT.sent!, responded, own, losses: [], baseline: [1] }
    })
    const heads = learnOutcomes(learnResponses(prior.heads, results), { name: 'orders' }, results)
    const odds = (name: string): number => heads[name]!.mean[0]! + heads[name]!.mean[1]!
    expect(chanceOf(odds('send/response'))).toBeCloseTo(0.2, 1)
    expect(chanceOf(odds('send/response') + odds('send/outcome/orders')) / 0.06).toBeGreaterThan(0.9)
    expect(chanceOf(odds('send/response') + odds('send/outcome/orders')) / 0.06).toBeLessThan(1.1)
    expect(heads['send/worth/orders']!.mean[0]).toBeCloseTo(20, 0)
  })

  it('teaches each head from its own batch', () => {
    const targets = learningTargets(objectives)
    const decision = { at: AT, learning: SENT, outcomes: [TAP, BOUGHT, LEFT] }
    const batches = Object.fromEntries(
      targets.map((target) => [target.name, { examples: [exampleOf(target, decision)], until: AT }]),
    )
    const next = learn(prior, batches, { at: AT, keep: 1, prior, objectives })
    const seen = Object.fromEntries(Object.entries(next.heads).map(([name, { n }]) => [name, n]))
    expect(seen).toEqual({
      orders: 1,
      'send/response': 1,
      'send/outcome/orders': 1,
      'send/worth/orders': 1,
      'send/loss/push/push-disabled': 1,
      'send/loss/push/uninstalled': 1,
    })
    const rate = (name: string): number => next.heads[name]!.mean[0]! - prior.heads[name]!.mean[0]!
    expect(rate('send/loss/push/push-disabled')).toBeGreaterThan(0)
    expect(rate('send/loss/push/uninstalled')).toBeLessThan(0)
  })
})
