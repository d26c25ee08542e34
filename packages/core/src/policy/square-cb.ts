import { type GapWeight, PalomaError } from '../domain/index.ts'
import { largestScore } from './greedy.ts'

/**
 * Inverse gap weighting (Foster & Rakhlin 2020, SquareCB, eq. 3; Abe & Long 1999): 1 / (K + gamma · gap) for every action
 * below the best score, the rest for the best, split equally among ties. `gamma` ≥ 0 in 1 / units of the score: its scale
 * must follow the scores, or the policy is uniform (too small) or greedy (too large).
 */
export function squareCb(
  scores: Float64Array,
  gamma: number,
  out: Float64Array = new Float64Array(scores.length),
): Float64Array {
  const best = largestScore(scores)
  let ties = 0
  let rest = 1
  for (let k = 0; k < scores.length; k++) {
    if (scores[k] === best) {
      ties += 1
      continue
    }
    const probability = 1 / (scores.length + gamma * (best - scores[k]!))
    out[k] = probability
    rest -= probability
  }
  for (let k = 0; k < scores.length; k++) if (scores[k] === best) out[k] = rest / ties
  return out
}

/**
 * The `gamma` of a decision: as it is given, or scale · √(K · t) with K actions and t rewards behind it, by which the regret of `squareCb` grows like
 * √(K T) (Foster & Rakhlin 2020, theorem 1, up to the error of the scores); before the first reward t counts as 1. Throws REWARDS_INVALID on a
 * count below 0.
 */
export function gapWeight(
  gamma: GapWeight,
  { actions, learned }: { readonly actions: number; readonly learned: number },
): number {
  if (typeof gamma === 'number') return gamma
  if (!(learned >= 0)) throw new PalomaError('REWARDS_INVALID', `learned must be ≥ 0, got ${learned}`)
  return gamma.scale * Math.sqrt(actions * Math.max(1, learned))
}
