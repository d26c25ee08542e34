export type { CampaignAction } from './action.ts'
export type { BatchPolicy } from './campaign-distribution.ts'
export type { CampaignRow } from './cells.ts'
export { type CampaignCheck, checkCampaign, type ObjectiveCheck } from './check-campaign.ts'
export {
  type CampaignEvaluation,
  type CampaignEvaluationOptions,
  type CampaignGuardrail,
  evaluateCampaign,
} from './evaluate-campaign.ts'
export { type CampaignUnitEvaluation, type CampaignUnits, evaluateUnits, hasUnits } from './evaluate-units.ts'
export type { CampaignTarget } from './evaluation-target.ts'
export { type LearnedCampaign, learnCampaign } from './learn-campaign.ts'
export { learnedFromText, learnedToText } from './learned-file.ts'
export {
  type CampaignFeature,
  type CampaignLogger,
  type CampaignMapping,
  type CampaignMoment,
  type CampaignPropensity,
  type CampaignSend,
  type CampaignSlate,
  type CampaignSteps,
  campaignMappingSchema,
  parseCampaignMapping,
} from './mapping.ts'
export { hasPast } from './past-campaign.ts'
export {
  type CampaignPlan,
  DEFAULT_PLAN_POLICY,
  PLAN_REASONS,
  type PlanOptions,
  type PlanReason,
  planCampaign,
  planReason,
} from './plan-campaign.ts'
export { planColumns, planRows } from './plan-rows.ts'
export type { ChannelLimits } from './priced-policy.ts'
export { type RefusedRows, refusedInWords } from './screen-past.ts'
export { type CampaignSummary, summarisePlan } from './summarise-plan.ts'
export { type TakenAsStated, takenAsStated } from './taken-as-stated.ts'
