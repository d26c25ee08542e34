import {
  type Channel,
  DAY_MS,
  type EpochMs,
  type Objective,
  type ObjectiveEvidence,
  type OfferedMessages,
  type OpenForecast,
  type RewardMoments,
  type TraceEvidence,
} from '../domain/index.ts'
import { packedLength } from '../numeric/index.ts'
import type { MaturedDecision } from './policy-state.ts'
import { REWARD_HORIZONS_HOURS, rewardVector } from './reward-vector.ts'
import { startSurrogateTest } from './surrogate-test.ts'

/** Chance of ever calling a good early signal broken. */
const SURROGATE_ALPHA = 0.05
/** Decisions of so long after a forecast are its cohort. */
export const COHORT_MS: EpochMs = DAY_MS

/** Ends of an objective's bins: the horizons of the reward vector within its window, and the window. */
export function traceEdgesHours({ windowHours }: Pick<Objective, 'windowHours'>): readonly number[] {
  return [...REWARD_HORIZONS_HOURS.filter((hours) => hours < windowHours), windowHours]
}

/** Under which a message on a channel is kept. */
export function messageKey(channel: Channel, message: string): string {
  return `${channel} ${message}`
}

/** Nothing known of any message for an objective. */
export function noTraceEvidence(objective: Objective): ObjectiveEvidence {
  const edgesHours = traceEdgesHours(objective)
  const bins = edgesHours.length
  return {
    edgesHours,
    centres: zeros(bins),
    seen: zeros(bins),
    rewards: { n: 0, mean: zeros(bins), scatter: zeros(packedLength(bins)) },
    messages: {},
    forecasts: [],
    tests: edgesHours.map(() => startSurrogateTest(SURROGATE_ALPHA)),
  }
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0)
}

/**
 * Folds decisions that have come of the age of an edge into what every message on offer brought in the bin that ends there. Each counts with
 * x = choice − probability, so that whoever comes by himself cancels, and Σ x r / Σ x² is the effect of choosing the message (Robins' A-learning;
 * Greenewald et al. 2017 for bandits). Decisions whose whole window has passed also say what rewards are like.
 */
export function learnTraces(
  evidence: ObjectiveEvidence,
  decisions: readonly MaturedDecision[],
  { objective, ageHours }: { readonly objective: Objective; readonly ageHours: number },
): ObjectiveEvidence {
  const bin = evidence.edgesHours.indexOf(ageHours)
  if (bin < 0) return evidence
  const isLast = bin === evidence.edgesHours.length - 1
  const messages = drafts(evidence.messages)
  const cohorts = evidence.forecasts.map(({ at, outcomes }) => ({ at, outcomes: drafts(outcomes) }))
  let { rewards } = evidence
  let seenInBin = evidence.seen[bin]!
  const centres = [...evidence.centres]
  for (const { at, learning, outcomes } of decisions) {
    const seen = learning.messages
    if (seen === undefined) continue
    const upTo = rewardVector(objective, outcomes, { decidedAt: at, now: Infinity, horizonsHours: evidence.edgesHours })
    const bins = upTo.map(({ reward }, j) => reward - (j === 0 ? 0 : upTo[j - 1]!.reward))
    seenInBin += 1
    const ahead = bins[bin]! - centres[bin]!
    centres[bin] = centres[bin]! + ahead / seenInBin
    const inBin = bins[bin]! - centres[bin]!
    const soFar = upTo[bin]!.reward - sumTo(centres, bin)
    const bags = [{ messages, reward: inBin }]
    for (const cohort of cohorts) {
      if (isOfCohort(cohort.at, at)) bags.push({ messages: cohort.outcomes, reward: soFar })
    }
    for (const bag of bags) addOffer(bag, seen, { bin, bins: bins.length })
    if (isLast) rewards = withReward(rewards, bins)
  }
  const forecasts = evidence.forecasts.map(
    (forecast, i): OpenForecast => ({
      ...forecast,
      outcomes: Object.fromEntries(cohorts[i]!.outcomes),
    }),
  )
  const counts = evidence.seen.map((n, j) => (j === bin ? seenInBin : n))
  return { ...evidence, centres, seen: counts, rewards, messages: Object.fromEntries(messages), forecasts }
}

/** Adds what one decision says of every message it offered. */
function addOffer(
  { messages, reward }: { readonly messages: Map<string, Draft>; readonly reward: number },
  { centred }: OfferedMessages,
  place: { readonly bin: number; readonly bins: number },
): void {
  for (const { channel, message, value } of centred) {
    addTo(messages, messageKey(channel, message), { ...place, value, reward })
  }
}

function isOfCohort(forecastAt: EpochMs, decidedAt: EpochMs): boolean {
  return decidedAt >= forecastAt && decidedAt < forecastAt + COHORT_MS
}

function sumTo(column: readonly number[], last: number): number {
  let sum = 0
  for (let j = 0; j <= last; j++) sum += column[j]!
  return sum
}

interface Draft {
  readonly information: number[]
  readonly sums: number[]
}

function drafts(messages: Readonly<Record<string, TraceEvidence>>): Map<string, Draft> {
  return new Map(
    Object.entries(messages).map(([key, { information, sums }]) => [
      key,
      { information: [...information], sums: [...sums] },
    ]),
  )
}

function addTo(
  messages: Map<string, Draft>,
  key: string,
  {
    bin,
    bins,
    value,
    reward,
  }: { readonly bin: number; readonly bins: number; readonly value: number; readonly reward: number },
): void {
  let known = messages.get(key)
  if (known === undefined) {
    known = { information: zeros(bins), sums: zeros(bins) }
    messages.set(key, known)
  }
  known.information[bin] = known.information[bin]! + value * value
  known.sums[bin] = known.sums[bin]! + value * reward
}

/** Welford's update for vectors. */
function withReward({ n, mean, scatter }: RewardMoments, bins: readonly number[]): RewardMoments {
  const before = bins.map((value, j) => value - mean[j]!)
  const nextMean = mean.map((value, j) => value + before[j]! / (n + 1))
  const next = [...scatter]
  for (let i = 0, at = 0; i < bins.length; i++) {
    for (let j = 0; j <= i; j++, at++) next[at] = next[at]! + before[i]! * (bins[j]! - nextMean[j]!)
  }
  return { n: n + 1, mean: nextMean, scatter: next }
}

/** Evidence times `keep`, as heads forget; forecasts are compared with what comes, so theirs stays. */
export function forgetTraces(evidence: ObjectiveEvidence, keep: number): ObjectiveEvidence {
  const faded = (column: readonly number[]): readonly number[] => column.map((value) => keep * value)
  const { rewards } = evidence
  return {
    ...evidence,
    seen: faded(evidence.seen),
    rewards: { n: keep * rewards.n, mean: rewards.mean, scatter: faded(rewards.scatter) },
    messages: Object.fromEntries(
      Object.entries(evidence.messages).map(([key, { information, sums }]) => {
        return [key, { information: faded(information), sums: faded(sums) }]
      }),
    ),
  }
}
