import { normalQuantile } from '../numeric/index.ts'
import { checkLevel, type Estimate, undefinedEstimate } from './estimate.ts'

/**
 * Wilson's score interval (1927) for a proportion of `n` independent units: centre (k + z²/2) / (n + z²), half width
 * z √(k(n − k)/n + z²/4) / (n + z²). `mean` is k / n, which is not the centre. Coverage is right on average over p
 * and dips near 0 and 1. No units: `too-few-units`. Throws a RangeError unless 0 ≤ successes ≤ n are integers.
 */
export function wilsonInterval(successes: number, n: number, level: number): Estimate {
  checkLevel(level)
  if (!Number.isInteger(n) || !Number.isInteger(successes) || successes < 0 || successes > n) {
    throw new RangeError(`successes must be an integer in [0, n], got ${successes} of ${n}`)
  }
  if (n === 0) return undefinedEstimate('too-few-units')
  const z = normalQuantile((1 + level) / 2)
  const scale = n + z * z
  const centre = (successes + (z * z) / 2) / scale
  const spread = Math.sqrt((successes * (n - successes)) / n + (z * z) / 4) / scale
  const low = successes === 0 ? 0 : centre - z * spread
  const high = successes === n ? 1 : centre + z * spread
  return { kind: 'estimate', mean: successes / n, low, high, stdError: spread, dof: null }
}
