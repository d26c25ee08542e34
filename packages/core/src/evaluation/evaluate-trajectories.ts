import { randomFrom } from '../random/index.ts'
import type { Estimate } from '../statistics/index.ts'
import { percentileInterval } from './bootstrap-users.ts'
import { checkEvaluationLog } from './check-evaluation-log.ts'
import { clusteredEffect, clusteredMean } from './clustered.ts'
import { foldsOfUsers } from './cross-fit-folds.ts'
import type { EvaluationLog } from './evaluation-log.ts'
import type { EvaluationProgress } from './evaluation-progress.ts'
import { crossFitQ, designOf, fitQ, predictSteps, type QDesign, type StepLog } from './fitted-q.ts'
import { importanceSampling, selfNormalisedSampling } from './importance-sampling.ts'
import { effectiveSampleSize, importanceWeights } from './importance-weights.ts'
import { checkColumn, FINITE, logFault } from './log-fault.ts'
import { leastOf, overlapOfWeights, unsupported } from './overlap.ts'
import {
  LARGEST_WEIGHT_SHARE,
  LEAST_EFFECTIVE_SAMPLE,
  LEAST_EFFECTIVE_SHARE,
  MEAN_WEIGHT_ERRORS,
} from './overlap-gates.ts'
import { completeMetrics } from './policy-metric.ts'
import { selectDecisions } from './select-decisions.ts'
import {
  lastSteps,
  mostSteps,
  perStepSampling,
  prefixWeights,
  type StepPredictions,
  scoresOf,
  selfNormalisedPerStep,
  selfNormalisedStepwise,
  stepwiseDoublyRobust,
  sumSteps,
} from './step-estimators.ts'
import {
  assembleEvaluation,
  type UnitEvaluation,
  type UnitEvaluationOptions,
  type UnitScores,
} from './unit-evaluation.ts'
import { clusterUsers, type UserClusters } from './user-clusters.ts'

/** Decisions of users one after another. */
export interface TrajectoryLog {
  /** Decisions, user by user, each user's in the order in which they were made. Rewards are those of single decisions. */
  readonly steps: EvaluationLog
  /** User i made the decisions `sequences[i]` to `sequences[i + 1] − 1`. */
  readonly sequences: ArrayLike<number>
  /** By decision: when it was made, in days from any start. */
  readonly days: ArrayLike<number>
}

export interface TrajectoryOptions extends UnitEvaluationOptions {
  /** What a reward a day later counts, in (0, 1]; 1 unless said. */
  readonly gammaPerDay?: number
  /** Decisions of each user that are looked at, from his first on; all unless said. */
  readonly horizon?: number
  /** Draws of the bootstrap of FQE; 0 leaves it out. As many as are fitted in seconds, at most 200, unless said. */
  readonly resamples?: number
}

/** TIS by whole trajectories, PDIS by prefixes, DR by prefixes and a model, FQE by the model alone; `sn`: self-normalised. */
export const TRAJECTORY_ESTIMATORS = ['dr', 'sndr', 'snpdis', 'pdis', 'sntis', 'tis', 'fqe'] as const
export type TrajectoryEstimatorName = (typeof TRAJECTORY_ESTIMATORS)[number]

/** What the log is worth down to a number of decisions. */
export interface Horizon {
  readonly steps: number
  /** Users who have so many. */
  readonly users: number
  /** Of all users, those who stopped earlier with the weight they had. */
  readonly effectiveSampleSize: number
  readonly largestShare: number | null
  /** The gates of weights pass: size, share, largest and mean weight. */
  readonly isEnough: boolean
}

export interface TrajectoryEvaluation extends UnitEvaluation<TrajectoryEstimatorName> {
  readonly gammaPerDay: number
  readonly horizons: readonly Horizon[]
  /** The most decisions at which, as at all before, the gates of weights pass; 0 where there is none. */
  readonly longestHorizon: number
  /** By objective: FQE fitted anew on draws of users; null where it was left out. */
  readonly fqeBootstrap: readonly { readonly name: string; readonly estimate: Estimate }[] | null
}

