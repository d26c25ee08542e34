import { checkLevel, type Estimate } from './estimate.ts'
import { addToSet, type MatchedSets, matchedDifference } from './matched-differences.ts'
import { differenceInterval, meanInterval } from './mean-interval.ts'
import { addValue, type Moments, NO_MOMENTS } from './moments.ts'

/** What one user brought over the whole interval; one row per user, sends or none. */
export interface UserRow {
  readonly group: string
  /** By objective, in its unit. An objective that is absent counts 0. */
  readonly values: Readonly<Record<string, number>>
  /** Σ weight × value, on the common scale. */
  readonly combined: number
  /** Users with the same value are alike: a person and his twins, a household, a shop's customers. Formed before anybody was assigned. */
  readonly match?: string
}

/** Means per user of one group. */
export interface GroupMeans {
  readonly users: number
  readonly objectives: Readonly<Record<string, Estimate>>
  readonly combined: Estimate
}

/** Groups side by side, and their differences. */
export interface ComparedGroups {
  readonly level: number
  readonly groups: Readonly<Record<string, GroupMeans>>
  /** By `first-second`: mean of the first minus mean of the second, per objective and `combined`. */
  readonly differences: Readonly<Record<string, Readonly<Record<string, Estimate>>>>
  /** By pair, in how many sets of matched users the difference was taken; absent where groups were compared as they are. */
  readonly matchedSets?: Readonly<Record<string, number>>
}

/** Differences that are shown: Paloma against every other group, and what messages as usual are worth at all. */
export const GROUP_PAIRS: readonly (readonly [string, string])[] = [
  ['paloma', 'businessAsUsual'],
  ['paloma', 'random'],
  ['paloma', 'holdout'],
  ['businessAsUsual', 'holdout'],
]

/** Key of the weighted sum among the objectives of a difference. */
export const COMBINED = 'combined'

interface GroupMoments {
  users: number
  combined: Moments
  readonly objectives: Map<string, Moments>
}

function startGroup(objectives: readonly string[]): GroupMoments {
  return { users: 0, combined: NO_MOMENTS, objectives: new Map(objectives.map((name) => [name, NO_MOMENTS])) }
}

function addRow(group: GroupMoments, row: UserRow): void {
  group.users += 1
  group.combined = addValue(group.combined, row.combined)
  for (const [name, moments] of group.objectives) {
    group.objectives.set(name, addValue(moments, row.values[name] ?? 0))
  }
}

function meansOf(group: GroupMoments, level: number): GroupMeans {
  const objectives = [...group.objectives].map(([name, moments]) => [name, meanInterval(moments, level)] as const)
  return {
    users: group.users,
    objectives: Object.fromEntries(objectives),
    combined: meanInterval(group.combined, level),
  }
}

function differenceOf(first: GroupMoments, second: GroupMoments, level: number): Readonly<Record<string, Estimate>> {
  const objectives = [...first.objectives].map(([name, moments]) => {
    return [name, differenceInterval(moments, second.objectives.get(name) ?? NO_MOMENTS, level)] as const
  })
  return { ...Object.fromEntries(objectives), [COMBINED]: differenceInterval(first.combined, second.combined, level) }
}

interface CompareOptions {
  readonly groups: readonly string[]
  readonly objectives: readonly string[]
  readonly pairs?: readonly (readonly [string, string])[]
  readonly level?: number
  /** Take differences within sets of users with the same `match`. */
  readonly matched?: boolean
}

/** Pairs whose groups both take part, with their key. */
function pairsAmong({ groups, pairs = GROUP_PAIRS }: CompareOptions): readonly (readonly [string, string])[] {
  return pairs.filter((pair) => pair.every((name) => groups.includes(name)))
}

/** Differences of means between groups of different users. */
function differencesApart(
  groups: ReadonlyMap<string, GroupMoments>,
  pairs: readonly (readonly [string, string])[],
  level: number,
): ComparedGroups['differences'] {
  const entries = pairs.map(([first, second]) => {
    return [`${first}-${second}`, differenceOf(groups.get(first)!, groups.get(second)!, level)] as const
  })
  return Object.fromEntries(entries)
}

/** Differences within sets of matched users, and in how many sets. */
function differencesWithin(
  sets: MatchedSets,
  pairs: readonly (readonly [string, string])[],
  options: { readonly quantities: readonly string[]; readonly level: number },
): Required<Pick<ComparedGroups, 'differences' | 'matchedSets'>> {
  const found = pairs.map((pair) => [pair.join('-'), matchedDifference(sets, pair, options)] as const)
  return {
    differences: Object.fromEntries(found.map(([key, { differences }]) => [key, differences])),
    matchedSets: Object.fromEntries(found.map(([key, each]) => [key, each.sets])),
  }
}

/** A comparison that hears of users one after the other and keeps sums alone; with `matched`, also sums by set. */
export interface GroupTally {
  /** Throws a RangeError for a row of an unknown group. */
  add(row: UserRow): void
  compare(): ComparedGroups
}

/**
 * Compares groups of users that an assignment made: per group the mean per user of every objective and of their
 * weighted sum, and per pair the difference of means, with Student's and Welch's intervals at `level`. Every user
 * assigned must have a row, whether or not anything happened to him: leaving some out undoes the randomisation.
 * With `matched`, differences are taken within sets of users (`matchedDifference`), and rows without `match` count for their group's means alone.
 * Intervals are not corrected for their number. Pairs naming a group that is not in `groups` are left out.
 */
export function tallyGroups(options: CompareOptions): GroupTally {
  const { objectives, matched = false, level = 0.95 } = options
  checkLevel(level)
  const groups = new Map(options.groups.map((name) => [name, startGroup(objectives)]))
  const pairs = pairsAmong(options)
  const sets: MatchedSets = new Map()
  return {
    add(row) {
      const group = groups.get(row.group)
      if (group === undefined) {
        throw new RangeError(`group of a row must be one of ${[...groups.keys()].join(', ')}, got ${row.group}`)
      }
      addRow(group, row)
      const { match, values, combined } = row
      if (matched && match !== undefined) {
        addToSet(sets, { match, group: row.group, values: { ...values, [COMBINED]: combined } })
      }
    },
    compare() {
      const means = [...groups].map(([name, group]) => [name, meansOf(group, level)] as const)
      const quantities = [...objectives, COMBINED]
      const found = matched
        ? differencesWithin(sets, pairs, { quantities, level })
        : { differences: differencesApart(groups, pairs, level) }
      return { level, groups: Object.fromEntries(means), ...found }
    },
  }
}

/** Compares groups whose rows are all at hand; see `tallyGroups`. */
export function compareGroups(rows: Iterable<UserRow>, options: CompareOptions): ComparedGroups {
  const tally = tallyGroups(options)
  for (const row of rows) tally.add(row)
  return tally.compare()
}
