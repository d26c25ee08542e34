import { type Estimate, effectInterval } from '../statistics/index.ts'
import { clusteredEffect, clusteredMean } from './clustered.ts'
import { foldsOfUsers } from './cross-fit-folds.ts'
import { directMethod } from './direct-method.ts'
import { doublyRobust, selfNormalisedDoublyRobust } from './doubly-robust.ts'
import { influenceOf, type ObjectiveTerms } from './estimator.ts'
import type { EvaluationLog, FeatureMatrix } from './evaluation-log.ts'
import type { EvaluationProgress } from './evaluation-progress.ts'
import { importanceSampling, selfNormalisedSampling } from './importance-sampling.ts'
import { effectiveSampleSize } from './importance-weights.ts'
import { KERNELS, type KernelName, kernelWeights } from './kernel.ts'
import { ABOVE_ZERO, checkColumn, FINITE, INDEX, logFault } from './log-fault.ts'
import { overlapOfWeights } from './overlap.ts'
import { completeMetrics } from './policy-metric.ts'
import { predictRewards } from './predict-rewards.ts'
import type { UnitReward } from './slate-log.ts'
import { slopeChoice } from './slope.ts'
import { scoresOf } from './step-estimators.ts'
import {
  assembleEvaluation,
  type UnitEvaluation,
  type UnitEvaluationOptions,
  type UnitScores,
} from './unit-evaluation.ts'
import { clusterUsers, type UserClusters } from './user-clusters.ts'

/** Messages whose moment was drawn with a known density, and the moments at which the target would have sent them. */
export interface MomentLog {
  /** By message: when it went, e.g. as hour of the day. */
  readonly moments: ArrayLike<number>
  /** By message: density of that moment, per unit of it; above 0. */
  readonly densities: ArrayLike<number>
  /** By message: the one moment at which the target would send it. */
  readonly targets: ArrayLike<number>
  readonly users: ArrayLike<number>
  readonly rewards: readonly UnitReward[]
  /** By message: what was known of user and message, for the reward model. */
  readonly context?: FeatureMatrix
}

export interface MomentOptions extends UnitEvaluationOptions {
  readonly kernel?: KernelName
  /** Length of the circle that moments lie on, e.g. 24; on a line unless said. */
  readonly period?: number
  /** Half-width of the kernel (its standard deviation, of the Gaussian), in units of the moment. By SLOPE unless said. */
  readonly bandwidth?: number
}

/** As for decisions, with kernels in place of indicators. `dr` decides. */
export const MOMENT_ESTIMATORS = ['dr', 'sndr', 'snips', 'ips', 'dm'] as const
export type MomentEstimatorName = (typeof MOMENT_ESTIMATORS)[number]

export interface MomentEvaluation extends UnitEvaluation<MomentEstimatorName> {
  readonly kernel: KernelName
  readonly period: number | null
  readonly bandwidth: {
    readonly value: number
    /** SLOPE chose it on these data, which no interval knows. */
    readonly isTuned: boolean
    /** Bandwidths looked at, from wide to narrow, with what the log is then worth. */
    readonly tried: readonly {
      readonly bandwidth: number
      readonly effectiveSampleSize: number
      readonly value: Estimate
    }[]
  }
  /**
   * By objective, what the bandwidth adds to the value by taking rewards from moments around the target's: (V(2h) − V(h)) / 3, since to
   * first order it grows with h². Not taken off.
   */
  readonly smoothing: readonly { readonly name: string; readonly bias: Estimate }[]
}

/**
 * What other moments would have brought, per message: kernel IPS and DR for a continuous action (Kallus & Zhou 2018). A moment was never hit
 * exactly, so rewards near the target's count, by a kernel: the estimate is that of a target which strays by a bandwidth, and its bias for
 * the exact one is told. The bandwidth is SLOPE's by the first objective. Assumes that densities are those of the draw and that the
 * logging policy could have sent around the target's moment. Throws EVALUATION_LOG_INVALID and POLICY_METRIC_INVALID.
 */
