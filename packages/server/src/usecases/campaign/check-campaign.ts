import { effectiveSampleSize, momentsOf, randomFrom } from '@paloma/core'
import type { Interval } from '../contract.ts'
import type { CampaignRow } from './cells.ts'
import { type FixedPlan, fixedProbability } from './fixed-plan.ts'
import { type EncodedPast, encodePast, fitHeads, type LearnedCampaign } from './learn-campaign.ts'
import {
  couldAverageOne,
  doublyRobustScores,
  importanceValue,
  importanceWeights,
  intervalOf,
  type OffPolicyValue,
  tellsEnough,
} from './off-policy.ts'
import type { PlanOptions } from './plan-campaign.ts'
import { predictAction, predictCampaign } from './predict-campaign.ts'
import { type ChannelLimits, pricedPolicy } from './priced-policy.ts'
import { screenPast } from './screen-past.ts'

/**
 * What the past campaign says of planning this way, for one objective or for the weighted score; values per user. Null where too few users
 * tell of it: see `tellsEnough`.
 */
export interface ObjectiveCheck {
  readonly plan: OffPolicyValue & { readonly doublyRobust: Interval | null }
  readonly bestFixed: Interval | null
  /** Plan minus best fixed plan, doubly robust on the same users. */
  readonly difference: Interval | null
}

/** Means of the importance weights, 1 up to chance: elsewhere the stated propensities are wrong, or rule out what the target does. */
export interface MeanWeight {
  readonly plan: number
  readonly bestFixed: number
  /** Both; one false alarm in a thousand. */
  readonly couldBeOne: boolean
}

export interface CampaignCheck {
  readonly rows: number
  readonly effectiveSampleSize: number
  readonly meanWeight: MeanWeight
  readonly objectives: Readonly<Record<string, ObjectiveCheck>>
  /** Σ weight × reward − cost. */
  readonly combined: ObjectiveCheck
}

export interface CheckOptions extends PlanOptions {
  /** How many users the plan is for; limits are scaled to the users checked. */
  readonly plannedUsers: number
  readonly bestFixed: FixedPlan
}

/**
 * Judges the way of planning on the past campaign, two-fold cross-fitted: each half is planned by what was learned from
 * the other half, so nothing is judged on the users it was learned from. The fixed plan to beat is that of all users.
 */
export function checkCampaign(
  learned: Pick<LearnedCampaign, 'mapping' | 'features'>,
  rows: readonly CampaignRow[],
  options: CheckOptions,
): CampaignCheck {
  const past = encodePast(learned.mapping, learned.features, screenPast(learned.mapping, rows).rows)
  const crossed = crossFit(learned, past, options)
  const weights = importanceWeights({ ...past, actions: past.actions.length, target: crossed.target })
  const fixed = Float64Array.from(crossed.target, (_, i) =>
    fixedProbability(options.bestFixed, i % past.actions.length),
  )
  const fixedWeights = importanceWeights({ ...past, actions: past.actions.length, target: fixed })
  const judge = (rewards: Float64Array, model: Float64Array, costs: readonly number[] | null): ObjectiveCheck =>
    judgeObjective({ past, target: crossed.target, fixed, weights, fixedWeights, rewards, model, costs })
  const objectives = Object.entries(past.rewards).map(
    ([name, rewards]) => [name, judge(rewards, crossed.models[name]!, null)] as const,
  )
  return {
    rows: past.users,
    effectiveSampleSize: effectiveSampleSize(weights),
    meanWeight: {
      plan: momentsOf(weights).mean,
      bestFixed: momentsOf(fixedWeights).mean,
      couldBeOne: couldAverageOne(weights) && couldAverageOne(fixedWeights),
    },
    objectives: Object.fromEntries(objectives),
    combined: judge(
      weightedSum(learned, past.rewards),
      weightedSum(learned, crossed.models),
      past.actions.map((action) => action.cost),
    ),
  }
}

interface CrossFit {
  /** users × actions: probabilities of the plan. */
  readonly target: Float64Array
  /** By objective, users × actions: the expected reward. */
  readonly models: Readonly<Record<string, Float64Array>>
}

