import type { HeadState } from '@paloma/core'
import type { CampaignRow } from './cells.ts'
import { type EncodedFeature, encodeRows, fitFeatures } from './features.ts'
import { type FittedPrior, fitHead, headDimension, momentsBuilder } from './fit-head.ts'
import type { CampaignMapping } from './mapping.ts'
import { type PastCampaign, readPast } from './past-campaign.ts'
import { type RefusedRows, screenPast } from './screen-past.ts'
import { userIds } from './user-ids.ts'

/** What was learned from a past campaign: how to encode users, and one head per objective. */
export interface LearnedCampaign {
  readonly mapping: CampaignMapping
  readonly features: readonly EncodedFeature[]
  /** Weights `[baseline, send 1, send 2, …]`, each block as wide as `[1, features…]`. */
  readonly heads: Readonly<Record<string, HeadState>>
  readonly priors: Readonly<Record<string, FittedPrior>>
  /** Rows that were learned from, and those that were not. */
  readonly rows: number
  readonly refused: RefusedRows
}

/** A past campaign with its features encoded, `width` numbers a user. */
export interface EncodedPast extends PastCampaign {
  readonly matrix: Float64Array
  readonly width: number
}

/**
 * Learns the incremental effect of every send against hold, per objective, from a randomised past campaign. Regression
 * on `[x, (1[A = a] − p_a) x]` (action-centring; Greenewald et al. 2017): because the centred columns are uncorrelated
 * with anything a function of x, a wrong baseline does not bias the effects. Wrong if the propensities are wrong.
 * Throws as the readers of cells do, and for a user with two rows.
 */
export function learnCampaign(mapping: CampaignMapping, rows: readonly CampaignRow[]): LearnedCampaign {
  userIds(mapping, rows)
  const screened = screenPast(mapping, rows)
  const features = fitFeatures(mapping, screened.rows)
  const past = encodePast(mapping, features, screened.rows)
  return { mapping, features, ...fitHeads(past), rows: screened.rows.length, refused: screened.refused }
}

/** Reads and encodes a past campaign. */
export function encodePast(
  mapping: CampaignMapping,
  features: readonly EncodedFeature[],
  rows: readonly CampaignRow[],
): EncodedPast {
  return { ...readPast(mapping, rows), matrix: encodeRows(features, rows), width: 1 + features.length }
}

/** Fits one head per objective to the users of the past for whom `isIncluded` says so. */
export function fitHeads(
  past: EncodedPast,
  isIncluded: (user: number) => boolean = () => true,
): Pick<LearnedCampaign, 'heads' | 'priors'> {
  const layout = { width: past.width, sends: past.actions.length - 1 }
  const dimension = headDimension(layout)
  const objectives = Object.entries(past.rewards)
  const builder = momentsBuilder(dimension, objectives.length)
  const design = new Float64Array(dimension)
  for (let user = 0; user < past.users; user += 1) {
    if (!isIncluded(user)) continue
    writeDesign(past, user, design)
    builder.add(
      design,
      objectives.map(([, rewards]) => rewards[user]!),
    )
  }
  const fits = builder.finish().map((moments, k) => ({ name: objectives[k]![0], ...fitHead(moments, layout) }))
  return {
    heads: Object.fromEntries(fits.map((fit) => [fit.name, fit.head])),
    priors: Object.fromEntries(fits.map((fit) => [fit.name, fit.prior])),
  }
}

function writeDesign(past: EncodedPast, user: number, design: Float64Array): void {
  const { width, matrix, propensities, taken, actions } = past
  for (let a = 0; a < actions.length; a += 1) {
    const centred = (taken[user] === a ? 1 : 0) - propensities[user * actions.length + a]!
    const factor = a === 0 ? 1 : centred
    for (let j = 0; j < width; j += 1) design[a * width + j] = factor * matrix[user * width + j]!
  }
}
