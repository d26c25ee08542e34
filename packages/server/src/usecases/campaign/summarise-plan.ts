import type { Channel } from '@paloma/core'
import type { Interval } from '../contract.ts'
import type { CampaignRow } from './cells.ts'
import { type CampaignCheck, checkCampaign } from './check-campaign.ts'
import { type ActionWeights, normalInterval, totalDirection, totalMoments } from './expected-totals.ts'
import { encodeRows } from './features.ts'
import { bestFixedPlan, type FixedPlan, fixedProbability } from './fixed-plan.ts'
import type { LearnedCampaign } from './learn-campaign.ts'
import { type CampaignPlan, planReason } from './plan-campaign.ts'

export interface ActionSummary {
  readonly action: string
  readonly channel: Channel | null
  readonly users: number
  /** Σ of the probabilities: how many users it has on average over draws. */
  readonly expectedUsers: number
}

export interface ChannelSummary {
  readonly sends: number
  readonly expectedSends: number
  readonly limit: number | null
  /** What one more send is worth, on the common value scale. */
  readonly price: number
}

/** Expected totals over all users by the heads' posterior, in the objective's unit (`combined`: score). */
export interface TotalSummary {
  readonly unit: string
  readonly againstHold: Interval
  readonly againstBestFixed: Interval
}

export interface CampaignSummary {
  readonly rows: number
  readonly seed: string
  /** As used: the floor may be lower than asked for. */
  readonly policy: CampaignPlan['policy']
  readonly actions: readonly ActionSummary[]
  readonly channels: Readonly<Record<string, ChannelSummary>>
  readonly reasons: Readonly<Record<string, number>>
  readonly bestFixed: { readonly action: string; readonly share: number }
  readonly expected: Readonly<Record<string, TotalSummary>>
  /** Null where no table of a past campaign was given. */
  readonly check: CampaignCheck | null
  readonly verdict: { readonly isGainShown: boolean; readonly sentence: string }
}

/** Everything there is to say of a plan: counts, prices, expected totals with 95 % intervals and what the past says. */
export function summarisePlan(
  learned: LearnedCampaign,
  plan: CampaignPlan,
  tables: { readonly rows: readonly CampaignRow[]; readonly past: readonly CampaignRow[] | null },
): CampaignSummary {
  const bestFixed = bestFixedPlan(plan, plan.options.limits)
  const check =
    tables.past === null
      ? null
      : checkCampaign(learned, tables.past, { ...plan.options, plannedUsers: plan.users, bestFixed })
  const fixedName = plan.actions[bestFixed.action]!.name
  return {
    rows: plan.users,
    seed: plan.options.seed,
    policy: plan.policy,
    actions: actionSummaries(plan),
    channels: channelSummaries(plan),
    reasons: countReasons(plan),
    bestFixed: { action: fixedName, share: bestFixed.share },
    expected: expectedTotals(learned, plan, { bestFixed, rows: tables.rows }),
    check,
    verdict: verdict(check, fixedSentence(fixedName, bestFixed)),
  }
}

function actionSummaries(plan: CampaignPlan): readonly ActionSummary[] {
  const width = plan.actions.length
  const users = new Int32Array(width)
  const expected = new Float64Array(width)
  for (const action of plan.chosen) users[action] = users[action]! + 1
  for (const [i, p] of plan.probabilities.entries()) expected[i % width] = expected[i % width]! + p
  return plan.actions.map((action, a) => ({
    action: action.name,
    channel: action.channel,
    users: users[a]!,
    expectedUsers: expected[a]!,
  }))
}

function channelSummaries(plan: CampaignPlan): Readonly<Record<string, ChannelSummary>> {
  const summaries: Record<string, ChannelSummary> = {}
  for (const { channel, users, expectedUsers } of actionSummaries(plan)) {
    if (channel === null) continue
    const before = summaries[channel]
    summaries[channel] = {
      sends: (before?.sends ?? 0) + users,
      expectedSends: (before?.expectedSends ?? 0) + expectedUsers,
      limit: plan.options.limits[channel] ?? null,
      price: plan.prices[channel] ?? 0,
    }
  }
  return summaries
}

