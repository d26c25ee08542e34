import { type SampleRatio, sampleRatioTest } from '@paloma/core'
import { campaignActions } from './action.ts'
import type { CampaignRow } from './cells.ts'
import type { CampaignMapping } from './mapping.ts'
import { readPast } from './past-campaign.ts'

/** How often each action was taken beside how often its stated probabilities let expect; null where those are not stated for every action. */
export interface TakenAsStated {
  readonly test: SampleRatio
  readonly actions: readonly { readonly value: string; readonly taken: number; readonly expected: number }[]
}

/**
 * Whether a past campaign took its actions as often as the mapping says (sample ratio mismatch; Fabijan et al. 2019). Probabilities that
 * differ between rows make the test careful: the counts vary less than it takes them to. It cannot see probabilities that are right in the
 * mean and wrong for single users. Throws as `readPast` does.
 */
export function takenAsStated(mapping: CampaignMapping, rows: readonly CampaignRow[]): TakenAsStated | null {
  if ('column' in mapping.propensity) return null
  const { taken, propensities } = readPast(mapping, rows)
  const actions = campaignActions(mapping)
  const counts = actions.map(() => 0)
  const expected = actions.map(() => 0)
  for (const action of taken) counts[action] = counts[action]! + 1
  for (const [i, p] of propensities.entries()) expected[i % actions.length] = expected[i % actions.length]! + p
  return {
    test: sampleRatioTest(counts, expected),
    actions: actions.map(({ value }, a) => ({ value, taken: counts[a]!, expected: expected[a]! })),
  }
}
