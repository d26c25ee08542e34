import { type HeadState, predictBlock } from '@paloma/core'
import { type CampaignAction, campaignActions } from './action.ts'
import type { LearnedCampaign } from './learn-campaign.ts'

/** Incremental value of every action for every user; matrices are users × actions, row-major, `hold` being 0. */
export interface CampaignValues {
  readonly users: number
  readonly actions: readonly CampaignAction[]
  /** By objective, in its own unit. */
  readonly means: Readonly<Record<string, Float64Array>>
  /** Σ weight × value − cost, on the common scale. */
  readonly scores: Float64Array
  /** Posterior variance of Σ weight × value; objectives count as independent. */
  readonly variances: Float64Array
}

/** Predicts values from encoded users (`[1, features…]` a row, `width` numbers). */
export function predictCampaign(
  learned: Pick<LearnedCampaign, 'mapping' | 'heads'>,
  matrix: Float64Array,
  width: number,
): CampaignValues {
  const actions = campaignActions(learned.mapping)
  const users = matrix.length / width
  const size = users * actions.length
  const values = { users, actions, scores: new Float64Array(size), variances: new Float64Array(size) }
  const means: Record<string, Float64Array> = {}
  for (const [objective, { weight }] of Object.entries(learned.mapping.outcomes)) {
    const mean = new Float64Array(size)
    for (let action = 1; action < actions.length; action += 1) {
      const block = predictAction(learned.heads[objective]!, action, { matrix, width })
      addAction({ action, weight, block, mean }, values)
    }
    means[objective] = mean
  }
  for (let i = 0; i < size; i += 1) values.scores[i] = values.scores[i]! - actions[i % actions.length]!.cost
  return { ...values, means }
}

interface Predicted {
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/** x'w of one block of weights, for every user: block 0 is the baseline, block a the effect of send a against hold. */
export function predictAction(
  head: HeadState,
  action: number,
  { matrix, width }: { readonly matrix: Float64Array; readonly width: number },
): Predicted {
  const rows = matrix.length / width
  const out = { mean: new Float64Array(rows), variance: new Float64Array(rows) }
  predictBlock(head, { offset: action * width, rows, width, matrix }, out)
  return out
}

function addAction(
  part: { readonly action: number; readonly weight: number; readonly block: Predicted; readonly mean: Float64Array },
  values: Omit<CampaignValues, 'means'>,
): void {
  const { action, weight, block, mean } = part
  const { users, actions, scores, variances } = values
  for (let user = 0; user < users; user += 1) {
    const at = user * actions.length + action
    mean[at] = block.mean[user]!
    scores[at] = scores[at]! + weight * block.mean[user]!
    variances[at] = variances[at]! + weight * weight * block.variance[user]!
  }
}
