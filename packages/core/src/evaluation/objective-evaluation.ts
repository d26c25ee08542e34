import { type Effect, type Estimate, effectInterval, undefinedEstimate } from '../statistics/index.ts'
import { type ClusteredMean, clusteredEffect, clusteredMean } from './clustered.ts'
import { directMethod } from './direct-method.ts'
import { doublyRobust, selfNormalisedDoublyRobust } from './doubly-robust.ts'
import { type EstimatorTerms, estimatorValue, influenceOf, type ObjectiveTerms } from './estimator.ts'
import type { EvaluationLog } from './evaluation-log.ts'
import { importanceSampling, selfNormalisedSampling } from './importance-sampling.ts'
import { effectiveSampleSize } from './importance-weights.ts'
import { tuneRule } from './tuned-rules.ts'
import type { UserClusters } from './user-clusters.ts'
import { cutWeights, type WeightRule } from './weight-rules.ts'

/** `dr` with weights clipped at √n / 2 is the default; all others stand beside it. */
export const ESTIMATOR_NAMES = [
  'dr',
  'snips',
  'ips',
  'dm',
  'drUnclipped',
  'sndr',
  'drClipTuned',
  'switchDr',
  'drOs',
  'subGaussianDr',
] as const
export type EstimatorName = (typeof ESTIMATOR_NAMES)[number]

/** One estimator's answer: the target policy's value per decision, with an interval clustered by user. */
export interface EstimatorResult {
  readonly name: EstimatorName
  /** What tames the weights; null where nothing does. */
  readonly rule: WeightRule | null
  /** SLOPE chose the rule's parameter on these data, which the interval does not know. */
  readonly isTuned: boolean
  readonly estimate: Estimate
}

/** What is known of one objective before it is summed up for people. */
export interface ObjectiveScores {
  readonly name: string
  readonly estimators: readonly EstimatorResult[]
  /** Of the default, with what it hangs on. */
  readonly value: ClusteredMean
  readonly logging: ClusteredMean
  /** Target − logging, paired by decision. */
  readonly difference: ClusteredMean
  /** Predictions are the rewards: nothing is estimated but which decisions came. */
  readonly isExact: boolean
  /** By action. */
  readonly predictions: ArrayLike<number>
  /** DR − SNIPS, with the root of the sum of their squared standard errors. */
  readonly disagreement: Effect
  /** Effective decisions whose reward is not the usual one. */
  readonly unusual: number
  /** Their share of all decisions. */
  readonly unusualShare: number
  /** Share of the variance of rewards that the model explains for users it has not seen; null where rewards are all alike. */
  readonly explained: number | null
  /** What a bootstrap draws again. */
  readonly terms: {
    readonly value: EstimatorTerms
    readonly snips: EstimatorTerms
    readonly difference: EstimatorTerms
  }
}

/** What `scoreObjective` reads beside the log. */
export interface ScoreInput {
  readonly clusters: UserClusters
  readonly weights: Float64Array
  readonly rewards: ArrayLike<number>
  readonly name: string
  /** By action. */
  readonly predictions: ArrayLike<number>
  readonly clip: number
  readonly level: number
}

/** All estimators on one objective. */
export function scoreObjective(log: EvaluationLog, input: ScoreInput): ObjectiveScores {
  const { clusters, clip, rewards } = input
  const n = rewards.length
  const terms = termsOf(log, input)
  const rule: WeightRule = { kind: 'clip', at: clip }
  const value = doublyRobust(terms, rule)
  const snips = selfNormalisedSampling(terms)
  const difference = differenceTerms(log, terms, { predictions: input.predictions, rule })
  const mean = (of: EstimatorTerms) => clusteredMean(clusters, influenceOf(of, n))
  const valueMean = mean(value)
  const isAnswered = estimatorValue(snips) !== null
  return {
    name: input.name,
    estimators: allEstimators(terms, rule, input),
    value: valueMean,
    logging: clusteredMean(clusters, rewards),
    difference: mean(difference),
    disagreement: isAnswered
      ? apart(clusteredEffect(valueMean, clusters), clusteredEffect(mean(snips), clusters))
      : { kind: 'undefined', reason: 'no-weight', effect: null },
    isExact: isExact(terms),
    predictions: input.predictions,
    unusual: unusualRewards(terms),
    unusualShare: unusualShare(rewards),
    explained: explainedShare(terms),
    terms: { value, snips, difference },
  }
}

/** What estimators read, from a log and predictions by action. */
export function termsOf(
  log: EvaluationLog,
  { weights, rewards, predictions }: Pick<ScoreInput, 'weights' | 'rewards' | 'predictions'>,
): ObjectiveTerms {
  return {
    weights,
    rewards,
    predicted: Float64Array.from(weights, (_, i) => predictions[log.offsets[i]! + log.chosen[i]!]!),
    expected: expectedUnder(log, log.targetPolicy, predictions),
  }
}

/** By decision, Σ_a policy(a) · prediction(a). */
function expectedUnder(log: EvaluationLog, policy: ArrayLike<number>, predictions: ArrayLike<number>): Float64Array {
  const expected = new Float64Array(log.chosen.length)
  for (let i = 0; i < expected.length; i++) {
    let sum = 0
    for (let k = log.offsets[i]!; k < log.offsets[i + 1]!; k++) sum += policy[k]! * predictions[k]!
    expected[i] = sum
  }
  return expected
}

