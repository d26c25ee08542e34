/** p ← (1 − floor) p + floor / K: every one of the K actions keeps floor / K, and the sum stays 1. */
export function mixFloor(probabilities: Float64Array, floor: number): Float64Array {
  const share = floor / probabilities.length
  const mixed = new Float64Array(probabilities.length)
  for (let k = 0; k < mixed.length; k++) mixed[k] = (1 - floor) * probabilities[k]! + share
  return mixed
}
