import type { Contrast } from './effect.ts'

/** (effect − s · base) ÷ its standard error. */
export function contrastScore({ effect, base, ...spread }: Contrast, share: number): number {
  return (effect - share * base) / Math.sqrt(varianceAt(spread, share))
}

/**
 * The share whose score this is, a root of (base² − z² V_base) s² − 2 (effect · base − z² C) s + effect² − z² V; null where the base is
 * so uncertain that no share is that far off (Fieller's set is then unbounded), or where it would be below −1 on the log scale.
 */
export function shareAtScore(contrast: Contrast, score: number): number | null {
  const { effect, base, variance, baseVariance, covariance, scale } = contrast
  const z2 = score ** 2
  const a = base ** 2 - z2 * baseVariance
  const half = effect * base - z2 * covariance
  const discriminant = half ** 2 - a * (effect ** 2 - z2 * variance)
  if (!(a > 0 && discriminant >= 0)) return null
  // With a base above 0 a higher score belongs to a smaller share.
  const share = (half - Math.sign(score) * Math.sqrt(discriminant)) / a
  return scale === 'log' && share <= -1 ? null : share
}

function varianceAt(
  { variance, baseVariance, covariance }: Pick<Contrast, 'variance' | 'baseVariance' | 'covariance'>,
  share: number,
): number {
  return variance + share ** 2 * baseVariance - 2 * share * covariance
}
