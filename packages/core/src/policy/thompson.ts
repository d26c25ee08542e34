import { normalCdf } from '../numeric/index.ts'
import { bestProbabilities } from './best-probabilities.ts'
import { greedy } from './greedy.ts'

/**
 * Thompson sampling with exact propensities (Thompson 1933; docs/methods/thompson-quadrature.md): the probability that an
 * action's score is the largest, for independent scores N(score, variance / sharpness). `sharpness` ≥ 1 explores less, for
 * short horizons. Ignores correlation between scores, so two near-copies of one action split its probability.
 */
export function thompson(
  scores: Float64Array,
  variances: Float64Array,
  sharpness: number,
  out: Float64Array = new Float64Array(scores.length),
): Float64Array {
  if (scores.length !== 2) return bestProbabilities(scores, variances, sharpness, out)
  const sd = Math.sqrt((variances[0]! + variances[1]!) / sharpness)
  if (sd === 0) return greedy(scores, out)
  const gap = (scores[0]! - scores[1]!) / sd
  out[0] = normalCdf(gap)
  out[1] = normalCdf(-gap)
  return out
}
