import type { Channel, ObjectiveEvidence, TraceEvidence } from '../domain/index.ts'
import { addOuterProduct, packedIndex, packedLength } from '../numeric/index.ts'
import { coldPrior, fitHierarchy, type Hierarchy } from './hierarchical-prior.ts'
import { messageKey } from './objective-traces.ts'
import { beliefFilter, type LongTermBelief, longTermBelief } from './progressive-belief.ts'
import type { TraceCounts } from './trace-counts.ts'
import { type TrustedHorizon, trustedHorizon } from './trusted-horizon.ts'

/** A message says something of others once as much of it has matured as so many sends that were sent or not by a coin tell. */
export const LEAST_INFORMATION = 10
/** Bins in which nothing ever came still need a noise: this share of the whole. */
const LEAST_NOISE = 1e-6
/** Of an average message on a channel where nothing can be said. */
const NONE: LongTermBelief = { mean: 0, variance: 0 }

/** What is believed of single messages for one objective, in raw reward. */
export interface MessageBeliefs {
  /** Up to which horizon, and why not longer. */
  readonly horizon: TrustedHorizon
  /** By how much choosing it brings more than the average message of the channel. */
  of(channel: Channel, message: string): LongTermBelief
}

/** By message, what is known of it beforehand. */
export type MessageTraits = (message: string) => readonly number[]

/** The longest horizon whose forecasts come true. A single bin is its own forecast. */
export function horizonOf({ edgesHours, tests }: ObjectiveEvidence): TrustedHorizon {
  const horizons = edgesHours.map((horizonHours, j) => ({ horizonHours, test: tests[j]! }))
  return trustedHorizon(horizons.length === 1 ? horizons : horizons.slice(1))
}

/**
 * Progressive beliefs (`progressive-belief`) of messages on channels, each with the prior of its sisters (`hierarchical-prior`): the mean of a
 * new message follows from its traits, what is known of its first bins moves it, and bins that have not closed count by how they hang
 * together with those in past messages. Given is the difference to the average message of the channel, which heads know. Channels with too few
 * matured messages say nothing.
 */
export function messageBeliefs(evidence: ObjectiveEvidence, traitsOf: MessageTraits): MessageBeliefs {
  const horizon = horizonOf(evidence)
  const priors = new Map<Channel, ChannelPrior | null>()
  const known = new Map<string, LongTermBelief>()
  return {
    horizon,
    of(channel, message) {
      const key = messageKey(channel, message)
      const found = known.get(key)
      if (found !== undefined) return found
      let prior = priors.get(channel)
      if (prior === undefined) {
        prior = channelPrior(evidence, channel, { horizon, traitsOf })
        priors.set(channel, prior)
      }
      const belief =
        prior === null ? NONE : difference(prior, beliefOf(prior, evidence.messages[key], traitsOf(message)))
      known.set(key, belief)
      return belief
    },
  }
}

function difference({ average }: ChannelPrior, { mean, variance }: LongTermBelief): LongTermBelief {
  return { mean: mean - average, variance }
}

/** What the matured messages of a channel say of the others. */
export interface ChannelPrior {
  readonly bins: number
  /** Mean trace of the messages and how their traces vary together, packed. */
  readonly mean: Float64Array
  readonly covariance: Float64Array
  readonly noise: Float64Array
  readonly hierarchy: Hierarchy
  /** Of the sums over the bins, each message weighed by how much is known of it. */
  readonly average: number
  /** Only what was seen to the end is believed. */
  readonly isObserved: boolean
}

/** Null where fewer messages have matured than a prior needs, or their rewards never vary. */
export function channelPrior(
  evidence: ObjectiveEvidence,
  channel: Channel,
  { horizon, traitsOf }: { readonly horizon: TrustedHorizon; readonly traitsOf: MessageTraits },
): ChannelPrior | null {
  const bins = evidence.edgesHours.indexOf(horizon.horizonHours) + 1
  const noise = noiseOf(evidence, bins)
  const sisters = sistersOf(evidence, channel, bins)
  const width = traitsOf(sisters[0]?.message ?? '').length
  const total = sumPacked(noise, bins)
  if (sisters.length <= width + 2 || !(total > 0)) return null
  const mean = new Float64Array(bins)
  for (const { trace } of sisters) for (let j = 0; j < bins; j++) mean[j] = mean[j]! + trace[j]! / sisters.length
  const covariance = new Float64Array(packedLength(bins))
  for (const { trace } of sisters) {
    addOuterProduct(
      covariance,
      trace.map((value, j) => value - mean[j]!),
      1 / (sisters.length - 1),
    )
  }
  if (!(sumPacked(covariance, bins) > 0)) return null
  const hierarchy = fitHierarchy(
    sisters.map(({ message, information, sum }) => ({
      features: traitsOf(message),
      precision: Float64Array.of(information / total),
      information: Float64Array.of((information * sum) / total),
    })),
  )
  const weight = sisters.reduce((all, { information }) => all + information, 0)
  const average = sisters.reduce((all, { information, sum }) => all + (information * sum) / weight, 0)
  return { bins, mean, covariance, noise, hierarchy, average, isObserved: horizon.trust === 'observed' }
}