export function evaluateMoments(
  log: MomentLog,
  options: MomentOptions,
  onProgress?: EvaluationProgress,
): MomentEvaluation {
  checkMoments(log, options)
  const { level = 0.95, kernel = 'epanechnikov', period = null } = options
  const clusters = clusterUsers(log.users)
  const metrics = completeMetrics(log.rewards, options.metrics)
  const reader = momentReader(log, { kernel, period, clusters, options, onProgress })
  const tried = tryBandwidths(log, reader, { options, period, level, onProgress })
  const bandwidth = options.bandwidth ?? chosenBandwidth(tried)
  const objectives = log.rewards.map(
    ({ name, values, isExact = false }, m): UnitScores<MomentEstimatorName> => ({
      name,
      metric: metrics[m]!,
      estimators: momentScores(reader.terms(m, bandwidth)),
      returns: Float64Array.from(values),
      isExact,
    }),
  )
  const overlap = {
    ...overlapOfWeights(reader.weights(bandwidth), { clusters, level }),
    ...{ unsupportedMass: null, unsupportedDecisions: null },
    leastPropensity: Float64Array.from(log.densities).reduce((least, density) => Math.min(least, density)),
  }
  // A narrow kernel leaves most messages out and is no fault: the share is a matter of the bandwidth, the size is what counts.
  const without = ['effective-share'] as const
  return {
    ...assembleEvaluation(objectives, {
      ...{ unit: 'message', clusters, overlap, without, options },
      ...{ deciding: 'dr', beside: 'snips' },
    }),
    ...{ kernel, period },
    bandwidth: {
      value: bandwidth,
      isTuned: options.bandwidth === undefined,
      tried: tried.map(({ narrow: _, ...shown }) => shown),
    },
    smoothing: log.rewards.map(({ name }, m) => {
      const [near, far] = [reader.dr(m, bandwidth), reader.dr(m, 2 * bandwidth)]
      const scores = near.map((score, i) => (far[i]! - score) / 3)
      return { name, bias: reader.interval(scores, level) }
    }),
  }
}

/** What estimators read at any bandwidth; the model is fitted once. */
function momentReader(log: MomentLog, how: Predicting & { readonly kernel: KernelName }) {
  const { clusters, kernel, period } = how
  const predictions = predictMoments(log, how)
  const weights = (bandwidth: number) => kernelWeights(log, { kernel, bandwidth, period })
  const terms = (m: number, bandwidth: number): ObjectiveTerms => ({
    weights: weights(bandwidth),
    rewards: log.rewards[m]!.values,
    predicted: predictions[m]!,
    expected: predictions[m]!,
  })
  return {
    weights,
    terms,
    dr: (m: number, bandwidth: number) => influenceOf(doublyRobust(terms(m, bandwidth)), log.moments.length),
    interval: (scores: Float64Array, level: number): Estimate =>
      effectInterval(clusteredEffect(clusteredMean(clusters, scores), clusters), { level }),
  }
}

interface Trying {
  readonly options: MomentOptions
  readonly period: number | null
  readonly level: number
  readonly onProgress: EvaluationProgress | undefined
}

function tryBandwidths(
  log: MomentLog,
  reader: ReturnType<typeof momentReader>,
  { options, period, level, onProgress }: Trying,
) {
  const bandwidths = options.bandwidth === undefined ? possibleBandwidths(log, period) : [options.bandwidth]
  return bandwidths.map((bandwidth, k) => {
    onProgress?.({ part: 'estimators', done: k, of: bandwidths.length })
    const scores = reader.dr(0, bandwidth)
    return {
      bandwidth,
      effectiveSampleSize: effectiveSampleSize(reader.weights(bandwidth)),
      value: reader.interval(scores, level),
      narrow: reader.interval(scores, WIDTH_LEVEL),
    }
  })
}

/** By message, the scores of every estimator. */
export function momentScores(terms: ObjectiveTerms): UnitScores<MomentEstimatorName>['estimators'] {
  const n = terms.weights.length
  return [
    { name: 'dr', scores: scoresOf([doublyRobust(terms)], n) },
    { name: 'sndr', scores: scoresOf([selfNormalisedDoublyRobust(terms)], n) },
    { name: 'snips', scores: scoresOf([selfNormalisedSampling(terms)], n) },
    { name: 'ips', scores: scoresOf([importanceSampling(terms)], n) },
    { name: 'dm', scores: scoresOf([directMethod(terms)], n) },
  ]
}

// Of one-sided 90 % bounds, as for rules of weights.
const WIDTH_LEVEL = 0.8
const CANDIDATES = 12

/** From a quarter of the circle, or of the range of moments, down to a sixty-fourth of that. */
function possibleBandwidths({ moments }: MomentLog, period: number | null): readonly number[] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < moments.length; i++) {
    low = Math.min(low, moments[i]!)
    high = Math.max(high, moments[i]!)
  }
  const widest = (period ?? (high > low ? high - low : 1)) / 4
  return Array.from({ length: CANDIDATES }, (_, k) => widest * 64 ** (-k / (CANDIDATES - 1)))
}

interface Tried {
  readonly bandwidth: number
  readonly narrow: Estimate
}

