import { CHANNELS, type Channel, type HeadState, type Objective, priorEffectSdOf } from '../domain/index.ts'
import { createHead, expectedNoise, updateHead } from './bayesian-head.ts'
import type { SendResult } from './learn-sends.ts'

/** Somebody is sent one message in ten days through a channel, as if that had been seen for two weeks. */
const USUAL_SENDS_PER_DAY = 0.1
const USUAL_DAYS = 14
const SEEN_DAYS = 28
/** What one feature of a user may change, in variances of one send. */
const PRIOR_VARIANCE = 0.25
const PRIOR_SENDS = 20
/** What sends are worth depends on the policy that chooses them: it is forgotten so much faster than what people are like. */
const FOLLOWS_POLICY = 8

const ADVANTAGE = 'send/advantage/'
const VALUE = 'send/value/'

/** The head of how much a send through a channel brings beyond the best that does without it. */
export function advantageHeadOf(channel: Channel): string {
  return `${ADVANTAGE}${channel}`
}

/** The head of what a send through a channel brings an objective. */
export function valueHeadOf(objective: string, channel: Channel): string {
  return `${VALUE}${objective}/${channel}`
}

/** How much is kept of a head over a span in which `keep` is kept of what is known about people. */
export function keepOf(name: string, keep: number): number {
  return name.startsWith(ADVANTAGE) || name.startsWith(VALUE) ? keep ** FOLLOWS_POLICY : keep
}

/** Objectives that price a lost channel by what it would still have carried. */
export function pricesLaterReach({ model, worthPerDay }: Pick<Objective, 'model' | 'worthPerDay'>): boolean {
  return model === 'hazard' && worthPerDay !== undefined
}

/** Objectives that price what a send takes from later ones. */
export function pricesFatigue({ model, lookAheadDays = 0 }: Pick<Objective, 'model' | 'lookAheadDays'>): boolean {
  return model === 'response' && lookAheadDays > 0
}

function usualHead(width: number, usual: number, sd: number): HeadState {
  const priorMean = new Float64Array(width)
  priorMean[0] = usual // the first feature of every user is 1
  const noiseSd = Math.max(sd, 1e-6)
  return createHead({ dimension: width, priorMean, priorVariance: PRIOR_VARIANCE, noiseSd, noiseWeight: PRIOR_SENDS })
}

/** Heads of later sends before any was seen; none where no objective looks ahead. */
export function priorLaterHeads(
  objectives: readonly Objective[],
  { channels, baselineWidth }: { readonly channels: readonly Channel[]; readonly baselineWidth: number },
): Readonly<Record<string, HeadState>> {
  const heads: Record<string, HeadState> = {}
  for (const objective of objectives) {
    for (const channel of channels) {
      if (pricesLaterReach(objective)) {
        const usual = (objective.worthPerDay ?? 0) / USUAL_SENDS_PER_DAY
        heads[advantageHeadOf(channel)] = usualHead(baselineWidth, usual, usual)
      }
      if (pricesFatigue(objective)) {
        const sd = priorEffectSdOf(objective) * Math.abs(objective.scale ?? 1)
        heads[valueHeadOf(objective.name, channel)] = usualHead(baselineWidth, 0, sd)
      }
    }
  }
  return heads
}

type Heads = Readonly<Record<string, HeadState>>

/** Folds one number per send into the head of the send's channel. */
function learnPerChannel(
  heads: Heads,
  results: readonly SendResult[],
  { headOf, at }: { readonly headOf: (channel: Channel) => string; readonly at: number },
): Heads {
  const learned: Record<string, HeadState> = { ...heads }
  for (const channel of CHANNELS) {
    const known = heads[headOf(channel)]
    if (known === undefined) continue
    const examples = results
      .filter(({ sent }) => sent.channel === channel)
      .flatMap(({ sent, baseline }) => {
        const reward = sent.gains?.[at]
        return reward === undefined ? [] : [{ features: baseline, reward }]
      })
    learned[headOf(channel)] = updateHead(known, examples)
  }
  return learned
}

/** Folds what sends through each channel brought beyond the best without it. */
export function learnAdvantages(heads: Heads, results: readonly SendResult[]): Heads {
  return learnPerChannel(heads, results, { headOf: advantageHeadOf, at: 0 })
}

/** Folds what sends through each channel were worth to the objective at this place among all. */
export function learnValues(
  heads: Heads,
  { name, place }: { readonly name: string; readonly place: number },
  results: readonly SendResult[],
): Heads {
  return learnPerChannel(heads, results, { headOf: (channel) => valueHeadOf(name, channel), at: 1 + place })
}

/** How often a channel is used for somebody, from how often it was in 28 days. */
export function sendsPerDay(sends28d: number): number {
  return (sends28d + USUAL_SENDS_PER_DAY * USUAL_DAYS) / (SEEN_DAYS + USUAL_DAYS)
}

/** A number with the variance of what is known of it. */
export interface Known {
  readonly mean: number
  readonly variance: number
}

const NOTHING: Known = { mean: 0, variance: 0 }

/** What a head expects, no less than nothing. */
function predicted(head: HeadState, features: ArrayLike<number>): Known {
  const { mean, covariance } = head
  let sum = 0
  for (let i = 0; i < mean.length; i++) sum += mean[i]! * features[i]!
  if (sum <= 0) return NOTHING
  let form = 0
  for (let i = 0, k = 0; i < mean.length; i++) {
    const x = features[i]!
    for (let j = 0; j <= i; j++, k++) form += (i === j ? 1 : 2) * covariance[k]! * x * features[j]!
  }
  return { mean: sum, variance: expectedNoise(head) * form }
}

/** What a day of being able to reach somebody on a channel is worth, relative to `worthPerDay`; never below 0. */
export function dayWorth(
  head: HeadState | undefined,
  objective: Pick<Objective, 'worthPerDay'>,
  user: { readonly baseline: ArrayLike<number>; readonly sends28d: number },
): Known {
  if (head === undefined || objective.worthPerDay === undefined) return { mean: 1, variance: 0 }
  const factor = sendsPerDay(user.sends28d) / objective.worthPerDay
  const { mean, variance } = predicted(head, user.baseline)
  return { mean: factor * mean, variance: factor * factor * variance }
}

/** What an objective knows of later sends through one channel. */
export interface LaterSends {
  readonly head: HeadState
  /** Share of a send's value that one unit of fatigue takes, summed over the days ahead. */
  readonly tiring: number
  readonly weight: number
}

/**
 * Share of the value of all sends of a day that one send more takes from those of the days ahead: fatigue halves every
 * `halfLifeDays`, and one unit of it lowers the log odds of what a send brings by `slope` (first order, rare outcomes).
 */
export function tiringOf(
  slope: number,
  { halfLifeDays, lookAheadDays }: { readonly halfLifeDays: number; readonly lookAheadDays: number },
): number {
  const keep = 0.5 ** (1 / halfLifeDays)
  return (Math.max(0, slope) * keep * (1 - keep ** lookAheadDays)) / (1 - keep)
}

/** What one send now takes from later ones through the same channel, on the common scale. */
export function fatiguePrice(
  later: readonly LaterSends[],
  user: { readonly baseline: ArrayLike<number>; readonly sends28d: number },
): number {
  let price = 0
  for (const { head, tiring, weight } of later) {
    if (tiring > 0) price += weight * tiring * predicted(head, user.baseline).mean
  }
  return price * sendsPerDay(user.sends28d)
}
