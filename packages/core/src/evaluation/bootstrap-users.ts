import { randomFrom } from '../random/index.ts'
import { checkLevel, type Estimate, undefinedEstimate } from '../statistics/index.ts'
import { type EstimatorTerms, estimatorValue } from './estimator.ts'
import type { EvaluationProgress } from './evaluation-progress.ts'
import { sumByUser, type UserClusters } from './user-clusters.ts'

/** How a bootstrap is drawn. */
export interface BootstrapOptions {
  readonly level: number
  readonly resamples: number
  readonly seed: string
  readonly onProgress?: EvaluationProgress | undefined
}

/**
 * Percentile intervals (Efron 1979) of several estimators on the same draws of whole users, ratios normalised anew in every draw (as many
 * users as there are, so that the number of decisions varies). Says what the normal interval hides where an estimate hangs on few
 * users: the two then differ. The model is not fitted again, as its users' folds keep it apart. `too-few-units` below two
 * users; `stdError` is the spread of the draws.
 */
export function bootstrapUsers(
  clusters: UserClusters,
  estimators: readonly EstimatorTerms[],
  { level, resamples, seed, onProgress }: BootstrapOptions,
): readonly Estimate[] {
  checkLevel(level)
  if (!(Number.isInteger(resamples) && resamples >= 2))
    throw new RangeError(`resamples must be a whole number ≥ 2, got ${resamples}`)
  if (clusters.count < 2) return estimators.map((terms) => undefinedEstimate('too-few-units', estimatorValue(terms)))
  const sums = estimators.map((terms) => userSums(clusters, terms))
  const draws = estimators.map(() => new Float64Array(resamples))
  const random = randomFrom(`bootstrap ${seed}`)
  const counts = new Float64Array(clusters.count)
  for (let b = 0; b < resamples; b++) {
    onProgress?.({ part: 'bootstrap', done: b, of: resamples })
    counts.fill(0)
    for (let k = 0; k < counts.length; k++) {
      const g = Math.floor(random() * counts.length)
      counts[g] = counts[g]! + 1
    }
    const decisions = dot(counts, clusters.sizes)
    sums.forEach((own, e) => {
      draws[e]![b] = resampledValue(own, counts, decisions)
    })
  }
  return estimators.map((terms, e) => percentileInterval(draws[e]!, estimatorValue(terms), level))
}

interface UserSums {
  readonly direct: Float64Array | null
  readonly weighted: Float64Array | null
  readonly normaliser: Float64Array | null
}

function userSums(clusters: UserClusters, { direct, weighted, normaliser }: EstimatorTerms): UserSums {
  const sum = (column: Float64Array | undefined) => (column === undefined ? null : sumByUser(clusters, column))
  return { direct: sum(direct), weighted: sum(weighted), normaliser: sum(normaliser) }
}

function resampledValue({ direct, weighted, normaliser }: UserSums, counts: Float64Array, decisions: number): number {
  const plain = direct === null ? 0 : dot(counts, direct) / decisions
  if (weighted === null) return plain
  return plain + dot(counts, weighted) / (normaliser === null ? decisions : dot(counts, normaliser))
}

// Of sums in another order.
const ROUNDING = 1e-12

export function percentileInterval(draws: Float64Array, value: number | null, level: number): Estimate {
  if (value === null) return undefinedEstimate('no-weight')
  // A draw in which no decision agrees with the target has no ratio.
  if (!draws.every(Number.isFinite)) return undefinedEstimate('no-weight', value)
  const sorted = draws.toSorted()
  const [low, high] = [quantile(sorted, (1 - level) / 2), quantile(sorted, (1 + level) / 2)]
  if (!(high - low > ROUNDING * Math.abs(value))) return undefinedEstimate('zero-variance', value)
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length
  const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / (draws.length - 1)
  return { kind: 'estimate', mean: value, low, high, stdError: Math.sqrt(variance), dof: null }
}

/** Linear between order statistics (Hyndman & Fan 1996, type 7). */
function quantile(sorted: Float64Array, probability: number): number {
  const at = probability * (sorted.length - 1)
  const below = Math.floor(at)
  const next = sorted[Math.min(below + 1, sorted.length - 1)]!
  return sorted[below]! + (at - below) * (next - sorted[below]!)
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
