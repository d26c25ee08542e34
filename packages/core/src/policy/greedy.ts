/** Probability 1 on the best score, split equally where several are best. */
export function greedy(scores: Float64Array, out: Float64Array = new Float64Array(scores.length)): Float64Array {
  const best = largestScore(scores)
  let ties = 0
  for (let k = 0; k < scores.length; k++) if (scores[k] === best) ties += 1
  for (let k = 0; k < scores.length; k++) out[k] = scores[k] === best ? 1 / ties : 0
  return out
}

/** The largest of the scores; −∞ when there are none. */
export function largestScore(scores: Float64Array): number {
  let best = Number.NEGATIVE_INFINITY
  for (let k = 0; k < scores.length; k++) if (scores[k]! > best) best = scores[k]!
  return best
}
