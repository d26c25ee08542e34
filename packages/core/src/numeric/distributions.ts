import betaIncomplete from '@stdlib/math-base-special-betainc'
import gammaIncomplete from '@stdlib/math-base-special-gammainc'
import chiSquare from '@stdlib/stats-base-dists-chisquare-cdf'
import normal from '@stdlib/stats-base-dists-normal-cdf'
import normalInverse from '@stdlib/stats-base-dists-normal-quantile'
import student from '@stdlib/stats-base-dists-t-cdf'
import studentInverse from '@stdlib/stats-base-dists-t-quantile'
import { findRoot } from './find-root.ts'

/** Which tail a probability is of: P(X ≤ x) or P(X > x). The upper one keeps the digits that 1 − p would lose. */
export type Tail = 'lower' | 'upper'

/** Density of the standard normal distribution at `z`. */
export function normalPdf(z: number): number {
  return INVERSE_ROOT_TWO_PI * Math.exp(-0.5 * z * z)
}

const INVERSE_ROOT_TWO_PI = 1 / Math.sqrt(2 * Math.PI)

/** P(Z ≤ z) of the standard normal distribution, with full relative accuracy in the left tail. */
export function normalCdf(z: number): number {
  return normal(z, 0, 1)
}

// The library's quantile loses digits from about 1e-8 down, half of them at 1e-14, and is infinite from about 1e-17 down.
const FAR_TAIL = 1e-7

/** z with P(Z ≤ z) = `probability`, a number in [0, 1], of the standard normal distribution. */
export function normalQuantile(probability: number): number {
  if (!(probability > 0 && probability < FAR_TAIL)) return normalInverse(probability, 0, 1)
  // Newton on ln Φ, which is concave, from the left of the root: it rises to it and doubles the digits.
  const target = Math.log(probability)
  let z = -Math.sqrt(-2 * target)
  for (let step = 0; step < 12; step++) {
    const below = normalCdf(z)
    if (below > 0) z -= ((Math.log(below) - target) * below) / normalPdf(z)
    else z *= 0.99
  }
  return z
}

/** P(T ≤ t) of Student's distribution with `degrees` > 0 of freedom. */
export function tCdf(t: number, degrees: number): number {
  return student(t, degrees)
}

/** t with P(T ≤ t) = `probability`, a number in [0, 1], of Student's distribution with `degrees` > 0 of freedom. */
export function tQuantile(probability: number, degrees: number): number {
  return studentInverse(probability, degrees)
}

/** P(X ≤ x) of the chi-square distribution with `degrees` > 0 of freedom. */
export function chiSquareCdf(x: number, degrees: number): number {
  return chiSquare(x, degrees)
}

/** P(X > x) of the chi-square distribution: the p value of a statistic, with all digits where it is small. */
export function chiSquareUpper(x: number, degrees: number): number {
  return gammaTail(x, { shape: degrees / 2, rate: 0.5, tail: 'upper' })
}

/** x with P(X ≤ x) = `probability` (or P(X > x) for the upper tail) of the chi-square distribution. */
export function chiSquareQuantile(probability: number, degrees: number, tail: Tail = 'lower'): number {
  return gammaQuantile(probability, { shape: degrees / 2, rate: 0.5, tail })
}

/** A gamma distribution: density ∝ x^(shape − 1) e^(−rate x), both > 0. */
export interface GammaShape {
  readonly shape: number
  readonly rate: number
  readonly tail?: Tail
}

/** P(X ≤ x), or P(X > x) for the upper tail, of a gamma distribution. */
export function gammaTail(x: number, { shape, rate, tail = 'lower' }: GammaShape): number {
  if (x <= 0) return tail === 'lower' ? 0 : 1
  return gammaIncomplete(x * rate, shape, true, tail === 'upper')
}

/** x at which a tail of a gamma distribution holds `probability`, a number in [0, 1]. */
export function gammaQuantile(probability: number, { shape, rate, tail = 'lower' }: GammaShape): number {
  const place = { probability, tail, low: LOG_SMALLEST, high: -LOG_SMALLEST }
  const log = invert((u, side) => gammaTail(Math.exp(u), { shape, rate: 1, tail: side }), place)
  return Math.exp(log) / rate
}

