import { normalCdf, normalQuantile } from '../numeric/index.ts'

/**
 * How the error of a group sequential test is spread over its information fractions t in [0, 1]: `power` is α t^exponent
 * (Kim & DeMets 1987; the default, exponent 2), `obrienFleming` and `pocock` are those of Lan & DeMets (1983).
 */
export type Spending =
  | { readonly kind: 'power'; readonly exponent: number }
  | { readonly kind: 'obrienFleming' }
  | { readonly kind: 'pocock' }

/** α t². */
export const DEFAULT_SPENDING: Spending = { kind: 'power', exponent: 2 }

/**
 * The part of `alpha` (the error on one side) that may be spent up to information fraction t: 0 at 0, all of it from 1 on.
 * O'Brien–Fleming: 2 − 2 Φ(z_{1−α/2} / √t); Pocock: α ln(1 + (e − 1) t).
 */
export function spentAlpha(spending: Spending, alpha: number, t: number): number {
  if (t <= 0) return 0
  if (t >= 1) return alpha
  if (spending.kind === 'pocock') return alpha * Math.log1p((Math.E - 1) * t)
  if (spending.kind === 'obrienFleming') return 2 * normalCdf(normalQuantile(alpha / 2) / Math.sqrt(t))
  return alpha * t ** spending.exponent
}

/** Throws a RangeError unless the exponent of a power family is above 0. */
export function checkSpending(spending: Spending): void {
  if (spending.kind === 'power' && !(spending.exponent > 0 && Number.isFinite(spending.exponent))) {
    throw new RangeError(`exponent of the spending must be above 0, got ${spending.exponent}`)
  }
}
