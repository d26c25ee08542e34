/**
 * Inverse gap weighting (Foster & Rakhlin 2020, SquareCB, eq. 3; Abe & Long 1999): 1 / (K + gamma · gap) for every action
 * below the best score, the rest for the best, split equally among ties. `gamma` ≥ 0 in 1 / units of the score: its scale
 * must follow the scores, or the policy is uniform (too small) or greedy (too large).
 */
export function squareCb(scores: Float64Array, gamma: number): Float64Array {
  const best = Math.max(...scores)
  let ties = 0
  let rest = 1
  const probabilities = scores.map((score) => {
    if (score === best) {
      ties += 1
      return 0
    }
    const probability = 1 / (scores.length + gamma * (best - score))
    rest -= probability
    return probability
  })
  return probabilities.map((probability, i) => (scores[i] === best ? rest / ties : probability))
}