/** A beta distribution: density ∝ x^(a − 1) (1 − x)^(b − 1) on [0, 1], a and b > 0. */
export interface BetaShape {
  readonly a: number
  readonly b: number
  readonly tail?: Tail
}

/** P(X ≤ x), or P(X > x) for the upper tail, of a beta distribution. */
export function betaTail(x: number, { a, b, tail = 'lower' }: BetaShape): number {
  if (x <= 0) return tail === 'lower' ? 0 : 1
  if (x >= 1) return tail === 'lower' ? 1 : 0
  return betaIncomplete(x, a, b, true, tail === 'upper')
}

/** x at which a tail of a beta distribution holds `probability`, a number in [0, 1]; solved on the log-odds of x. */
export function betaQuantile(probability: number, { a, b, tail = 'lower' }: BetaShape): number {
  const at = (u: number, side: Tail): number => {
    const other = side === 'lower' ? 'upper' : 'lower'
    // Above one half, 1 − x is the number that has the digits.
    return u <= 0 ? betaTail(odds(u), { a, b, tail: side }) : betaTail(odds(-u), { a: b, b: a, tail: other })
  }
  return odds(invert(at, { probability, tail, low: LOG_SMALLEST, high: -LOG_SMALLEST }))
}

function odds(u: number): number {
  return u <= 0 ? Math.exp(u) / (1 + Math.exp(u)) : 1 / (1 + Math.exp(-u))
}

// ln of the smallest number that quantiles tell from 0.
const LOG_SMALLEST = -690

/** u in [low, high] at which a tail, a monotone function of u, holds `probability`; the far ends beyond. */
function invert(
  at: (u: number, tail: Tail) => number,
  place: { readonly probability: number; readonly tail: Tail; readonly low: number; readonly high: number },
): number {
  const { probability, tail, low, high } = place
  const isSmall = probability <= 0.5
  const flipped = tail === 'lower' ? 'upper' : 'lower'
  const [side, target] = isSmall ? [tail, probability] : ([flipped, 1 - probability] as const)
  const sign = side === 'lower' ? 1 : -1
  if (!(probability >= 0 && probability <= 1)) return Number.NaN
  if (target === 0) return side === 'lower' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const f = (u: number) => sign * (Math.log(at(u, side)) - Math.log(target))
  if (f(low) >= 0) return low
  if (f(high) <= 0) return high
  return findRoot(f, { low, high, tolerance: 1e-13 })
}

/** P(X ≤ x), or P(X > x) for the upper tail, of the F distribution with degrees of freedom [numerator, denominator]. */
export function fTail(x: number, degrees: readonly [number, number], tail: Tail = 'lower'): number {
  if (x <= 0) return tail === 'lower' ? 0 : 1
  const [top, bottom] = degrees
  const whole = top * x + bottom
  if (top * x < bottom) return betaTail((top * x) / whole, { a: top / 2, b: bottom / 2, tail })
  // The smaller share has the digits.
  return betaTail(bottom / whole, { a: bottom / 2, b: top / 2, tail: tail === 'lower' ? 'upper' : 'lower' })
}

/** x at which a tail of the F distribution holds `probability`. */
export function fQuantile(probability: number, degrees: readonly [number, number], tail: Tail = 'lower'): number {
  const [top, bottom] = degrees
  const shape = { a: top / 2, b: bottom / 2 }
  const flipped = tail === 'lower' ? 'upper' : 'lower'
  const share = betaQuantile(probability, { ...shape, tail })
  const rest = betaQuantile(probability, { a: shape.b, b: shape.a, tail: flipped })
  return (bottom * share) / (top * rest)
}

/** P(X ≤ k), or P(X > k) for the upper tail, of `n` draws with chance p each; k an integer. */
export function binomialTail(
  k: number,
  { n, p, tail = 'lower' }: { readonly n: number; readonly p: number; readonly tail?: Tail },
): number {
  if (k < 0) return tail === 'lower' ? 0 : 1
  if (k >= n) return tail === 'lower' ? 1 : 0
  return betaTail(p, { a: k + 1, b: n - k, tail: tail === 'lower' ? 'upper' : 'lower' })
}
