/** A candidate's estimate and the half-width of its interval. */
export interface SlopeCandidate {
  readonly value: number
  readonly width: number
}

// √6 − 1, of theorem 3 there.
const WIDENING = Math.sqrt(6) - 1

/**
 * SLOPE (Su, Srinath & Krishnamurthy 2020, §3; Tucker & Lee 2021): which of several estimates to take, from the widest, least biased on to
 * narrower ones as long as each lies within its own width plus (√6 − 1) widths of every one before; its error is then within a
 * constant of the best candidate's. Assumes that bias grows as width shrinks. Null without a candidate. An interval
 * around the choice does not hold that it was chosen on the same data.
 */
export function slopeChoice(candidates: readonly SlopeCandidate[]): number | null {
  const order = candidates.map((_, i) => i).sort((a, b) => candidates[b]!.width - candidates[a]!.width)
  let last: number | null = null
  for (const [rank, i] of order.entries()) {
    const { value, width } = candidates[i]!
    const before = order.slice(0, rank)
    const isNear = before.every(
      (j) => Math.abs(candidates[j]!.value - value) <= width + WIDENING * candidates[j]!.width,
    )
    if (!isNear) return last
    last = i
  }
  return last
}
