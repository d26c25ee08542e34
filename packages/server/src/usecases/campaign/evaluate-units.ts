import { evaluateSlates, type PolicyPreCheck, preCheckPolicy, type SlateEvaluation } from '@paloma/core'
import type { CampaignRow } from './cells.ts'
import { type CampaignEvaluationOptions, checkNames, metricsOf, unitsOf } from './evaluate-campaign.ts'
import type { CampaignMapping } from './mapping.ts'
import { type RefusedRows, screenPast } from './screen-past.ts'
import { slateLogOf } from './slate-campaign.ts'

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
export type CampaignUnits = { readonly kind: 'slates' } & SlateEvaluation

/** Whether a mapping declares units of their own, so that `evaluateUnits` is asked and not `evaluateCampaign`. */
export function hasUnits({ slate }: CampaignMapping): boolean {
  return slate !== undefined
}

/**
 * What a policy is worth on a table whose rows are positions of slates. Objectives, messages and costs as in `evaluateCampaign`, per unit.
 * Throws CAMPAIGN_COLUMN, CAMPAIGN_CELL and CAMPAIGN_TARGET.
 */
export function evaluateUnits(
  mapping: CampaignMapping,
  table: readonly CampaignRow[],
  options: Omit<CampaignEvaluationOptions, 'segment' | 'resamples'>,
): CampaignUnitEvaluation {
  const { guardrails = [], inverse = [] } = options
  checkNames(mapping, { guardrails: guardrails.map(({ objective }) => objective), inverse })
  const { rows, refused } = screenPast(mapping, table)
  const evaluation = evaluateKind(mapping, rows, { ...options, guardrails, inverse })
  return { rows: rows.length, refused, evaluation, preCheck: preCheckPolicy(evaluation), units: unitsOf(mapping) }
}

type Asked = Omit<CampaignEvaluationOptions, 'segment' | 'resamples'> &
  Required<Pick<CampaignEvaluationOptions, 'guardrails' | 'inverse'>>

function evaluateKind(mapping: CampaignMapping, rows: readonly CampaignRow[], asked: Asked): CampaignUnits {
  const { target, guardrails, inverse, onProgress, ...options } = asked
  const { slate } = mapping
  if (slate === undefined) throw new RangeError('a mapping must declare units, see hasUnits')
  const log = slateLogOf({ ...mapping, slate }, rows, target)
  const metrics = metricsOf(mapping, log, { guardrails, inverse })
  return { kind: 'slates', ...evaluateSlates(log, { ...options, metrics }, onProgress) }
}