interface Sister {
  readonly message: string
  readonly trace: Float64Array
  readonly sum: number
  readonly information: number
}

/** Messages of the channel that are known well up to the last of the bins. */
function sistersOf({ messages }: ObjectiveEvidence, channel: Channel, bins: number): readonly Sister[] {
  const prefix = messageKey(channel, '')
  return Object.entries(messages).flatMap(([key, { information, sums }]) => {
    const least = information[bins - 1]!
    if (!key.startsWith(prefix) || least < LEAST_INFORMATION) return []
    const trace = Float64Array.from({ length: bins }, (_, j) => sums[j]! / information[j]!)
    const sum = trace.reduce((all, value) => all + value, 0)
    return [{ message: key.slice(prefix.length), trace, sum, information: least }]
  })
}

/** Covariance of one decision's rewards in the first bins, packed; the lower triangle of a smaller matrix is a prefix. */
export function noiseOf({ rewards }: ObjectiveEvidence, bins: number): Float64Array {
  if (rewards.n < 2) return new Float64Array(packedLength(bins))
  const noise = Float64Array.from({ length: packedLength(bins) }, (_, at) => rewards.scatter[at]! / (rewards.n - 1))
  let trace = 0
  for (let j = 0; j < bins; j++) trace += noise[packedIndex(j, j)]!
  for (let j = 0; j < bins; j++) {
    const at = packedIndex(j, j)
    noise[at] = noise[at]! + LEAST_NOISE * trace
  }
  return noise
}

/** 1' M 1. */
export function sumPacked(matrix: Float64Array, size: number): number {
  let sum = 0
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) sum += matrix[packedIndex(i, j)]!
  return sum
}

/** Doubt about a new message's mean that it shares with every other one: that about the hierarchy's coefficients. */
export function commonDoubt({ hierarchy }: ChannelPrior, traits: readonly number[]): number {
  const { degrees, variances } = hierarchy
  return Math.max(0, coldPrior(hierarchy, traits).variance[0]! - (degrees / (degrees - 2)) * variances[0]!)
}

/** What is believed of one message's sum over the bins. */
export function beliefOf(
  prior: ChannelPrior,
  known: TraceEvidence | undefined,
  traits: readonly number[],
): LongTermBelief {
  const cold = coldPrior(prior.hierarchy, traits)
  const tracePrior = conditioned(prior, { mean: cold.mean[0]!, variance: cold.variance[0]! })
  const { bins, isObserved } = prior
  return longTermBelief(beliefFilter(tracePrior), countsOf(known, { bins, isObserved }))
}

/**
 * The prior on traces whose sum is believed to be N(mean, variance) instead (Jeffrey's rule): with c = Σ 1 and s² = 1'Σ1 the mean moves
 * by c / s² times the difference of means, the covariance loses c c' / s² · (1 − variance / s²).
 */
function conditioned(
  { bins, mean, covariance, noise }: ChannelPrior,
  sum: LongTermBelief,
): { readonly mean: Float64Array; readonly covariance: Float64Array; readonly noise: Float64Array } {
  const withSum = new Float64Array(bins)
  for (let i = 0; i < bins; i++)
    for (let j = 0; j < bins; j++) withSum[i] = withSum[i]! + covariance[packedIndex(i, j)]!
  const spread = withSum.reduce((all, value) => all + value, 0)
  const shift = (sum.mean - mean.reduce((all, value) => all + value, 0)) / spread
  const moved = Float64Array.from(covariance)
  addOuterProduct(moved, withSum, (sum.variance / spread - 1) / spread)
  return { mean: mean.map((value, j) => value + withSum[j]! * shift), covariance: moved, noise }
}

/** Counts for the filter: information never rises with the bin, though people may have let themselves be learned from again. */
function countsOf(
  known: TraceEvidence | undefined,
  { bins, isObserved }: { readonly bins: number; readonly isObserved: boolean },
): TraceCounts {
  const users = new Float64Array(bins)
  const sums = new Float64Array(bins)
  if (known === undefined) return { users, sums }
  let least = isObserved ? known.information[bins - 1]! : Infinity
  for (let j = 0; j < bins; j++) {
    least = Math.min(least, known.information[j]!)
    users[j] = least
    sums[j] = least === 0 ? 0 : (least * known.sums[j]!) / known.information[j]!
  }
  return { users, sums }
}
