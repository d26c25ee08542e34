import { packedLength } from '../numeric/index.ts'
import {
  clusterMean,
  type Effect,
  ENOUGH_CLUSTERS,
  type JointEffects,
  referenceDof,
  type UndefinedReason,
} from '../statistics/index.ts'
import { sumOf } from './estimator.ts'
import { sumByUser, type UserClusters } from './user-clusters.ts'

/** A mean over decisions and, by user, what it hangs on: Σ over the user's decisions of (score − mean) / n. */
export interface ClusteredMean {
  readonly value: number
  readonly residuals: Float64Array
}

/** The mean of scores by decision, kept by user. Linear in the scores, so that means may be added and scaled. */
export function clusteredMean(clusters: UserClusters, scores: ArrayLike<number>): ClusteredMean {
  const n = clusters.clusterOf.length
  const value = sumOf(scores) / n
  const residuals = sumByUser(clusters, scores)
  for (let g = 0; g < residuals.length; g++) residuals[g] = (residuals[g]! - value * clusters.sizes[g]!) / n
  return { value, residuals }
}

/** Σ factor_k · mean_k, with what it hangs on. */
export function combineMeans(parts: readonly (readonly [factor: number, mean: ClusteredMean])[]): ClusteredMean {
  const residuals = new Float64Array(parts[0]?.[1].residuals.length ?? 0)
  let value = 0
  for (const [factor, mean] of parts) {
    value += factor * mean.value
    for (let g = 0; g < residuals.length; g++) residuals[g] = residuals[g]! + factor * mean.residuals[g]!
  }
  return { value, residuals }
}

/**
 * The mean with its standard error clustered by user (Liang & Zeger 1986, CR0 times G / (G − 1)); with fewer than 40 users CR2 with
 * Satterthwaite's degrees of freedom, as `clusterMean`. Decisions of one user may depend on one another in any way; users may not.
 * Reasons: `too-few-units` below two users, `zero-variance`, `not-finite`.
 */
export function clusteredEffect(mean: ClusteredMean, { sizes }: UserClusters): Effect {
  const { value, residuals } = mean
  const none = (reason: UndefinedReason): Effect => ({
    kind: 'undefined',
    reason,
    effect: Number.isFinite(value) ? value : null,
  })
  if (!Number.isFinite(value)) return none('not-finite')
  if (residuals.length < 2) return none('too-few-units')
  if (residuals.length < ENOUGH_CLUSTERS) {
    const n = sumOf(sizes)
    const found = clusterMean(
      Array.from(residuals, (residual, g) => ({ sum: residual * n + value * sizes[g]!, units: sizes[g]! })),
    )
    // Users' sums of equal scores differ by rounding alone.
    return found.kind === 'effect' && !isAboveRounding(found.stdError, value) ? none('zero-variance') : found
  }
  const stdError = Math.sqrt(covarianceOf(residuals, residuals))
  if (!isAboveRounding(stdError, value)) return none('zero-variance')
  return { kind: 'effect', effect: value, stdError, dof: referenceDof(residuals.length - 1) }
}

/** Means on the same users with their joint covariance; its diagonal are squares of clustered standard errors. */
export function jointMeans(means: readonly ClusteredMean[]): JointEffects {
  const covariance = new Float64Array(packedLength(means.length))
  let k = 0
  means.forEach((one, i) => {
    for (let j = 0; j <= i; j++, k++) covariance[k] = covarianceOf(one.residuals, means[j]!.residuals)
  })
  const users = means[0]?.residuals.length ?? 0
  return { effects: means.map(({ value }) => value), covariance, dof: referenceDof(users - 1) }
}

function covarianceOf(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let g = 0; g < a.length; g++) sum += a[g]! * b[g]!
  return (sum * a.length) / (a.length - 1)
}

// A standard error below this share of the value is rounding: all scores are alike.
const ROUNDING = 1e-12

function isAboveRounding(stdError: number, value: number): boolean {
  return stdError > 0 && stdError > ROUNDING * Math.abs(value)
}

/** Of z = Σ (r − R) over a user's decisions ÷ the mean number of decisions: G² / (G − 1) Σ residual². */
export function variancePerUser({ residuals }: ClusteredMean): number | null {
  if (residuals.length < 2) return null
  const squares = residuals.reduce((sum, residual) => sum + residual ** 2, 0)
  return (squares * residuals.length ** 2) / (residuals.length - 1)
}