function countReasons(plan: CampaignPlan): Readonly<Record<string, number>> {
  const counts: Record<string, number> = { best: 0, explored: 0, limit: 0 }
  for (let user = 0; user < plan.users; user += 1) {
    const reason = planReason(plan, user)
    counts[reason] = counts[reason]! + 1
  }
  return counts
}

function expectedTotals(
  learned: LearnedCampaign,
  plan: CampaignPlan,
  context: { readonly bestFixed: FixedPlan; readonly rows: readonly CampaignRow[] },
): Readonly<Record<string, TotalSummary>> {
  const actions = plan.actions.length
  const users = { matrix: encodeRows(learned.features, context.rows), width: 1 + learned.features.length, actions }
  const ofPlan: ActionWeights = (user, a) => plan.probabilities[user * actions + a]!
  const ofDifference: ActionWeights = (user, a) => ofPlan(user, a) - fixedProbability(context.bestFixed, a)
  const directions = [totalDirection(users, ofPlan), totalDirection(users, ofDifference)] as const
  const totals: Record<string, TotalSummary> = {}
  const combined = [weightCosts(plan, ofPlan), weightCosts(plan, ofDifference)].map((mean) => ({ mean, variance: 0 }))
  for (const [name, { weight, unit }] of Object.entries(learned.mapping.outcomes)) {
    const moments = directions.map((direction) => totalMoments(learned.heads[name]!, direction))
    for (const [i, { mean, variance }] of moments.entries()) {
      combined[i]!.mean += weight * mean
      combined[i]!.variance += weight * weight * variance
    }
    totals[name] = { unit, againstHold: normalInterval(moments[0]!), againstBestFixed: normalInterval(moments[1]!) }
  }
  totals.combined = {
    unit: 'score',
    againstHold: normalInterval(combined[0]!),
    againstBestFixed: normalInterval(combined[1]!),
  }
  return totals
}

function weightCosts(plan: CampaignPlan, weightOf: ActionWeights): number {
  let total = 0
  for (const [a, { cost }] of plan.actions.entries()) {
    if (cost === 0) continue
    for (let user = 0; user < plan.users; user += 1) total -= cost * weightOf(user, a)
  }
  return total
}

function fixedSentence(name: string, { action, share }: FixedPlan): string {
  if (action === 0) return 'sending nothing'
  return share === 1 ? `sending ${name} to everybody` : `sending ${name} to ${percent(share)} of users at random`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function tooLittle({ combined }: CampaignCheck): string {
  return `the past campaign says too little about ${combined.bestFixed === null ? 'that' : 'this plan'}`
}

/** Why nothing may be concluded from weights that cannot have the mean 1; null where they can. */
function unlikelyWeights({ meanWeight }: CampaignCheck): string | null {
  const { plan, bestFixed, couldBeOne } = meanWeight
  if (couldBeOne) return null
  return `the probabilities in the mapping are not those the past campaign used, or rule out what is compared, because its weights average ${shown(plan)} and ${shown(bestFixed)} where both should be 1`
}

function verdict(check: CampaignCheck | null, fixed: string): CampaignSummary['verdict'] {
  if (check === null) {
    return {
      isGainShown: false,
      sentence: `Not checked against outcomes, so no gain over ${fixed} is shown; give the past campaign with --history.`,
    }
  }
  const { difference } = check.combined
  const reason = unlikelyWeights(check) ?? (difference === null ? tooLittle(check) : null)
  if (difference === null || reason !== null) {
    return { isGainShown: false, sentence: `No gain over ${fixed} is shown: ${reason}.` }
  }
  const numbers = `${shown(difference.mean)} a user, 95 % interval ${shown(difference.low)} to ${shown(difference.high)}`
  if (difference.low > 0) {
    return { isGainShown: true, sentence: `The plan beats ${fixed} on the past campaign: score +${numbers}.` }
  }
  if (difference.high < 0) {
    return { isGainShown: false, sentence: `The plan does worse than ${fixed} on the past campaign: score ${numbers}.` }
  }
  return { isGainShown: false, sentence: `No gain over ${fixed} is shown: the difference in score is ${numbers}.` }
}

function shown(value: number): string {
  return Number(value.toPrecision(3)).toString()
}