/**
 * Target − logging by decision: Σ (π_e − π_b) q + (ŵ − 1)(r − q) where the whole logging policy is known, exactly 0 for the same policy; else
 * the target's score minus the reward that came.
 */
export function differenceTerms(
  log: EvaluationLog,
  { weights, rewards, predicted, expected }: ObjectiveTerms,
  { predictions, rule }: { readonly predictions: ArrayLike<number>; readonly rule: WeightRule },
): EstimatorTerms {
  const cut = cutWeights(weights, rule)
  const residuals = predicted.map((q, i) => rewards[i]! - q)
  if (log.loggingPolicy === undefined)
    return { direct: expected.map((own, i) => own - rewards[i]!), weighted: cut.map((w, i) => w * residuals[i]!) }
  const logged = expectedUnder(log, log.loggingPolicy, predictions)
  return { direct: expected.map((own, i) => own - logged[i]!), weighted: cut.map((w, i) => (w - 1) * residuals[i]!) }
}

function allEstimators(terms: ObjectiveTerms, rule: WeightRule, input: ScoreInput): readonly EstimatorResult[] {
  const { clusters } = input
  const result = (name: EstimatorName, of: EstimatorTerms, used: WeightRule | null = null, isTuned = false) => ({
    name,
    rule: used,
    isTuned,
    estimate: estimateOf(of, input),
  })
  const tuned = (name: EstimatorName, kind: WeightRule['kind']): readonly EstimatorResult[] => {
    const choice = tuneRule(terms, kind, clusters)
    return choice === null ? [] : [result(name, doublyRobust(terms, choice), choice, true)]
  }
  return [
    result('dr', doublyRobust(terms, rule), rule),
    result('snips', selfNormalisedSampling(terms)),
    result('ips', importanceSampling(terms)),
    result('dm', directMethod(terms)),
    result('drUnclipped', doublyRobust(terms)),
    result('sndr', selfNormalisedDoublyRobust(terms)),
    ...tuned('drClipTuned', 'clip'),
    ...tuned('switchDr', 'switch'),
    ...tuned('drOs', 'shrink'),
    ...tuned('subGaussianDr', 'subGaussian'),
  ]
}

/**
 * DR − SNIPS, in errors of both as if they were of different users. They are of the same ones, so that two sound estimates are hardly ever
 * two such errors apart: what is, is apart by an amount that matters. The error of the paired difference goes to 0 with the
 * weights' part in it, and would call one sound objective in twenty, and trifles in a large log, a disagreement.
 */
export function apart(dr: Effect, snips: Effect): Effect {
  const stdErrors = [dr, snips].map(stdErrorOf)
  const unknown = [dr, snips].find((_, i) => stdErrors[i] === null)
  if (unknown?.kind === 'undefined') return { ...unknown, effect: null }
  const effect = dr.effect! - snips.effect!
  const stdError = Math.hypot(...stdErrors.map((error) => error ?? 0))
  return stdError > 0
    ? { kind: 'effect', effect, stdError, dof: null }
    : { kind: 'undefined', reason: 'zero-variance', effect }
}

function stdErrorOf(estimate: Effect): number | null {
  if (estimate.kind === 'effect') return estimate.stdError
  return estimate.reason === 'zero-variance' && estimate.effect !== null ? 0 : null
}

/** An estimator's value with its clustered interval. */
export function estimateOf(
  terms: EstimatorTerms,
  { clusters, level }: { readonly clusters: UserClusters; readonly level: number },
): Estimate {
  if (estimatorValue(terms) === null) return undefinedEstimate('no-weight')
  const scores = influenceOf(terms, clusters.clusterOf.length)
  return effectInterval(clusteredEffect(clusteredMean(clusters, scores), clusters), { level })
}

/** Predictions that are the rewards: what an action is decides, and nothing is estimated. */
function isExact({ rewards, predicted }: ObjectiveTerms): boolean {
  return predicted.every((q, i) => Math.abs(rewards[i]! - q) <= EXACT * Math.max(1, Math.abs(q)))
}

const EXACT = 1e-9

/** How many of the effective decisions have another reward than the usual one. */
export function unusualRewards({ weights, rewards }: Pick<ObjectiveTerms, 'weights' | 'rewards'>): number {
  return effectiveSampleSize(weights) * unusualShare(rewards)
}

/** Share of rewards that are not the usual one, the median. */
export function unusualShare(rewards: ArrayLike<number>): number {
  const usual = Float64Array.from(rewards).sort()[rewards.length >> 1]
  let unusual = 0
  for (let i = 0; i < rewards.length; i++) if (rewards[i] !== usual) unusual += 1
  return unusual / rewards.length
}

function explainedShare({ rewards, predicted }: ObjectiveTerms): number | null {
  let mean = 0
  for (let i = 0; i < rewards.length; i++) mean += rewards[i]! / rewards.length
  let [left, whole] = [0, 0]
  for (let i = 0; i < rewards.length; i++) {
    left += (rewards[i]! - predicted[i]!) ** 2
    whole += (rewards[i]! - mean) ** 2
  }
  return whole > 0 ? 1 - left / whole : null
}
