import type { UndefinedReason } from './estimate.ts'

/** A success metric or a guardrail as a plan sees it; figures come from `metricHistory`. */
export interface PlannedMetric {
  readonly name: string
  readonly role: 'success' | 'guardrail'
  /** A share of users (its variance is p (1 − p)), or a mean of any other kind. */
  readonly kind: 'proportion' | 'mean'
  /** Expected in the control group. */
  readonly mean: number
  /** Per unit; may be left out for a proportion. */
  readonly variance?: number
  /**
   * Of a mean: the treatment's variance is that of control times (its mean ÷ that of control) to this power. 0 unless said: an
   * effect adds the same to everybody; 1: as of counts; 2: it stretches all values.
   */
  readonly variancePower?: number
  /** Share of the variance that regression adjustment takes away. */
  readonly rSquared?: number
  /** > 0: the effect worth finding, or of a guardrail the margin. */
  readonly effect: number
  /** The effect is a share of the control mean. */
  readonly isRelative?: boolean
  /** A decrease is good. */
  readonly inverse?: boolean
}

/** Shares of the units that take part: of the control group, and of each treatment. */
export interface Split {
  readonly control: number
  readonly treatment: number
}

/** What makes every metric need more units than were it alone, and a simple mean per unit. */
export interface Traffic {
  /** Share of the units that meet the thing under test, in (0, 1]. */
  readonly triggerRate: number
  /** 1 + (m − 1) ICC: units come in clusters of m. */
  readonly designEffect: number
}

export type RequiredUnits =
  | { readonly kind: 'units'; readonly units: number; readonly effect: number }
  | { readonly kind: 'undefined'; readonly reason: UndefinedReason }

/** Units to be found together make one design effect: 1 + (m − 1) ICC (Kish 1965, §5.4). */
export function designEffect({ size, icc }: { readonly size: number; readonly icc: number }): number {
  if (!(size >= 1)) throw new RangeError(`size of clusters must be ≥ 1, got ${size}`)
  if (!(icc >= 0 && icc <= 1)) throw new RangeError(`icc must be in [0, 1], got ${icc}`)
  return 1 + (size - 1) * icc
}

/**
 * Units in control and this one treatment and all others together, N = drift² (v₀ / q₀ + v₁ / q₁)(1 − R²) / Δ² × design
 * effect / trigger rate, where the effect shall lie `drift` standard errors from the tested value. The variance of a
 * proportion, and of a mean with a `variancePower`, follows the effect in the treatment for a success metric (unpooled),
 * and stays that of control for a guardrail, whose true effect is planned to be 0. Reasons: no variance, a relative effect of a mean of 0, a proportion
 * that would leave (0, 1).
 */
export function requiredUnits(
  metric: PlannedMetric,
  { drift, split, traffic }: { readonly drift: number; readonly split: Split; readonly traffic: Traffic },
): RequiredUnits {
  const effect = absoluteEffect(metric)
  const noise = unitVariance(metric, { effect, split })
  if (typeof noise === 'string') return { kind: 'undefined', reason: noise }
  const units = (drift * drift * noise * traffic.designEffect) / (traffic.triggerRate * effect * effect)
  return Number.isFinite(units) ? { kind: 'units', units, effect } : { kind: 'undefined', reason: 'not-finite' }
}

/** The planned effect in the metric's own unit. */
export function absoluteEffect({ effect, isRelative, mean }: PlannedMetric): number {
  return isRelative === true ? effect * Math.abs(mean) : effect
}

/** N · SE²: what one unit more divides, after adjustment; or why there is none. */
export function unitVariance(
  metric: PlannedMetric,
  { effect, split }: { readonly effect: number; readonly split: Split },
): number | UndefinedReason {
  const { kind, role, mean, inverse = false, rSquared = 0 } = metric
  if (metric.isRelative === true && mean === 0) return 'zero-baseline'
  const other = role === 'success' ? mean + (inverse ? -effect : effect) : mean
  const control = kind === 'proportion' ? mean * (1 - mean) : metric.variance
  const treatment = kind === 'proportion' ? other * (1 - other) : grownVariance(metric, other)
  if (control === undefined || treatment === undefined) return 'zero-variance'
  if (kind === 'proportion' && !(other > 0 && other < 1)) return 'not-reached'
  const noise = (control / split.control + treatment / split.treatment) * (1 - rSquared)
  if (!Number.isFinite(noise)) return 'not-finite'
  return noise > 0 ? noise : 'zero-variance'
}

function grownVariance({ variance, variancePower = 0, mean }: PlannedMetric, other: number): number | undefined {
  const growth = other / mean
  return variance === undefined || variancePower === 0 || !(growth > 0) ? variance : variance * growth ** variancePower
}

/**
 * Throws a RangeError for an effect ≤ 0, R² outside [0, 1), a mean without a variance, one below 0, a share outside [0,
 * 1].
 */
export function checkPlannedMetric({ name, effect, rSquared = 0, variance, kind, mean }: PlannedMetric): void {
  if (!(effect > 0 && Number.isFinite(effect))) throw new RangeError(`effect of ${name} must be above 0, got ${effect}`)
  if (!(rSquared >= 0 && rSquared < 1)) throw new RangeError(`rSquared of ${name} must be in [0, 1), got ${rSquared}`)
  if (kind === 'mean' && !(variance !== undefined && variance >= 0)) {
    throw new RangeError(`variance of ${name} must be ≥ 0, got ${variance}`)
  }
  if (kind === 'proportion' && !(mean >= 0 && mean <= 1)) {
    throw new RangeError(`mean of ${name} must be in [0, 1], got ${mean}`)
  }
}
