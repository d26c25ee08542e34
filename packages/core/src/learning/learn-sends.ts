import type { HeadState, LearningFeatures, Objective, ReachLoss, SentFeatures } from '../domain/index.ts'
import { updateHead } from './bayesian-head.ts'
import { lossCausesOf } from './hazards.ts'
import { updateLogistic } from './logistic-head.ts'
import { type RewardOutcome, rewardOf } from './reward.ts'
import { outcomeHeadOf, RESPONSE_HEAD, worthHeadOf } from './send-heads.ts'

/** What became of one send: its own outcomes, those that name its decision. */
export interface SendResult {
  readonly sent: SentFeatures
  readonly responded: boolean
  /** Raw reward of the objective at hand from its own outcomes. */
  readonly own: number
  readonly losses: readonly ReachLoss[]
  /** g(x) when it was sent. */
  readonly baseline: readonly number[]
}

type Heads = Readonly<Record<string, HeadState>>

/** What became of the send of a decision, as one objective sees it; null where nothing was sent or is to be looked at. */
export function sendResultOf(
  objective: Objective | null,
  at: number,
  { learning, outcomes }: { readonly learning: LearningFeatures; readonly outcomes: readonly RewardOutcome[] },
): SendResult | null {
  if (learning.sent === null) return null
  const own = outcomes.filter(({ isOwn }) => isOwn === true)
  return {
    sent: learning.sent,
    responded: own.some(({ isResponse }) => isResponse === true),
    own: objective === null ? 0 : rewardOf(objective, at, own),
    baseline: learning.baseline,
    losses: own.flatMap(({ reachLoss }) => (reachLoss === null ? [] : [reachLoss])),
  }
}

/** Folds answers to sends into the head of responses. */
export function learnResponses(heads: Heads, results: readonly SendResult[]): Heads {
  const head = heads[RESPONSE_HEAD]
  if (head === undefined || results.length === 0) return heads
  const trials = results.map(({ sent, responded }) => ({ features: sent.action, happened: responded }))
  return { ...heads, [RESPONSE_HEAD]: updateLogistic(head, trials) }
}

function logOddsOf({ mean }: HeadState, features: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < mean.length; i++) sum += mean[i]! * features[i]!
  return sum
}

/**
 * Folds outcomes of sends into the objective's heads, beside what is known of the answer alone. `matured` is the share of outcomes that
 * come by the age of these sends: with p small the log odds of one by then are those of one at all plus ln `matured`.
 */
export function learnOutcomes(
  heads: Heads,
  { name, matured = 1 }: { readonly name: string; readonly matured?: number },
  results: readonly SendResult[],
): Heads {
  const response = heads[RESPONSE_HEAD]
  const outcome = heads[outcomeHeadOf(name)]
  const worth = heads[worthHeadOf(name)]
  if (response === undefined || outcome === undefined || worth === undefined || results.length === 0) return heads
  const trials = results.map(({ sent, own }) => ({
    features: sent.action,
    happened: own !== 0,
    offset: logOddsOf(response, sent.action) + Math.log(matured),
  }))
  const worths = results.filter(({ own }) => own !== 0).map(({ own }) => ({ features: [1], reward: own }))
  return {
    ...heads,
    [outcomeHeadOf(name)]: updateLogistic(outcome, trials),
    [worthHeadOf(name)]: updateHead(worth, worths),
  }
}

/** Folds who left after a send into the hazards of its channel. */
export function learnLosses(heads: Heads, results: readonly SendResult[]): Heads {
  const learned: Record<string, HeadState> = { ...heads }
  for (const { channel, cause, head } of lossCausesOf([...new Set(results.map(({ sent }) => sent.channel))])) {
    const known = learned[head]
    if (known === undefined) continue
    const trials = results
      .filter(({ sent }) => sent.channel === channel)
      .map(({ sent, losses }) => ({ features: sent.pressure, happened: losses.includes(cause) }))
    learned[head] = updateLogistic(known, trials)
  }
  return learned
}
