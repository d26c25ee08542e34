import {
  assertNever,
  compareGroups,
  compareMatchedGroups,
  type EpochMs,
  type Estimate,
  GROUPS,
  type Group,
  groupOf,
  type Objective,
  type UserId,
  type UserProfile,
  type UserRow,
} from '@paloma/core'
import type { UserTotals } from '../store/contract.ts'
import type { GroupComparison, GroupResult, Interval, Usecases } from './contract.ts'
import type { Deps } from './deps.ts'
import { type Reach, reachOf } from './reach.ts'

const PAGE_USERS = 1_000

function toInterval(estimate: Estimate): Interval {
  if (estimate.kind === 'estimate') return { mean: estimate.mean, low: estimate.low, high: estimate.high }
  return { mean: estimate.mean ?? Number.NaN, low: Number.NaN, high: Number.NaN }
}

/**
 * What one user brought over an interval, in the objective's unit: `sum` adds values; `any` and `activeDays` count the
 * days (UTC) that had one; `reachLost` counts, negatively, the channels lost, times the objective's scale.
 */
export function totalFor(objective: Objective, { values, days, reachLosses }: UserTotals): number {
  switch (objective.aggregate) {
    case 'sum':
      return values[objective.name] ?? 0
    case 'any':
    case 'activeDays':
      return days[objective.name] ?? 0
    case 'reachLost': {
      const lost = new Set(reachLosses.map(({ channel }) => channel ?? 'all')).size
      return lost === 0 ? 0 : -lost * (objective.scale ?? 1)
    }
    default:
      return assertNever(objective.aggregate)
  }
}

interface Member extends UserRow {
  readonly totals: UserTotals
  readonly reach: Reach
}

/** The four groups side by side, from the store alone; every user counts who was known before `until`. */
export function groupUsecases(deps: Pick<Deps, 'store' | 'snapshots' | 'adapters'>): Usecases['groups'] {
  return {
    async compare(from, until, { matchedBy } = {}) {
      const { objectives } = deps.snapshots.current()
      const members = await membersOf(deps, { from, until, matchedBy })
      const options = { groups: GROUPS, objectives: objectives.map(({ name }) => name) }
      const compared =
        matchedBy === undefined ? compareGroups(members, options) : compareMatchedGroups(members, options)
      const resultOf = (group: Group): GroupResult => ({
        ...countsOf(members.filter((member) => member.group === group)),
        objectives: intervals(compared.groups[group]!.objectives),
        combined: toInterval(compared.groups[group]!.combined),
      })
      const groups: GroupComparison['groups'] = {
        paloma: resultOf('paloma'),
        businessAsUsual: resultOf('businessAsUsual'),
        random: resultOf('random'),
        holdout: resultOf('holdout'),
      }
      const pairs = Object.entries(compared.differences).map(([pair, values]) => [pair, intervals(values)] as const)
      const { level, matchedSets } = compared
      const result = { from, until, level, groups, differences: Object.fromEntries(pairs) }
      return matchedSets === undefined ? result : { ...result, matchedSets }
    },
  }
}

function intervals(estimates: Readonly<Record<string, Estimate>>): Readonly<Record<string, Interval>> {
  return Object.fromEntries(Object.entries(estimates).map(([name, estimate]) => [name, toInterval(estimate)]))
}

async function membersOf(
  { store, snapshots, adapters }: Pick<Deps, 'store' | 'snapshots' | 'adapters'>,
  {
    from,
    until,
    matchedBy,
  }: { readonly from: EpochMs; readonly until: EpochMs; readonly matchedBy: string | undefined },
): Promise<readonly Member[]> {
  const { objectives, groups, groupSalt, rules } = snapshots.current()
  const all = new Map((await store.decisions.totals(from, until)).map((totals) => [totals.userId, totals]))
  const channels = [...adapters.keys()].filter((channel) => rules.channels[channel] !== undefined)
  const members: Member[] = []
  for await (const page of userPages(store)) {
    for (const profile of page) {
      const totals = all.get(profile.userId)
      if (totals === undefined) continue
      const values = Object.fromEntries(objectives.map((objective) => [objective.name, totalFor(objective, totals)]))
      const combined = objectives.reduce((sum, { name, weight }) => sum + weight * (values[name] ?? 0), 0)
      const reach = reachOf(profile, totals.reachLosses, { from, until, channels, rules: rules.channels })
      const group = groupOf(groups, groupSalt, profile.userId)
      members.push({ group, values, combined, totals, reach, ...matchOf(profile, matchedBy) })
    }
  }
  return members
}

/** The set of alike users a user belongs to; none without the trait. */
function matchOf({ traits }: UserProfile, trait: string | undefined): Pick<UserRow, 'match'> {
  return trait !== undefined && Object.hasOwn(traits, trait) ? { match: String(traits[trait]) } : {}
}

async function* userPages(store: Deps['store']): AsyncGenerator<readonly UserProfile[]> {
  let after: UserId | null = null
  for (;;) {
    const page: readonly UserProfile[] = await store.users.page(after, PAGE_USERS)
    if (page.length === 0) return
    yield page
    after = page[page.length - 1]!.userId
  }
}

function countsOf(
  members: readonly Member[],
): Pick<GroupResult, 'users' | 'sendsPerUser' | 'reach' | 'optOutsPerUser'> {
  const sum = (of: (member: Member) => number): number => members.reduce((total, member) => total + of(member), 0)
  const perUser = (total: number): number => (members.length === 0 ? 0 : total / members.length)
  const atFirst = sum(({ reach }) => reach.atFirst)
  return {
    users: members.length,
    sendsPerUser: perUser(sum(({ totals }) => totals.sends)),
    reach: sum(({ reach }) => reach.still) / atFirst,
    optOutsPerUser: perUser(sum(({ totals }) => totals.reachLosses.length)),
  }
}
