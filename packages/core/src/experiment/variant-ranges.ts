import { type BucketRange, PalomaError, type VariantRange } from '../domain/index.ts'
import { BUCKETS, checkShares, type Share } from './assignment.ts'

/** Consecutive ranges in the order given, empty ones left out. Throws INVALID_SHARES like `assign`. */
export function rangesOf(weights: readonly Share[]): readonly VariantRange[] {
  checkShares(weights)
  const ranges: VariantRange[] = []
  let from = 0
  for (const { name, share } of weights) {
    if (share > 0) ranges.push({ variant: name, from, until: from + share })
    from += share
  }
  return ranges
}

/** The variant that owns a bucket. */
export function variantAt(ranges: readonly VariantRange[], bucket: number): string {
  for (const { variant, from, until } of ranges) if (bucket >= from && bucket < until) return variant
  throw new PalomaError('INVALID_SHARES', `bucket ${bucket} belongs to no variant; ranges must cover 0 to ${BUCKETS}`)
}

/** Millionths by variant. */
export function weightsOfRanges(ranges: readonly VariantRange[]): Readonly<Record<string, number>> {
  const weights: Record<string, number> = {}
  for (const { variant, from, until } of ranges) weights[variant] = (weights[variant] ?? 0) + until - from
  return weights
}

/**
 * The ranges after a change of weights that moves as little as can be: a variant that shrinks gives up its last buckets,
 * one that grows takes the first of those given up, everything else stays. The share that moves is half the sum of the
 * absolute changes, below which no assignment can stay. Throws INVALID_SHARES like `assign`.
 */
export function reweighted(ranges: readonly VariantRange[], weights: readonly Share[]): readonly VariantRange[] {
  checkShares(weights)
  const wanted = new Map(weights.map(({ name, share }) => [name, share]))
  const kept: VariantRange[] = []
  const freed: BucketRange[] = []
  for (const range of ranges) {
    const left = wanted.get(range.variant) ?? 0
    const cut = Math.min(range.until, range.from + left)
    wanted.set(range.variant, left - (cut - range.from))
    if (cut > range.from) kept.push({ ...range, until: cut })
    if (cut < range.until) freed.push({ from: cut, until: range.until })
  }
  return merged([...kept, ...given(freed, [...wanted])])
}

/** Hands freed buckets to those that still want some, first to first; both sums are alike. */
function given(freed: readonly BucketRange[], wanted: readonly (readonly [string, number])[]): readonly VariantRange[] {
  const handed: VariantRange[] = []
  let gap = 0
  let from = freed[0]?.from ?? 0
  for (const [variant, share] of wanted) {
    for (let left = share; left > 0; ) {
      const until = Math.min(freed[gap]!.until, from + left)
      handed.push({ variant, from, until })
      left -= until - from
      from = until
      if (from === freed[gap]!.until) from = freed[++gap]?.from ?? 0
    }
  }
  return handed
}

/** In order, neighbours of one variant as one range. */
function merged(ranges: readonly VariantRange[]): readonly VariantRange[] {
  const joined: VariantRange[] = []
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last !== undefined && last.variant === range.variant && last.until === range.from) {
      joined[joined.length - 1] = { ...last, until: range.until }
    } else joined.push(range)
  }
  return joined
}
