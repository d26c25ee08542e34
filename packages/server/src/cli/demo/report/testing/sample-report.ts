import { GROUPS, type Group } from '@paloma/core/domain'
import type { GroupComparison, GroupResult, Interval } from '../../../../usecases/contract.ts'
import type { CalibrationBin, DailyActions, DailyGroupPoint, DemoReportData } from '../report-data.ts'

const OBJECTIVES = [
  { name: 'conversion', unit: 'EUR', weight: 1, base: 31, width: 1.6 },
  { name: 'engagement', unit: 'visits', weight: 0.3, base: 4.2, width: 0.12 },
  { name: 'retention', unit: 'active days', weight: 0.8, base: 9.6, width: 0.2 },
  { name: 'reachability', unit: 'contactable days', weight: 0.05, base: -6.4, width: 0.7 },
] as const

const LIFT: Readonly<Record<Group, number>> = { paloma: 0.12, businessAsUsual: 0.06, random: 0.03, holdout: 0 }
const FADE: Readonly<Record<Group, number>> = {
  paloma: 0.0011,
  businessAsUsual: 0.0034,
  random: 0.0027,
  holdout: 0.0004,
}
const SENDS: Readonly<Record<Group, number>> = { paloma: 0.31, businessAsUsual: 0.43, random: 0.38, holdout: 0 }
const USERS: Readonly<Record<Group, number>> = { paloma: 5000, businessAsUsual: 4000, random: 500, holdout: 500 }

function around(mean: number, half: number): Interval {
  return { mean, low: mean - half, high: mean + half }
}

function groupResult(group: Group): GroupResult {
  const half = (width: number) => width * Math.sqrt(5000 / USERS[group])
  const objectives = OBJECTIVES.map(({ name, base, width }) => [
    name,
    around(name === 'reachability' ? base * (FADE[group] / 0.0011) : base * (1 + LIFT[group]), half(width)),
  ])
  return {
    users: USERS[group],
    sendsPerUser: SENDS[group] * 28,
    reach: Math.exp(-FADE[group] * 28),
    optOutsPerUser: FADE[group] * 9,
    objectives: Object.fromEntries(objectives),
    combined: around(38 * (1 + LIFT[group]), half(1.7)),
  }
}

function difference(first: Group, second: Group): Readonly<Record<string, Interval>> {
  const [a, b] = [groupResult(first), groupResult(second)]
  const between = (x: Interval, y: Interval) => around(x.mean - y.mean, Math.hypot(x.high - x.mean, y.high - y.mean))
  const objectives = OBJECTIVES.map(({ name }) => [name, between(a.objectives[name]!, b.objectives[name]!)])
  return { ...Object.fromEntries(objectives), combined: between(a.combined, b.combined) }
}

function comparison(): GroupComparison {
  const pairs: readonly (readonly [Group, Group])[] = [
    ['paloma', 'businessAsUsual'],
    ['paloma', 'random'],
    ['paloma', 'holdout'],
    ['businessAsUsual', 'holdout'],
  ]
  return {
    from: 0,
    until: 28 * 86_400_000,
    level: 0.95,
    groups: {
      paloma: groupResult('paloma'),
      businessAsUsual: groupResult('businessAsUsual'),
      random: groupResult('random'),
      holdout: groupResult('holdout'),
    },
    differences: Object.fromEntries(pairs.map(([a, b]) => [`${a}-${b}`, difference(a, b)])),
  }
}

function daily(days: number): readonly DailyGroupPoint[] {
  return GROUPS.flatMap((group) =>
    Array.from({ length: days }, (_, i) => ({
      day: i + 1,
      group,
      reach: Math.exp(-FADE[group] * (i + 1)),
      sendsPerUser: SENDS[group] * (1 + 0.2 * Math.sin(i * 1.7)),
      combinedPerUser: (38 * (1 + LIFT[group]) * (i + 1)) / days + 0.2 * Math.cos(i * 2.3),
    })),
  )
}

function actions(days: number): readonly DailyActions[] {
  return Array.from({ length: days }, (_, i) => i + 1).flatMap((day) => [
    { day, action: 'hold' as const, decisions: 3400 + 20 * day },
    { day, action: 'push' as const, decisions: 900 - 8 * day },
    { day, action: 'email' as const, decisions: 450 + 3 * day },
    { day, action: 'in-app' as const, decisions: 250 },
  ])
}

function calibration(): readonly CalibrationBin[] {
  return ['conversion', 'engagement'].flatMap((objective) =>
    Array.from({ length: 8 }, (_, i) => {
      const predicted = 0.2 + i * 0.25
      const realised = predicted * (0.92 + 0.03 * (i % 3))
      return { objective, predicted, realised, low: realised - 0.14, high: realised + 0.14, decisions: 1200 }
    }),
  )
}

/** A report as a month of demo would give it, made up from a few formulas. */
export function sampleReport(days = 28): DemoReportData {
  return {
    seed: '1',
    users: 10_000,
    days,
    objectives: OBJECTIVES.map(({ name, unit, weight }) => ({ name, unit, weight })),
    comparison: comparison(),
    daily: daily(days),
    actions: actions(days),
    calibration: calibration(),
    replay: { checked: 1000, identical: 1000 },
    commands: [
      {
        about: 'Why did this user get this message?',
        command: "curl -s -H 'Authorization: Bearer KEY' http://127.0.0.1:7777/v1/decisions/d-1/explain",
      },
      {
        about: 'Compute that decision again:',
        command: "curl -s -X POST -H 'Authorization: Bearer KEY' http://127.0.0.1:7777/v1/decisions/d-1/replay",
      },
    ],
    notes: ['Groups were assigned by a hash of the user id; all ran at the same time on the same simulated users.'],
  }
}
