// From here on seven terms of Stirling's series leave less than the last bit; smaller arguments step up to it.
const SERIES_FROM = 10
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI)
/** B_{2k} / (2k (2k − 1)), k = 1 … 7. */
const SERIES = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360, 1 / 156]

/** ln Γ(x) for x > 0, by Stirling's series (Abramowitz & Stegun 6.1.41) and the recursion Γ(x + 1) = x Γ(x). */
export function logGamma(x: number): number {
  let product = 1
  let y = x
  for (; y < SERIES_FROM; y++) product *= y
  let rest = 0
  for (let k = SERIES.length - 1; k >= 0; k--) rest = rest / (y * y) + SERIES[k]!
  return (y - 0.5) * Math.log(y) - y + HALF_LOG_TWO_PI + rest / y - Math.log(product)
}
