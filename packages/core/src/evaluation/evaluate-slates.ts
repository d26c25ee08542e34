import { foldsOfUsers } from './cross-fit-folds.ts'
import type { EvaluationLog } from './evaluation-log.ts'
import type { EvaluationProgress } from './evaluation-progress.ts'
import { crossFitQ, designOf, type StepLog } from './fitted-q.ts'
import { importanceSampling, selfNormalisedSampling } from './importance-sampling.ts'
import { effectiveSampleSize } from './importance-weights.ts'
import { leastOf, overlapOfWeights, unsupported } from './overlap.ts'
import { completeMetrics } from './policy-metric.ts'
import { checkSlateLog, hasBoth, type SlateLog, type SlateProbabilities } from './slate-log.ts'
import {
  lastSteps,
  mostSteps,
  perStepSampling,
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

/** SIPS by whole slates, IIPS by single positions, RIPS by prefixes, Cascade-DR by prefixes and a model; `sn`: self-normalised. */
export const SLATE_ESTIMATORS = [
  'cascadeDr',
  'snCascadeDr',
  'snrips',
  'rips',
  'sniips',
  'iips',
  'snsips',
  'sips',
] as const
export type SlateEstimatorName = (typeof SLATE_ESTIMATORS)[number]

/** What the log is worth down to one position. */
export interface SlatePosition {
  /** From 1. */
  readonly position: number
  readonly slates: number
  /** Effective slates by prefix weights, and by weights of the position alone; null where not both policies have them. */
  readonly byPrefix: number | null
  readonly byPosition: number | null
}

export interface SlateEvaluation extends UnitEvaluation<SlateEstimatorName> {
  readonly positions: readonly SlatePosition[]
}

/**
 * What a policy would have got per slate on slates of another one. SIPS (Swaminathan et al. 2017) weights whole slates and assumes nothing
 * about how positions act on one another; IIPS (Li et al. 2018) that a position's reward hangs on its own action alone; RIPS
 * (McInerney et al. 2020) and Cascade-DR (Kiyohara et al. 2022), that it does not hang on later positions. Decides: Cascade-DR where
 * the log has distributions, else the self-normalised one of least assumptions that weights of prefixes, slates or positions allow. Assumes that the length of a
 * slate is not the policy's. Throws EVALUATION_LOG_INVALID and POLICY_METRIC_INVALID.
 */
export function evaluateSlates(
  log: SlateLog,
  options: UnitEvaluationOptions,
  onProgress?: EvaluationProgress,
): SlateEvaluation {
  checkSlateLog(log)
  const { level = 0.95 } = options
  const metrics = completeMetrics(
    log.rewards.map(({ name, values }) => ({ name, values: sumSteps(log.offsets, values) })),
    options.metrics,
  )
  const clusters = clusterUsers(log.users)
  const weights = slateWeights(log)
  const predictions = predictSlates(log, { clusters, options, onProgress })
  const kind = decidingKind(log)
  const overlap = {
    ...overlapOfWeights(weightsBySlate(log, weights, kind), { clusters, level }),
    ...(log.steps === undefined ? { unsupportedMass: null, unsupportedDecisions: null } : unsupported(log.steps)),
    leastPropensity: leastOf(log.logging[kind]!),
  }
  const objectives = log.rewards.map(({ name, values, isExact = false }, m): UnitScores<SlateEstimatorName> => {
    onProgress?.({ part: 'estimators', done: m, of: log.rewards.length })
    return {
      name,
      metric: metrics[m]!,
      estimators: slateScores(log, { rewards: values, weights, predictions: predictions?.[m] ?? null }),
      returns: sumSteps(log.offsets, values),
      isExact,
    }
  })
  const [deciding, beside] = decidingPair(kind, predictions !== null)
  return {
    ...assembleEvaluation(objectives, { unit: 'slate', clusters, overlap, deciding, beside, options }),
    positions: positionsOf(log, weights),
  }
}

type SlateWeights = { readonly [K in keyof SlateProbabilities]: Float64Array }

function slateWeights(log: SlateLog): SlateWeights {
  const ratio = (kind: keyof SlateProbabilities) => ({
    [kind]: Float64Array.from(log.target[kind]!, (p, k) => p / log.logging[kind]![k]!),
  })
  return Object.assign({}, ...KINDS.filter((kind) => hasBoth(log, kind)).map(ratio))
}

// From what assumes least at bearable variance.
const KINDS = ['prefix', 'joint', 'position'] as const

function decidingKind(log: SlateLog): keyof SlateProbabilities {
  return KINDS.find((kind) => hasBoth(log, kind))!
}

function decidingPair(
  kind: keyof SlateProbabilities,
  isModelled: boolean,
): readonly [SlateEstimatorName, SlateEstimatorName] {
  if (kind === 'prefix') return isModelled ? ['cascadeDr', 'snrips'] : ['snrips', 'rips']
  return kind === 'joint' ? ['snsips', 'sips'] : ['sniips', 'iips']
}

interface Scoring {
  readonly rewards: ArrayLike<number>
  readonly weights: SlateWeights
  readonly predictions: StepPredictions | null
}

/** By slate, the scores of every estimator that the probabilities allow. */
export function slateScores(
  { offsets }: Pick<SlateLog, 'offsets'>,
  { rewards, weights, predictions }: Scoring,
): UnitScores<SlateEstimatorName>['estimators'] {
  const n = offsets.length - 1
  const { prefix, position, joint } = weights
  const found: { name: SlateEstimatorName; scores: Float64Array | null }[] = []
  const add = (name: SlateEstimatorName, terms: Parameters<typeof scoresOf>[0]) =>
    found.push({ name, scores: scoresOf(terms, n) })
  if (prefix !== undefined) {
    const columns = { offsets, weights: prefix, rewards }
    if (predictions !== null) {
      add('cascadeDr', [stepwiseDoublyRobust(columns, predictions)])
      add('snCascadeDr', selfNormalisedStepwise(columns, predictions))
    }
    add('snrips', selfNormalisedPerStep(columns, 'last'))
    add('rips', [perStepSampling(columns)])
  }
  if (position !== undefined) {
    const columns = { offsets, weights: position, rewards }
    add('sniips', selfNormalisedPerStep(columns, 'one'))
    add('iips', [perStepSampling(columns)])
  }
  if (joint !== undefined) {
    const whole = { weights: joint, rewards: sumSteps(offsets, rewards) }
    add('snsips', [selfNormalisedSampling(whole)])
    add('sips', [importanceSampling(whole)])
  }
  return found
}

interface Predicting {
  readonly clusters: UserClusters
  readonly options: UnitEvaluationOptions
  readonly onProgress: EvaluationProgress | undefined
}

/** By objective; null without distributions, or without weights of prefixes to use them with. */
function predictSlates(
  log: SlateLog,
  { clusters, options, onProgress }: Predicting,
): readonly StepPredictions[] | null {
  if (log.steps === undefined || !hasBoth(log, 'prefix')) return null
  const { folds = 3, seed } = options
  const byUser = foldsOfUsers(clusters.count, { folds, seed })
  const foldOf = new Uint8Array(log.steps.chosen.length)
  for (let i = 0; i < log.users.length; i++)
    foldOf.fill(byUser[clusters.clusterOf[i]!]!, log.offsets[i]!, log.offsets[i + 1]!)
  const steps = positionLog(log, log.steps)
  const design = designOf(steps)
  return log.rewards.map(({ values }, m) => {
    onProgress?.({ part: 'model', done: m, of: log.rewards.length })
    return crossFitQ(steps, design, { rewards: values, pooling: 'aligned', foldOf, folds })
  })
}

/** Positions as steps, each with what stands before it among its features. */
function positionLog({ offsets }: SlateLog, steps: EvaluationLog): StepLog {
  const rows = steps.chosen.length
  const actions = steps.identities?.names.length ?? 0
  const width = (steps.context?.width ?? 0) + actions
  const values = new Float64Array(rows * width)
  for (let i = 0; i + 1 < offsets.length; i++)
    for (let k = offsets[i]!; k < offsets[i + 1]!; k++) {
      const at = k * width + actions
      for (let j = at; j < (k + 1) * width; j++) values[j] = steps.context!.values[k * (width - actions) + j - at]!
      if (k === offsets[i]! || actions === 0) continue
      const before = steps.identities!.indices[steps.offsets[k - 1]! + steps.chosen[k - 1]!]!
      values[k * width + before] = 1
    }
  return {
    steps: { ...steps, context: { width, values } },
    sequences: offsets,
    discounts: new Float64Array(rows).fill(1),
  }
}

/** One weight a slate, of those that decide; of single positions the position at which the log is worth least. */
function weightsBySlate({ offsets }: SlateLog, weights: SlateWeights, kind: keyof SlateProbabilities): Float64Array {
  if (kind === 'joint') return weights.joint!
  if (kind === 'prefix') return lastSteps(offsets, weights.prefix!)
  const columns = Array.from({ length: mostSteps(offsets) }, (_, step) => weightsAt(offsets, weights.position!, step))
  return columns.reduce((least, own) => (effectiveSampleSize(own) < effectiveSampleSize(least) ? own : least))
}

function weightsAt(offsets: ArrayLike<number>, column: Float64Array, step: number): Float64Array {
  return Float64Array.from({ length: offsets.length - 1 }, (_, i) =>
    offsets[i]! + step < offsets[i + 1]! ? column[offsets[i]! + step]! : 1,
  )
}

function positionsOf({ offsets }: SlateLog, { prefix, position }: SlateWeights): readonly SlatePosition[] {
  return Array.from({ length: mostSteps(offsets) }, (_, step) => {
    const places: number[] = []
    for (let i = 0; i + 1 < offsets.length; i++)
      if (offsets[i]! + step < offsets[i + 1]!) places.push(offsets[i]! + step)
    const worth = (column: Float64Array | undefined) =>
      column === undefined ? null : effectiveSampleSize(places.map((place) => column[place]!))
    return { position: step + 1, slates: places.length, byPrefix: worth(prefix), byPosition: worth(position) }
  })
}
