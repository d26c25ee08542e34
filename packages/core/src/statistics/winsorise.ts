import { areFinite, quantileOf, sortedValues } from './quantile-of.ts'

/** Sums per user above this quantile of both arms together are cut to it. */
export const WINSOR_SHARE = 0.999

/**
 * The value at which sums of a metric are cut: its quantile `share` over all arms together, so that the cut is the same for all
 * and the treatment cannot move it in one. Declare it, and show the mean without it: a cut effect is the effect on the cut
 * metric. Null where there is nothing to cut: no values, or a quantile not above the median, as of a metric that nearly
 * everybody has at 0, which the cut would erase, or values that are not all finite. Throws a RangeError for a share outside (0, 1].
 */
export function winsorCap(values: Iterable<number>, share: number = WINSOR_SHARE): number | null {
  if (!(share > 0 && share <= 1)) throw new RangeError(`share must be in (0, 1], got ${share}`)
  const sorted = sortedValues(values)
  const [cap, median] = [quantileOf(sorted, share), quantileOf(sorted, 0.5)]
  return !areFinite(sorted) || cap === undefined || median === undefined || cap <= median ? null : cap
}

/** A value, cut at `cap`; as it is where there is none. */
export function winsorised(value: number, cap: number | null): number {
  return cap === null ? value : Math.min(value, cap)
}
