import { type Channel, PalomaError, pricesForLimits } from '@paloma/core'
import type { CampaignAction } from './action.ts'
import { type BatchPolicy, campaignDistribution } from './campaign-distribution.ts'
import type { CampaignValues } from './predict-campaign.ts'

/** Most sends per channel; a channel that is not named has no limit. */
export type ChannelLimits = Readonly<Partial<Record<Channel, number>>>

/** A distribution over actions for every user, and the price per send that makes it keep the limits. */
export interface PricedPolicy {
  /** users × actions, row-major; every row sums to 1. */
  readonly probabilities: Float64Array
  /** Scores after prices, users × actions. */
  readonly pricedScores: Float64Array
  /** By limited channel, on the common value scale. */
  readonly prices: Readonly<Partial<Record<Channel, number>>>
  /** Limited channels, in the order in which `resourceOf` counts them. */
  readonly channels: readonly Channel[]
  /** Per action its limited channel, −1 for none. */
  readonly resourceOf: Int32Array
}

/** Solved to this share of the limit; what is left above it is taken off exactly by `keepWithin`. */
const PRICE_TOLERANCE = 0.002
/** Rounding must see sums that are not above the limit in floating point. */
const SLACK = 1e-6

/**
 * Finds the price per channel at which the expected sends meet the limits, and the distribution under these prices. The
 * little that is left above a limit (or a floor that alone exceeds it) is taken off by mixing with hold, so that
 * expected sends never exceed a limit and every probability stays exact.
 */
export function pricedPolicy(values: CampaignValues, policy: BatchPolicy, limits: ChannelLimits): PricedPolicy {
  const { users, actions } = values
  const channels = limitedChannels(actions, limits, users)
  const resourceOf = Int32Array.from(actions, ({ channel }) => (channel === null ? -1 : channels.indexOf(channel)))
  const bounds = Float64Array.from(channels, (channel) => limits[channel]!)
  const pricedScores = new Float64Array(values.scores.length)
  const probabilities = new Float64Array(values.scores.length)
  const probabilitiesAt = (prices: Float64Array): Float64Array => {
    writePriced(values.scores, { resourceOf, prices }, pricedScores)
    campaignDistribution(
      policy,
      { actions: actions.length, scores: pricedScores, variances: values.variances },
      probabilities,
    )
    return usedBy(probabilities, resourceOf, channels.length)
  }
  const prices =
    channels.length === 0
      ? new Float64Array(0)
      : pricesForLimits({ users, probabilitiesAt, limits: bounds, tolerance: PRICE_TOLERANCE })
  const used = probabilitiesAt(prices)
  keepWithin(probabilities, resourceOf, { used, bounds })
  return {
    probabilities,
    pricedScores,
    prices: Object.fromEntries(channels.map((channel, m) => [channel, prices[m]!])),
    channels,
    resourceOf,
  }
}

function limitedChannels(actions: readonly CampaignAction[], limits: ChannelLimits, users: number): readonly Channel[] {
  const known = [...new Set(actions.flatMap(({ channel }) => (channel === null ? [] : [channel])))]
  for (const [channel, limit] of Object.entries(limits)) {
    if (!known.some((name) => name === channel)) {
      throw new PalomaError('CAMPAIGN_LIMIT', `limit on ${channel}: the campaign sends nothing there`, {
        hint: `it sends on ${known.join(', ')}`,
      })
    }
    if (Number.isInteger(limit) && limit >= 0) continue
    throw new PalomaError('CAMPAIGN_LIMIT', `limit on ${channel} must be a whole number from 0 on, got ${limit}`)
  }
  return known.filter((channel) => (limits[channel] ?? users) < users)
}

function writePriced(
  scores: Float64Array,
  use: { readonly resourceOf: Int32Array; readonly prices: Float64Array },
  out: Float64Array,
): void {
  const priceOf = Float64Array.from(use.resourceOf, (m) => (m < 0 ? 0 : use.prices[m]!))
  const width = priceOf.length
  for (let i = 0; i < scores.length; i += 1) out[i] = scores[i]! - priceOf[i % width]!
}

/** Expected sends per limited channel. */
export function usedBy(probabilities: Float64Array, resourceOf: Int32Array, resources: number): Float64Array {
  const used = new Float64Array(resources)
  const width = resourceOf.length
  for (let i = 0; i < probabilities.length; i += 1) {
    const m = resourceOf[i % width]!
    if (m >= 0) used[m] = used[m]! + probabilities[i]!
  }
  return used
}

function keepWithin(
  probabilities: Float64Array,
  resourceOf: Int32Array,
  sums: { readonly used: Float64Array; readonly bounds: Float64Array },
): void {
  const kept = Float64Array.from(sums.used, (used, m) => {
    const target = Math.max(0, sums.bounds[m]! - SLACK)
    return used > target ? target / used : 1
  })
  if (kept.every((factor) => factor === 1)) return
  const width = resourceOf.length
  for (let start = 0; start < probabilities.length; start += width) {
    let sends = 0
    for (let a = 1; a < width; a += 1) {
      const m = resourceOf[a]!
      if (m >= 0) probabilities[start + a] = probabilities[start + a]! * kept[m]!
      sends += probabilities[start + a]!
    }
    probabilities[start] = Math.max(0, 1 - sends)
  }
}
