import { describe, expect, it } from 'vitest'
import { type DelayEvidence, HOUR_MS } from '../domain/index.ts'
import { randomFrom } from '../random/index.ts'
import { type EarlyObjective, learnEarly, learningAge, learnSendDelays, noDelays } from './learn-early.ts'
import { learnOutcomes, sendResultOf } from './learn-sends.ts'
import { chanceOf } from './logistic-head.ts'
import type { MaturedDecision } from './policy-state.ts'
import { outcomeHeadOf, priorSendHeads, RESPONSE_HEAD } from './send-heads.ts'

const OBJECTIVE: EarlyObjective = {
  ...{ name: 'orders', events: ['Order Completed'], aggregate: 'any', windowHours: 168, unit: 'orders', weight: 1 },
  ...{ model: 'response', earlyHours: 24 },
}
const PRIOR = priorSendHeads([OBJECTIVE], { actionNames: ['send', 'good'] })

/** Sends with a feature that doubles the odds of an order; delays are exponential with this mean. */
function sends(key: string, n: number, meanHours: number): readonly MaturedDecision[] {
  const random = randomFrom(key)
  return Array.from({ length: n }, (): MaturedDecision => {
    const good = random() < 0.5 ? 1 : 0
    const isOrder = random() < chanceOf(-3.5 + 0.7 * good)
    const hours = -meanHours * Math.log(1 - random())
    const order = {
      ...{ at: hours * HOUR_MS, name: 'Order Completed', values: { orders: 1 }, reachLoss: null, channel: null },
      isOwn: true,
    }
    const sent = { channel: 'email', action: [1, good], pressure: [] } as const
    return {
      at: 0,
      learning: { baseline: [], centred: [], sent },
      outcomes: isOrder && hours < OBJECTIVE.windowHours ? [order] : [],
    }
  })
}

/** The same decisions as they looked at an age. */
function upTo(hours: number, decisions: readonly MaturedDecision[]): readonly MaturedDecision[] {
  return decisions.map((decision) => ({
    ...decision,
    outcomes: decision.outcomes.filter(({ at }) => at < hours * HOUR_MS),
  }))
}

function delaysOf(decisions: readonly MaturedDecision[], evidence: DelayEvidence = noDelays(OBJECTIVE)): DelayEvidence {
  return learnSendDelays(evidence, OBJECTIVE, decisions)
}

describe('when sends are learned of', () => {
  it('is after the window until delays are known, then early', () => {
    expect(learningAge(OBJECTIVE, noDelays(OBJECTIVE))).toEqual({ ageHours: 168, matured: 1, reason: 'delays-unknown' })
    const known = learningAge(OBJECTIVE, delaysOf(sends('known', 4_000, 40)))
    expect(known).toMatchObject({ ageHours: 24, reason: null })
    expect(Math.abs(known.matured - (1 - Math.exp(-24 / 40)) / (1 - Math.exp(-168 / 40)))).toBeLessThan(0.06)
  })

  it('is after the window where hardly anything comes early', () => {
    expect(learningAge(OBJECTIVE, delaysOf(sends('slow', 20_000, 300))).reason).toBeNull()
    const rare = { ...OBJECTIVE, earlyHours: 5 }
    const slow = learnSendDelays(noDelays(rare), rare, sends('slow', 20_000, 300))
    expect(learningAge(rare, slow)).toEqual({ ageHours: 168, matured: 1, reason: 'too-little-comes-early' })
  })

  it('is after the window again once delays are no longer what they were, and stays early while they are', () => {
    let steady = delaysOf(sends('start', 4_000, 20))
    for (let week = 0; week < 20; week += 1) steady = delaysOf(sends(`steady ${week}`, 2_000, 20), steady)
    expect(learningAge(OBJECTIVE, steady)).toMatchObject({ ageHours: 24, reason: null })
    let slower = steady
    for (let week = 0; week < 4; week += 1) slower = delaysOf(sends(`slower ${week}`, 2_000, 80), slower)
    expect(learningAge(OBJECTIVE, slower)).toEqual({ ageHours: 168, matured: 1, reason: 'delays-changed' })
  })
})

describe('what is learned of sends early', () => {
  const all = sends('sends', 20_000, 40)
  const { matured } = learningAge(OBJECTIVE, delaysOf(sends('past', 20_000, 40)))
  const oddsIn = (heads: typeof PRIOR): readonly [number, number] => {
    const [base, good] = [0, 1].map((j) => heads[outcomeHeadOf('orders')]!.mean[j]! + heads[RESPONSE_HEAD]!.mean[j]!)
    return [base!, good!]
  }

  it('is what the closed window would have taught, and without the correction far too little', () => {
    const results = (decisions: readonly MaturedDecision[]) =>
      decisions.map((each) => sendResultOf(OBJECTIVE, each.at, each)!)
    const late = oddsIn(learnOutcomes(PRIOR, { name: 'orders' }, results(all)))
    const early = oddsIn(learnEarly(PRIOR, OBJECTIVE, { decisions: upTo(24, all), matured }))
    const naive = oddsIn(learnOutcomes(PRIOR, { name: 'orders' }, results(upTo(24, all))))
    expect(Math.abs(early[0] - late[0])).toBeLessThan(0.12)
    expect(Math.abs(early[1] - late[1])).toBeLessThan(0.25)
    expect(late[0] - naive[0]).toBeGreaterThan(0.5)
  })

  it('is nothing from decisions that sent nothing', () => {
    const hold = { ...all[0]!, learning: { baseline: [], centred: [], sent: null } }
    expect(learnEarly(PRIOR, OBJECTIVE, { decisions: [hold], matured })).toEqual(PRIOR)
    expect(delaysOf([hold])).toEqual(noDelays(OBJECTIVE))
  })
})
