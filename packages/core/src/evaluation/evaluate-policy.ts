import { checkLevel, type Estimate, effectInterval, type JointEffects } from '../statistics/index.ts'
import { bootstrapUsers } from './bootstrap-users.ts'
import { checkEvaluationLog } from './check-evaluation-log.ts'
import { type ClusteredMean, clusteredEffect, combineMeans, jointMeans, variancePerUser } from './clustered.ts'
import { foldsOfUsers } from './cross-fit-folds.ts'
import { evaluateLoggers, type LoggersEvaluation } from './evaluate-loggers.ts'
import type { EvaluationLog } from './evaluation-log.ts'
import type { EvaluationProgress } from './evaluation-progress.ts'
import { type ExplorationPlan, planExploration } from './exploration-plan.ts'
import { compareFixedActions, type FixedActions } from './fixed-actions.ts'
import { type GainBound, gainBound } from './gain-bound.ts'
import { importanceWeights } from './importance-weights.ts'
import { balancedLog } from './loggers.ts'
import { type EstimatorResult, type ObjectiveScores, scoreObjective } from './objective-evaluation.ts'
import { measureOverlap, type Overlap } from './overlap.ts'
import { checkGates, type Gate, leastEffectiveSample, type RewardEvidence } from './overlap-gates.ts'
import { type CompleteMetric, completeMetrics, type PolicyMetric } from './policy-metric.ts'
import { type PolicyVerdict, policyVerdict } from './policy-verdict.ts'
import { predictRewards } from './predict-rewards.ts'
import { clusterUsers, type UserClusters } from './user-clusters.ts'

export interface EvaluationOptions {
  /** Fixes folds and bootstrap draws: the same log and seed give the same numbers. */
  readonly seed: string
  /** Confidence of intervals; .95 unless said. */
  readonly level?: number
  /** One-sided error of the verdict; .05 unless said. */
  readonly alpha?: number
  /** Parts of users for cross-fitting; 3 unless said. */
  readonly folds?: number
  /** Draws of the bootstrap; 0 leaves it out. 1,000 unless said, fewer (200 at least) beyond 200,000 users. */
  readonly resamples?: number
  readonly metrics?: readonly PolicyMetric[]
}

/** What one objective says; values per decision. */
export interface ObjectiveEvaluation {
  readonly name: string
  readonly metric: CompleteMetric
  /** The logging policy's own value: the mean reward. */
  readonly logging: Estimate
  /** The default estimate: cross-fitted DR, weights clipped at √n / 2. */
  readonly value: Estimate
  /** Target − logging, paired by decision. */
  readonly difference: Estimate
  readonly estimators: readonly EstimatorResult[]
  /** The same three by a bootstrap of users; null where it was left out. */
  readonly bootstrap: {
    readonly resamples: number
    readonly value: Estimate
    readonly snips: Estimate
    readonly difference: Estimate
  } | null
  /** Lower bound of the gain (turned by `inverse`) without a normal approximation, one-sided at 1 − alpha. */
  readonly gainBound: GainBound | null
  /** Where predictions came from (`exact`: given, and equal to the rewards), and the share of the rewards' variance they explain for unseen users. */
  readonly model: { readonly source: 'exact' | 'given' | 'fitted'; readonly explained: number | null }
  /** Mean and variance per user of the logging policy's linearised metric: what an experiment is planned with. */
  readonly baseline: { readonly mean: number; readonly variancePerUser: number | null }
}

export interface PolicyEvaluation {
  readonly status: 'evaluated' | 'insufficient-overlap'
  readonly decisions: number
  readonly users: number
  readonly overlap: Overlap
  readonly clip: { readonly at: number; readonly decisions: number }
  readonly gates: readonly Gate[]
  readonly objectives: readonly ObjectiveEvaluation[]
  /** Numbers that may be used, joint over objectives; null when a gate fails: what stands in `objectives` is then for finding out why. */
  readonly promoted: {
    readonly names: readonly string[]
    readonly values: JointEffects
    readonly differences: JointEffects
    readonly verdict: PolicyVerdict
    /** Against one action for everybody, by what decides; null where actions have no identity or nothing decides. */
    readonly fixed: FixedActions | null
  } | null
  /** Where several policies made the log: what each tells, and other ways to take them together; null for one. */
  readonly loggers: LoggersEvaluation | null
  /** Where a gate fails: what to log. */
  readonly exploration: ExplorationPlan | null
}

