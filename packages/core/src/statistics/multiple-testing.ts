import { packedIndex } from '../numeric/index.ts'

/**
 * How many independent tests so many correlated ones amount to (Nyholt 2004, Am. J. Hum. Genet. 74, 765): M_eff =
 * 1 + (M − 1)(1 − Var(λ) / M), λ being the eigenvalues of the correlation matrix. Their variance needs no
 * eigenvalues: Σ λ² = Σ r². `covariance` is packed, `dimension` × `dimension`; a metric without variance counts as
 * one test of its own. 0 for none. Too small where few strong correlations stand among many weak ones.
 */
export function effectiveTests(covariance: Float64Array, dimension: number): number {
  if (dimension < 2) return dimension
  let squares = 0
  for (let i = 1; i < dimension; i++) {
    for (let j = 0; j < i; j++) {
      const spread = covariance[packedIndex(i, i)]! * covariance[packedIndex(j, j)]!
      if (spread > 0) squares += (2 * covariance[packedIndex(i, j)]! ** 2) / spread
    }
  }
  const variance = squares / (dimension - 1)
  // Never fewer than one: rounding would otherwise give the tests more error than there is.
  return Math.max(1, 1 + (dimension - 1) * (1 - variance / dimension))
}

/** One of many exploratory tests. */
export interface Discovery {
  /** Smallest false discovery rate at which it would be one; null where it has no p value. */
  readonly adjusted: number | null
  readonly isDiscovery: boolean
}

/** Share of false ones among the discoveries that is tolerated, on average. */
export const DISCOVERY_RATE = 0.1

/**
 * Benjamini & Hochberg (1995): which of many exploratory tests (segments, secondary metrics) are discoveries at false
 * discovery rate `rate`. Tests without a p value (null, NaN) are no discoveries and do not count among the many. Holds
 * for independent and for positively dependent tests; says nothing of any single one, and has no place in a decision.
 * Throws a RangeError for p outside [0, 1].
 */
export function benjaminiHochberg(
  pValues: readonly (number | null)[],
  rate: number = DISCOVERY_RATE,
): readonly Discovery[] {
  const known = pValues.flatMap((p, index) => (p === null || Number.isNaN(p) ? [] : [{ p, index }]))
  const wrong = known.find(({ p }) => p < 0 || p > 1)
  if (wrong !== undefined) throw new RangeError(`p values must be in [0, 1], got ${wrong.p}`)
  known.sort((a, b) => a.p - b.p)
  const found: Discovery[] = pValues.map(() => ({ adjusted: null, isDiscovery: false }))
  let adjusted = 1
  for (let rank = known.length; rank > 0; rank--) {
    const { p, index } = known[rank - 1]!
    adjusted = Math.min(adjusted, (p * known.length) / rank)
    found[index] = { adjusted, isDiscovery: adjusted <= rate }
  }
  return found
}

/**
 * One test of several p values that must not fail together: the smallest times their number, at most 1 (Bonferroni).
 * Unknown ones (null) do not count; null where all are.
 */
export function bonferroniPValue(pValues: readonly (number | null)[]): number | null {
  const known = pValues.flatMap((p) => (p === null || Number.isNaN(p) ? [] : [p]))
  return known.length === 0 ? null : Math.min(1, known.length * Math.min(...known))
}
