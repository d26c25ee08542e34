/** Probability 1 on the best score, split equally where several are best. */
export function greedy(scores: Float64Array): Float64Array {
  const best = Math.max(...scores)
  let ties = 0
  for (const score of scores) if (score === best) ties += 1
  return scores.map((score) => (score === best ? 1 / ties : 0))
}
