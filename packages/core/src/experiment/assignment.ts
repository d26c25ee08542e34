import { GROUPS, type Group, type GroupRule, PalomaError } from '../domain/index.ts'
import { murmur3 } from '../random/index.ts'

/** Buckets of one salt; a share is a number of them. */
export const BUCKETS = 1_000_000

/** How many of the million buckets belong to one name. */
export interface Share<Name extends string = string> {
  readonly name: Name
  /** Millionths: an integer from 0 to 1,000,000. */
  readonly share: number
}

/**
 * The bucket of a unit, an integer from 0 to 999,999: ⌊murmur3_x86_32(`salt:unit`) · 10⁶ / 2³²⌋. The product stays
 * below 2⁵³, so the arithmetic is exact. Units of another salt fall independently. Buckets are at most one part in
 * 4,294 wider than one another.
 */
export function bucketOf(salt: string, unit: string): number {
  return Math.floor((murmur3(`${salt}:${unit}`, 0) * BUCKETS) / 2 ** 32)
}

/** Throws INVALID_SHARES unless the shares are non-negative integers that sum to 1,000,000. */
export function checkShares(shares: readonly Share[]): void {
  let sum = 0
  for (const { name, share } of shares) {
    if (!Number.isInteger(share) || share < 0) {
      throw new PalomaError('INVALID_SHARES', `share of ${name} must be an integer of millionths ≥ 0, got ${share}`)
    }
    sum += share
  }
  if (sum !== BUCKETS) {
    throw new PalomaError('INVALID_SHARES', `shares must sum to ${BUCKETS} millionths, got ${sum}`, {
      hint: 'A share of 5 % is written 50000.',
    })
  }
}

/**
 * Which name a unit gets: names own consecutive ranges of buckets in the order given. Moving share from one name to
 * its neighbour moves only the units between them. Throws INVALID_SHARES unless the shares are non-negative integers
 * that sum to 1,000,000.
 */
export function assign<Name extends string>(salt: string, unit: string, shares: readonly Share<Name>[]): Name {
  checkShares(shares)
  const bucket = bucketOf(salt, unit)
  let end = 0
  for (const { name, share } of shares) {
    end += share
    if (bucket < end) return name
  }
  throw new PalomaError('INVALID_SHARES', `bucket ${bucket} of ${unit} lies beyond the shares, which end at ${end}`)
}

/** The comparison group of a user, ranges in the order of `GROUPS`; throws like `assign`. */
export function groupOf(
  groups: Readonly<Record<Group, Pick<GroupRule, 'share'>>>,
  salt: string,
  userId: string,
): Group {
  return assign(
    salt,
    userId,
    GROUPS.map((name) => ({ name, share: groups[name].share })),
  )
}