/**
 * What a target policy would have got on a log of another one, before it meets users: all estimators with intervals clustered by user,
 * the gates that say whether any of it may be believed, and a verdict on the difference from the logging policy. Per decision; assumes
 * that contexts and actions offered would have been those of the log (a policy that changes what users bring next is judged
 * one step deep), that users do not influence one another, and that propensities are those of the draw. Of several loggers the mixture counts
 * as the one that made the log, where it is known (`balancedLog`). Throws
 * EVALUATION_LOG_INVALID and POLICY_METRIC_INVALID.
 */
export function evaluatePolicy(
  given: EvaluationLog,
  options: EvaluationOptions,
  onProgress?: EvaluationProgress,
): PolicyEvaluation {
  const { level = 0.95, alpha = 0.05 } = options
  checkLevel(level)
  checkLevel(1 - alpha)
  checkEvaluationLog(given)
  const log = balancedLog(given)
  const metrics = completeMetrics(log.rewards, options.metrics)
  const clusters = clusterUsers(log.users)
  const weights = importanceWeights(log)
  const overlap = measureOverlap(log, weights, { clusters, level })
  const clip = Math.sqrt(weights.length) / 2
  const scores = scoreAll(log, { clusters, weights, clip, level, options, onProgress })
  const evidence = scores.flatMap(evidenceOf)
  const gates = checkGates(overlap, evidence)
  const isEnough = gates.every(({ status }) => status !== 'failed')
  const differences = jointMeans(scores.map(({ difference }) => difference))
  const bootstraps = bootstrapAll(scores, clusters, { level, options, onProgress })
  return {
    status: isEnough ? 'evaluated' : 'insufficient-overlap',
    decisions: weights.length,
    users: clusters.count,
    overlap,
    clip: { at: clip, decisions: weights.reduce((count, weight) => count + (weight > clip ? 1 : 0), 0) },
    gates,
    objectives: scores.map((own, m) =>
      summarise(own, {
        log,
        clusters,
        weights,
        level,
        alpha,
        seed: options.seed,
        metric: metrics[m]!,
        reward: m,
        bootstrap: bootstraps?.[m] ?? null,
      }),
    ),
    promoted: isEnough
      ? {
          names: scores.map(({ name }) => name),
          values: jointMeans(scores.map(({ value }) => value)),
          differences,
          verdict: policyVerdict(scores, { clusters, metrics, alpha, differences }),
          fixed: fixedOf(log, scores, { clusters, clip, level, metrics }),
        }
      : null,
    loggers: evaluateLoggers(
      given,
      scores.map(({ name, predictions }, m) => ({ name, rewards: log.rewards[m]!.values, predictions })),
      { balanced: log, clusters, level },
    ),
    exploration: isEnough
      ? null
      : planExploration(log, weights, { overlap, leastEffective: leastEffectiveSample(evidence) }),
  }
}

interface Scoring {
  readonly clusters: UserClusters
  readonly weights: Float64Array
  readonly clip: number
  readonly level: number
  readonly options: EvaluationOptions
  readonly onProgress: EvaluationProgress | undefined
}

function scoreAll(log: EvaluationLog, scoring: Scoring): readonly ObjectiveScores[] {
  const { clusters, weights, clip, level, options, onProgress } = scoring
  const toFit = log.rewards.filter(({ predictions }) => predictions === undefined)
  const { folds = 3, seed } = options
  const byUser = foldsOfUsers(clusters.count, { folds, seed })
  const foldOf = Uint8Array.from(clusters.clusterOf, (user) => byUser[user]!)
  const fitted = predictRewards(
    log,
    toFit.map(({ values }) => values),
    { foldOf, folds, onProgress },
  )
  return log.rewards.map((reward, m) => {
    onProgress?.({ part: 'estimators', done: m, of: log.rewards.length })
    const predictions = reward.predictions ?? fitted[toFit.indexOf(reward)]!
    return scoreObjective(log, {
      clusters,
      weights,
      clip,
      level,
      predictions,
      rewards: reward.values,
      name: reward.name,
    })
  })
}

