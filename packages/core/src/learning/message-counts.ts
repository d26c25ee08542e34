import type {
  MessageEvidence,
  MessageSettings,
  RateCount,
  RatePrior,
  VariantEvidence,
  VariantTrial,
} from '../domain/index.ts'
import { type DelayCurve, maturity } from './delay-curve.ts'
import { fitRatePrior, tellingMessages } from './fit-rate-prior.ts'
import { RESPONSE_WINDOW_HOURS } from './send-heads.ts'

/** Ages at which answers to a send are counted. */
export const ANSWER_EDGES_HOURS: readonly number[] = [1, 24, RESPONSE_WINDOW_HOURS]

/** Before two other messages were answered: rates around one in thirty, variants that differ by a fifth of them. */
const USUAL_PRIOR: RatePrior = { levelMean: 1 / 30, levelWeight: 10, spreadWeight: 700 }

/** What was counted of single messages, as a decision needs it. */
export interface MessageCounts {
  /** By message family. */
  readonly sends: ReadonlyMap<string, number>
  /** Of messages whose variants compete. */
  readonly trials: ReadonlyMap<string, VariantTrial>
}

/** How often each message was sent, and what the variants that compete have brought so far. */
export function messageCounts({ variants: rules }: MessageSettings, evidence: MessageEvidence): MessageCounts {
  const sends = new Map(
    Object.entries(evidence.variants).map(([message, variants]) => [message, sendsOf(Object.values(variants))]),
  )
  const curve = { edgesHours: ANSWER_EDGES_HOURS, outcomes: Float64Array.from(evidence.delays) }
  const rates = new Map(
    Object.entries(evidence.variants).map(([message, variants]) => {
      const counts = Object.entries(variants).map(([name, known]) => [name, countOf(curve, known)] as const)
      return [message, new Map(counts)]
    }),
  )
  const trials = Object.entries(rules).map(([message, { audience, floor }]): [string, VariantTrial] => {
    const remaining = Math.max(0, audience - (sends.get(message) ?? 0))
    const others = [...rates].flatMap(([name, counts]) => (name === message ? [] : [[...counts.values()]]))
    const prior = tellingMessages(others) < 2 ? USUAL_PRIOR : fitRatePrior(others)
    return [message, { counts: rates.get(message) ?? new Map(), prior, remaining, floor }]
  })
  return { sends, trials: new Map(trials) }
}

function sendsOf(variants: readonly VariantEvidence[]): number {
  return variants.reduce((sum, { sends }) => sum + sends, 0)
}

/**
 * Answers against what of the sends has matured: a send of age e counts F(e), the share of answers that come by then (`delay-curve`).
 * Until a first delay was learned every send that is as old as the first edge counts whole, which is too low for all variants alike.
 */
function countOf(curve: DelayCurve, { users, answers }: VariantEvidence): RateCount {
  let trials = 0
  for (let j = 0; j < users.length; j++) {
    const inBin = users[j]! - (users[j + 1] ?? 0)
    trials += Math.max(0, inBin) * (maturity(curve, ANSWER_EDGES_HOURS[j]!)?.share ?? 1)
  }
  const successes = answers.reduce((sum, count) => sum + count, 0)
  return { trials, successes: Math.min(trials, successes) }
}
