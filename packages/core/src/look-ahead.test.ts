import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import { chosenAction, DAY_MS, HOUR_MS, type Objective, type PastSend, type Snapshot } from './domain/index.ts'
import { reachCostsOf } from './explain.ts'
import { laterPrice } from './look-ahead.ts'
import { NOW, OBJECTIVES, person, proposal, RULES, requestOf, snapshotOf } from './testing/decision-scene.ts'

const [CONVERSION, REACH] = OBJECTIVES as readonly [Objective, Objective]
const AHEAD: readonly Objective[] = [
  { ...CONVERSION, model: 'response', worth: 40, lookAheadDays: 14 },
  { ...REACH, model: 'hazard', worthPerDay: 0.05 },
]
const IN_APP = RULES.channels['in-app']!
const ONE_PLACE = { ...RULES, channels: { 'in-app': { ...IN_APP, showsOne: true } }, caps: [], gaps: [] }
const OFFER = proposal({ channels: ['in-app', 'push'] })
const LAST = { now: NOW, random: () => 0.9999999 }

function waiting(waits: PastSend['waits'], visits: readonly number[] = []) {
  const user = person()
  const sent: PastSend = {
    ...{ at: NOW - DAY_MS, channel: 'in-app', category: 'marketing', message: 'digest', topic: 'news' },
    ...{ opportunityId: 'old', ...(waits === undefined ? {} : { waits }) },
  }
  return { ...user, history: { ...user.history, sends: [sent], visits } }
}

function priceOf(snapshot: Snapshot, user: ReturnType<typeof waiting>): number {
  const decision = decide(snapshot, requestOf([OFFER], { user }), LAST)
  return decision.prices[decision.actions.findIndex(({ kind }) => kind === 'send')]!
}

describe('a channel that shows one message at a time', () => {
  const snapshot = snapshotOf({ rules: ONE_PLACE })
  const usual = IN_APP.pricePerSend

  it('charges a send what the message is worth that waits to be seen', () => {
    const price = priceOf(snapshot, waiting({ until: NOW + 3 * DAY_MS, worth: 0.7 }))
    expect(price).toBeCloseTo(usual + 0.7, 12)
  })

  it('charges only the share of the new window that the old message still has', () => {
    expect(priceOf(snapshot, waiting({ until: NOW + DAY_MS, worth: 0.7 }))).toBeCloseTo(usual + 0.35, 12)
  })

  it.each([
    ['it lapsed', waiting({ until: NOW, worth: 0.7 })],
    ['it was seen', waiting({ until: NOW + DAY_MS, worth: 0.7 }, [NOW - HOUR_MS])],
    ['nothing is known of it', waiting(undefined)],
    ['it was worth nothing', waiting({ until: NOW + DAY_MS, worth: -0.2 })],
  ])('charges nothing where %s', (_, user) => {
    expect(priceOf(snapshot, user)).toBe(usual)
  })

  it('charges nothing on channels that keep what they showed', () => {
    const list = snapshotOf({ rules: { ...ONE_PLACE, channels: { 'in-app': IN_APP } } })
    expect(priceOf(list, waiting({ until: NOW + DAY_MS, worth: 0.7 }))).toBe(usual)
  })

  it('says what the choice is worth before prices, and when it lapses', () => {
    const request = requestOf([OFFER], { user: waiting({ until: NOW + DAY_MS, worth: 0.1 }) })
    const draws = Array.from({ length: 40 }, (_, i) => decide(snapshot, request, { now: NOW, random: () => i / 40 }))
    const kinds = new Set(draws.map((decision) => chosenAction(decision).kind))
    expect(kinds).toEqual(new Set(['hold', 'send']))
    for (const decision of draws) {
      const worth = decision.scores[decision.chosen]! + decision.prices[decision.chosen]!
      const isSent = chosenAction(decision).kind === 'send'
      expect(decision.waits).toEqual(isSent ? { until: OFFER.window.expires, worth } : undefined)
    }
  })

  it('never charges more than the message that waits is worth', () => {
    const ahead = { fatiguePrices: {}, waiting: { 'in-app': { until: NOW + 9 * DAY_MS, worth: 0.4 } } }
    const candidate = { opportunityId: OFFER.id, variant: 'default', channel: 'in-app' as const, sendAt: NOW }
    expect(laterPrice(ahead, candidate, OFFER)).toBe(0.4)
  })
})

describe('a decision that looks ahead', () => {
  const snapshot = snapshotOf({ objectives: AHEAD })
  const decision = decide(snapshot, requestOf([OFFER]), LAST)

  it('is the same record when it is made again', () => {
    expect(decide(snapshot, requestOf([OFFER]), LAST)).toEqual(decision)
  })

  it('scores by values and prices alone', () => {
    for (let i = 0; i < decision.actions.length; i += 1) {
      const sum = AHEAD.reduce((total, { name, weight }) => total + weight * decision.values[name]!.mean[i]!, 0)
      expect(decision.scores[i]).toBeCloseTo(sum - decision.prices[i]!, 12)
    }
  })

  it('takes off what days are worth on the channels a send may lose', () => {
    expect(Object.keys(decision.dayWorths!).sort()).toEqual(['email', 'in-app', 'push'])
    for (let i = 1; i < decision.actions.length; i += 1) {
      const costs = reachCostsOf(AHEAD[1]!, { ...decision, chosen: i })
      const sum = costs.reduce((total, { cost }) => total + cost, 0)
      expect(sum).toBeCloseTo(-decision.values.reachability!.mean[i]!, 12)
    }
  })

  it('keeps what the send brought beyond the best without its channel, and through each objective', () => {
    const action = chosenAction(decision)
    const { sent } = decision.learning!
    const others = decision.actions.flatMap((other, i) =>
      other.kind === 'hold' || action.kind === 'hold' || other.channel === action.channel ? [] : [decision.scores[i]!],
    )
    const advantage = Math.max(0, decision.scores[decision.chosen]! - Math.max(0, ...others))
    const values = AHEAD.map(({ name }) => decision.values[name]!.mean[decision.chosen]!)
    expect(sent!.gains).toEqual([advantage, ...values])
  })

  it('keeps none of this where no objective looks ahead', () => {
    const plain = decide(snapshotOf({}), requestOf([OFFER]), LAST)
    expect(plain).not.toHaveProperty('dayWorths')
    expect(plain).not.toHaveProperty('waits')
  })
})
