import { addOuterProduct, choleskyFactor, choleskySolve, packedIndex, packedLength } from '../numeric/index.ts'
import type { EvaluationLog } from './evaluation-log.ts'
import { featureReader } from './model-features.ts'
import { chosenAt } from './reward-model.ts'
import type { StepPredictions } from './step-estimators.ts'

/** Sequences of decisions: the steps of sequence i are the decisions `sequences[i]` to `sequences[i + 1] − 1` of `steps`, in the order in which they were made. */
export interface StepLog {
  readonly steps: EvaluationLog
  readonly sequences: ArrayLike<number>
  /** By step: what a reward then counts at the start of its sequence, in (0, 1]. */
  readonly discounts: ArrayLike<number>
}

/**
 * From which steps Q with h steps to go is learned: `aligned`, those with exactly h to go, for short sequences whose positions
 * differ; `pooled`, all that have a next one, which assumes that what follows a state does not hang on when it is reached.
 */
export type QPooling = 'aligned' | 'pooled'

/** Rows of one regression: features of what was chosen, and their mean under the target. */
export interface QDesign {
  readonly size: number
  readonly chosen: Float64Array
  readonly mean: Float64Array
  /** By step: how many steps of its sequence come after it. */
  readonly toGo: Int32Array
}

export interface QFitting {
  readonly pooling: QPooling
  /** By step: how often it is learned from; 0 leaves it out. */
  readonly counts: ArrayLike<number>
}

/** Weights of Q by steps to go. */
export type FittedQ = readonly Float64Array[]

// In rows: holds features at 0 without levelling what a few hundred rows say; the constant is free but for what keeps the matrix regular.
const PENALTY = 1
const CONSTANT_PENALTY = 1e-6
// Features beyond which actions have no slopes of their own.
const MOST_FEATURES = 120

/** Features of a step: 1, context, the action's own level and slopes on the context where there is room, and features of the action. */
export function designOf({ steps, sequences }: StepLog): QDesign {
  const n = steps.chosen.length
  const row = actionFeatures(steps)
  const { size } = row
  const chosen = new Float64Array(n * size)
  const mean = new Float64Array(n * size)
  for (let i = 0; i < n; i++) {
    for (let k = steps.offsets[i]!; k < steps.offsets[i + 1]!; k++) {
      const isChosen = k === chosenAt(steps, i)
      const share = steps.targetPolicy[k]!
      if (!isChosen && share === 0) continue
      const own = row.read(i, k)
      if (isChosen) chosen.set(own, i * size)
      for (let j = 0; j < size; j++) mean[i * size + j] = mean[i * size + j]! + share * own[j]!
    }
  }
  return { size, chosen, mean, toGo: stepsToGo(sequences, n) }
}

/** Reads features of one action of one step, into one buffer that each call writes anew. */
function actionFeatures(steps: EvaluationLog) {
  const reader = featureReader(
    steps,
    Int32Array.from({ length: steps.chosen.length }, (_, i) => i),
  )
  const actions = steps.identities?.names.length ?? 0
  const shared = 1 + reader.size
  const hasSlopes = shared + actions * (1 + reader.contextSize) <= MOST_FEATURES
  const ownSize = hasSlopes ? 1 + reader.contextSize : 1
  const buffer = new Float64Array(shared + actions * ownSize)
  return {
    size: buffer.length,
    read: (step: number, at: number): Float64Array => {
      const features = reader.read(step, at)
      buffer.fill(0, shared)
      buffer[0] = 1
      buffer.set(features, 1)
      if (steps.identities === undefined) return buffer
      const own = shared + steps.identities.indices[at]! * ownSize
      buffer[own] = 1
      if (hasSlopes) buffer.set(features.subarray(0, reader.contextSize), own + 1)
      return buffer
    },
  }
}

function stepsToGo(sequences: ArrayLike<number>, steps: number): Int32Array {
  const toGo = new Int32Array(steps)
  for (let i = 0; i + 1 < sequences.length; i++)
    for (let k = sequences[i]!; k < sequences[i + 1]!; k++) toGo[k] = sequences[i + 1]! - 1 - k
  return toGo
}

/**
 * FQE (Le, Voloshin & Yue 2019, with a linear Q): what the target gets from a step on, by ridge regression of r + γ V on features, from the last step
 * backwards. Needs no weights, so that long horizons do not tear it apart; right only where Q is linear in the declared features
 * and those tell all that matters of the past. What V says is kept within twice the range of rewards per step to come, or one
 * bad extrapolation would feed the next.
 */
