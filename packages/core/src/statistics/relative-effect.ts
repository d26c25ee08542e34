import type { AdjustedEffect, Baseline } from './adjusted-effect.ts'
import type { KnownEffect } from './effect.ts'
import { effectInterval, type Side } from './effect-interval.ts'
import { type Estimate, type UndefinedReason, undefinedEstimate } from './estimate.ts'

/** A control mean within so many standard errors of zero is no base for a share. */
export const LEAST_BASELINE_Z = 3

/** An effect as a share of the control mean: .05 is five per cent more. */
export type RelativeEffect =
  | {
      readonly kind: 'relative'
      readonly effect: number
      /** By the delta method. */
      readonly stdError: number
      /** `log`: normal is ln(1 + effect); `share`: the effect itself. */
      readonly scale: 'log' | 'share'
      /** The effect on that scale: what intervals and tests use. */
      readonly scaled: KnownEffect
    }
  | { readonly kind: 'undefined'; readonly reason: UndefinedReason; readonly effect: number | null }

/**
 * An effect relative to the unadjusted control mean m₀, its numerator adjusted. With m₁ = m₀ + effect and both means > 0 on the
 * log scale, ln(m₁/m₀), with variance v₁/m₁² + v₀/m₀² where nothing is adjusted; else by the delta method on |m₀|. Reasons:
 * `zero-baseline`; `weak-baseline` where |m₀| < 3 standard errors (show the absolute effect only); those of the effect.
 */
export function relativeEffect({ effect, baseline }: Pick<AdjustedEffect, 'effect' | 'baseline'>): RelativeEffect {
  if (effect.kind === 'undefined') return { kind: 'undefined', reason: effect.reason, effect: null }
  if (baseline === null) return { kind: 'undefined', reason: 'too-few-units', effect: null }
  const { mean: base, variance: baseVariance, covariance } = baseline
  if (![base, baseVariance, covariance].every(Number.isFinite)) {
    return { kind: 'undefined', reason: 'not-finite', effect: null }
  }
  if (base === 0) return { kind: 'undefined', reason: 'zero-baseline', effect: null }
  const share = effect.effect / Math.abs(base)
  if (Math.abs(base) < LEAST_BASELINE_Z * Math.sqrt(baseVariance)) {
    return { kind: 'undefined', reason: 'weak-baseline', effect: null }
  }
  if (baseVariance < 0) return { kind: 'undefined', reason: 'zero-variance', effect: share }
  const ratio = 1 + effect.effect / base
  const isLog = base > 0 && ratio > 0
  // Slopes of ln(1 + effect / base) or effect / |base| in the effect and in the base.
  const bySelf = isLog ? 1 / (base + effect.effect) : 1 / Math.abs(base)
  const byBase = isLog ? bySelf - 1 / base : -effect.effect / (base * Math.abs(base))
  const variance = bySelf ** 2 * effect.stdError ** 2 + byBase ** 2 * baseVariance + 2 * bySelf * byBase * covariance
  if (!(variance > 0)) return { kind: 'undefined', reason: 'zero-variance', effect: share }
  const stdError = Math.sqrt(variance)
  const scaled: KnownEffect = {
    kind: 'effect',
    effect: isLog ? Math.log(ratio) : share,
    stdError,
    dof: effect.dof,
    ...contrastOf(effect, baseline, isLog ? 'log' : 'share'),
  }
  return {
    kind: 'relative',
    effect: share,
    stdError: isLog ? ratio * stdError : stdError,
    scale: isLog ? 'log' : 'share',
    scaled,
  }
}

/**
 * Corrected for skewness, a share s is tested as effect − s · base = 0 (Fieller 1954): the logarithm of two skewed means bends besides, and a
 * correction of that bend follows the luck of the base.
 */
function contrastOf(
  { effect, stdError, asymmetry }: KnownEffect,
  { mean, variance, covariance }: Baseline,
  scale: 'log' | 'share',
): Pick<KnownEffect, 'asymmetry' | 'contrast'> {
  // Covariances that no two numbers can have leave nothing to test with.
  if (asymmetry === undefined || covariance ** 2 >= stdError ** 2 * variance) return {}
  const base = scale === 'log' ? mean : Math.abs(mean)
  const about = { base, baseVariance: variance, covariance: base === mean ? covariance : -covariance }
  return { asymmetry, contrast: { effect, variance: stdError ** 2, ...about, scale, sign: 1 } }
}

/** The interval of a relative effect, exp(ln(m₁/m₀) ± z · se) − 1 on the log scale. */
export function relativeInterval(
  relative: RelativeEffect,
  options: { readonly level: number; readonly side?: Side },
): Estimate {
  if (relative.kind === 'undefined') return undefinedEstimate(relative.reason, relative.effect)
  const inner = effectInterval(relative.scaled, options)
  if (inner.kind === 'undefined' || relative.scale === 'share') return inner
  const { effect: mean, stdError } = relative
  return { ...inner, mean, stdError, low: Math.expm1(inner.low), high: Math.expm1(inner.high) }
}

/** Where a share stands on the scale an effect is tested on: a relative margin as a value of `scaled`. */
export function onScale(relative: Extract<RelativeEffect, { readonly kind: 'relative' }>, share: number): number {
  return relative.scale === 'log' ? Math.log1p(share) : share
}
