import { PalomaError, type TrajectoryLog } from '@paloma/core'
import type { CampaignRow } from './cells.ts'
import { logOf } from './evaluate-campaign.ts'
import type { CampaignTarget } from './evaluation-target.ts'
import type { CampaignMapping, CampaignSteps } from './mapping.ts'
import { unitRuns } from './unit-runs.ts'

/** Rows of a table as trajectories, each user's in the order of their time. */
export function trajectoryLogOf(
  mapping: CampaignMapping & { readonly steps: CampaignSteps },
  table: readonly CampaignRow[],
  target: CampaignTarget,
): TrajectoryLog {
  const { user, steps } = mapping
  if (!('column' in user))
    throw new PalomaError('CAMPAIGN_MAPPING', 'user: expected a column, since steps are those of one user')
  const { rows, offsets, places } = unitRuns(table, { unit: user.column, order: steps.time, isRepeatable: true })
  return { steps: logOf(mapping, rows, { target, segment: undefined }), sequences: offsets, days: places }
}
