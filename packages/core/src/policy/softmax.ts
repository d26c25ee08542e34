import { largestScore } from './greedy.ts'

/**
 * Boltzmann exploration (Sutton & Barto 2018, eq. 2.11): p ∝ exp(score / temperature), `temperature` > 0 in units of the
 * score. Ignores uncertainty: a bad estimate is explored no more than a sure one.
 */
export function softmax(
  scores: Float64Array,
  temperature: number,
  out: Float64Array = new Float64Array(scores.length),
): Float64Array {
  const best = largestScore(scores)
  let total = 0
  for (let k = 0; k < scores.length; k++) {
    const weight = Math.exp((scores[k]! - best) / temperature)
    out[k] = weight
    total += weight
  }
  for (let k = 0; k < out.length; k++) out[k] = out[k]! / total
  return out
}
