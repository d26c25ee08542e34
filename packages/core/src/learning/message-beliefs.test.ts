import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, type MessageEvidence, type Objective, type OfferedMessages } from '../domain/index.ts'
import { randomFrom } from '../random/index.ts'
import { believedMessages, messageTraits, rewardBeyondBeliefs } from './believed-rewards.ts'
import { judgeForecasts, learnMessages, type MessageTargets, messagePasses, NO_EVIDENCE } from './learn-messages.ts'
import { horizonOf } from './message-beliefs.ts'
import type { MaturedDecision } from './policy-state.ts'

const OBJECTIVE: Objective = {
  ...{ name: 'orders', events: ['Order Completed'], aggregate: 'sum', windowHours: 168, unit: 'EUR', weight: 1 },
}
const TARGETS: MessageTargets = {
  settings: { variants: {}, beliefs: ['orders'], traits: {} },
  objectives: [OBJECTIVE],
}
const MOMENTS_HOURS = [0.5, 10, 100]

/** What choosing a message adds in each bin. */
type Effect = readonly [number, number, number]

interface Scene {
  readonly random: () => number
  readonly noiseSd?: number
  /** What users bring by themselves, more where the message is on offer. */
  readonly baseline?: number
}

function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Decisions with one message on offer, chosen by a coin, and what came in the bins after. */
function decisions(
  message: string,
  effect: Effect,
  { n, at = 0, scene }: { readonly n: number; readonly at?: number; readonly scene: Scene },
): readonly MaturedDecision[] {
  const { random, noiseSd = 1, baseline = 0 } = scene
  return Array.from({ length: n }, (): MaturedDecision => {
    const isSent = random() < 0.5
    const messages: OfferedMessages = {
      sent: isSent ? { message, variant: 'default', channel: 'push' } : null,
      centred: [{ message, channel: 'push', value: (isSent ? 1 : 0) - 0.5 }],
    }
    return {
      at,
      learning: { baseline: [], centred: [], sent: null, messages },
      outcomes: MOMENTS_HOURS.map((hours, j) => ({
        ...{ at: at + hours * HOUR_MS, name: 'Order Completed', reachLoss: null, channel: null },
        values: { orders: baseline + (isSent ? effect[j]! : 0) + noiseSd * gauss(random) },
      })),
    }
  })
}

/** What is known once these were looked at up to an age. */
function learned(
  all: readonly MaturedDecision[],
  {
    untilHours = 168,
    evidence = NO_EVIDENCE,
    targets = TARGETS,
  }: {
    readonly untilHours?: number
    readonly evidence?: MessageEvidence
    readonly targets?: MessageTargets
  } = {},
): MessageEvidence {
  return messagePasses(targets)
    .filter(({ ageHours }) => ageHours <= untilHours)
    .reduce((known, pass) => learnMessages(known, { pass, targets }, all), evidence)
}

/** Effects of past messages: early and late days hang together. */
function effectOf(random: () => number, sd = 0.5): Effect {
  const level = sd * gauss(random)
  return [0.3 * level, 0.3 * level, 0.4 * level + 0.05 * gauss(random)]
}

const sumOf = (effect: Effect): number => effect.reduce((sum, value) => sum + value, 0)

function sisters(random: () => number, { count = 10, n = 200, sd = 0.5 } = {}) {
  return Array.from({ length: count }, (_, i) => {
    const effect = effectOf(random, sd)
    return { effect, decisions: decisions(`sister-${i}`, effect, { n, scene: { random } }) }
  })
}

