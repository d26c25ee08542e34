import { PalomaError } from '../domain/index.ts'

const FIRST = 40
const LAST = 4
/** After this many decisions the sharpness is half of the first. */
const HALF_AFTER = 500

/**
 * Sharpness for Thompson sampling when nobody knows how long it will go on: max(4, 40 / (1 + decisions / 500)). With t decisions
 * behind, about as many are expected ahead, and what exploring finds pays over those; so doubt counts for a fortieth of its
 * variance at first and for a quarter after 4,500 decisions. The numbers were chosen on classification sets
 * (docs/methods/contextual-bandit.md); where the end is known, use it. Throws DECISIONS_INVALID on a negative count.
 */
export function openHorizonSharpness(decisions: number): number {
  if (!(decisions >= 0)) throw new PalomaError('DECISIONS_INVALID', `decisions must be ≥ 0, got ${decisions}`)
  return Math.max(LAST, FIRST / (1 + decisions / HALF_AFTER))
}
