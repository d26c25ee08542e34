import type { Effect } from './effect.ts'
import { checkLevel, type Estimate, undefinedEstimate } from './estimate.ts'
import { areFinite, quantileOf, sortedValues } from './quantile-of.ts'
import { ratioOf } from './ratio-effect.ts'
import { transformMoments } from './transform-moments.ts'
import { crossProduct, type VectorMoments, vectorMomentsOf } from './vector-moments.ts'

/** Values in order, and how many independent ones they are worth for this quantile. */
export interface QuantileSample {
  readonly sorted: Float64Array
  readonly share: number
  /** Equal to the number of values where each is a unit; less where users have several. */
  readonly effectiveSize: number
}

/** A sample of one value per unit. Throws a RangeError for a share outside (0, 1). */
export function quantileSample(values: Iterable<number>, share: number): QuantileSample {
  checkShare(share)
  const sorted = sortedValues(values)
  return { sorted, share, effectiveSize: sorted.length }
}

/**
 * A sample of events of users, each user a list: the events of one are alike, so they are worth fewer independent ones. The
 * share of events at or below the quantile is a ratio metric; its delta-method variance over users against q(1 − q)/N gives
 * the loss (Deng, Knoblich & Lu 2018, §4.3). Throws a RangeError for a share outside (0, 1).
 */
export function eventQuantileSample(users: readonly (readonly number[])[], share: number): QuantileSample {
  checkShare(share)
  const sorted = sortedValues(users.flat())
  const quantile = quantileOf(sorted, share)
  if (quantile === undefined || users.length < 2) return { sorted, share, effectiveSize: 0 }
  const rows = users.map((events) => [events.filter((value) => value <= quantile).length, events.length])
  const effectiveSize = effectiveEvents(vectorMomentsOf(rows, 2), { share, events: sorted.length })
  return { sorted, share, effectiveSize }
}

/**
 * How many independent events those of some users (or clusters) are worth at a quantile, from the moments of two numbers of
 * each: events at or below it, and events. 0 for fewer than two users, or none of whom differs.
 */
export function effectiveEvents(
  moments: VectorMoments,
  { share, events }: { readonly share: number; readonly events: number },
): number {
  if (moments.n < 2) return 0
  const { weights, mean } = ratioOf(moments, 0, 1)
  const variance = crossProduct(transformMoments(moments, [weights]), 0, 0) / (moments.n - 1) / moments.n
  const alone = Math.max(mean * (1 - mean), share * (1 - share))
  return variance > 0 ? Math.min(events, Math.round(alone / variance)) : 0
}

/**
 * The quantile of one sample between two of its values: the places are quantiles of Binomial(N + 1, q), which is what a Poisson
 * bootstrap of the quantile converges to (Schultzberg & Ankargren 2022, §3). Any distribution; not conservative. `not-reached`
 * where a place lies outside the sample: the quantile is too far out for so few values.
 */
export function quantileInterval(sample: QuantileSample, level: number): Estimate {
  checkLevel(level)
  const { sorted, effectiveSize } = sample
  if (!areFinite(sorted)) return undefinedEstimate('not-finite')
  const mean = quantileOf(sorted, sample.share) ?? null
  if (effectiveSize < 2 || mean === null) return undefinedEstimate('too-few-units', mean)
  const places = placesOf(sample)
  const [first, last] = [placeAt(places, (1 - level) / 2), placeAt(places, (1 + level) / 2)]
  if (first < 1 || last > effectiveSize) return undefinedEstimate('not-reached', mean)
  if (sorted[0] === sorted.at(-1)) return undefinedEstimate('zero-variance', mean)
  const value = (place: number) => valueAt(sample, place)
  return { kind: 'estimate', mean, low: value(first), high: value(last), stdError: spreadOf(sample, places), dof: null }
}

/** Chances of places, from place `start` on. */
interface Places {
  readonly start: number
  readonly chances: Float64Array
}

// Places further out than this many standard deviations have a chance below 2e-9.
const REACH = 6

/** Chances of the places 0 … N + 1 of the quantile under Binomial(N + 1, q); those too unlikely to count are left out. */
function placesOf({ effectiveSize, share }: QuantileSample): Places {
  const n = effectiveSize + 1
  const spread = Math.sqrt(n * share * (1 - share))
  const start = Math.max(0, Math.floor(n * share - REACH * spread - 1))
  const end = Math.min(n, Math.ceil(n * share + REACH * spread + 1))
  const chances = new Float64Array(end - start + 1)
  // From the middle outwards by the ratio of neighbours, then to sum 1.
  const middle = Math.min(end, Math.max(start, Math.round(n * share)))
  const odds = share / (1 - share)
  chances[middle - start] = 1
  for (let k = middle + 1; k <= end; k++) chances[k - start] = (chances[k - 1 - start]! * odds * (n - k + 1)) / k
  for (let k = middle - 1; k >= start; k--) chances[k - start] = (chances[k + 1 - start]! * (k + 1)) / (odds * (n - k))
  const sum = chances.reduce((total, chance) => total + chance, 0)
  return { start, chances: chances.map((chance) => chance / sum) }
}

