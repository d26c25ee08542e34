import type { EvaluationLog } from './evaluation-log.ts'
import type { EvaluationProgress } from './evaluation-progress.ts'
import { chosenAt, fitRewardModel, type RewardModel, type RewardPenalties } from './reward-model.ts'

/** Where users stand: fold by decision, and how many folds there are. */
export interface DecisionFolds {
  readonly foldOf: Uint8Array
  readonly folds: number
  readonly onProgress?: EvaluationProgress | undefined
}

/** Models that are tried, from nothing but a level on. */
const CANDIDATES: readonly RewardPenalties[] = [
  { pooled: null, level: null, slopes: null },
  ...[20, 200].map((level) => ({ pooled: null, level, slopes: null })),
  ...[20, 200, 2000].flatMap((pooled) => [20, 200].map((level) => ({ pooled, level, slopes: null }))),
  ...[20, 200].flatMap((pooled) => [50, 500].map((slopes) => ({ pooled, level: pooled, slopes }))),
]

// Decisions of the folds learned from on which candidates are compared: more tell no more of which is best.
const MOST_TUNED = 20_000

/**
 * Predicted rewards by objective and, flat, of every action of every decision, each from a model that has not seen the decision's user. Which
 * penalties it has is chosen, objective by objective, among users of the other folds alone, by the squared error on one half of what the
 * other half taught; nothing but the mean is among the choices, so that a useless model is not used. It need not be right: DR
 * stays unbiased with a poor one and only gets wider.
 */
export function predictRewards(
  log: EvaluationLog,
  rewards: readonly ArrayLike<number>[],
  { foldOf, folds, onProgress }: DecisionFolds,
): readonly Float64Array[] {
  const predictions = rewards.map(() => new Float64Array(log.targetPolicy.length))
  for (let fold = 0; fold < folds; fold++) {
    onProgress?.({ part: 'model', done: fold, of: folds })
    const rows = decisionsWhere(foldOf, (own) => own !== fold)
    const held = decisionsWhere(foldOf, (own) => own === fold)
    const choices = choosePenalties(log, rewards, rows)
    for (const penalties of new Set(choices)) {
      const members = choices.flatMap((choice, m) => (choice === penalties ? [m] : []))
      const model = fitRewardModel(log, { rewards: members.map((m) => rewards[m]!), rows }, penalties)
      predictDecisions(log, model, { decisions: held, columns: members.map((m) => predictions[m]!) })
    }
  }
  return predictions
}

function predictDecisions(
  { offsets }: EvaluationLog,
  model: RewardModel,
  { decisions, columns }: { readonly decisions: Int32Array; readonly columns: readonly Float64Array[] },
): void {
  const out = new Float64Array(columns.length)
  for (const i of decisions)
    for (let k = offsets[i]!; k < offsets[i + 1]!; k++) {
      model(i, k, out)
      for (let m = 0; m < out.length; m++) columns[m]![k] = out[m]!
    }
}

function choosePenalties(
  log: EvaluationLog,
  rewards: readonly ArrayLike<number>[],
  rows: Int32Array,
): readonly RewardPenalties[] {
  const candidates = CANDIDATES.filter((candidate) => isPossible(log, candidate))
  const halves = halvesOf(log, rows)
  const errors = candidates.map((penalties) => {
    const own = new Float64Array(rewards.length)
    for (const half of [0, 1]) {
      const model = fitRewardModel(log, { rewards, rows: halves[1 - half]! }, penalties)
      addErrors(own, log, { model, rewards, rows: halves[half]! })
    }
    return own
  })
  return rewards.map((_, m) => {
    const best = errors.reduce((least, own, c) => (own[m]! < errors[least]![m]! ? c : least), 0)
    return candidates[best]!
  })
}

function isPossible({ context, actionFeatures, identities }: EvaluationLog, candidate: RewardPenalties): boolean {
  const hasFeatures = (context?.width ?? 0) + (actionFeatures?.width ?? 0) > 0
  if (candidate.pooled !== null && !hasFeatures) return false
  if (candidate.level !== null && identities === undefined)
    return candidate.slopes === null && candidate.pooled !== null
  return candidate.slopes === null || (context?.width ?? 0) > 0
}

/** Users by turns in one half or the other; where there are very many decisions, of every second, third or further user, whenever they came. */
function halvesOf({ users }: EvaluationLog, rows: Int32Array): readonly [Int32Array, Int32Array] {
  const order = Array.from(new Set(Array.from(rows, (i) => users[i]!))).sort((a, b) => a - b)
  const step = Math.ceil(rows.length / MOST_TUNED)
  const picked = order.filter((_, rank) => rank % step === 0)
  const halfOf = new Map(picked.map((user, rank) => [user, rank % 2]))
  const half = (wanted: number) => rows.filter((i) => halfOf.get(users[i]!) === wanted)
  return [half(0), half(1)]
}

function addErrors(
  errors: Float64Array,
  log: EvaluationLog,
  {
    model,
    rewards,
    rows,
  }: { readonly model: RewardModel; readonly rewards: readonly ArrayLike<number>[]; readonly rows: Int32Array },
): void {
  const out = new Float64Array(rewards.length)
  for (const i of rows) {
    model(i, chosenAt(log, i), out)
    for (let m = 0; m < out.length; m++) errors[m] = errors[m]! + (rewards[m]![i]! - out[m]!) ** 2
  }
}

function decisionsWhere(foldOf: Uint8Array, isIn: (fold: number) => boolean): Int32Array {
  let count = 0
  const rows = new Int32Array(foldOf.length)
  for (let i = 0; i < foldOf.length; i++) if (isIn(foldOf[i]!)) rows[count++] = i
  return rows.subarray(0, count)
}
