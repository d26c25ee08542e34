import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import type {
  Decision,
  DecisionRequest,
  MessageEvidence,
  MessageSettings,
  ObjectiveEvidence,
  PolicySpec,
  Snapshot,
  TraceEvidence,
  VariantEvidence,
} from './domain/index.ts'
import { contributionsOf } from './explain.ts'
import { messageBeliefs, messageTraits, startSurrogateTest } from './learning/index.ts'
import { variantDistribution } from './policy/index.ts'
import { groupsOf, NOW, person, requestOf, snapshotOf, twoWordings } from './testing/decision-scene.ts'

const TWO = [twoWordings('a'), twoWordings('b', { features: { score: 0.1 } })]
const THOMPSON = { kind: 'thompson', floor: 0.05, sharpness: 1 } as const
const NEW: PolicySpec = { kind: 'bounded', policy: THOMPSON, newMessages: { share: 0.3, untilSends: 100 } }
const COUNTED: MessageSettings = { variants: {}, beliefs: [], traits: {} }
const SETTINGS: MessageSettings = { ...COUNTED, variants: { 'message-a': { audience: 20_000, floor: 0.02 } } }

/** Sends that are all old enough, some answered within the hour. */
function seen(sends: number, answers: number): VariantEvidence {
  return { sends, users: [sends, sends, sends], answers: [answers, 0, 0] }
}

const EVIDENCE: MessageEvidence = {
  variants: {
    'message-a': { plain: seen(3_000, 60), bold: seen(3_000, 90) },
    'message-b': { plain: seen(50, 2), bold: seen(49, 1) },
    'message-c': { plain: seen(900, 20), bold: seen(900, 30) },
  },
  delays: [100, 0, 0],
}

function decideWith(over: Partial<Snapshot>, request: DecisionRequest = requestOf(TWO), evidence = EVIDENCE): Decision {
  const plain = snapshotOf(over)
  const state = { ...plain.state, messages: evidence }
  return decide({ ...plain, state }, request, { now: NOW, random: () => 0.9 })
}

function shareOf({ actions, probabilities }: Decision, opportunity: string, variant?: string): number {
  return actions.reduce((sum, action, k) => {
    if (action.kind === 'hold' || action.opportunityId !== opportunity) return sum
    return variant === undefined || action.variant === variant ? sum + probabilities[k]! : sum
  }, 0)
}

const noExploring = (): DecisionRequest => {
  const user = person()
  const consent = { ...user.profile.consent, exploration: false }
  return requestOf(TWO, { user: { ...user, profile: { ...user.profile, consent } } })
}

describe('a decision that guarantees traffic to new messages', () => {
  const groups = groupsOf('paloma', NEW)

  it('keeps the share for the message that was sent less often than promised, and for no other', () => {
    const without = decideWith({ groups: groupsOf('paloma', THOMPSON), messages: COUNTED })
    const decision = decideWith({ groups, messages: COUNTED })
    expect(shareOf(decision, 'b')).toBeCloseTo(0.3 + 0.7 * shareOf(without, 'b'), 12)
    expect(shareOf(decision, 'a')).toBeCloseTo(0.7 * shareOf(without, 'a'), 12)
    expect(decision.probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12)
    expect(decision.propensity).toBe(decision.probabilities[decision.chosen])
  })

  it('ends with the sends that the policy state counts, not with any other count', () => {
    const counted = { ...EVIDENCE.variants, 'message-b': { plain: seen(50, 2), bold: seen(50, 1) } }
    const decision = decideWith({ groups, messages: COUNTED }, requestOf(TWO), {
      ...EVIDENCE,
      variants: counted,
    })
    expect(decision.probabilities).toEqual(
      decideWith({ groups: groupsOf('paloma', THOMPSON), messages: COUNTED }).probabilities,
    )
  })

  it('promises nothing where nobody counts, and explores on nobody who does not want it', () => {
    expect(decideWith({ groups }).probabilities).toEqual(
      decideWith({ groups: groupsOf('paloma', THOMPSON) }).probabilities,
    )
    expect(decideWith({ groups, messages: COUNTED }, noExploring()).policy).toBe('paloma/greedy')
  })
})