/** Against fixed actions: by the weighted sum of objectives, or by the first success metric. */
function fixedOf(
  log: EvaluationLog,
  scores: readonly ObjectiveScores[],
  {
    metrics,
    ...input
  }: Omit<Scoring, 'weights' | 'options' | 'onProgress'> & { readonly metrics: readonly CompleteMetric[] },
): FixedActions | null {
  const isWeighted = metrics.some(({ weight }) => weight !== null)
  const first = metrics.findIndex(({ role }) => role === 'success')
  const deciding = scores.flatMap((own, m) => {
    const alone = m === first ? (metrics[m]!.inverse ? -1 : 1) : 0
    const weight = isWeighted ? (metrics[m]!.weight ?? 0) : alone
    return weight === 0 ? [] : [{ own, weight, rewards: log.rewards[m]!.values }]
  })
  if (deciding.length === 0) return null
  return compareFixedActions(log, {
    ...input,
    parts: deciding.map(({ own, weight, rewards }) => ({
      weight,
      rewards,
      predictions: own.predictions,
      isExact: own.isExact,
    })),
    target: combineMeans(deciding.map(({ own, weight }) => [weight, own.value])),
  })
}

/** What gates ask of rewards; nothing of those that follow from the action alone, whose estimate has no weights in it. */
function evidenceOf(scores: ObjectiveScores): readonly RewardEvidence[] {
  const { name, disagreement, unusual, unusualShare, isExact } = scores
  return isExact ? [] : [{ objective: name, disagreement, unusual, unusualShare }]
}

// Users × draws beyond which the bootstrap draws less often.
const MOST_DRAWN = 2e8

function bootstrapAll(
  scores: readonly ObjectiveScores[],
  clusters: UserClusters,
  {
    level,
    options,
    onProgress,
  }: {
    readonly level: number
    readonly options: EvaluationOptions
    readonly onProgress: EvaluationProgress | undefined
  },
): readonly NonNullable<ObjectiveEvaluation['bootstrap']>[] | null {
  const { resamples = Math.max(200, Math.min(1000, Math.floor(MOST_DRAWN / clusters.count))), seed } = options
  if (resamples === 0) return null
  const terms = scores.flatMap(({ terms: own }) => [own.value, own.snips, own.difference])
  const found = bootstrapUsers(clusters, terms, { level, resamples, seed, onProgress })
  return scores.map((_, m) => ({
    resamples,
    value: found[3 * m]!,
    snips: found[3 * m + 1]!,
    difference: found[3 * m + 2]!,
  }))
}

interface Summarising {
  readonly log: EvaluationLog
  readonly clusters: UserClusters
  readonly weights: Float64Array
  readonly level: number
  readonly alpha: number
  readonly seed: string
  readonly metric: CompleteMetric
  /** Place of its column. */
  readonly reward: number
  readonly bootstrap: ObjectiveEvaluation['bootstrap']
}

function summarise(scores: ObjectiveScores, from: Summarising): ObjectiveEvaluation {
  const { log, clusters, weights, level, alpha, seed, metric, bootstrap } = from
  const { values, predictions } = log.rewards[from.reward]!
  const { range, inverse } = metric
  const interval = (mean: ClusteredMean) => effectInterval(clusteredEffect(mean, clusters), { level })
  return {
    name: scores.name,
    metric,
    logging: interval(scores.logging),
    value: interval(scores.value),
    difference: interval(scores.difference),
    estimators: scores.estimators,
    bootstrap,
    gainBound: gainBound(
      clusters,
      {
        weights,
        gains: inverse ? Float64Array.from(values, (value) => -value) : values,
        low: inverse ? -range.high : range.low,
        high: inverse ? -range.low : range.high,
      },
      { level: 1 - alpha, seed },
    ),
    model: { source: sourceOf(scores, predictions), explained: scores.explained },
    baseline: { mean: scores.logging.value, variancePerUser: variancePerUser(scores.logging) },
  }
}

function sourceOf({ isExact }: ObjectiveScores, predictions: unknown): ObjectiveEvaluation['model']['source'] {
  if (predictions === undefined) return 'fitted'
  return isExact ? 'exact' : 'given'
}
