import { largestScore } from './greedy.ts'

/**
 * Boltzmann exploration (Sutton & Barto 2018, eq. 2.11): p ∝ exp(score / temperature), `temperature` > 0 in units of the
 * score. Ignores uncertainty: a bad estimate is explored no more than a sure one.
 */
export function softmax(scores: Float64Array, temperature: number): Float64Array {
  const best = largestScore(scores)
  const weights = new Float64Array(scores.length)
  let total = 0
  for (let k = 0; k < scores.length; k++) {
    const weight = Math.exp((scores[k]! - best) / temperature)
    weights[k] = weight
    total += weight
  }
  for (let k = 0; k < weights.length; k++) weights[k] = weights[k]! / total
  return weights
}