function chosenBandwidth(tried: readonly Tried[]): number {
  const known = tried.flatMap(({ bandwidth, narrow }) => {
    if (narrow.kind === 'estimate') return [{ bandwidth, value: narrow.mean, width: narrow.high - narrow.mean }]
    return narrow.reason === 'zero-variance' && narrow.mean !== null
      ? [{ bandwidth, value: narrow.mean, width: 0 }]
      : []
  })
  const choice = slopeChoice(known)
  return choice === null ? tried[0]!.bandwidth : known[choice]!.bandwidth
}

interface Predicting {
  readonly clusters: UserClusters
  readonly options: MomentOptions
  readonly period: number | null
  readonly onProgress: EvaluationProgress | undefined
}

/** By objective and message, the reward at the target's moment from a model that has not seen the user: each message is a decision between its own moment and the target's. */
function predictMoments(
  log: MomentLog,
  { clusters, options, period, onProgress }: Predicting,
): readonly Float64Array[] {
  const n = log.moments.length
  const { folds = 3, seed } = options
  const byUser = foldsOfUsers(clusters.count, { folds, seed })
  const pairs: EvaluationLog = {
    offsets: Float64Array.from({ length: n + 1 }, (_, i) => 2 * i),
    chosen: new Uint8Array(n),
    propensities: new Float64Array(n).fill(1),
    targetPolicy: Float64Array.from({ length: 2 * n }, (_, k) => k % 2),
    users: log.users,
    rewards: log.rewards,
    ...(log.context === undefined ? {} : { context: log.context }),
    actionFeatures: momentFeatures(log, period),
  }
  const predicted = predictRewards(
    pairs,
    log.rewards.map(({ values }) => values),
    { foldOf: Uint8Array.from(clusters.clusterOf, (user) => byUser[user]!), folds, onProgress },
  )
  return predicted.map((column) => Float64Array.from({ length: n }, (_, i) => column[2 * i + 1]!))
}

const HARMONICS = 3

/** Of moments on a circle waves, on a line powers; each also times every number of the context. */
function momentFeatures({ moments, targets, context }: MomentLog, period: number | null): FeatureMatrix {
  const waves = 2 * HARMONICS
  const contextWidth = context?.width ?? 0
  const basis = period === null ? HARMONICS : waves
  const width = basis * (1 + contextWidth)
  const values = new Float64Array(2 * moments.length * width)
  for (let i = 0; i < moments.length; i++)
    [moments[i]!, targets[i]!].forEach((moment, which) => {
      const at = (2 * i + which) * width
      for (let j = 0; j < basis; j++) {
        const own = period === null ? moment ** (j + 1) : waveAt(moment / period, j)
        values[at + j] = own
        for (let c = 0; c < contextWidth; c++)
          values[at + basis * (1 + c) + j] = own * context!.values[i * contextWidth + c]!
      }
    })
  return { width, values }
}

function waveAt(share: number, j: number): number {
  const angle = 2 * Math.PI * (1 + (j >> 1)) * share
  return j % 2 === 0 ? Math.cos(angle) : Math.sin(angle)
}

function checkMoments(log: MomentLog, { kernel = 'epanechnikov', period, bandwidth }: MomentOptions): void {
  const length = log.moments.length
  if (length === 0) throw logFault('moments', 'at least one message', 'none')
  if (log.rewards.length === 0) throw logFault('rewards', 'at least one objective', 'none')
  if (!KERNELS.includes(kernel)) throw logFault('kernel', `one of ${KERNELS.join(', ')}`, kernel)
  if (period !== undefined && !ABOVE_ZERO.isRight(period)) throw logFault('period', ABOVE_ZERO.expected, period)
  checkBandwidth(bandwidth, period)
  checkColumn('moments', log.moments, { length, ...FINITE })
  checkColumn('targets', log.targets, { length, ...FINITE })
  checkColumn('densities', log.densities, { length, ...ABOVE_ZERO })
  checkColumn('users', log.users, { length, ...INDEX })
  for (const { name, values } of log.rewards) checkColumn(`rewards '${name}'`, values, { length, ...FINITE })
}

function checkBandwidth(bandwidth: number | undefined, period: number | undefined): void {
  if (bandwidth === undefined) return
  const isRight = ABOVE_ZERO.isRight(bandwidth) && (period === undefined || bandwidth <= period / 2)
  if (isRight) return
  throw logFault(
    'bandwidth',
    period === undefined ? ABOVE_ZERO.expected : `in (0, ${period / 2}], half the period`,
    bandwidth,
  )
}