export function fitQ(
  log: StepLog,
  design: QDesign,
  { rewards, pooling, counts }: QFitting & { readonly rewards: ArrayLike<number> },
): FittedQ {
  const { size, toGo } = design
  const most = toGo.reduce((longest, own) => Math.max(longest, own), 0)
  const bounds = boundsOf(rewards)
  const fitted: Float64Array[] = []
  let factor: Float64Array | null = null
  for (let left = 0; left <= most; left++) {
    const isIn = (k: number): boolean =>
      counts[k]! > 0 && (pooling === 'aligned' ? toGo[k] === left : left === 0 || toGo[k]! > 0)
    // Of pooled steps the matrix changes once, when the last steps of sequences drop out.
    if (factor === null || pooling === 'aligned' || left === 1) factor = factorOf(design, counts, isIn)
    const right = new Float64Array(size)
    const before = fitted[left - 1]
    for (let k = 0; k < toGo.length; k++) {
      if (!isIn(k)) continue
      const target = rewards[k]! + (before === undefined ? 0 : valueOfNext(log, design, { before, k, left, bounds }))
      for (let j = 0; j < size; j++) right[j] = right[j]! + counts[k]! * target * design.chosen[k * size + j]!
    }
    fitted.push(choleskySolve(factor, right))
  }
  return fitted
}

function valueOfNext(
  { discounts }: StepLog,
  { mean, size }: QDesign,
  {
    before,
    k,
    left,
    bounds,
  }: { readonly before: Float64Array; readonly k: number; readonly left: number; readonly bounds: Bounds },
): number {
  const value = product(mean, (k + 1) * size, before)
  return (discounts[k + 1]! / discounts[k]!) * Math.min(left * bounds.high, Math.max(left * bounds.low, value))
}

interface Bounds {
  readonly low: number
  readonly high: number
}

/** What a step can be worth, widened by its range, and holding 0. */
function boundsOf(rewards: ArrayLike<number>): Bounds {
  let [low, high] = [0, 0]
  for (let k = 0; k < rewards.length; k++) {
    low = Math.min(low, rewards[k]!)
    high = Math.max(high, rewards[k]!)
  }
  return { low: low - (high - low), high: high + (high - low) }
}

function factorOf(design: QDesign, counts: ArrayLike<number>, isIn: (k: number) => boolean): Float64Array {
  const { size, chosen, toGo } = design
  const matrix = new Float64Array(packedLength(size))
  for (let j = 0; j < size; j++) matrix[packedIndex(j, j)] = j === 0 ? CONSTANT_PENALTY : PENALTY
  for (let k = 0; k < toGo.length; k++)
    if (isIn(k)) addOuterProduct(matrix, chosen.subarray(k * size, (k + 1) * size), counts[k]!)
  const factor = choleskyFactor(matrix, size)
  if (factor === null) throw new RangeError(`features must be finite, for ${size} of them`)
  return factor
}

/** What a fitted Q says of steps, each with its own number of steps to go; into `out`, discounted to the start of the sequence. */
export function predictSteps(
  { discounts }: StepLog,
  { size, chosen, mean, toGo }: QDesign,
  {
    fitted,
    isIn,
    out,
  }: {
    readonly fitted: FittedQ
    readonly isIn: (step: number) => boolean
    readonly out: { readonly predicted: Float64Array; readonly expected: Float64Array }
  },
): void {
  for (let k = 0; k < toGo.length; k++) {
    const weights = fitted[toGo[k]!]
    if (!isIn(k) || weights === undefined) continue
    out.predicted[k] = discounts[k]! * product(chosen, k * size, weights)
    out.expected[k] = discounts[k]! * product(mean, k * size, weights)
  }
}

/** Q of every step from a fit that has not seen its user. `foldOf` by step. */
export function crossFitQ(
  log: StepLog,
  design: QDesign,
  {
    rewards,
    pooling,
    foldOf,
    folds,
  }: {
    readonly rewards: ArrayLike<number>
    readonly pooling: QPooling
    readonly foldOf: Uint8Array
    readonly folds: number
  },
): StepPredictions {
  const n = design.toGo.length
  const out = { predicted: new Float64Array(n), expected: new Float64Array(n) }
  for (let fold = 0; fold < folds; fold++) {
    const counts = Uint8Array.from(foldOf, (own) => (own === fold ? 0 : 1))
    const fitted = fitQ(log, design, { rewards, pooling, counts })
    predictSteps(log, design, { fitted, isIn: (k) => foldOf[k] === fold, out })
  }
  return out
}

function product(matrix: Float64Array, from: number, weights: Float64Array): number {
  let sum = 0
  for (let j = 0; j < weights.length; j++) sum += matrix[from + j]! * weights[j]!
  return sum
}
