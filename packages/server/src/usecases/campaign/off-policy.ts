import {
  effectiveSampleSize,
  type Moments,
  meanInterval,
  momentsOf,
  normalQuantile,
  SAMPLE_RATIO_ALARM,
} from '@paloma/core'
import type { Interval } from '../contract.ts'
import { SUMMARY_LEVEL } from './expected-totals.ts'

/** Logged rewards with the probabilities of the policy that got them and of one to be judged; rows are users. */
export interface LoggedRewards {
  readonly actions: number
  readonly taken: Int32Array
  /** users × actions. */
  readonly propensities: Float64Array
  /** users × actions. */
  readonly target: Float64Array
  readonly rewards: Float64Array
}

/** Value per user of the target policy; `null` where too few logged users agree with it. */
export interface OffPolicyValue {
  readonly ips: Interval | null
  readonly snips: Interval | null
}

/** Importance weights: target probability ÷ propensity of the action taken. */
export function importanceWeights(logged: Omit<LoggedRewards, 'rewards'>): Float64Array {
  return Float64Array.from(logged.taken, (action, user) => {
    const at = user * logged.actions + action
    return logged.target[at]! / logged.propensities[at]!
  })
}

/** Below this the normal approximation of a mean is not to be trusted (Cochran 1954). */
const LEAST_EXPECTED = 5

/**
 * Whether rewards weighted so have a spread that can be known: at least five users, in the mean, whose reward is not the usual one. Where
 * rewards are rare and weights uneven, the few users who count may all be alike, and an interval from them would be far too narrow.
 */
export function tellsEnough(weights: Float64Array, rewards: Float64Array): boolean {
  const usual = rewards.toSorted()[rewards.length >> 1]
  const unusual = rewards.reduce((count, reward) => count + (reward === usual ? 0 : 1), 0)
  return (effectiveSampleSize(weights) * unusual) / rewards.length >= LEAST_EXPECTED
}

/**
 * Whether importance weights can have the mean 1, as they do where the stated propensities are those of the draw and leave out nothing that the
 * target does; one false alarm in a thousand.
 */
export function couldAverageOne(weights: Float64Array): boolean {
  const estimate = meanInterval(momentsOf(weights), 1 - SAMPLE_RATIO_ALARM)
  if (estimate.kind === 'undefined') return estimate.mean !== null && Math.abs(estimate.mean - 1) < ROUNDING
  return estimate.low <= 1 && 1 <= estimate.high
}

const ROUNDING = 1e-9

/**
 * IPS, mean of w·r, unbiased where every target action has a propensity above 0; and SNIPS, Σw·r / Σw (Swaminathan &
 * Joachims 2015), consistent and steadier, with the delta-method error √Σw²(r − V)² / Σw. Both fail without overlap.
 */
export function importanceValue(weights: Float64Array, rewards: Float64Array): OffPolicyValue {
  const ips = intervalOf(momentsOf(weights.map((weight, user) => weight * rewards[user]!)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (total === 0) return { ips, snips: null }
  const value = weights.reduce((sum, weight, user) => sum + weight * rewards[user]!, 0) / total
  const squares = weights.reduce((sum, weight, user) => sum + (weight * (rewards[user]! - value)) ** 2, 0)
  const half = normalQuantile((1 + SUMMARY_LEVEL) / 2) * (Math.sqrt(squares) / total)
  return { ips, snips: { mean: value, low: value - half, high: value + half } }
}

/**
 * Per user the doubly robust score Σ_a π(a) q(a) + π(A)/p(A) · (r − q(A)) (Dudík, Langford & Li 2011, eq. 1), whose mean
 * is the value of π if either the model q or the propensities are right. `target` may be a difference of two policies.
 */
export function doublyRobustScores(logged: LoggedRewards, model: Float64Array): Float64Array {
  const { actions, taken, propensities, target, rewards } = logged
  return Float64Array.from(taken, (action, user) => {
    const start = user * actions
    let score = 0
    for (let a = 0; a < actions; a += 1) score += target[start + a]! * model[start + a]!
    const weight = target[start + action]! / propensities[start + action]!
    return score + weight * (rewards[user]! - model[start + action]!)
  })
}

/** The interval of a mean, null where there is none to give. */
export function intervalOf(moments: Moments): Interval | null {
  const estimate = meanInterval(moments, SUMMARY_LEVEL)
  return estimate.kind === 'undefined' ? null : { mean: estimate.mean, low: estimate.low, high: estimate.high }
}