/**
 * What a policy would have got per user over several decisions, where what one of them does changes what the next meets: TIS and PDIS (Precup,
 * Sutton & Singh 2000), DR (Jiang & Li 2016; Thomas & Brunskill 2016), FQE (Le, Voloshin & Yue 2019). Value is Σ γ^days · reward from the user's first
 * decision on. DR decides. Assumes that when decisions are made, and how many, is not the policy's; that each decision's probabilities are
 * given all that went before. Weights multiply: with every decision the log is worth less, and `horizons` says where it stops being enough.
 * Throws EVALUATION_LOG_INVALID and POLICY_METRIC_INVALID.
 */
export function evaluateTrajectories(
  given: TrajectoryLog,
  options: TrajectoryOptions,
  onProgress?: EvaluationProgress,
): TrajectoryEvaluation {
  const { level = 0.95, gammaPerDay = 1, seed, folds = 3 } = options
  checkTrajectories(given, options)
  const { steps, sequences, days } = options.horizon === undefined ? given : firstSteps(given, options.horizon)
  const log: StepLog = { steps, sequences, discounts: discountsOf({ sequences, days }, gammaPerDay) }
  const clusters = clusterUsers(
    Float64Array.from({ length: sequences.length - 1 }, (_, i) => steps.users[sequences[i]!]!),
  )
  const weights = prefixWeights(sequences, importanceWeights(steps))
  const design = designOf(log)
  const byUser = foldsOfUsers(clusters.count, { folds, seed })
  const foldOf = new Uint8Array(steps.chosen.length)
  for (let i = 0; i + 1 < sequences.length; i++)
    foldOf.fill(byUser[clusters.clusterOf[i]!]!, sequences[i]!, sequences[i + 1]!)
  const returns = steps.rewards.map(({ values }) => sumSteps(sequences, discounted(log, values)))
  const metrics = completeMetrics(
    steps.rewards.map(({ name }, m) => ({ name, values: returns[m]! })),
    options.metrics,
  )
  const objectives = steps.rewards.map(({ name, values, predictions }, m): UnitScores<TrajectoryEstimatorName> => {
    onProgress?.({ part: 'estimators', done: m, of: steps.rewards.length })
    const own = crossFitQ(log, design, { rewards: values, pooling: 'pooled', foldOf, folds })
    return {
      name,
      metric: metrics[m]!,
      estimators: trajectoryScores({ offsets: sequences, weights, rewards: discounted(log, values) }, own),
      returns: returns[m]!,
      isExact: predictions !== undefined,
    }
  })
  const ends = lastSteps(sequences, weights)
  const overlap = {
    ...overlapOfWeights(ends, { clusters, level }),
    ...unsupported(steps),
    leastPropensity: leastOf(steps.propensities),
  }
  const horizons = horizonsOf(sequences, weights, clusters)
  const short = horizons.findIndex(({ isEnough }) => !isEnough)
  return {
    ...assembleEvaluation(objectives, { unit: 'user', clusters, overlap, deciding: 'dr', beside: 'snpdis', options }),
    gammaPerDay,
    horizons,
    longestHorizon: short < 0 ? horizons.length : short,
    fqeBootstrap: bootstrapQ(log, design, { options, level, onProgress }),
  }
}