describe('what choosing a message brings', () => {
  it('is unbiased though users come by themselves, and more of them where the message is on offer', () => {
    const random = randomFrom('effects')
    const a = decisions('a', [0.2, 0.1, 0.3], { n: 4_000, scene: { random, noiseSd: 0.5, baseline: 2 } })
    const b = decisions('b', [0, 0, 0], { n: 4_000, scene: { random, noiseSd: 0.5, baseline: -1 } })
    const evidence = learned(a.flatMap((decision, i) => [decision, b[i]!]))
    const { messages, rewards } = evidence.objectives!.orders!
    const of = (key: string) => messages[key]!.sums.map((sum, j) => sum / messages[key]!.information[j]!)
    for (const [j, expected] of [0.2, 0.1, 0.3].entries()) {
      expect(Math.abs(of('push a')[j]! - expected)).toBeLessThan(0.15)
      expect(Math.abs(of('push b')[j]!)).toBeLessThan(0.15)
    }
    expect(messages['push a']!.information).toEqual([1000, 1000, 1000])
    expect(rewards.n).toBe(8_000)
    expect(rewards.mean[0]).toBeCloseTo(0.55, 1)
  })

  it('is the same in pages of any size', () => {
    const all = sisters(randomFrom('pages'), { count: 3, n: 20 }).flatMap((sister) => sister.decisions)
    const paged = messagePasses(TARGETS).reduce((known, pass) => {
      const first = learnMessages(known, { pass, targets: TARGETS }, all.slice(0, 17))
      return learnMessages(first, { pass, targets: TARGETS }, all.slice(17))
    }, NO_EVIDENCE)
    expect(paged).toEqual(learned(all))
  })
})

describe('what is believed of a message', () => {
  it('is nothing before as many messages have matured as a prior needs', () => {
    const random = randomFrom('few')
    const few = sisters(random, { count: 3 }).flatMap((sister) => sister.decisions)
    expect(believedMessages(TARGETS.settings, learned(few)).get('orders')!.of('push', 'new')).toEqual({
      mean: 0,
      variance: 0,
    })
    const more = sisters(random, { count: 4 }).flatMap((sister) => sister.decisions)
    expect(believedMessages(TARGETS.settings, learned(more)).get('orders')!.of('push', 'new').variance).toBeGreaterThan(
      0,
    )
    expect(believedMessages(TARGETS.settings, learned(more)).get('orders')!.of('email', 'new')).toEqual({
      mean: 0,
      variance: 0,
    })
  })

  it('is calibrated for new messages of which the first hour was seen, and nearer to the truth than the prior', () => {
    let [inside, of, error, priorError] = [0, 0, 0, 0]
    for (let world = 0; world < 25; world += 1) {
      const random = randomFrom(`calibration ${world}`)
      const past = sisters(random, { count: 12 })
      const average = past.reduce((sum, { effect }) => sum + sumOf(effect) / past.length, 0)
      const evidence = learned(past.flatMap((sister) => sister.decisions))
      for (let i = 0; i < 6; i += 1) {
        const effect = effectOf(random)
        const young = decisions('new', effect, { n: 400, scene: { random } })
        const beliefs = believedMessages(TARGETS.settings, learned(young, { untilHours: 1, evidence })).get('orders')!
        const { mean, variance } = beliefs.of('push', 'new')
        const truth = sumOf(effect) - average
        inside += Math.abs(truth - mean) < 1.2816 * Math.sqrt(variance) ? 1 : 0
        error += (truth - mean) ** 2
        priorError += truth ** 2
        of += 1
      }
    }
    expect(inside / of).toBeGreaterThan(0.7)
    expect(inside / of).toBeLessThan(0.9)
    expect(error).toBeLessThan(0.75 * priorError)
  })

  it('follows its own rewards once these have matured', () => {
    const random = randomFrom('matured')
    const past = sisters(random).flatMap((sister) => sister.decisions)
    const own = decisions('strong', [0.5, 0.5, 1], { n: 4_000, scene: { random } })
    const { mean, variance } = believedMessages(TARGETS.settings, learned([...past, ...own]))
      .get('orders')!
      .of('push', 'strong')
    // The average weighs messages by what is known of them, so this one is most of it.
    expect(mean).toBeGreaterThan(0.3)
    expect(Math.sqrt(variance)).toBeLessThan(0.08)
  })

  it('starts from the traits a new message shares with others', () => {
    const random = randomFrom('traits')
    const traits = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`sister-${i}`, { discount: i % 2 }] as const),
    )
    const settings = { ...TARGETS.settings, traits: { ...traits, cheap: { discount: 1 }, plain: { discount: 0 } } }
    const past = Array.from({ length: 12 }, (_, i) => {
      const effect: Effect = i % 2 === 1 ? [0.3, 0.3, 0.4] : [0, 0, 0]
      return decisions(`sister-${i}`, effect, { n: 400, scene: { random } })
    }).flat()
    const beliefs = believedMessages(settings, learned(past, { targets: { ...TARGETS, settings } })).get('orders')!
    expect(beliefs.of('push', 'cheap').mean - beliefs.of('push', 'plain').mean).toBeGreaterThan(0.7)
    expect(beliefs.of('push', 'unheard-of').mean).toBe(beliefs.of('push', 'plain').mean)
    expect(messageTraits(settings)('cheap')).toEqual([1, 1])
  })

  it('is taken off the rewards that heads learn, as far as the message was chosen beyond chance', () => {
    const beliefs = {
      horizon: { horizonHours: 1, trust: 'observed', givenUp: [] } as const,
      of: () => ({ mean: 2, variance: 1 }),
    }
    const seen: OfferedMessages = { sent: null, centred: [{ message: 'a', channel: 'push', value: 0.25 }] }
    expect(rewardBeyondBeliefs(3, beliefs, seen)).toBe(2.5)
    expect(rewardBeyondBeliefs(3, undefined, seen)).toBe(3)
    expect(rewardBeyondBeliefs(3, beliefs, undefined)).toBe(3)
  })
})

