import { SAMPLE_RATIO_ALARM } from './sample-ratio.ts'

/** From this p on a split is not worth a word. */
export const SAMPLE_RATIO_WARNING = 0.01

/** A share this far from the planned one matters, .1 %: less is found by chance in large experiments and harms none. */
export const LEAST_DEVIATION = 0.001

/** What to do about a split: nothing, watch it, or find the fault before reading any effect. */
export type SampleRatioSeverity = 'none' | 'warning' | 'alert'

/**
 * How far the observed shares lie from the planned ones, at most: |n_j / n − θ_j|. `shares` are on any common scale. 0
 * where there are no units, or no shares.
 */
export function shareDeviation(counts: readonly number[], shares: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const whole = shares.reduce((sum, share) => sum + share, 0)
  if (!(total > 0 && whole > 0)) return 0
  return Math.max(...counts.map((count, j) => Math.abs(count / total - (shares[j] ?? 0) / whole)))
}

/** `alert`: p < .001 and a share off by .1 % or more; `warning`: p < .01 else. Where p is unknown (null): `none`. */
export function sampleRatioSeverity(pValue: number | null, deviation: number): SampleRatioSeverity {
  if (pValue === null || !(pValue < SAMPLE_RATIO_WARNING)) return 'none'
  return pValue < SAMPLE_RATIO_ALARM && deviation >= LEAST_DEVIATION ? 'alert' : 'warning'
}
