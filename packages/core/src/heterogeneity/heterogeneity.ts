import type { QiniCurve } from '../evaluation/index.ts'
import { normalCdf, normalQuantile } from '../numeric/index.ts'
import {
  checkLevel,
  type Effect,
  type Estimate,
  effectInterval,
  effectPValue,
  type UndefinedReason,
  undefinedEstimate,
} from '../statistics/index.ts'
import { armSizes, type ExperimentUsers, inOrderOfKeys } from './experiment-users.ts'
import { type SplitTest, testSplit } from './split-test.ts'
import { splitUsers } from './split-users.ts'

/** Whether effects differ between users, and how well a model of them ranks users it has not seen. */
export interface Heterogeneity {
  readonly users: number
  /** β1, the average effect: medians over the splits. */
  readonly average: Estimate
  /** β2: how much of what the model says of differences comes true; medians over the splits. */
  readonly heterogeneity: Estimate
  /** Twice the median p of the splits: at most as often below α as it should be. Null without an answer. */
  readonly pValue: number | null
  /** One-sided, of one order of the users in which every part is tested by what came before: as often below α as it should be. */
  readonly sequentialPValue: number | null
  /** Qini coefficient (shares) and area per user: medians over the splits. */
  readonly qini: Estimate
  readonly area: Estimate
  /** Of the split with the median area. */
  readonly curve: QiniCurve | null
}

/** No heterogeneity was looked for, and why. */
export interface NoHeterogeneity {
  readonly kind: 'undefined'
  readonly reason: UndefinedReason
}

export interface HeterogeneityOptions {
  /** How many times users are split in halves anew, ≥ 1. */
  readonly splits: number
  /** Confidence of the intervals over all splits. */
  readonly level: number
  /** Names the chance by which users are split. */
  readonly seed: string
}

/** Fewer users of either variant teach a model nothing. */
export const LEAST_USERS_PER_VARIANT = 100

/**
 * Tests whether effects differ between users by honest splits: a DR-learner learns on one half, best linear predictor and Qini are of the
 * other. Over several splits, after Chernozhukov, Demirer, Duflo & Fernández-Val (arXiv 1712.04802, §3): medians of estimates and of
 * ends of intervals of confidence (1 + level) / 2, and twice the median p, which is careful. Beside it stands Wager's
 * sequential p (arXiv 2405.05534): parts in one order, each tested by a model of those before it, scores added up; exact in large
 * samples, and different for another seed. The same for the same users in any order. `too-few-units` below 100 users of
 * either variant, `zero-variance` where features or responses are alike. Throws a RangeError for fewer than one split.
 */
export function heterogeneityOf(
  given: ExperimentUsers,
  { splits, level, seed }: HeterogeneityOptions,
): ({ readonly kind: 'found' } & Heterogeneity) | NoHeterogeneity {
  checkLevel(level)
  if (!(Number.isInteger(splits) && splits >= 1)) throw new RangeError(`splits must be an integer ≥ 1, got ${splits}`)
  const reason = reasonForNone(given)
  if (reason !== null) return { kind: 'undefined', reason }
  const users = inOrderOfKeys(given)
  const inner = (1 + level) / 2
  const tests = Array.from({ length: splits }, (_, split) => {
    const key = `${seed} split ${split}`
    const parts = splitUsers(users.treated, [0.5, 0.5], key)
    return testSplit(users, parts, { learn: (part) => part === 0, test: 1, level: inner, key })
  })
  const p = tests.map(({ predictor }) => effectPValue(predictor.heterogeneity, { alternative: 'different' }))
  const isAnswered = p.some((each) => each !== null)
  return {
    kind: 'found',
    users: users.keys.length,
    average: medianEstimate(tests.map(({ predictor }) => intervalOf(predictor.average, inner))),
    heterogeneity: medianEstimate(tests.map(({ predictor }) => intervalOf(predictor.heterogeneity, inner))),
    // A split without an answer found nothing.
    pValue: isAnswered ? Math.min(1, 2 * median(p.map((each) => each ?? 1))) : null,
    sequentialPValue: sequentialPValue(users, seed),
    ...rankingOf(tests),
  }
}

function reasonForNone({ treated, features, responses }: ExperimentUsers): UndefinedReason | null {
  if (Math.min(...armSizes(treated)) < LEAST_USERS_PER_VARIANT) return 'too-few-units'
  for (let i = 0; i < responses.length; i++) {
    const row = features[i]!
    if (!Number.isFinite(responses[i])) return 'not-finite'
    for (let j = 0; j < row.length; j++) if (!Number.isFinite(row[j])) return 'not-finite'
  }
  const first = features[0]!
  const isAlike = features.every((row) => Array.from(row).every((value, j) => value === first[j]))
  const isFlat = Array.from(responses).every((value) => value === responses[0])
  return isAlike || isFlat ? 'zero-variance' : null
}

function intervalOf(effect: Effect, level: number): Estimate {
  return effectInterval(effect, { level })
}

function rankingOf(tests: readonly SplitTest[]): Pick<Heterogeneity, 'qini' | 'area' | 'curve'> {
  const found = tests.flatMap(({ qini, curve }) => (qini === null || curve === null ? [] : [{ ...qini, curve }]))
  if (found.length === 0) {
    return { qini: undefinedEstimate('no-test'), area: undefinedEstimate('no-test'), curve: null }
  }
  const area = medianEstimate(found.map((each) => each.area))
  const distance = (of: Estimate): number => Math.abs((of.mean ?? Infinity) - (area.mean ?? 0))
  const middle = found.reduce((best, each) => (distance(each.area) < distance(best.area) ? each : best))
  return { qini: medianEstimate(found.map((each) => each.coefficient)), area, curve: middle.curve }
}

/** Medians of means, ends and standard errors over those that have them; the reason of the others where most have none. */
function medianEstimate(estimates: readonly Estimate[]): Estimate {
  const known = estimates.filter((each) => each.kind === 'estimate')
  const none = estimates.find((each) => each.kind === 'undefined')
  if (none?.kind === 'undefined' && 2 * known.length <= estimates.length) return undefinedEstimate(none.reason)
  const of = (pick: (each: (typeof known)[number]) => number): number => median(known.map(pick))
  return {
    kind: 'estimate',
    mean: of(({ mean }) => mean),
    low: of(({ low }) => low),
    high: of(({ high }) => high),
    stdError: of(({ stdError }) => stdError),
    dof: null,
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2
}

const SEQUENCE = [0.4, 0.2, 0.2, 0.2] as const

/** Wager (2024): given the parts before it each score is standard normal where effects are alike, so their sum is too. */
function sequentialPValue(users: ExperimentUsers, seed: string): number | null {
  const key = `${seed} sequence`
  const parts = splitUsers(users.treated, SEQUENCE, key)
  let sum = 0
  for (let test = 1; test < SEQUENCE.length; test++) {
    const { predictor } = testSplit(users, parts, { learn: (part) => part < test, test, level: 0.95, key })
    const p = effectPValue(predictor.heterogeneity, { alternative: 'greater' })
    if (p === null) return null
    sum -= normalQuantile(Math.min(Math.max(p, LEAST_P), 1 - LEAST_P))
  }
  return normalCdf(-sum / Math.sqrt(SEQUENCE.length - 1))
}

// Scores beyond ±8 say no more than ±8 do.
const LEAST_P = 6e-16
