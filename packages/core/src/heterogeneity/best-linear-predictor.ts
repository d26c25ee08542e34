import { packedIndex } from '../numeric/index.ts'
import {
  type Effect,
  type LeastSquares,
  type LeastSquaresFit,
  leastSquares,
  referenceDof,
  type UndefinedReason,
} from '../statistics/index.ts'

/** Users of an experiment whom a model of effects has not seen, as columns. */
export interface ScoredUsers {
  /** 1 treated, 0 control. */
  readonly treated: ArrayLike<number>
  /** Chance of being treated, in (0, 1). */
  readonly propensity: ArrayLike<number>
  readonly responses: ArrayLike<number>
  /** What the model says of the effect. */
  readonly effects: ArrayLike<number>
  /** What a model says of the response without treatment. */
  readonly baselines: ArrayLike<number>
}

/** The best linear predictor of the effect by the model's: average + heterogeneity · (model − its mean). */
export interface BestLinearPredictor {
  /** β1, the average effect. */
  readonly average: Effect
  /** β2: 0 where the model says nothing of the effects or they are all alike, 1 where it is right on average. */
  readonly heterogeneity: Effect
}

/**
 * Chernozhukov, Demirer, Duflo & Fernández-Val (arXiv 1712.04802, eq. 2.1): weighted regression of the response on
 * D − p and (D − p)(S − mean S) beside 1, S, the baseline and, where it differs, p, with weights 1 / (p (1 − p)) and standard
 * errors HC3. Right for any model and any baseline, because D − p is chance; needs models made of other users, and known p.
 * Fails with a handful of responders. No answer is `too-few-units`, or `zero-variance` where the model says the same of
 * everybody or all responses are alike.
 */
export function bestLinearPredictor(users: ScoredUsers): BestLinearPredictor {
  const scores = standardised(users.effects)
  if (scores === null || standardised(users.responses) === null) return without('zero-variance')
  const beside = [users.baselines, users.propensity].flatMap((column) => {
    const found = standardised(column)
    return found === null ? [] : [found.values]
  })
  const fit = fitOf(users, scores.values, beside)
  if (fit.kind === 'undefined') return without(fit.reason)
  return { average: effectAt(fit, 1, 1), heterogeneity: effectAt(fit, 2, scores.spread) }
}

function fitOf(users: ScoredUsers, scores: Float64Array, beside: readonly Float64Array[]): LeastSquaresFit {
  const { treated, propensity, responses } = users
  const weights = Float64Array.from(propensity, (p) => 1 / (p * (1 - p)))
  const rows = Array.from(scores, (score, i) => {
    const moved = treated[i]! - propensity[i]!
    return [1, moved, moved * score, score, ...beside.map((column) => column[i]!)]
  })
  const fit = leastSquares(rows, responses, weights)
  // A baseline that repeats the scores or the shares adds nothing.
  return fit.kind === 'undefined' && fit.reason === 'zero-variance' && beside.length > 0
    ? fitOf(users, scores, beside.slice(1))
    : fit
}

function effectAt({ coefficients, covariance, dof }: LeastSquares, j: number, unit: number): Effect {
  const variance = covariance[packedIndex(j, j)]!
  const effect = coefficients[j]! / unit
  if (!(variance > 0)) return { kind: 'undefined', reason: 'zero-variance', effect }
  return { kind: 'effect', effect, stdError: Math.sqrt(variance) / unit, dof: referenceDof(dof) }
}

function without(reason: UndefinedReason): BestLinearPredictor {
  const effect: Effect = { kind: 'undefined', reason, effect: null }
  return { average: effect, heterogeneity: effect }
}

// A spread below this share of the largest value is rounding.
const CONSTANT = 1e-12

/** A column less its mean in units of its standard deviation; null where all values are alike. */
function standardised(column: ArrayLike<number>): { readonly values: Float64Array; readonly spread: number } | null {
  const n = column.length
  let [mean, largest, squares] = [0, 0, 0]
  for (let i = 0; i < n; i++) mean += column[i]! / n
  for (let i = 0; i < n; i++) {
    largest = Math.max(largest, Math.abs(column[i]!))
    squares += (column[i]! - mean) ** 2 / n
  }
  const spread = Math.sqrt(squares)
  if (!(spread > CONSTANT * largest)) return null
  return { spread, values: Float64Array.from(column, (value) => (value - mean) / spread) }
}
