import chiSquare from '@stdlib/stats-base-dists-chisquare-cdf'
import normal from '@stdlib/stats-base-dists-normal-cdf'
import normalInverse from '@stdlib/stats-base-dists-normal-quantile'
import student from '@stdlib/stats-base-dists-t-cdf'
import studentInverse from '@stdlib/stats-base-dists-t-quantile'

/** Density of the standard normal distribution at `z`. */
export function normalPdf(z: number): number {
  return INVERSE_ROOT_TWO_PI * Math.exp(-0.5 * z * z)
}

const INVERSE_ROOT_TWO_PI = 1 / Math.sqrt(2 * Math.PI)

/** P(Z ≤ z) of the standard normal distribution, with full relative accuracy in the left tail. */
export function normalCdf(z: number): number {
  return normal(z, 0, 1)
}

/** z with P(Z ≤ z) = `probability`, a number in [0, 1], of the standard normal distribution. */
export function normalQuantile(probability: number): number {
  return normalInverse(probability, 0, 1)
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
