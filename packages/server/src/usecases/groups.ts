import { compareGroups, type EpochMs, type Estimate, GROUPS, type Group, groupOf, type Objective } from '@paloma/core'
import type { UserTotals } from '../store/contract.ts'
import type { GroupComparison, GroupResult, Interval, Usecases } from './contract.ts'
import type { Deps } from './deps.ts'

function toInterval(estimate: Estimate): Interval {
  if (estimate.kind === 'estimate') return { mean: estimate.mean, low: estimate.low, high: estimate.high }
  return { mean: estimate.mean ?? Number.NaN, low: Number.NaN, high: Number.NaN }
}

/** What one user brought, in the objective's unit. */
function totalFor(objective: Objective, totals: UserTotals): number {
  if (objective.aggregate === 'activeDays') return totals.days[objective.name] ?? 0
  if (objective.aggregate === 'reachLost') return -totals.reachLosses.length * (objective.scale ?? 1)
  return totals.values[objective.name] ?? 0
}

/** The four groups side by side, from the log alone. */
export function groupUsecases({ store, snapshots, adapters }: Deps): Usecases['groups'] {
  const compare = async (from: EpochMs, until: EpochMs): Promise<GroupComparison> => {
    const { objectives, groups, groupSalt } = snapshots.current()
    const rows = (await store.decisions.totals(from, until)).map((totals) => {
      const values = Object.fromEntries(objectives.map((objective) => [objective.name, totalFor(objective, totals)]))
      const combined = objectives.reduce((sum, { name, weight }) => sum + weight * (values[name] ?? 0), 0)
      return { group: groupOf(groups, groupSalt, totals.userId), values, combined, totals }
    })
    const names = objectives.map(({ name }) => name)
    const compared = compareGroups(rows, { groups: GROUPS, objectives: names })
    const resultOf = (group: Group): GroupResult => {
      const members = rows.filter((row) => row.group === group)
      const means = compared.groups[group]!
      const total = (of: (row: UserTotals) => number): number =>
        members.reduce((sum, { totals }) => sum + of(totals), 0)
      const perUser = (sum: number): number => (members.length === 0 ? 0 : sum / members.length)
      const lost = perUser(total(({ reachLosses }) => reachLosses.length))
      return {
        users: members.length,
        sendsPerUser: perUser(total(({ sends }) => sends)),
        reach: Math.max(0, 1 - lost / Math.max(1, adapters.size)),
        optOutsPerUser: lost,
        objectives: Object.fromEntries(names.map((name) => [name, toInterval(means.objectives[name]!)])),
        combined: toInterval(means.combined),
      }
    }
    const differences = Object.fromEntries(
      Object.entries(compared.differences).map(([pair, values]) => [
        pair,
        Object.fromEntries(Object.entries(values).map(([name, estimate]) => [name, toInterval(estimate)])),
      ]),
    )
    const results = Object.fromEntries(GROUPS.map((group) => [group, resultOf(group)])) as Record<Group, GroupResult>
    return { from, until, level: compared.level, groups: results, differences }
  }
  return { compare }
}
