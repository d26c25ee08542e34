import { GROUPS, type Group } from '@paloma/core/domain'
import type { GroupResult, Interval } from '../../../usecases/contract.ts'
import { formatNumber, formatShare, intervalText, type TableData } from '../../report/index.ts'
import { GROUP_STYLES } from './groups.ts'
import type { DemoReportData } from './report-data.ts'

function row(label: string, groups: readonly GroupResult[], show: (group: GroupResult) => string): readonly string[] {
  return [label, ...groups.map(show)]
}

function interval(value: Interval | undefined): string {
  return value === undefined ? '\u2013' : intervalText(value, 'plain')
}

/** The groups side by side: a row per measure, a column per group that has users. */
export function groupTable({ comparison, objectives }: DemoReportData): TableData {
  const names: readonly Group[] = GROUPS.filter((name) => comparison.groups[name].users > 0)
  const groups = names.map((name) => comparison.groups[name])
  return {
    columns: ['Per user', ...names.map((name) => GROUP_STYLES[name].label)],
    rows: [
      row('Users', groups, (group) => formatNumber(group.users, 0)),
      ...objectives.map(({ name, unit }) =>
        row(`${name} (${unit})`, groups, (group) => interval(group.objectives[name])),
      ),
      row('Combined', groups, (group) => interval(group.combined)),
      row('Sends', groups, (group) => formatNumber(group.sendsPerUser)),
      row('Reach left', groups, (group) => formatShare(group.reach)),
      row('Opt-outs', groups, (group) => formatNumber(group.optOutsPerUser)),
    ],
  }
}