describe('whether early signals still predict', () => {
  /** Weeks in which new messages come up; of each the first hour is known when it is forecast. */
  function judged(effectAfter: (random: () => number) => Effect, key: string): MessageEvidence {
    const random = randomFrom(key)
    let evidence = learned(sisters(random, { count: 12 }).flatMap((sister) => sister.decisions))
    for (let week = 1; week <= 6; week += 1) {
      const at = 7 * week * DAY_MS
      const fresh = Array.from({ length: 4 }, (_, i) => ({ name: `week-${week}-${i}`, effect: effectAfter(random) }))
      const young = fresh.flatMap(({ name, effect }) =>
        decisions(name, effect, { n: 200, at: at - DAY_MS, scene: { random } }),
      )
      evidence = learned(young, { untilHours: 1, evidence })
      evidence = judgeForecasts(evidence, TARGETS, { at, untilOf: () => 0 })
      const cohort = fresh.flatMap(({ name, effect }) =>
        decisions(name, effect, { n: 200, at: at + HOUR_MS, scene: { random } }),
      )
      evidence = learned(cohort, { evidence })
      evidence = judgeForecasts(evidence, TARGETS, { at: at + DAY_MS, untilOf: () => at + 3 * DAY_MS })
    }
    return evidence
  }

  it('is not doubted while new messages are like the past ones', () => {
    const { orders } = judged(effectOf, 'good weeks').objectives!
    expect(orders!.tests[2]).toMatchObject({ cohorts: 6, verdict: { kind: 'holds' } })
    expect(horizonOf(orders!)).toEqual({ horizonHours: 168, trust: 'surrogate', givenUp: [] })
  })

  it('is given up where messages begin well and end badly, and a shorter horizon is believed', () => {
    const { orders } = judged(() => [0.2, 0.15, -2], 'curiosity').objectives!
    const horizon = horizonOf(orders!)
    expect(horizon.givenUp.map((each) => each.horizonHours)).toEqual([168])
    expect(horizon.trust).toBe('surrogate')
    expect(horizon.horizonHours).toBe(24)
    const beliefs = believedMessages(TARGETS.settings, { ...NO_EVIDENCE, objectives: { orders: orders! } }).get(
      'orders',
    )!
    // Up to a day they bring more than the average, though over a week they bring less.
    expect(beliefs.of('push', 'week-6-0').mean).toBeGreaterThan(0)
  })
})
