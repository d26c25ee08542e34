// Made by spec/generate/horizon.py: the index at τ = 2^−6, 2^−5, … 2^14; interpolated in log τ, error < 0.003.
const FIRST_DOUBLING = -6
const TABLE = [
  0.0798, 0.1125, 0.15841, 0.22226, 0.30979, 0.42666, 0.57687, 0.76039, 0.97259, 1.20576, 1.45145, 1.70223, 1.95225,
  2.19739, 2.43492, 2.66334, 2.88197, 3.0907, 3.28994, 3.48025, 3.66233,
] as const
const CHERNOFF = 0.6388

/**
 * How many standard deviations above its mean an uncertain action is worth in a finite horizon: the mean m of a sure
 * action that would be as good is (m − mean) / sd above it (Chernoff & Ray 1965, free boundary of the one-armed bandit;
 * Lattimore 2016 for several actions). `tau` = observations left · variance of the mean / variance of one observation, ≥ 0. Beyond
 * 2^14 the last value stands, which is too small.
 */
export function horizonIndex(tau: number): number {
  const doublings = Math.log2(tau) - FIRST_DOUBLING
  // Chernoff's constant: the boundary ends as 0.6388 times the root of what is left.
  if (!(doublings > 0)) return CHERNOFF * Math.sqrt(Math.max(0, tau))
  const cell = Math.floor(doublings)
  const low = TABLE[cell]
  const high = TABLE[cell + 1]
  if (low === undefined || high === undefined) return TABLE[TABLE.length - 1]!
  return low + (doublings - cell) * (high - low)
}