describe('a decision about a message whose variants compete', () => {
  const decision = decideWith({ messages: SETTINGS })

  it('chooses message, channel and moment by policy and the variant by its horizon: the product is the propensity', () => {
    const counts = [
      { trials: 3_000, successes: 60 },
      { trials: 3_000, successes: 90 },
    ]
    const [plain, bold] = [shareOf(decision, 'a', 'plain'), shareOf(decision, 'a', 'bold')]
    const guess = variantDistribution(
      counts,
      { levelMean: 0.03, levelWeight: 10, spreadWeight: 700 },
      { remaining: 14_000, floor: 0.02 },
    )
    expect(bold / (plain + bold)).toBeGreaterThan(0.6)
    expect(bold / (plain + bold)).toBeLessThanOrEqual(0.99)
    expect(Math.abs(bold / (plain + bold) - guess[1]!)).toBeLessThan(0.1)
    for (let k = 1; k < decision.actions.length; k += 1) {
      const action = decision.actions[k]!
      if (action.kind === 'hold' || action.opportunityId !== 'a' || action.variant !== 'plain') continue
      const twin = decision.actions.findIndex((other) => {
        return (
          other.kind === 'send' &&
          other.variant === 'bold' &&
          other.opportunityId === 'a' &&
          other.channel === action.channel &&
          other.sendAt === action.sendAt
        )
      })
      expect(decision.probabilities[twin]! / decision.probabilities[k]!).toBeCloseTo(bold / plain, 9)
    }
  })

  it('leaves the variants of other messages to the policy', () => {
    const other = decideWith({ messages: COUNTED })
    const ratio = (d: Decision) => shareOf(d, 'b', 'bold') / shareOf(d, 'b', 'plain')
    expect(ratio(decision)).not.toBeCloseTo(1, 3)
    expect(Math.abs(ratio(decision) - ratio(other))).toBeLessThan(0.5 * ratio(other))
  })

  it('takes the best variant for who does not want to be explored on', () => {
    expect(shareOf(decideWith({ messages: SETTINGS }, noExploring()), 'a', 'plain')).toBe(0)
  })

  it('does not touch what is random on purpose', () => {
    const groups = groupsOf('random', { kind: 'random', holdProbability: 0.5 })
    expect(decideWith({ groups, messages: SETTINGS }).probabilities).toEqual(decideWith({ groups }).probabilities)
  })

  it('works with joint draws too', () => {
    const groups = groupsOf('paloma', { kind: 'thompsonDraws', draws: 4_096, floor: 0.05, sharpness: 1 })
    const drawn = decideWith({ groups, messages: SETTINGS })
    expect(drawn.probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12)
    expect(shareOf(drawn, 'a', 'bold')).toBeGreaterThan(shareOf(drawn, 'a', 'plain'))
  })
})

describe('what a decision keeps of its messages', () => {
  it('is nothing where messages are not learned of, and leaves the rest of the record as it was', () => {
    const with_ = decideWith({ messages: COUNTED })
    const without = decideWith({})
    expect(without.learning).not.toHaveProperty('messages')
    const { messages, ...rest } = with_.learning!
    expect(messages).toBeDefined()
    expect({ ...with_, learning: rest }).toEqual(without)
  })

  it('is the send and, per message and channel on offer, the choice minus its probability', () => {
    const decision = decideWith({ messages: SETTINGS })
    const { sent, centred } = decision.learning!.messages!
    const choice = decision.actions[decision.chosen]!
    if (choice.kind === 'hold') throw new Error('the draw of this test chooses a send')
    expect(sent).toEqual({
      message: `message-${choice.opportunityId}`,
      variant: choice.variant,
      channel: choice.channel,
    })
    for (const { message, channel, value } of centred) {
      const [now, all] = [true, false].map((only) =>
        decision.actions.reduce((sum, action, k) => {
          const isNow = action.kind === 'hold' || action.sendAt <= NOW
          if (
            only &&
            !(action.kind === 'send' && message === `message-${action.opportunityId}` && action.channel === channel)
          )
            return sum
          return isNow ? sum + decision.probabilities[k]! : sum
        }, 0),
      ) as [number, number]
      const isChoice = sent!.message === message && sent!.channel === channel
      expect(value).toBeCloseTo((isChoice ? 1 : 0) - now / all, 12)
    }
    expect(centred.length).toBe(4)
  })

  it('is nothing of somebody who is not to be learned from', () => {
    const user = person()
    const silent = { ...user, profile: { ...user.profile, consent: { ...user.profile.consent, learning: false } } }
    expect(decideWith({ messages: SETTINGS }, requestOf(TWO, { user: silent })).learning).toBeNull()
  })
})

