import {
  assertNever,
  type DatedProfile,
  type EpochMs,
  type Estimate,
  GROUPS,
  type Group,
  groupOf,
  type Objective,
  PalomaError,
  type Snapshot,
  tallyGroups,
  type UserId,
  type UserProfile,
  type UserRow,
} from '@paloma/core'
import type { UserTotals } from '../store/contract.ts'
import type { GroupResult, Interval, Usecases } from './contract.ts'
import type { Deps } from './deps.ts'
import { keptSince } from './kept-since.ts'
import { type Reach, reachOf } from './reach.ts'

type GroupDeps = Pick<Deps, 'store' | 'snapshots' | 'adapters'>

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
  readonly group: Group
  readonly totals: UserTotals
  readonly reach: Reach
}

/**
 * The four groups side by side, from the store alone, page by page; every user counts who was known before `until`. Rejects
 * with PERIOD_GONE where the interval begins before what the store keeps.
 */
export function groupUsecases(deps: GroupDeps): Usecases['groups'] {
  return {
    async compare(from, until, { matchedBy } = {}) {
      await refuseDeleted(deps, from)
      const snapshot = deps.snapshots.current()
      const objectives = snapshot.objectives.map(({ name }) => name)
      const tally = tallyGroups({ groups: GROUPS, objectives, matched: matchedBy !== undefined })
      const counts = byGroup(() => ({ users: 0, sends: 0, losses: 0, atFirst: 0, still: 0 }))
      for await (const members of memberPages(deps, { snapshot, from, until, matchedBy })) {
        for (const member of members) {
          tally.add(member)
          count(counts[member.group], member)
        }
      }
      const compared = tally.compare()
      const resultOf = (group: Group): GroupResult => ({
        ...perUser(counts[group]),
        objectives: intervals(compared.groups[group]!.objectives),
        combined: toInterval(compared.groups[group]!.combined),
      })
      const pairs = Object.entries(compared.differences).map(([pair, values]) => [pair, intervals(values)] as const)
      const { level, matchedSets } = compared
      const result = { from, until, level, groups: byGroup(resultOf), differences: Object.fromEntries(pairs) }
      return matchedSets === undefined ? result : { ...result, matchedSets }
    },
  }
}

/** Sums over an interval of which a part is gone would look like a worse time. */
async function refuseDeleted({ store }: GroupDeps, from: EpochMs): Promise<void> {
  const since = await keptSince(store.registry)
  if (from >= since) return
  const detail = `from must be at least ${new Date(since).toISOString()}, got ${new Date(from).toISOString()}`
  throw new PalomaError('PERIOD_GONE', `${detail}: what happened before was deleted from the store for its age`, {
    pointer: '/from',
  })
}

function byGroup<T>(resultFor: (group: Group) => T): Record<Group, T> {
  return {
    paloma: resultFor('paloma'),
    businessAsUsual: resultFor('businessAsUsual'),
    random: resultFor('random'),
    holdout: resultFor('holdout'),
  }
}

function intervals(estimates: Readonly<Record<string, Estimate>>): Readonly<Record<string, Interval>> {
  return Object.fromEntries(Object.entries(estimates).map(([name, estimate]) => [name, toInterval(estimate)]))
}

interface Span {
  readonly snapshot: Snapshot
  readonly from: EpochMs
  readonly until: EpochMs
  readonly matchedBy: string | undefined
}

async function* memberPages(deps: GroupDeps, span: Span): AsyncGenerator<readonly Member[]> {
  for await (const profiles of userPages(deps.store)) {
    const users = profiles.map(({ userId }) => userId)
    const totals = await deps.store.decisions.totals(span.from, span.until, users)
    const totalsOf = new Map(totals.map((each) => [each.userId, each]))
    yield profiles.flatMap((profile) => {
      const found = totalsOf.get(profile.userId)
      return found === undefined ? [] : [memberOf(deps, profile, { ...span, totals: found })]
    })
  }
}

function memberOf(
  { adapters }: GroupDeps,
  profile: DatedProfile,
  { snapshot, from, until, matchedBy, totals }: Span & { readonly totals: UserTotals },
): Member {
  const { objectives, groups, groupSalt, rules } = snapshot
  const channels = [...adapters.keys()].filter((channel) => rules.channels[channel] !== undefined)
  const values = Object.fromEntries(objectives.map((objective) => [objective.name, totalFor(objective, totals)]))
  const combined = objectives.reduce((sum, { name, weight }) => sum + weight * (values[name] ?? 0), 0)
  const reach = reachOf(profile, totals.reachLosses, { from, until, channels, rules: rules.channels })
  const group = groupOf(groups, groupSalt, profile.userId)
  return { group, values, combined, totals, reach, ...matchOf(profile, matchedBy) }
}

/** The set of alike users a user belongs to; none without the trait. */
function matchOf({ traits }: UserProfile, trait: string | undefined): Pick<UserRow, 'match'> {
  return trait !== undefined && Object.hasOwn(traits, trait) ? { match: String(traits[trait]) } : {}
}

async function* userPages(store: Deps['store']): AsyncGenerator<readonly DatedProfile[]> {
  let after: UserId | null = null
  for (;;) {
    const page: readonly DatedProfile[] = await store.users.page(after, PAGE_USERS)
    if (page.length === 0) return
    yield page
    after = page[page.length - 1]!.userId
  }
}

interface Counts {
  users: number
  sends: number
  losses: number
  /** Pairs of user and channel that could be reached at first, and that still can. */
  atFirst: number
  still: number
}

function count(counts: Counts, { totals, reach }: Member): void {
  counts.users += 1
  counts.sends += totals.sends
  counts.losses += totals.reachLosses.length
  counts.atFirst += reach.atFirst
  counts.still += reach.still
}

function perUser({ users, sends, losses, atFirst, still }: Counts): Omit<GroupResult, 'objectives' | 'combined'> {
  const mean = (total: number): number => (users === 0 ? 0 : total / users)
  return { users, sendsPerUser: mean(sends), reach: still / atFirst, optOutsPerUser: mean(losses) }
}
