import type { Estimate } from './estimate.ts'
import { meanInterval } from './mean-interval.ts'
import { addValue, type Moments, NO_MOMENTS } from './moments.ts'

/** Sums of the users of one set that stand in one group, by quantity. */
interface SetSums {
  users: number
  readonly sums: Map<string, number>
}

/** Sets of users who are alike, and of each what its users brought in every group. */
export type MatchedSets = Map<string, Map<string, SetSums>>

/** What one user of a matched set brought: `values` by quantity, absent ones 0. */
export interface MatchedUser {
  readonly match: string
  readonly group: string
  readonly values: Readonly<Record<string, number>>
}

/** Adds one user to his set. Changes `sets`. */
export function addToSet(sets: MatchedSets, { match, group, values }: MatchedUser): void {
  const set = sets.get(match) ?? new Map<string, SetSums>()
  sets.set(match, set)
  const cell = set.get(group) ?? { users: 0, sums: new Map<string, number>() }
  set.set(group, cell)
  cell.users += 1
  for (const [name, value] of Object.entries(values)) cell.sums.set(name, (cell.sums.get(name) ?? 0) + value)
}

/** Differences taken within sets, by quantity, and how many sets had users of both groups. */
export interface MatchedDifference {
  readonly sets: number
  readonly differences: Readonly<Record<string, Estimate>>
}

/**
 * Mean over sets of (mean of the set's users in the first group − mean of those in the second), with Student's interval over sets: the
 * paired t-test, e.g. Rosner, Fundamentals of Biostatistics, §8.3. What members of a set have in common drops out, and with it most of
 * the spread between users. Every set counts once however many users it has; sets without users of both groups do not count. Fails where sets were formed by
 * what happened after assignment. Fewer than two such sets: `too-few-units`.
 */
export function matchedDifference(
  sets: MatchedSets,
  [first, second]: readonly [string, string],
  options: { readonly quantities: readonly string[]; readonly level: number },
): MatchedDifference {
  const moments = new Map<string, Moments>(options.quantities.map((name) => [name, NO_MOMENTS]))
  let complete = 0
  for (const set of sets.values()) {
    const [a, b] = [set.get(first), set.get(second)]
    if (a === undefined || b === undefined) continue
    complete += 1
    for (const [name, soFar] of moments) {
      const difference = (a.sums.get(name) ?? 0) / a.users - (b.sums.get(name) ?? 0) / b.users
      moments.set(name, addValue(soFar, difference))
    }
  }
  const estimates = [...moments].map(([name, each]) => [name, meanInterval(each, options.level)] as const)
  return { sets: complete, differences: Object.fromEntries(estimates) }
}
