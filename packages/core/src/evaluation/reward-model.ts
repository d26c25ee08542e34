import type { EvaluationLog } from './evaluation-log.ts'
import { type FeatureReader, featureReader } from './model-features.ts'
import { addRidgeRow, noRidgeSums, solveRidgeSums } from './ridge-sums.ts'

/** How strongly the parts of a reward model are held at 0, in rows; a part that is null is left out. */
export interface RewardPenalties {
  /** Of context and features, for all actions alike. */
  readonly pooled: number | null
  /** Of each action's own level. */
  readonly level: number | null
  /** Of each action's own slopes on the context. */
  readonly slopes: number | null
}

/** Rewards by objective, and the decisions to learn from. */
export interface RewardRows {
  readonly rewards: readonly ArrayLike<number>[]
  readonly rows: Int32Array
}

/** Predicts each objective's reward of the action at flat place `at`, into `out`. */
export type RewardModel = (decision: number, at: number, out: Float64Array) => void

/**
 * Linear reward models of several objectives on the same rows: ridge regression on context and features of the action, then, of what is left, a
 * level and slopes on the context for each action by itself. Predictions stay within three times the range of the rewards.
 */
export function fitRewardModel(
  log: EvaluationLog,
  { rewards, rows }: RewardRows,
  penalties: RewardPenalties,
): RewardModel {
  const reader = featureReader(log, rows)
  const levels = Float64Array.from(rewards, (column) => meanOf(column, rows))
  const pooled =
    penalties.pooled === null ? null : fitPooled(log, { rewards, rows }, { reader, levels, penalty: penalties.pooled })
  const base: RewardModel = (decision, at, out) => {
    out.set(levels)
    if (pooled !== null) addProducts(out, pooled, reader.read(decision, at))
  }
  const own = penalties.level === null ? null : fitOwn(log, { rewards, rows }, { reader, base, penalties })
  const bounds = rewards.map((column) => widenedRange(column, rows))
  const { identities } = log
  return (decision, at, out) => {
    base(decision, at, out)
    const slopes = identities === undefined ? undefined : own?.get(identities.indices[at]!)
    if (slopes !== undefined) addOwn(out, slopes, reader.read(decision, at))
    for (let m = 0; m < out.length; m++) out[m] = Math.min(bounds[m]!.high, Math.max(bounds[m]!.low, out[m]!))
  }
}

interface Fitting {
  readonly reader: FeatureReader
  readonly levels: Float64Array
  readonly penalty: number
}

function fitPooled(
  log: EvaluationLog,
  { rewards, rows }: RewardRows,
  { reader, levels, penalty }: Fitting,
): readonly Float64Array[] {
  const sums = noRidgeSums(reader.size, rewards.length)
  const targets = new Float64Array(rewards.length)
  for (const i of rows) {
    for (let m = 0; m < targets.length; m++) targets[m] = rewards[m]![i]! - levels[m]!
    addRidgeRow(sums, reader.read(i, chosenAt(log, i)), targets)
  }
  return solveRidgeSums(sums, new Float64Array(reader.size).fill(penalty))
}

interface OwnFitting {
  readonly reader: FeatureReader
  readonly base: RewardModel
  readonly penalties: RewardPenalties
}

/** By action identity and objective: level, and slopes where they are asked for. */
type OwnWeights = ReadonlyMap<number, readonly Float64Array[]>

/** Of what the base leaves over, action by action. */
function fitOwn(
  log: EvaluationLog,
  { rewards, rows }: RewardRows,
  { reader, base, penalties }: OwnFitting,
): OwnWeights | null {
  if (log.identities === undefined) return null
  const own = new Map<number, readonly Float64Array[]>()
  const size = 1 + (penalties.slopes === null ? 0 : reader.contextSize)
  const held = new Float64Array(size).fill(penalties.slopes ?? 0)
  held[0] = penalties.level ?? 0
  const features = new Float64Array(size).fill(1)
  const left = new Float64Array(rewards.length)
  for (const [identity, members] of rowsByIdentity(log, log.identities.indices, rows)) {
    const sums = noRidgeSums(size, rewards.length)
    for (const i of members) {
      base(i, chosenAt(log, i), left)
      for (let m = 0; m < left.length; m++) left[m] = rewards[m]![i]! - left[m]!
      if (size > 1) features.set(reader.read(i, chosenAt(log, i)).subarray(0, size - 1), 1)
      addRidgeRow(sums, features, left)
    }
    own.set(identity, solveRidgeSums(sums, held))
  }
  return own
}

function rowsByIdentity(log: EvaluationLog, indices: ArrayLike<number>, rows: Int32Array): Map<number, number[]> {
  const groups = new Map<number, number[]>()
  for (const i of rows) {
    const identity = indices[chosenAt(log, i)]!
    const group = groups.get(identity)
    if (group === undefined) groups.set(identity, [i])
    else group.push(i)
  }
  return groups
}

/** Flat place of the chosen action. */
export function chosenAt({ offsets, chosen }: EvaluationLog, decision: number): number {
  return offsets[decision]! + chosen[decision]!
}

function addProducts(out: Float64Array, weights: readonly Float64Array[], row: Float64Array): void {
  for (let m = 0; m < out.length; m++) {
    const own = weights[m]!
    let sum = 0
    for (let j = 0; j < row.length; j++) sum += own[j]! * row[j]!
    out[m] = out[m]! + sum
  }
}

function addOwn(out: Float64Array, weights: readonly Float64Array[], row: Float64Array): void {
  for (let m = 0; m < out.length; m++) {
    const own = weights[m]!
    let sum = own[0]!
    for (let j = 1; j < own.length; j++) sum += own[j]! * row[j - 1]!
    out[m] = out[m]! + sum
  }
}

function meanOf(column: ArrayLike<number>, rows: Int32Array): number {
  let sum = 0
  for (const i of rows) sum += column[i]!
  return rows.length === 0 ? 0 : sum / rows.length
}

/** A linear model of rare rewards is right in the mean only if it may fall below them; far beyond them it is an extrapolation. */
function widenedRange(column: ArrayLike<number>, rows: Int32Array): { readonly low: number; readonly high: number } {
  if (rows.length === 0) return { low: 0, high: 0 }
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const i of rows) {
    low = Math.min(low, column[i]!)
    high = Math.max(high, column[i]!)
  }
  return { low: low - (high - low), high: high + (high - low) }
}
