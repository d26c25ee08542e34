/** The distribution that gives action `index` of `count` probability 1. */
export function certain(count: number, index: number): Float64Array {
  const probabilities = new Float64Array(count)
  probabilities[index] = 1
  return probabilities
}
