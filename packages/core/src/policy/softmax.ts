/**
 * Boltzmann exploration (Sutton & Barto 2018, eq. 2.11): p ∝ exp(score / temperature), `temperature` > 0 in units of the
 * score. Ignores uncertainty: a bad estimate is explored no more than a sure one.
 */
export function softmax(scores: Float64Array, temperature: number): Float64Array {
  const best = Math.max(...scores)
  const weights = scores.map((score) => Math.exp((score - best) / temperature))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}