describe('a decision with beliefs about single messages', () => {
  const settings: MessageSettings = { ...COUNTED, beliefs: ['conversion'] }
  /** Sisters on push whose sums differ, and message-a of which the first hour was much better than usual. */
  const messages = Object.fromEntries([
    ...[-0.4, -0.2, 0, 0.2, 0.4, 0.1].map((level, i) => [`push s${i}`, trace([100, 100, 100], level)] as const),
    ['push message-a', trace([200, 0, 0], 0.5)] as const,
  ])
  const orders: ObjectiveEvidence = {
    ...{ edgesHours: [1, 24, 72], centres: [0, 0, 0], seen: [800, 600, 600], messages, forecasts: [] },
    rewards: { n: 600, mean: [0, 0, 0], scatter: [60, 0, 60, 0, 0, 60] },
    tests: [1, 24, 72].map(() => startSurrogateTest(0.05)),
  }
  const evidence = { ...EVIDENCE, objectives: { conversion: orders } }
  const plain = decideWith({ messages: settings })
  const decision = decideWith({ messages: settings }, requestOf(TWO), evidence)

  it('adds to a send what its message is believed to bring beyond the average one, with its doubt', () => {
    const beliefs = messageBeliefs(orders, messageTraits(settings))
    const [a, b] = [beliefs.of('push', 'message-a'), beliefs.of('push', 'message-b')]
    expect(a.mean).toBeGreaterThan(b.mean + 0.3)
    expect(a.variance).toBeLessThan(b.variance)
    decision.actions.forEach((action, k) => {
      const [before, after] = [plain.values.conversion!, decision.values.conversion!]
      const belief =
        action.kind === 'send' && action.channel === 'push'
          ? action.opportunityId === 'a'
            ? a
            : b
          : { mean: 0, variance: 0 }
      expect(after.mean[k]! - before.mean[k]!).toBeCloseTo(belief.mean, 12)
      expect(after.variance[k]! - before.variance[k]!).toBeCloseTo(belief.variance, 12)
    })
  })

  it('is the same when it is made again, and its contributions sum to the score plus the price', () => {
    expect(decideWith({ messages: settings }, requestOf(TWO), evidence)).toEqual(decision)
    const base = snapshotOf({ messages: settings })
    const snapshot = { ...base, state: { ...base.state, messages: evidence } }
    for (let chosen = 1; chosen < decision.actions.length; chosen += 1) {
      const sum = contributionsOf(snapshot, { ...decision, chosen }, TWO).reduce(
        (all, each) => all + each.contribution,
        0,
      )
      expect(sum).toBeCloseTo(decision.scores[chosen]! + decision.prices[chosen]!, 9)
    }
  })

  it('believes nothing for objectives that the owner did not name', () => {
    expect(decideWith({ messages: COUNTED }, requestOf(TWO), evidence)).toEqual(decideWith({ messages: COUNTED }))
  })
})

function trace(information: readonly number[], level: number): TraceEvidence {
  const shares = [0.3, 0.3, 0.4]
  return { information, sums: information.map((known, j) => known * level * shares[j]!) }
}
