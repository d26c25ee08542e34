import { GROUPS, type Group } from '@paloma/core/domain'
import type { GroupComparison, GroupResult, Interval } from '../../usecases/contract.ts'
import { alignTable } from '../print/index.ts'
import { formatNumber, formatShare } from '../report/index.ts'
import type { ReportObjective } from './report/index.ts'

/** What `paloma demo --json` prints; every interval in the objective's unit, `combined` on the common value scale. */
export interface DemoSummary {
  readonly seed: number
  readonly users: number
  readonly days: number
  readonly decisions: number
  readonly groups: GroupComparison['groups']
  readonly differences: GroupComparison['differences']
  readonly replay: { readonly checked: number; readonly identical: number }
  /** Path of the HTML report. */
  readonly report: string
}

const NAMES: Readonly<Record<Group, string>> = {
  paloma: 'Paloma',
  businessAsUsual: 'business as usual',
  random: 'random',
  holdout: 'holdout',
}

function interval({ mean, low, high }: Interval, digits: number): string {
  const number = (value: number): string => formatNumber(value, digits)
  return `${number(mean)} [${number(low)}, ${number(high)}]`
}

function groupLines({ groups }: DemoSummary, objectives: readonly ReportObjective[]): string {
  const header = ['per user', ...GROUPS.map((group) => NAMES[group])]
  const row = (title: string, cell: (group: GroupResult) => string): readonly string[] => [
    title,
    ...GROUPS.map((group) => cell(groups[group])),
  ]
  return alignTable(header, [
    row('users', ({ users }) => formatNumber(users, 0)),
    ...objectives.map(({ name, unit }) => row(`${name}, ${unit}`, (group) => interval(group.objectives[name]!, 2))),
    row('combined, EUR', ({ combined }) => interval(combined, 2)),
    row('reach left', ({ reach }) => formatShare(reach)),
    row('opt-outs', ({ optOutsPerUser }) => formatNumber(optOutsPerUser, 3)),
    row('messages', ({ sendsPerUser }) => formatNumber(sendsPerUser, 1)),
  ])
}

function differenceLines({ differences }: DemoSummary): string {
  const pairs = Object.entries(differences)
  const names = Object.keys(pairs[0]?.[1] ?? {})
  return alignTable(
    ['difference', ...names],
    pairs.map(([pair, values]) => [pair, ...names.map((name) => interval(values[name]!, 2))]),
  )
}

/** The end of the demo as a person reads it in a terminal. */
export function summaryText(
  summary: DemoSummary,
  { objectives, strangers }: { readonly objectives: readonly ReportObjective[]; readonly strangers: boolean },
): string {
  const { checked, identical } = summary.replay
  return [
    groupLines(summary, objectives),
    '',
    strangers
      ? '  The groups are different people: differences have the wide intervals of chance between them.'
      : '  Every person lived once in each group; differences are taken person by person.',
    '',
    differenceLines(summary),
    '',
    `  ${formatNumber(identical, 0)} of ${formatNumber(checked, 0)} decisions replayed identically`,
    `  report: ${summary.report}`,
  ].join('\n')
}
