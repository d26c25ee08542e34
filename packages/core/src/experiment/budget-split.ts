import { PalomaError } from '../domain/index.ts'
import { BUCKETS, checkShares, type Share } from './assignment.ts'

/** A limit that everybody shares, cut so that no variant can take from another. */
export interface SplitLimit {
  /** For users outside of the experiment. */
  readonly outside: number
  readonly variants: Readonly<Record<string, number>>
}

/**
 * Splits a shared limit (sends a day, a budget in cents) in proportion to users: each variant its own part, the rest for
 * users outside. Where variants draw on one limit, what one sends the other cannot, and their difference is biased (Liu,
 * Mao & Kang 2021, budget-split design). Parts are integers that sum to the limit, by largest remainders.
 *
 * Fails where a user's use of the limit reaches users of another variant by other ways, or where a part is too small to
 * be used as the whole would be.
 */
export function splitLimit(
  limit: number,
  { weights, share }: { readonly weights: readonly Share[]; readonly share: number },
): SplitLimit {
  checkShares(weights)
  if (!Number.isInteger(limit) || limit < 0) {
    throw new PalomaError('INVALID_LIMIT', `limit must be an integer ≥ 0, got ${limit}`)
  }
  if (!Number.isInteger(share) || share < 0 || share > BUCKETS) {
    throw new PalomaError('INVALID_SHARES', `share must be an integer from 0 to ${BUCKETS} millionths, got ${share}`)
  }
  const exact = [
    (limit * (BUCKETS - share)) / BUCKETS,
    ...weights.map((w) => ((limit * share) / BUCKETS / BUCKETS) * w.share),
  ]
  const whole = rounded(exact, limit)
  return {
    outside: whole[0]!,
    variants: Object.fromEntries(weights.map(({ name }, i) => [name, whole[i + 1]!])),
  }
}

/** Integers near the parts that sum to `total`: what is left over goes to the largest remainders, the first of equals. */
function rounded(parts: readonly number[], total: number): readonly number[] {
  const floors = parts.map(Math.floor)
  const left = total - floors.reduce((sum, part) => sum + part, 0)
  const order = [...parts.keys()].sort((a, b) => parts[b]! - floors[b]! - (parts[a]! - floors[a]!) || a - b)
  const lucky = new Set(order.slice(0, left))
  return floors.map((part, i) => (lucky.has(i) ? part + 1 : part))
}
