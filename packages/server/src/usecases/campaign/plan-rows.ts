import { type CampaignPlan, planReason } from './plan-campaign.ts'

/** A column of the decision file. */
export interface PlanColumn {
  readonly name: string
  readonly kind: 'text' | 'number'
}

/** `user, action, propensity, value_<objective>…, reason`, and with `withProbabilities` a `p_<action>` for every action. */
export function planColumns(
  plan: CampaignPlan,
  options: { readonly withProbabilities: boolean } = { withProbabilities: false },
): readonly PlanColumn[] {
  const number = (name: string): PlanColumn => ({ name, kind: 'number' })
  return [
    { name: 'user', kind: 'text' },
    { name: 'action', kind: 'text' },
    number('propensity'),
    ...Object.keys(plan.means).map((objective) => number(`value_${objective}`)),
    { name: 'reason', kind: 'text' },
    ...(options.withProbabilities ? plan.actions.map((action) => number(`p_${action.name}`)) : []),
  ]
}

const BATCH_ROWS = 10_000

/** The rows of the decision file in the order of the users, in batches. */
export function* planRows(plan: CampaignPlan): Generator<readonly Readonly<Record<string, string | number>>[], void> {
  for (let start = 0; start < plan.users; start += BATCH_ROWS) {
    const count = Math.min(BATCH_ROWS, plan.users - start)
    yield Array.from({ length: count }, (_, i) => planRow(plan, start + i))
  }
}

function planRow(plan: CampaignPlan, user: number): Readonly<Record<string, string | number>> {
  const width = plan.actions.length
  const chosen = plan.chosen[user]!
  const row: Record<string, string | number> = {
    user: plan.ids[user]!,
    action: plan.actions[chosen]!.name,
    propensity: plan.probabilities[user * width + chosen]!,
    reason: planReason(plan, user),
  }
  for (const [objective, mean] of Object.entries(plan.means)) row[`value_${objective}`] = mean[user * width + chosen]!
  for (const [a, action] of plan.actions.entries()) row[`p_${action.name}`] = plan.probabilities[user * width + a]!
  return row
}
