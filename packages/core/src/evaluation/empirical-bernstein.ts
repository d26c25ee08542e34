/** Mean and sample variance of independent numbers that lie within a range of this length. */
export interface BoundedSample {
  readonly count: number
  readonly mean: number
  readonly variance: number
  readonly range: number
}

/**
 * A lower bound for the mean of bounded numbers that holds with probability `level` for every count, without a normal approximation
 * (Maurer & Pontil 2009, theorem 4): x̄ − √(2 V ln(2/δ) / n) − 7 B ln(2/δ) / (3 (n − 1)) with δ = 1 − level. Null below two
 * numbers. Wide: where values are rare and their range large, the range decides, and the bound says little.
 */
export function empiricalBernsteinBound({ count, mean, variance, range }: BoundedSample, level: number): number | null {
  if (count < 2) return null
  const log = Math.log(2 / (1 - level))
  return mean - Math.sqrt((2 * variance * log) / count) - (7 * range * log) / (3 * (count - 1))
}
