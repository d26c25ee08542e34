import { type Channel, PalomaError, pricesForLimits } from '@paloma/core'
import type { CampaignAction } from './action.ts'
import { type BatchPolicy, campaignDistribution } from './campaign-distribution.ts'
import { lowerFloor } from './lower-floor.ts'
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
  /** How scores became probabilities; the floor is the one asked for, or lower where that would use up a limit. */
  readonly policy: BatchPolicy
  /** Limited channels, in the order in which `resourceOf` counts them. */
  readonly channels: readonly Channel[]
  /** Per action its limited channel, −1 for none. */
  readonly resourceOf: Int32Array
}

/** Prices are found to this share; what that leaves unused of a limit is filled by `fillLimits`. */
const PRICE_TOLERANCE = 0.002
/** Just below the price found, as a share of it: there the limit is used up or exceeded. */
export const CHEAPER: number = 1 - 2 * PRICE_TOLERANCE
/** A price that no score outweighs; only the floor still sends. */
const PROHIBITIVE_PRICE = 2 ** 50
/** Rounding must see sums that are not above the limit in floating point. */
const SLACK = 1e-6

/**
 * Finds the price per channel at which the expected sends meet the limits, and the distribution under these prices. Where
 * scores tie, no price meets a limit exactly: the distributions at two neighbouring prices are then mixed. What
 * still exceeds a limit is mixed with hold. Expected sends never exceed a limit; every probability is exact.
 */
export function pricedPolicy(values: CampaignValues, asked: BatchPolicy, limits: ChannelLimits): PricedPolicy {
  const { users, actions } = values
  const channels = limitedChannels(actions, limits, users)
  const resourceOf = Int32Array.from(actions, ({ channel }) => (channel === null ? -1 : channels.indexOf(channel)))
  const bounds = Float64Array.from(channels, (channel) => limits[channel]!)
  const policy = lowerFloor(asked, {
    users,
    actions: actions.length,
    channels: channels.map((channel, m) => ({
      limit: bounds[m]!,
      actions: actions.filter((action) => action.channel === channel).length,
    })),
  })
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
  const prices = solvePrices({ users, probabilitiesAt, limits: bounds, tolerance: PRICE_TOLERANCE })
  const neighbours = channels.map((_, m) => {
    const used = probabilitiesAt(prices.with(m, prices[m]! * CHEAPER))
    return { used, probabilities: probabilities.slice() }
  })
  const used = probabilitiesAt(prices)
  fillLimits(probabilities, { used, bounds, neighbours })
  keepWithin(probabilities, resourceOf, { used: usedBy(probabilities, resourceOf, channels.length), bounds })
  return {
    probabilities,
    pricedScores,
    policy,
    prices: Object.fromEntries(channels.map((channel, m) => [channel, prices[m]!])),
    channels,
    resourceOf,
  }
}

type LimitProblem = Parameters<typeof pricesForLimits>[0]

/** Prices for limits which the floor alone may exceed: for those, prices that leave little more than the floor. */
function solvePrices(problem: LimitProblem): Float64Array {
  const count = problem.limits.length
  if (count === 0) return new Float64Array(0)
  const least = problem.probabilitiesAt(new Float64Array(count).fill(PROHIBITIVE_PRICE))
  const limits = least.map((floor, m) => Math.max(problem.limits[m]!, floor * (1 + PRICE_TOLERANCE)))
  return pricesForLimits({ ...problem, limits })
}

/** A distribution at prices of which one is cheaper, and what it uses of each resource. */
interface Neighbour {
  readonly used: Float64Array
  readonly probabilities: Float64Array
}

/**
 * Mixes in, per resource, as much of the distribution at its cheaper price as the limit allows. Cheaper sends on one
 * channel only take users from the others, so the mixture keeps every limit.
 */
function fillLimits(
  probabilities: Float64Array,
  sums: { readonly used: Float64Array; readonly bounds: Float64Array; readonly neighbours: readonly Neighbour[] },
): void {
  const { used, bounds, neighbours } = sums
  const shares = neighbours.map((neighbour, m) => {
    const rise = neighbour.used[m]! - used[m]!
    const room = Math.max(0, bounds[m]! - SLACK - used[m]!)
    return rise > 0 ? Math.min(room / rise, 1 / neighbours.length) : 0
  })
  const own = 1 - shares.reduce((sum, share) => sum + share, 0)
  for (let i = 0; i < probabilities.length; i += 1) {
    let mixed = own * probabilities[i]!
    for (let m = 0; m < shares.length; m += 1) mixed += shares[m]! * neighbours[m]!.probabilities[i]!
    probabilities[i] = mixed
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