/** The first place with at least `probability` at or before it. */
function placeAt({ start, chances }: Places, probability: number): number {
  let sum = 0
  for (let i = 0; i < chances.length; i++) {
    sum += chances[i]!
    if (sum >= probability) return start + i
  }
  return start + chances.length - 1
}

/**
 * The value at a place among `effectiveSize`, scaled to the whole sample; the ends stand for places beyond. The k-th of N has k / (N + 1)
 * of the distribution below it on average: scaled by N alone, places would lie √(q / ((1 − q) N)) standard errors too high.
 */
function valueAt({ sorted, effectiveSize }: QuantileSample, place: number): number {
  const scaled =
    effectiveSize === sorted.length ? place : Math.round((place * (sorted.length + 1)) / (effectiveSize + 1))
  return sorted[Math.min(sorted.length, Math.max(1, scaled)) - 1]!
}

function spreadOf(sample: QuantileSample, { start, chances }: Places): number {
  const values = chances.map((_, i) => valueAt(sample, start + i))
  const mean = chances.reduce((sum, chance, i) => sum + chance * values[i]!, 0)
  return Math.sqrt(chances.reduce((sum, chance, i) => sum + chance * (values[i]! - mean) ** 2, 0))
}

/**
 * The difference of a quantile between two arms, with the interval from the weights of all pairs of places, each arm's by
 * Binomial(N + 1, q). Gaps between values add to the spread of a bootstrapped quantile: in arms below a thousand it covers
 * more than it claims (.963 of .95 at 80 against 240). Reasons as in `quantileInterval`; `dof` is null.
 */
export function quantileDifference(treatment: QuantileSample, control: QuantileSample, level: number): Estimate {
  checkLevel(level)
  const [a, b] = [quantileInterval(treatment, level), quantileInterval(control, level)]
  const mean = a.mean === null || b.mean === null ? null : a.mean - b.mean
  const reason = (x: Estimate) => (x.kind === 'undefined' && x.reason !== 'zero-variance' ? x.reason : null)
  const refused = reason(a) ?? reason(b)
  if (refused !== null || mean === null) return undefinedEstimate(refused ?? 'too-few-units', mean)
  const stdError = Math.hypot(...[a, b].map((x) => (x.kind === 'estimate' ? x.stdError : 0)))
  if (stdError === 0) return undefinedEstimate('zero-variance', mean)
  const [low, high] = differenceEnds(treatment, control, level)
  return { kind: 'estimate', mean, low, high, stdError, dof: null }
}

/** A sample's quantile as it might have been, in rising order. */
interface Weighted {
  readonly values: Float64Array
  readonly chances: Float64Array
}

/** The central `level` of the difference of two quantiles as they might have been. */
function differenceEnds(treatment: QuantileSample, control: QuantileSample, level: number): readonly [number, number] {
  const [left, right] = [weightedValues(treatment), weightedValues(control)]
  return [differenceAt(left, right, (1 - level) / 2), differenceAt(left, right, (1 + level) / 2)]
}

function weightedValues(sample: QuantileSample): Weighted {
  const { start, chances } = placesOf(sample)
  return { values: chances.map((_, i) => valueAt(sample, start + i)), chances }
}

// Each step halves the range: more than the digits a double has.
const MOST_HALVINGS = 100

/** The smallest difference with at least `probability` at or below it, by halving a range and then naming the pair. */
function differenceAt(left: Weighted, right: Weighted, probability: number): number {
  let low = left.values[0]! - right.values.at(-1)!
  let high = left.values.at(-1)! - right.values[0]!
  for (let step = 0; step < MOST_HALVINGS && low < high; step++) {
    const middle = low + (high - low) / 2
    if (middle === low || middle === high) break
    if (chanceUpTo(left, right, middle).chance >= probability) high = middle
    else low = middle
  }
  return chanceUpTo(left, right, high).nearest
}

/** P(a − b ≤ bound) over all pairs, and the largest difference up to there. Both lists rise, so one pass is enough. */
function chanceUpTo(
  left: Weighted,
  right: Weighted,
  bound: number,
): { readonly chance: number; readonly nearest: number } {
  let chance = 0
  let nearest = Number.NEGATIVE_INFINITY
  let beyond = 1
  let j = 0
  left.values.forEach((value, i) => {
    while (j < right.values.length && value - right.values[j]! > bound) beyond -= right.chances[j++]!
    if (j === right.values.length) return
    chance += left.chances[i]! * beyond
    nearest = Math.max(nearest, value - right.values[j]!)
  })
  return { chance, nearest }
}

/** The difference as an effect with its standard error, for tests that need one. */
export function quantileEffect(treatment: QuantileSample, control: QuantileSample): Effect {
  const found = quantileDifference(treatment, control, 0.95)
  if (found.kind === 'undefined') return { kind: 'undefined', reason: found.reason, effect: found.mean }
  return { kind: 'effect', effect: found.mean, stdError: found.stdError, dof: null }
}

function checkShare(share: number): void {
  if (!(share > 0 && share < 1)) throw new RangeError(`share must be in (0, 1), got ${share}`)
}
