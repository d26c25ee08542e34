/** Probability 1 on the best score, split equally where several are best. */
export function greedy(scores: Float64Array): Float64Array {
  const best = largestScore(scores)
  let ties = 0
  for (let k = 0; k < scores.length; k++) if (scores[k] === best) ties += 1
  const probabilities = new Float64Array(scores.length)
  for (let k = 0; k < scores.length; k++) if (scores[k] === best) probabilities[k] = 1 / ties
  return probabilities
}

/** The largest of the scores; −∞ when there are none. */
export function largestScore(scores: Float64Array): number {
  let best = Number.NEGATIVE_INFINITY
  for (let k = 0; k < scores.length; k++) if (scores[k]! > best) best = scores[k]!
  return best
}
