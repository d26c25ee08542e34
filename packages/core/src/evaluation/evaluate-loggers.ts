import { type Estimate, undefinedEstimate } from '../statistics/index.ts'
import { doublyRobust } from './doubly-robust.ts'
import type { EstimatorTerms, ObjectiveTerms } from './estimator.ts'
import type { EvaluationLog, Loggers } from './evaluation-log.ts'
import { importanceSampling, selfNormalisedSampling } from './importance-sampling.ts'
import { effectiveSampleSize, importanceWeights } from './importance-weights.ts'
import { estimateOf, termsOf } from './objective-evaluation.ts'
import type { UserClusters } from './user-clusters.ts'

/** Naive: each decision by its own logger. Balanced: by the mixture of all. Weighted: naive, with loggers weighted by how much they tell. */
export const LOGGER_ESTIMATORS = [
  'balancedDr',
  'balancedSnips',
  'balancedIps',
  'naiveDr',
  'naiveSnips',
  'naiveIps',
  'weightedDr',
  'weightedIps',
] as const
export type LoggerEstimatorName = (typeof LOGGER_ESTIMATORS)[number]

/** A log of several loggers, told apart and taken together. */
export interface LoggersEvaluation {
  /** Everything else of the evaluation is by the mixture of loggers; else by each decision's own. */
  readonly isBalanced: boolean
  readonly loggers: readonly {
    readonly name: string
    readonly decisions: number
    /** Of its own weights. */
    readonly effectiveSampleSize: number
  }[]
  /** Effective decisions of all, by own weights and by the mixture; null where the log does not know it. */
  readonly effectiveSampleSize: { readonly naive: number; readonly balanced: number | null }
  readonly objectives: readonly {
    readonly name: string
    readonly estimators: readonly { readonly name: LoggerEstimatorName; readonly estimate: Estimate }[]
  }[]
}

/** What is known of an objective: its rewards, and predictions by action. */
export interface LoggedObjective {
  readonly name: string
  readonly rewards: ArrayLike<number>
  readonly predictions: ArrayLike<number>
}

interface Shown {
  readonly balanced: EvaluationLog
  readonly clusters: UserClusters
  readonly level: number
}

/**
 * A target by all ways to take several loggers together, weights not clipped (Agarwal, Basu, Schnabel & Joachims 2017). All are unbiased where
 * every logger alone has overlap; where only the mixture has, balanced alone is. Which logger met which user is taken as drawn, so that
 * intervals are a little wide where it was fixed. Null for a log of one.
 */
export function evaluateLoggers(
  log: EvaluationLog,
  objectives: readonly LoggedObjective[],
  { balanced, clusters, level }: Shown,
): LoggersEvaluation | null {
  const { loggers } = log
  if (loggers === undefined || loggers.names.length < 2) return null
  const isBalanced = balanced !== log
  const own = importanceWeights(log)
  const mixed = isBalanced ? importanceWeights(balanced) : null
  const show = (name: LoggerEstimatorName, terms: EstimatorTerms | null) => ({
    name,
    estimate: terms === null ? undefinedEstimate('zero-variance') : estimateOf(terms, { clusters, level }),
  })
  return {
    isBalanced,
    loggers: loggers.names.map((name, j) => {
      const weights = own.filter((_, i) => loggers.indices[i] === j)
      return { name, decisions: weights.length, effectiveSampleSize: effectiveSampleSize(weights) }
    }),
    effectiveSampleSize: {
      naive: effectiveSampleSize(own),
      balanced: mixed === null ? null : effectiveSampleSize(mixed),
    },
    objectives: objectives.map(({ name, rewards, predictions }) => {
      const naive = termsOf(log, { weights: own, rewards, predictions })
      const together = mixed === null ? null : termsOf(log, { weights: mixed, rewards, predictions })
      return {
        name,
        estimators: [
          ...(together === null
            ? []
            : [
                show('balancedDr', doublyRobust(together)),
                show('balancedSnips', selfNormalisedSampling(together)),
                show('balancedIps', importanceSampling(together)),
              ]),
          show('naiveDr', doublyRobust(naive)),
          show('naiveSnips', selfNormalisedSampling(naive)),
          show('naiveIps', importanceSampling(naive)),
          show('weightedDr', weightedByLogger(doublyRobust(naive), naive, loggers)),
          show('weightedIps', weightedByLogger(importanceSampling(naive), naive, loggers)),
        ],
      }
    }),
  }
}

/**
 * Loggers by the inverse of the variance of what they say (weighted IPS, Agarwal et al. 2017, eq. 3; DR as in Open Bandit Pipeline, whose
 * model is not weighted). Null where one logger's scores are all alike: its weight would be without end.
 */
export function weightedByLogger(
  { direct, weighted }: EstimatorTerms,
  { rewards }: ObjectiveTerms,
  { indices, names }: Pick<Loggers, 'indices' | 'names'>,
): EstimatorTerms | null {
  const n = rewards.length
  const scores = weighted!.map((own, i) => own + (direct?.[i] ?? 0))
  const variances = names.map((_, j) => varianceOf(scores.filter((_, i) => indices[i] === j)))
  if (variances.some((variance) => variance !== null && !(variance > 0))) return null
  let whole = 0
  for (let i = 0; i < n; i++) whole += 1 / variances[indices[i]!]!
  const factors = Float64Array.from({ length: n }, (_, i) => n / (variances[indices[i]!]! * whole))
  return {
    ...(direct === undefined ? {} : { direct }),
    weighted: weighted!.map((own, i) => factors[i]! * own),
    normaliser: factors,
  }
}

/** Over the count, as Open Bandit Pipeline has it; null of none. */
function varianceOf(values: Float64Array): number | null {
  if (values.length === 0) return null
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
}
