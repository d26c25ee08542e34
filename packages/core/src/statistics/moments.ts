/** Count, mean and centred sum of squares of some numbers; all that means and their intervals need. */
export interface Moments {
  readonly n: number
  readonly mean: number
  /** Σ (x − mean)². */
  readonly m2: number
}

export const NO_MOMENTS: Moments = { n: 0, mean: 0, m2: 0 }

/** Moments with one value more. Welford (1962): no difference of large squares, so a far-off mean costs no digits. */
export function addValue(moments: Moments, value: number): Moments {
  const n = moments.n + 1
  const delta = value - moments.mean
  const mean = moments.mean + delta / n
  return { n, mean, m2: moments.m2 + delta * (value - mean) }
}

/** Moments of both sets of values together. Chan, Golub & LeVeque (1983), eq. 1.5; the order of merging is free. */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.n === 0) return b
  if (b.n === 0) return a
  const n = a.n + b.n
  const delta = b.mean - a.mean
  return { n, mean: a.mean + (delta * b.n) / n, m2: a.m2 + b.m2 + (delta * delta * a.n * b.n) / n }
}

/** Moments of a list of values. */
export function momentsOf(values: Iterable<number>): Moments {
  let moments = NO_MOMENTS
  for (const value of values) moments = addValue(moments, value)
  return moments
}

/** Unbiased sample variance, m2 / (n − 1); undefined below two values. */
export function sampleVariance(moments: Moments): number | undefined {
  return moments.n < 2 ? undefined : moments.m2 / (moments.n - 1)
}
