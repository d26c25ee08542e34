import { findRoot, normalCdf, normalPdf } from '../numeric/index.ts'
import { checkedEffect } from './checked-effect.ts'
import type { Effect, KnownEffect } from './effect.ts'
import type { UndefinedReason } from './estimate.ts'

/** What is believed of an effect before it is measured: N(mean, sd²), in the effect's unit. */
export interface EffectPrior {
  readonly mean: number
  /** > 0. */
  readonly sd: number
}

/** Default spread of relative effects before data: most changes move a metric by less than 30 %. */
export const RELATIVE_PRIOR_SD = 0.3

/** The prior N(0, .3²) of a relative effect in the metric's unit; null for a control mean of 0, of which nothing is a share. */
export function relativePrior(controlMean: number, sd: number = RELATIVE_PRIOR_SD): EffectPrior | null {
  const own = Math.abs(controlMean) * sd
  return own > 0 && Number.isFinite(own) ? { mean: 0, sd: own } : null
}

/** What is believed of one effect after it was measured. */
export interface EffectPosterior {
  readonly kind: 'posterior'
  readonly mean: number
  readonly sd: number
  /** P(effect > 0). */
  readonly positive: number
  /** Expected loss of shipping, E max(−effect, 0), and of not shipping, E max(effect, 0), in the effect's unit. */
  readonly lossOfShipping: number
  readonly lossOfHolding: number
}

/**
 * The Gaussian posterior of an effect with known standard error: precisions add. Optional, and never a reason to stop by itself:
 * looking until P(effect > 0) is high finds what is not there as often as looking until p is low.
 */
export function effectPosterior(
  effect: Effect,
  prior: EffectPrior,
): EffectPosterior | { readonly kind: 'undefined'; readonly reason: UndefinedReason } {
  checkPrior(prior)
  const known = checkedEffect(effect)
  if (known.kind === 'undefined') return { kind: 'undefined', reason: known.reason }
  const { mean, sd } = updated(known, prior)
  const z = mean / sd
  const gain = mean * normalCdf(z) + sd * normalPdf(z)
  const loss = sd * normalPdf(z) - mean * normalCdf(-z)
  return { kind: 'posterior', mean, sd, positive: normalCdf(z), lossOfShipping: loss, lossOfHolding: gain }
}

function updated(
  { effect, stdError }: Pick<KnownEffect, 'effect' | 'stdError'>,
  prior: EffectPrior,
): { readonly mean: number; readonly sd: number } {
  // By shares of the precision, whose squares neither vanish nor overflow.
  const ratio = stdError / prior.sd
  const own = 1 / (1 + ratio ** 2)
  const sd = ratio < 1 ? stdError * Math.sqrt(own) : prior.sd / Math.sqrt(1 + ratio ** -2)
  return { mean: own * effect + (1 - own) * prior.mean, sd }
}

// Below so many past experiments their spread says little.
const LEAST_PAST = 5

/**
 * The prior that past experiments with comparable metrics suggest, N(0, τ²): τ² such that Σ δ² / (se² + τ²) equals their number
 * (Paule & Mandel 1982 with known mean 0). All of them must be there, the disappointing ones first. `too-few-units` below five;
 * `zero-variance` where their effects vary no more than their errors.
 */
export function empiricalPrior(
  past: readonly Pick<KnownEffect, 'effect' | 'stdError'>[],
): ({ readonly kind: 'prior' } & EffectPrior) | { readonly kind: 'undefined'; readonly reason: UndefinedReason } {
  const usable = past.filter(({ effect, stdError }) => Number.isFinite(effect) && stdError > 0)
  if (usable.length < LEAST_PAST) return { kind: 'undefined', reason: 'too-few-units' }
  const excess = (variance: number) =>
    usable.reduce((sum, { effect, stdError }) => sum + effect ** 2 / (stdError ** 2 + variance), 0) - usable.length
  if (excess(0) <= 0) return { kind: 'undefined', reason: 'zero-variance' }
  const most = usable.reduce((sum, { effect }) => sum + effect ** 2, 0)
  if (!Number.isFinite(most) || !Number.isFinite(excess(0))) return { kind: 'undefined', reason: 'not-finite' }
  const variance = findRoot(excess, { low: 0, high: most, tolerance: 1e-12 * most })
  return { kind: 'prior', mean: 0, sd: Math.sqrt(variance) }
}

function checkPrior({ mean, sd }: EffectPrior): void {
  if (!(sd > 0 && Number.isFinite(sd) && Number.isFinite(mean))) {
    throw new RangeError(`prior must have a finite mean and sd > 0, got N(${mean}, ${sd}²)`)
  }
}
