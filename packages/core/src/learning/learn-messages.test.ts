import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOUR_MS, type MessageEvidence } from '../domain/index.ts'
import { forgetMessages, learnMessages, type MessageTargets, messagePasses, NO_EVIDENCE } from './learn-messages.ts'
import { ANSWER_EDGES_HOURS, messageCounts } from './message-counts.ts'
import type { MaturedDecision } from './policy-state.ts'
import type { RewardOutcome } from './reward.ts'

const TARGETS: MessageTargets = { settings: { variants: {}, beliefs: [], traits: {} }, objectives: [] }

/** A send of a variant at moment 0 that was answered after so many hours, or never. */
function send(message: string, variant: string, answeredAfterHours: number | null): MaturedDecision {
  const answer: RewardOutcome = {
    ...{ at: (answeredAfterHours ?? 0) * HOUR_MS, name: 'Email Link Clicked', values: {}, reachLoss: null },
    ...{ channel: 'email', isOwn: true, isResponse: true },
  }
  const sent = { message, variant, channel: 'email' } as const
  const learning = { baseline: [], centred: [], sent: null, messages: { sent, centred: [] } }
  return { at: 0, learning, outcomes: answeredAfterHours === null ? [] : [answer] }
}

/** What is known once all decisions were looked at up to this age. */
function learned(decisions: readonly MaturedDecision[], untilHours = Infinity): MessageEvidence {
  return messagePasses(TARGETS)
    .filter(({ ageHours }) => ageHours <= untilHours)
    .reduce((evidence, pass) => learnMessages(evidence, { pass, targets: TARGETS }, decisions), NO_EVIDENCE)
}

describe('what is learned of variants', () => {
  it('counts sends at once, and answers in the bin of the first one', () => {
    const evidence = learned([send('a', 'x', 0.5), send('a', 'x', 30), send('a', 'x', null), send('a', 'y', 1)])
    expect(evidence).toEqual({
      variants: {
        a: {
          x: { sends: 3, users: [3, 3, 3], answers: [1, 0, 1] },
          y: { sends: 1, users: [1, 1, 1], answers: [0, 1, 0] },
        },
      },
      delays: [1, 1, 1],
    })
    expect(learned([send('a', 'x', 0.5)], 0).variants.a?.x).toMatchObject({ sends: 1, users: [0, 0, 0] })
  })

  it('counts no answer that names no decision, that comes too late, or that a hold got', () => {
    const guessed = send('a', 'x', 2)
    const outcomes = guessed.outcomes.map((outcome) => ({ ...outcome, isOwn: false }))
    const hold = { ...guessed, learning: { ...guessed.learning, messages: { sent: null, centred: [] } } }
    const evidence = learned([{ ...guessed, outcomes }, send('a', 'x', 72), hold])
    expect(evidence.variants).toEqual({ a: { x: { sends: 2, users: [2, 2, 2], answers: [0, 0, 0] } } })
    expect(evidence.delays).toEqual([0, 0, 0])
  })

  it('is the same in pages of any size', () => {
    const hours = fc.option(fc.double({ min: 0, max: 100, noNaN: true }))
    const sends = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('x', 'y'), hours), { maxLength: 30 })
    fc.assert(
      fc.property(sends, fc.nat(30), (all, cut) => {
        const decisions = all.map(([message, variant, after]) => send(message, variant, after))
        const inTwo = messagePasses(TARGETS).reduce((evidence, pass) => {
          return learnMessages(
            learnMessages(evidence, { pass, targets: TARGETS }, decisions.slice(0, cut)),
            { pass, targets: TARGETS },
            decisions.slice(cut),
          )
        }, NO_EVIDENCE)
        expect(inTwo).toEqual(learned(decisions))
      }),
      { seed: 7 },
    )
  })

  it('fades with the heads, but what was sent stays sent', () => {
    const faded = forgetMessages(learned([send('a', 'x', 0.5), send('a', 'x', null)]), 0.5)
    expect(faded).toEqual({
      variants: { a: { x: { sends: 2, users: [1, 1, 1], answers: [0.5, 0, 0] } } },
      delays: [0.5, 0, 0],
    })
  })
})

describe('what a decision is told of variants', () => {
  const rules = { ...TARGETS.settings, variants: { a: { audience: 10, floor: 0.1 } } }

  it('counts a young send as the share of answers that come by its age', () => {
    // Matured: half of the answers within the hour, half between one hour and a day.
    const old = learned([send('b', 'x', 0.5), send('b', 'x', 5), send('b', 'x', null), send('b', 'x', null)])
    const young = [send('a', 'x', 0.5), ...Array.from({ length: 9 }, () => send('a', 'x', null))]
    const hour = messagePasses(TARGETS).find(({ ageHours }) => ageHours === 1)!
    const { trials, sends } = messageCounts(rules, learnMessages(old, { pass: hour, targets: TARGETS }, young))
    expect(trials.get('a')?.counts.get('x')).toEqual({ trials: 5, successes: 1 })
    expect(sends.get('a')).toBe(0)
  })

  it('knows how much of the audience is left, never less than none', () => {
    const sends = (n: number) => learned(Array.from({ length: n }, () => send('a', 'x', null)))
    expect(messageCounts(rules, sends(4)).trials.get('a')?.remaining).toBe(6)
    expect(messageCounts(rules, sends(12)).trials.get('a')?.remaining).toBe(0)
    expect(messageCounts(rules, NO_EVIDENCE).trials.get('a')).toMatchObject({ remaining: 10, floor: 0.1 })
  })

  it('takes its prior from other messages once two of them were answered', () => {
    const past = ['b', 'c'].flatMap((message) =>
      ['x', 'y'].flatMap((variant) =>
        Array.from({ length: 50 }, (_, i) => send(message, variant, i < 10 ? 0.5 : null)),
      ),
    )
    expect(messageCounts(rules, learned(past)).trials.get('a')?.prior.levelMean).toBeCloseTo(0.2, 12)
    expect(messageCounts(rules, learned(past.slice(0, 100))).trials.get('a')?.prior.levelMean).toBeCloseTo(1 / 30, 12)
  })

  it('is unbiased for young sends whose delays are those of the old ones', () => {
    const next = wheel(20_261_129)
    const delay = (): number => (next() < 0.3 ? 0.5 : next() < 0.5 ? 10 : 50)
    const of = (message: string, n: number) =>
      Array.from({ length: n }, () => send(message, 'x', next() < 0.05 ? delay() : null))
    const old = learned(of('b', 20_000))
    const [young] = [of('a', 40_000)]
    const known = messagePasses(TARGETS)
      .filter(({ ageHours }) => ageHours <= 24)
      .reduce((evidence, pass) => learnMessages(evidence, { pass, targets: TARGETS }, young), old)
    const { trials, successes } = messageCounts(rules, known).trials.get('a')!.counts.get('x')!
    expect(trials).toBeLessThan(40_000)
    expect(Math.abs(successes / trials - 0.05)).toBeLessThan(0.004)
    expect(ANSWER_EDGES_HOURS).toContain(24)
  })
})

/** Lehmer's multiplicative congruential numbers in (0, 1). */
function wheel(seed: number): () => number {
  let state = seed % 2_147_483_647
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
