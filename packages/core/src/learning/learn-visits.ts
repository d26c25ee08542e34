import {
  type EpochMs,
  type HeadState,
  HOUR_MS,
  type LearningFeatures,
  type Objective,
  type VisitFeatures,
} from '../domain/index.ts'
import { type Trial, updateLogistic } from './logistic-head.ts'
import type { RewardOutcome } from './reward.ts'
import { isVisit, levelOf, userLevel, visitHeadOf, visitWidth } from './visit-heads.ts'
import { HOUR_NAMES, putHour, putSend, SEND_WIDTH, userHours } from './visit-hours.ts'

/** A decision with how long its user stayed away. */
export interface VisitResult {
  readonly visit: VisitFeatures
  /** g(x) at the decision. */
  readonly baseline: readonly number[]
  /** Whole hours from the decision to the first visit; null where none came in the window. */
  readonly afterHours: number | null
}

/** What a decision tells of the hazard of an objective; null where the objective has none, or nothing was kept for it. */
export function visitResultOf(
  objective: Objective | null,
  at: EpochMs,
  { learning, outcomes }: { readonly learning: LearningFeatures; readonly outcomes: readonly RewardOutcome[] },
): VisitResult | null {
  const { visit, baseline } = learning
  if (objective === null || !isVisit(objective) || visit === undefined) return null
  let first = Number.POSITIVE_INFINITY
  for (const outcome of outcomes) {
    if (outcome.values[objective.name] !== undefined && outcome.at < first) first = outcome.at
  }
  const hours = Math.floor((first - at) / HOUR_MS)
  // An outcome at the very end of the window counts for the reward too.
  return {
    visit,
    baseline,
    afterHours: first === Number.POSITIVE_INFINITY ? null : Math.min(hours, objective.windowHours - 1),
  }
}

/**
 * The user's hours up to the first visit, or to the end of the window, as trials. A send enters as 1 − its probability, and as minus its probability where
 * it was not made (action-centring, Greenewald et al. 2017), so that what the baseline gets wrong about users does not pass for an effect. What usual
 * sending does to everybody, probability × what `head` holds of sends so far, is added beside the weights and not learned from, so that the baseline is that of no
 * send. The features of a trial are good until the next one.
 */
export function* personHours(
  { visit, baseline, afterHours }: VisitResult,
  { head, windowHours }: { readonly head: HeadState; readonly windowHours: number },
): Generator<Trial> {
  const { moment, sent, chances } = visit
  const features = new Float64Array(head.dimension)
  const sends = baseline.length + HOUR_NAMES.length
  const last = afterHours ?? windowHours - 1
  const level = userLevel(head, baseline, moment)
  const user = userHours(moment, level)
  let constant = 0
  for (let i = 0; i < baseline.length; i++) constant += head.mean[i]! * baseline[i]!
  features.set(baseline)
  for (let k = 0; k <= last; k++) {
    putHour(user, k, { out: features, at: baseline.length })
    let offset = 0
    let logOdds = constant
    for (let j = baseline.length; j < sends; j++) logOdds += head.mean[j]! * features[j]!
    const send = { delayHours: 0, level: levelOf(logOdds) }
    for (let c = 0, at = sends; c < sent.length; c++, at += SEND_WIDTH) {
      const chance = chances[c]!
      putSend(send, k, { out: features, at })
      for (let j = at; j < at + SEND_WIDTH; j++) {
        offset += chance * head.mean[j]! * features[j]!
        features[j] = (sent[c]! - chance) * features[j]!
      }
    }
    yield { features, happened: k === afterHours, offset }
  }
}

/** Folds the hours of matured decisions into an objective's hazard, in the order given. */
export function learnVisits(
  heads: Readonly<Record<string, HeadState>>,
  { name, windowHours }: Pick<Objective, 'name' | 'windowHours'>,
  results: readonly VisitResult[],
): Readonly<Record<string, HeadState>> {
  let head = heads[visitHeadOf(name)]
  if (head === undefined) return heads
  for (const result of results) {
    // Decisions of a server with other channels or features do not fit; the regression leaves them out likewise.
    if (visitWidth(result.baseline.length, result.visit.sent.length) !== head.dimension) continue
    head = updateLogistic(head, personHours(result, { head, windowHours }))
  }
  return { ...heads, [visitHeadOf(name)]: head }
}