function crossFit(learned: Pick<LearnedCampaign, 'mapping'>, past: EncodedPast, options: CheckOptions): CrossFit {
  const random = randomFrom(`campaign-folds:${options.seed}`)
  const foldOf = Uint8Array.from({ length: past.users }, () => (random() < 0.5 ? 0 : 1))
  const size = past.users * past.actions.length
  const target = new Float64Array(size)
  const models = Object.fromEntries(Object.keys(past.rewards).map((name) => [name, new Float64Array(size)]))
  for (const fold of [0, 1]) {
    const users = Int32Array.from(indicesWhere(foldOf, fold))
    if (users.length === 0) continue
    const { heads } = fitHeads(past, (user) => foldOf[user] !== fold)
    const matrix = takeRows(past.matrix, past.width, users)
    const values = predictCampaign({ mapping: learned.mapping, heads }, matrix, past.width)
    const limits = scaleLimits(options.limits, users.length / options.plannedUsers)
    scatter(pricedPolicy(values, options.policy, limits).probabilities, users, target)
    for (const [name, head] of Object.entries(heads)) {
      const baseline = predictAction(head, 0, { matrix, width: past.width }).mean
      const propensities = takeRows(past.propensities, past.actions.length, users)
      scatter(expectedRewards(baseline, values.means[name]!, propensities), users, models[name]!)
    }
  }
  return { target, models }
}

/** E[r | x, a] = baseline + value(a) − Σ_b p(b) value(b), because the design centres every effect. */
function expectedRewards(baseline: Float64Array, values: Float64Array, propensities: Float64Array): Float64Array {
  const actions = values.length / baseline.length
  const out = new Float64Array(values.length)
  for (let user = 0; user < baseline.length; user += 1) {
    const start = user * actions
    let mean = baseline[user]!
    for (let a = 0; a < actions; a += 1) mean -= propensities[start + a]! * values[start + a]!
    for (let a = 0; a < actions; a += 1) out[start + a] = mean + values[start + a]!
  }
  return out
}

interface Judged {
  readonly past: EncodedPast
  readonly target: Float64Array
  readonly fixed: Float64Array
  readonly weights: Float64Array
  readonly fixedWeights: Float64Array
  readonly rewards: Float64Array
  readonly model: Float64Array
  /** Per action, where costs count; the logged reward and the model are both lowered by them. */
  readonly costs: readonly number[] | null
}

const UNTOLD: ObjectiveCheck['plan'] = { ips: null, snips: null, doublyRobust: null }

function judgeObjective(judged: Judged): ObjectiveCheck {
  const { past, target, fixed, weights, fixedWeights, costs } = judged
  const actions = past.actions.length
  const costOf = (action: number): number => costs?.[action] ?? 0
  const rewards = judged.rewards.map((reward, user) => reward - costOf(past.taken[user]!))
  const model = judged.model.map((value, i) => value - costOf(i % actions))
  const robust = (probabilities: Float64Array): Interval | null =>
    intervalOf(momentsOf(doublyRobustScores({ ...past, actions, target: probabilities, rewards }, model)))
  const isPlanTold = tellsEnough(weights, judged.rewards)
  const isFixedTold = tellsEnough(fixedWeights, judged.rewards)
  const difference = (): Interval | null => robust(target.map((p, i) => p - fixed[i]!))
  return {
    plan: isPlanTold ? { ...importanceValue(weights, rewards), doublyRobust: robust(target) } : UNTOLD,
    bestFixed: isFixedTold ? robust(fixed) : null,
    difference: isPlanTold && isFixedTold ? difference() : null,
  }
}

function weightedSum(
  learned: Pick<LearnedCampaign, 'mapping'>,
  columns: Readonly<Record<string, Float64Array>>,
): Float64Array {
  const entries = Object.entries(learned.mapping.outcomes)
  const first = columns[entries[0]![0]]!
  return first.map((_, i) => entries.reduce((sum, [name, { weight }]) => sum + weight * columns[name]![i]!, 0))
}

function scaleLimits(limits: ChannelLimits, share: number): ChannelLimits {
  return Object.fromEntries(Object.entries(limits).map(([channel, limit]) => [channel, Math.round(limit * share)]))
}

function indicesWhere(values: Uint8Array, wanted: number): readonly number[] {
  const found: number[] = []
  for (let i = 0; i < values.length; i += 1) if (values[i] === wanted) found.push(i)
  return found
}

function takeRows(matrix: Float64Array, width: number, rows: Int32Array): Float64Array {
  const out = new Float64Array(rows.length * width)
  for (let i = 0; i < rows.length; i += 1) {
    out.set(matrix.subarray(rows[i]! * width, (rows[i]! + 1) * width), i * width)
  }
  return out
}

function scatter(part: Float64Array, rows: Int32Array, out: Float64Array): void {
  const width = part.length / rows.length
  for (let i = 0; i < rows.length; i += 1) {
    out.set(part.subarray(i * width, (i + 1) * width), rows[i]! * width)
  }
}