/** By user, the scores of every estimator; rewards and predictions discounted. */
export function trajectoryScores(
  columns: Parameters<typeof perStepSampling>[0],
  predictions: StepPredictions,
): UnitScores<TrajectoryEstimatorName>['estimators'] {
  const { offsets, weights, rewards } = columns
  const n = offsets.length - 1
  const whole = { weights: lastSteps(offsets, weights), rewards: sumSteps(offsets, rewards) }
  const first = Float64Array.from({ length: n }, (_, i) => predictions.expected[offsets[i]!]!)
  return [
    { name: 'dr', scores: scoresOf([stepwiseDoublyRobust(columns, predictions)], n) },
    { name: 'sndr', scores: scoresOf(selfNormalisedStepwise(columns, predictions), n) },
    { name: 'snpdis', scores: scoresOf(selfNormalisedPerStep(columns, 'last'), n) },
    { name: 'pdis', scores: scoresOf([perStepSampling(columns)], n) },
    { name: 'sntis', scores: scoresOf([selfNormalisedSampling(whole)], n) },
    { name: 'tis', scores: scoresOf([importanceSampling(whole)], n) },
    { name: 'fqe', scores: first },
  ]
}

function discounted({ discounts }: StepLog, column: ArrayLike<number>): Float64Array {
  return Float64Array.from(discounts, (discount, k) => discount * column[k]!)
}

function discountsOf(
  { sequences, days }: Pick<TrajectoryLog, 'sequences' | 'days'>,
  gammaPerDay: number,
): Float64Array {
  const discounts = new Float64Array(days.length)
  for (let i = 0; i + 1 < sequences.length; i++)
    for (let k = sequences[i]!; k < sequences[i + 1]!; k++)
      discounts[k] = gammaPerDay ** (days[k]! - days[sequences[i]!]!)
  return discounts
}

/** The first decisions of each user alone. */
function firstSteps({ steps, sequences, days }: TrajectoryLog, horizon: number): TrajectoryLog {
  const kept: number[] = []
  const offsets = [0]
  for (let i = 0; i + 1 < sequences.length; i++) {
    for (let k = sequences[i]!; k < Math.min(sequences[i + 1]!, sequences[i]! + horizon); k++) kept.push(k)
    offsets.push(kept.length)
  }
  return { steps: selectDecisions(steps, kept), sequences: offsets, days: kept.map((k) => days[k]!) }
}

function horizonsOf(sequences: ArrayLike<number>, weights: Float64Array, clusters: UserClusters): readonly Horizon[] {
  const n = sequences.length - 1
  return Array.from({ length: mostSteps(sequences) }, (_, step) => {
    let users = 0
    const own = Float64Array.from({ length: n }, (_, i) => {
      const at = sequences[i]! + step
      if (at < sequences[i + 1]!) users += 1
      return weights[Math.min(at, sequences[i + 1]! - 1)]!
    })
    const sum = own.reduce((total, weight) => total + weight, 0)
    const worth = effectiveSampleSize(own)
    const largestShare = sum > 0 ? own.reduce((most, weight) => Math.max(most, weight), 0) / sum : null
    const mean = clusteredEffect(clusteredMean(clusters, own), clusters)
    const isMeanRight =
      mean.kind === 'effect' ? Math.abs(mean.effect - 1) < MEAN_WEIGHT_ERRORS * mean.stdError : mean.effect === 1
    return {
      steps: step + 1,
      users,
      effectiveSampleSize: worth,
      largestShare,
      isEnough:
        worth >= LEAST_EFFECTIVE_SAMPLE &&
        worth >= LEAST_EFFECTIVE_SHARE * n &&
        largestShare !== null &&
        largestShare < LARGEST_WEIGHT_SHARE &&
        isMeanRight,
    }
  })
}

// Multiplications that all draws together may take: some seconds.
const MOST_WORK = 4e9
const MOST_RESAMPLES = 200
// Fewer say nothing of the ends of an interval.
const LEAST_RESAMPLES = 40

interface QBootstrap {
  readonly options: TrajectoryOptions
  readonly level: number
  readonly onProgress: EvaluationProgress | undefined
}

