/** p ← (1 − floor) p + floor / K: every one of the K actions keeps floor / K, and the sum stays 1. `out` may be `probabilities`. */
export function mixFloor(
  probabilities: Float64Array,
  floor: number,
  out: Float64Array = new Float64Array(probabilities.length),
): Float64Array {
  const share = floor / probabilities.length
  for (let k = 0; k < out.length; k++) out[k] = (1 - floor) * probabilities[k]! + share
  return out
}
