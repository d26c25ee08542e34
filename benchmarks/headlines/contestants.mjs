import { normalQuantile, variantDistribution } from '@paloma/core'

const EXPLORED_SHARE = 0.25

/** Paloma's policy for rare responses, with a prior from the half of the tests that is not judged. */
export function finiteHorizon(priors, floor) {
  return ({ test, counts, clicks, sent, horizon }) => {
    const seen = Array.from(counts, (trials, k) => ({ trials, successes: clicks[k] }))
    return variantDistribution(seen, priors[test.half], { remaining: horizon - sent, floor })
  }
}

/** Equal shares for a quarter of the horizon, then the variant with the best rate so far. */
export function exploreThenCommit({ counts, clicks, sent, horizon }) {
  const variants = counts.length
  if (sent < EXPLORED_SHARE * horizon) return (i) => (sent + i) % variants
  let best = 0
  for (let k = 1; k < variants; k += 1) if (clicks[k] / counts[k] > clicks[best] / counts[best]) best = k
  return () => best
}

/** Thompson sampling with a Beta(1, 1) prior per variant, one draw of all rates per send. */
export function betaThompson({ counts, clicks, random }) {
  return () => {
    let best = -1
    let most = -1
    for (let k = 0; k < counts.length; k += 1) {
      const responded = gamma(1 + clicks[k], random)
      const rate = responded / (responded + gamma(1 + counts[k] - clicks[k], random))
      if (rate > most) [best, most] = [k, rate]
    }
    return best
  }
}

/** A Gamma(shape ≥ 1, 1) number (Marsaglia & Tsang 2000). */
function gamma(shape, random) {
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normalQuantile(1 - random())
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}
