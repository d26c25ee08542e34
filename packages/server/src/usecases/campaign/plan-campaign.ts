import { dependentRounding, PalomaError, randomFrom } from '@paloma/core'
import type { BatchPolicy } from './campaign-distribution.ts'
import type { CampaignRow } from './cells.ts'
import { encodeRows } from './features.ts'
import type { LearnedCampaign } from './learn-campaign.ts'
import { type CampaignValues, predictCampaign } from './predict-campaign.ts'
import { CHEAPER, type ChannelLimits, type PricedPolicy, pricedPolicy } from './priced-policy.ts'
import { userIds } from './user-ids.ts'

/**
 * Why a user got what he got: the action with the highest priced score, another one to keep learning, or nothing
 * although a send would have helped, because others needed the limited sends more.
 */
export const PLAN_REASONS = ['best', 'explored', 'limit'] as const
export type PlanReason = (typeof PLAN_REASONS)[number]

export interface PlanOptions {
  readonly limits: ChannelLimits
  /** How scores become probabilities. */
  readonly policy: BatchPolicy
  /** The same seed gives the same plan. */
  readonly seed: string
}

/** One action for every user, with the probabilities it was drawn with. */
export interface CampaignPlan extends CampaignValues, PricedPolicy {
  readonly ids: readonly string[]
  readonly chosen: Int32Array
  readonly options: PlanOptions
}

/** Explores with Thompson probabilities and leaves every action 2 % shared equally. */
export const DEFAULT_PLAN_POLICY: BatchPolicy = { kind: 'thompson', floor: 0.02, sharpness: 1 }

/**
 * Plans a campaign: values, prices that make the limits hold, probabilities, and one joint draw whose sends never exceed
 * a limit while every user's action keeps exactly its probability. Deterministic by seed, in the order of the rows.
 */
export function planCampaign(
  learned: LearnedCampaign,
  rows: readonly CampaignRow[],
  options: PlanOptions,
): CampaignPlan {
  if (rows.length === 0) throw new PalomaError('CAMPAIGN_EMPTY', 'the table of users has no rows')
  const ids = userIds(learned.mapping, rows)
  const values = predictCampaign(learned, encodeRows(learned.features, rows), 1 + learned.features.length)
  const priced = pricedPolicy(values, options.policy, options.limits)
  const chosen = dependentRounding({
    probabilities: priced.probabilities,
    actions: values.actions.length,
    resourceOf: priced.resourceOf,
    resources: priced.channels.length,
    random: randomFrom(`campaign-plan:${options.seed}`),
  })
  const plan = { ...values, ...priced, ids, chosen, options }
  checkLimits(plan)
  return plan
}

/** Why the user with this number got his action; the two prices that the plan may mix count alike. */
export function planReason(plan: CampaignPlan, user: number): PlanReason {
  const start = user * plan.actions.length
  const end = start + plan.actions.length
  const scores = plan.scores.subarray(start, end)
  const priced = plan.pricedScores.subarray(start, end)
  const cheaper = priced.map((score, a) => score + (1 - CHEAPER) * (scores[a]! - score))
  const chosen = plan.chosen[user]!
  if (chosen !== argmax(priced) && chosen !== argmax(cheaper)) return 'explored'
  return chosen === 0 && argmax(scores) !== 0 ? 'limit' : 'best'
}

function argmax(values: Float64Array): number {
  let best = 0
  for (let i = 1; i < values.length; i += 1) if (values[i]! > values[best]!) best = i
  return best
}

/** Sends of the draw per limited channel. */
export function sendsPerChannel(plan: Pick<CampaignPlan, 'chosen' | 'resourceOf' | 'channels'>): Int32Array {
  const sends = new Int32Array(plan.channels.length)
  for (const action of plan.chosen) {
    const m = plan.resourceOf[action]!
    if (m >= 0) sends[m] = sends[m]! + 1
  }
  return sends
}

function checkLimits(plan: CampaignPlan): void {
  const sends = sendsPerChannel(plan)
  for (const [m, channel] of plan.channels.entries()) {
    if (sends[m]! <= plan.options.limits[channel]!) continue
    throw new PalomaError('CAMPAIGN_LIMIT', `the draw has ${sends[m]} sends on ${channel}, above its limit`)
  }
}