/** FQE fitted and read anew on draws of whole users: the only interval of FQE that holds what fitting does. */
function bootstrapQ(
  log: StepLog,
  design: QDesign,
  { options, level, onProgress }: QBootstrap,
): TrajectoryEvaluation['fqeBootstrap'] {
  const { steps, sequences } = log
  const n = sequences.length - 1
  const work = steps.chosen.length * design.size ** 2 * steps.rewards.length
  const { resamples = Math.min(MOST_RESAMPLES, Math.floor(MOST_WORK / work)), seed } = options
  if (resamples < LEAST_RESAMPLES || n < 2) return null
  const draws = steps.rewards.map(() => new Float64Array(resamples))
  const random = randomFrom(`fqe ${seed}`)
  for (let b = 0; b < resamples; b++) {
    onProgress?.({ part: 'bootstrap', done: b, of: resamples })
    const byUser = new Uint16Array(n)
    for (let k = 0; k < n; k++) {
      const i = Math.floor(random() * n)
      byUser[i] = byUser[i]! + 1
    }
    steps.rewards.forEach(({ values }, m) => {
      draws[m]![b] = drawnValue(log, design, { rewards: values, byUser })
    })
  }
  const all = new Uint16Array(n).fill(1)
  return steps.rewards.map(({ name, values }, m) => ({
    name,
    estimate: percentileInterval(draws[m]!, drawnValue(log, design, { rewards: values, byUser: all }), level),
  }))
}

function drawnValue(
  log: StepLog,
  design: QDesign,
  { rewards, byUser }: { readonly rewards: ArrayLike<number>; readonly byUser: Uint16Array },
): number {
  const { sequences } = log
  const counts = new Uint16Array(design.toGo.length)
  for (let i = 0; i < byUser.length; i++) counts.fill(byUser[i]!, sequences[i]!, sequences[i + 1]!)
  const fitted = fitQ(log, design, { rewards, pooling: 'pooled', counts })
  const out = { predicted: new Float64Array(counts.length), expected: new Float64Array(counts.length) }
  const isFirst = new Uint8Array(counts.length)
  for (let i = 0; i < byUser.length; i++) isFirst[sequences[i]!] = 1
  predictSteps(log, design, { fitted, isIn: (k) => isFirst[k] === 1, out })
  let sum = 0
  for (let i = 0; i < byUser.length; i++) sum += byUser[i]! * out.expected[sequences[i]!]!
  return sum / byUser.length
}

function checkTrajectories(
  { steps, sequences, days }: TrajectoryLog,
  { gammaPerDay = 1, horizon = 1 }: TrajectoryOptions,
): void {
  if (!(gammaPerDay > 0 && gammaPerDay <= 1)) throw logFault('gammaPerDay', 'in (0, 1]', gammaPerDay)
  if (!(Number.isInteger(horizon) && horizon >= 1)) throw logFault('horizon', 'a whole number ≥ 1', horizon)
  checkEvaluationLog(steps)
  const n = steps.chosen.length
  checkColumn('days', days, { length: n, ...FINITE })
  const last = sequences[sequences.length - 1]
  if (sequences[0] !== 0 || last !== n) throw logFault('sequences', `from 0 to ${n}`, `${sequences[0]} to ${last}`)
  for (let i = 0; i + 1 < sequences.length; i++) {
    const [from, to] = [sequences[i]!, sequences[i + 1]!]
    if (!(to > from)) throw logFault(`sequences[${i + 1}]`, `above ${from}`, to)
    for (let k = from + 1; k < to; k++) checkNextStep({ steps, days }, k)
  }
}

function checkNextStep({ steps, days }: Pick<TrajectoryLog, 'steps' | 'days'>, k: number): void {
  if (!(days[k]! >= days[k - 1]!))
    throw logFault(`days[${k}]`, `not before the decision before, ${days[k - 1]}`, days[k])
  if (steps.users[k] !== steps.users[k - 1])
    throw logFault(`users[${k}]`, `that of its sequence, ${steps.users[k - 1]}`, steps.users[k])
}
