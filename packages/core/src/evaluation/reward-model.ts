import type { EvaluationLog } from './evaluation-log.ts'
import { type FeatureReader, featureReader } from './model-features.ts'
import { addRidgeRow, noRidgeSums, type RidgeSums, solveRidgeSums } from './ridge-sums.ts'

// In units of rows, of features with variance 1: what a weight is held back by. Slopes of single actions are held most.
const POOLED_PENALTY = 10
const ACTION_PENALTY = 10
const SLOPE_PENALTY = 50

/** Fits per objective; predictions by objective and, flat, by action of each decision. */
export type RewardPredictions = readonly Float64Array[]

/**
 * Predicted rewards of every action of every decision, each from a model that has not seen the decision's user. In the folds of other users:
 * ridge regression on context and features of the action, then, of what is left, a level and slopes on the context for each
 * action by itself, held back as the rows are few. Predictions stay within the rewards seen. It need not be right: DR
 * stays unbiased with a poor one and only gets wider. `foldOf`: by decision.
 */
export function predictRewards(
  log: EvaluationLog,
  rewards: readonly ArrayLike<number>[],
  { foldOf, folds }: { readonly foldOf: Uint8Array; readonly folds: number },
): RewardPredictions {
  const predictions = rewards.map(() => new Float64Array(log.targetPolicy.length))
  for (let fold = 0; fold < folds; fold++) {
    const rows = decisionsOutside(foldOf, fold)
    const model = fitRewards(log, rewards, rows)
    for (let i = 0; i < foldOf.length; i++)
      if (foldOf[i] === fold) predictDecision(log, model, { decision: i, predictions })
  }
  return predictions
}

interface RewardModel {
  readonly reader: FeatureReader
  readonly levels: readonly number[]
  readonly pooled: readonly Float64Array[]
  /** By action identity and objective: level and slopes on the context; absent where no row has the action. */
  readonly own: ReadonlyMap<number, readonly Float64Array[]>
  readonly ranges: readonly { readonly low: number; readonly high: number }[]
}

function decisionsOutside(foldOf: Uint8Array, fold: number): Int32Array {
  let count = 0
  const rows = new Int32Array(foldOf.length)
  for (let i = 0; i < foldOf.length; i++) if (foldOf[i] !== fold) rows[count++] = i
  return rows.subarray(0, count)
}

function fitRewards(log: EvaluationLog, rewards: readonly ArrayLike<number>[], rows: Int32Array): RewardModel {
  const reader = featureReader(log, rows)
  const levels = rewards.map((column) => meanOf(column, rows))
  const sums = noRidgeSums(reader.size, rewards.length)
  const targets = new Float64Array(rewards.length)
  for (const i of rows) {
    rewards.forEach((column, m) => {
      targets[m] = column[i]! - levels[m]!
    })
    addRidgeRow(sums, reader.read(i, log.offsets[i]! + log.chosen[i]!), targets)
  }
  const pooled = solveRidgeSums(sums, new Float64Array(reader.size).fill(POOLED_PENALTY))
  const own = fitOwn(log, rewards, { rows, reader, levels, pooled })
  return { reader, levels, pooled, own, ranges: rewards.map((column) => rangeOf(column, rows)) }
}

/** What is left, action by action. */
function fitOwn(
  log: EvaluationLog,
  rewards: readonly ArrayLike<number>[],
  fit: Pick<RewardModel, 'reader' | 'levels' | 'pooled'> & { readonly rows: Int32Array },
): RewardModel['own'] {
  const own = new Map<number, readonly Float64Array[]>()
  const { identities } = log
  if (identities === undefined) return own
  const { reader, rows, levels, pooled } = fit
  const size = 1 + reader.contextSize
  const penalties = new Float64Array(size).fill(SLOPE_PENALTY).fill(ACTION_PENALTY, 0, 1)
  const features = new Float64Array(size).fill(1)
  const left = new Float64Array(rewards.length)
  for (const [identity, members] of rowsByIdentity(log, identities.indices, rows)) {
    const sums: RidgeSums = noRidgeSums(size, rewards.length)
    for (const i of members) {
      const row = reader.read(i, log.offsets[i]! + log.chosen[i]!)
      features.set(row.subarray(0, reader.contextSize), 1)
      rewards.forEach((column, m) => {
        left[m] = column[i]! - levels[m]! - dot(pooled[m]!, row)
      })
      addRidgeRow(sums, features, left)
    }
    own.set(identity, solveRidgeSums(sums, penalties))
  }
  return own
}

function rowsByIdentity(log: EvaluationLog, indices: ArrayLike<number>, rows: Int32Array): Map<number, number[]> {
  const groups = new Map<number, number[]>()
  for (const i of rows) {
    const identity = indices[log.offsets[i]! + log.chosen[i]!]!
    const group = groups.get(identity)
    if (group === undefined) groups.set(identity, [i])
    else group.push(i)
  }
  return groups
}

function predictDecision(
  { offsets, identities }: EvaluationLog,
  { reader, levels, pooled, own, ranges }: RewardModel,
  { decision, predictions }: { readonly decision: number; readonly predictions: readonly Float64Array[] },
): void {
  for (let k = offsets[decision]!; k < offsets[decision + 1]!; k++) {
    const row = reader.read(decision, k)
    const extra = identities === undefined ? undefined : own.get(identities.indices[k]!)
    predictions.forEach((column, m) => {
      const slopes = extra?.[m]
      const ownPart = slopes === undefined ? 0 : slopes[0]! + dotFrom(slopes, row, reader.contextSize)
      const { low, high } = ranges[m]!
      column[k] = Math.min(high, Math.max(low, levels[m]! + dot(pooled[m]!, row) + ownPart))
    })
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!
  return sum
}

/** Σ slopes[1 + j] · row[j] over the context. */
function dotFrom(slopes: Float64Array, row: Float64Array, contextSize: number): number {
  let sum = 0
  for (let j = 0; j < contextSize; j++) sum += slopes[1 + j]! * row[j]!
  return sum
}

function meanOf(column: ArrayLike<number>, rows: Int32Array): number {
  let sum = 0
  for (const i of rows) sum += column[i]!
  return rows.length === 0 ? 0 : sum / rows.length
}

function rangeOf(column: ArrayLike<number>, rows: Int32Array): { readonly low: number; readonly high: number } {
  if (rows.length === 0) return { low: 0, high: 0 }
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const i of rows) {
    low = Math.min(low, column[i]!)
    high = Math.max(high, column[i]!)
  }
  return { low, high }
}
