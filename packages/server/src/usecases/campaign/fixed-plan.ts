import type { CampaignValues } from './predict-campaign.ts'
import type { ChannelLimits } from './priced-policy.ts'

/** The best plan that looks at nobody: one action for everybody, or for as many users at random as the limit allows. */
export interface FixedPlan {
  /** Number of the action; 0 is hold for everybody. */
  readonly action: number
  /** Share of users who get it; the others get hold. */
  readonly share: number
}

/** The fixed plan with the highest expected total score. */
export function bestFixedPlan(values: CampaignValues, limits: ChannelLimits): FixedPlan {
  const width = values.actions.length
  let best: FixedPlan & { readonly total: number } = { action: 0, share: 1, total: 0 }
  for (let action = 1; action < width; action += 1) {
    const { channel } = values.actions[action]!
    const limit = channel === null ? undefined : limits[channel]
    const share = Math.min(1, (limit ?? values.users) / values.users)
    let total = 0
    for (let at = action; at < values.scores.length; at += width) total += share * values.scores[at]!
    if (total > best.total) best = { action, share, total }
  }
  return { action: best.action, share: best.share }
}

/** Probability of an action under a fixed plan. */
export function fixedProbability(plan: FixedPlan, action: number): number {
  if (plan.action === 0) return action === 0 ? 1 : 0
  if (action === plan.action) return plan.share
  return action === 0 ? 1 - plan.share : 0
}
