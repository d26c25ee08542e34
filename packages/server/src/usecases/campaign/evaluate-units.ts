import {
  evaluateMoments,
  evaluateSlates,
  evaluateTrajectories,
  type MomentEvaluation,
  PalomaError,
  type PolicyPreCheck,
  preCheckPolicy,
  type SlateEvaluation,
  type TrajectoryEvaluation,
} from '@paloma/core'
import type { CampaignRow } from './cells.ts'
import { type CampaignEvaluationOptions, COST, checkNames, metricsOf, SENDS, unitsOf } from './evaluate-campaign.ts'
import type { CampaignMapping } from './mapping.ts'
import { momentLogOf } from './moment-campaign.ts'
import type { RefusedRows } from './screen-past.ts'
import { slateLogOf } from './slate-campaign.ts'
import { trajectoryLogOf } from './trajectory-campaign.ts'

/** What units of several rows, or of a moment, say of a policy. */
export interface CampaignUnitEvaluation {
  readonly rows: number
  readonly refused: RefusedRows
  readonly evaluation: CampaignUnits
  readonly preCheck: PolicyPreCheck
  /** By objective, what one unit of it is called. */
  readonly units: Readonly<Record<string, string>>
}

/** By kind of unit. */
export type CampaignUnits =
  | ({ readonly kind: 'slates' } & SlateEvaluation)
  | ({ readonly kind: 'trajectories' } & TrajectoryEvaluation)
  | ({ readonly kind: 'moments' } & MomentEvaluation)

/** Whether a mapping declares units of their own, so that `evaluateUnits` is asked and not `evaluateCampaign`. */
export function hasUnits({ slate, steps, moment }: CampaignMapping): boolean {
  return slate !== undefined || steps !== undefined || moment !== undefined
}

/** What is asked of units. */
export type UnitsAsked = Omit<CampaignEvaluationOptions, 'segment'>

/**
 * What a policy is worth on a table whose rows are positions of slates, steps of trajectories, or messages with their moment. Objectives as in
 * `evaluateCampaign`, per unit; messages and costs too, which a moment does not change. Throws CAMPAIGN_COLUMN, CAMPAIGN_CELL and CAMPAIGN_TARGET.
 */
export function evaluateUnits(
  mapping: CampaignMapping,
  rows: readonly CampaignRow[],
  options: UnitsAsked,
): CampaignUnitEvaluation {
  const { guardrails = [], inverse = [] } = options
  const named = [...guardrails.map(({ objective }) => objective), ...inverse]
  checkNames(mapping, { guardrails: guardrails.map(({ objective }) => objective), inverse })
  const unchanged = mapping.moment === undefined ? undefined : named.find((name) => name === SENDS || name === COST)
  if (unchanged !== undefined)
    throw new PalomaError('USAGE', `a moment changes neither messages nor their cost, got '${unchanged}'`)
  const evaluation = evaluateKind(mapping, rows, { ...options, guardrails, inverse })
  return { rows: rows.length, refused: {}, evaluation, preCheck: preCheckPolicy(evaluation), units: unitsOf(mapping) }
}

type Asked = UnitsAsked & Required<Pick<UnitsAsked, 'guardrails' | 'inverse'>>

function evaluateKind(mapping: CampaignMapping, rows: readonly CampaignRow[], asked: Asked): CampaignUnits {
  const { target, guardrails, inverse, onProgress, resamples, ...options } = asked
  const { slate, steps, moment } = mapping
  const metricsFor = (log: Parameters<typeof metricsOf>[1]) => metricsOf(mapping, log, { guardrails, inverse })
  if (slate !== undefined) {
    const log = slateLogOf({ ...mapping, slate }, rows, target)
    return { kind: 'slates', ...evaluateSlates(log, { ...options, metrics: metricsFor(log) }, onProgress) }
  }
  if (steps !== undefined) {
    const log = trajectoryLogOf({ ...mapping, steps }, rows, target)
    const { time: _, ...own } = steps
    const draws = resamples === undefined ? {} : { resamples }
    const metrics = metricsFor(log.steps)
    return { kind: 'trajectories', ...evaluateTrajectories(log, { ...options, ...own, ...draws, metrics }, onProgress) }
  }
  if (moment === undefined) throw new RangeError('a mapping must declare units, see hasUnits')
  const { column: _, density: __, ...own } = moment
  const log = momentLogOf({ ...mapping, moment }, rows, target)
  return { kind: 'moments', ...evaluateMoments(log, { ...options, ...own, metrics: metricsFor(log) }, onProgress) }
}
