import type { DemoSummary } from './demo-summary.ts'
import type { Lived } from './live-days.ts'
import type { Measured } from './measure.ts'
import type { DemoReportData, ReportObjective } from './report/index.ts'

/** Commands to try, for a shell that knows PALOMA_URL and PALOMA_KEY. */
export function commandsFor(example: Lived['example']): DemoReportData['commands'] {
  const call = (path: string, method = ''): string =>
    `curl -s ${method}-H "Authorization: Bearer $PALOMA_KEY" "$PALOMA_URL${path}"`
  const decision = `/v1/decisions/${example.decisionId}`
  return [
    { about: 'Why did this user get this message?', command: call(`${decision}/explain`) },
    { about: 'Compute that decision again, and compare:', command: call(`${decision}/replay`, '-X POST ') },
    {
      about: 'Everything between Paloma and this user:',
      command: call(`/v1/users/${example.userId}/timeline?limit=5`),
    },
  ]
}

const REAL =
  'The people are simulated, the system is real: proposals, decisions and events went through the public HTTP API of a ' +
  'running server, push and e-mail through signed webhooks, in-app messages through the inbox. Users were assigned to ' +
  'groups by a hash of their id, all groups ran at the same time, and every figure is computed from the server’s log.'
const MATCHED =
  'Every person lived once in each group, with the same character and the same luck, under another id. Differences are taken ' +
  'person by person; means per group are those of groups of users, with their wider intervals.'
const STRANGERS =
  'The groups are different people, as in a real shop: differences between them have the wide intervals of chance.'

/** The data of the HTML report; nothing in it depends on the machine, so that the same seed gives the same bytes. */
export function reportData(
  summary: DemoSummary,
  parts: {
    readonly lived: Lived
    readonly measured: Measured
    readonly objectives: readonly ReportObjective[]
    readonly strangers: boolean
  },
): DemoReportData {
  const { seed, users, days, replay, groups, differences } = summary
  const { lived, measured, objectives, strangers } = parts
  const { from, until, level } = measured.comparison
  return {
    seed: String(seed),
    users,
    days,
    objectives: objectives.map(({ name, unit, weight }) => ({ name, unit, weight })),
    comparison: { from: Date.parse(from), until: Date.parse(until), level, groups, differences },
    daily: measured.daily,
    actions: lived.actions,
    replay,
    commands: commandsFor(lived.example),
    notes: [REAL, strangers ? STRANGERS : MATCHED],
  }
}
