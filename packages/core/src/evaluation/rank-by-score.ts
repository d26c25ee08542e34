/** Row indices from the highest score to the lowest; ties from the last row to the first, as a reversed stable sort has them. */
export function rankByScore(scores: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: scores.length }, (_, i) => i)
  return order.sort((a, b) => scores[b]! - scores[a]! || b - a)
}
