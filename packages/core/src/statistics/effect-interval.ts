import { normalCdf, normalQuantile, tCdf, tQuantile } from '../numeric/index.ts'
import { correctedScore, scoreBefore } from './asymmetry.ts'
import { checkedEffect } from './checked-effect.ts'
import { contrastScore, shareAtScore } from './contrast.ts'
import type { Effect, KnownEffect } from './effect.ts'
import { checkLevel, type Estimate, undefinedEstimate } from './estimate.ts'
import { NORMAL_FROM_DOF } from './mean-interval.ts'

/** Which ends an interval has: both, or only a lower or an upper one at the whole level (the other end is infinite). */
export type Side = 'both' | 'lower' | 'upper'

/**
 * Degrees of freedom an effect is read with; null, the normal distribution, from 1,000 on. The count is of degrees of
 * freedom and not of units: twenty users beside a million have nineteen, and the normal would cover 93.5 % of 95.
 */
export function referenceDof(dof: number): number | null {
  return dof >= NORMAL_FROM_DOF ? null : dof
}

/** The quantile of the distribution an effect is read with. */
export function effectQuantile(probability: number, dof: number | null): number {
  return dof === null ? normalQuantile(probability) : tQuantile(probability, dof)
}

/** The interval of an effect at a confidence level in (0, 1); one-sided where `side` says so. */
export function effectInterval(
  given: Effect,
  { level, side = 'both' }: { readonly level: number; readonly side?: Side },
): Estimate {
  checkLevel(level)
  const effect = checkedEffect(given)
  if (effect.kind === 'undefined') return undefinedEstimate(effect.reason, effect.effect)
  const { effect: mean, stdError, dof } = effect
  const bounds = effectBounds(effect, effectQuantile(side === 'both' ? (1 + level) / 2 : level, dof))
  const low = side === 'upper' ? Number.NEGATIVE_INFINITY : bounds.low
  const high = side === 'lower' ? Number.POSITIVE_INFINITY : bounds.high
  return { kind: 'estimate', mean, low, high, stdError, dof }
}

/** The values that a two-sided test with this critical value does not reject: effect ± critical · SE where nothing is skewed. */
export function effectBounds(effect: KnownEffect, critical: number): { readonly low: number; readonly high: number } {
  return { low: valueAtScore(effect, critical), high: valueAtScore(effect, -critical) }
}

/** The value above which the effect lies by this corrected score. */
export function valueAtScore({ effect, stdError, asymmetry, contrast }: KnownEffect, score: number): number {
  if (contrast === undefined) return effect - scoreBefore(score, asymmetry) * stdError
  const before = scoreBefore(contrast.sign * score, asymmetry)
  const share = shareAtScore(contrast, before)
  // A base too uncertain for this score bounds nothing: there the normal approximation of the scale stands.
  if (share === null) return effect - contrast.sign * before * stdError
  return contrast.sign * (contrast.scale === 'log' ? Math.log1p(share) : share)
}

/** How many standard errors the effect lies above a value, corrected for skewness: what is held against a critical value. */
export function effectScore({ effect, stdError, asymmetry, contrast }: KnownEffect, at: number): number {
  if (contrast === undefined) return correctedScore((effect - at) / stdError, asymmetry)
  const { scale, sign } = contrast
  return sign * correctedScore(contrastScore(contrast, scale === 'log' ? Math.expm1(sign * at) : sign * at), asymmetry)
}

/** The same seen from the other side: less for more. */
export function oppositeEffect({ asymmetry, contrast, ...rest }: KnownEffect): KnownEffect {
  const opposite = { ...rest, effect: -rest.effect }
  if (asymmetry === undefined) return opposite
  // A contrast keeps its own side, and is turned as a whole.
  if (contrast !== undefined)
    return { ...opposite, asymmetry, contrast: { ...contrast, sign: contrast.sign > 0 ? -1 : 1 } }
  const { skewness, bias, curvature } = asymmetry
  return { ...opposite, asymmetry: { skewness: -skewness, bias: -bias, curvature: -curvature } }
}

/** What a test asks: is the effect greater than `null`, less, or either. */
export type Alternative = 'greater' | 'less' | 'different'

/** p value of an effect against `at` (0 unless said); null where the effect has no standard error. */
export function effectPValue(
  given: Effect,
  { alternative, at = 0 }: { readonly alternative: Alternative; readonly at?: number },
): number | null {
  const effect = checkedEffect(given)
  if (effect.kind === 'undefined') return null
  const score = effectScore(effect, at)
  const below = (z: number) => (effect.dof === null ? normalCdf(z) : tCdf(z, effect.dof))
  if (alternative === 'different') return Math.min(1, 2 * below(-Math.abs(score)))
  return below(alternative === 'greater' ? -score : score)
}
