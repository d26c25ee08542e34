import type { Estimate } from '@paloma/core'
import { wordsForCode } from '@paloma/core'
import type { DailySums } from '@paloma/core/simulation'
import {
  escapeHtml,
  type Figure,
  type ForestRow,
  figureHtml,
  forestFigure,
  formatNumber,
  formatShare,
  type Interval,
  linesFigure,
  page,
  paragraph,
  type Series,
  type SeriesPoint,
  section,
  type TableData,
  tableHtml,
} from '../report/index.ts'
import type { Comparison, PolicyResult } from './compare.ts'
import { estimateText } from './comparison-text.ts'
import { tradeOffText } from './trade-off.ts'

/** Looks of lines in the order of the policies; colour is never the only difference. */
const COLORS: readonly string[] = ['usual', 'holdout', 'random', 'push', 'sms', 'in-app', 'email', 'webhook']
const DASHES: readonly string[] = ['', '7 3', '2 3', '10 3 2 3']

function seriesOf({ policies, reference }: Comparison): readonly Series[] {
  return policies.map(({ name }, place) => ({
    name,
    isMain: name === reference,
    style: {
      label: name,
      color: `var(--${COLORS[place % COLORS.length]})`,
      dash: DASHES[place % DASHES.length]!,
    },
  }))
}

function intervalOf(estimate: Estimate): Interval {
  if (estimate.kind === 'estimate') return estimate
  return { mean: estimate.mean ?? Number.NaN, low: Number.NaN, high: Number.NaN }
}

function basisOf({ users, days, seeds, level }: Comparison): string {
  const people = `n = ${formatNumber(users * seeds.length, 0)} users`
  return `${people} over ${days} days, the same under every policy; ${formatShare(level)} intervals`
}

function forest(comparison: Comparison, metric: 'value' | 'pushReach' | 'optOuts', title: string): Figure {
  const { policies, reference, currency } = comparison
  const unit = metric === 'value' ? `${currency} per user` : 'per user'
  const rows = policies.flatMap(({ name, difference }): readonly ForestRow[] =>
    difference === null
      ? []
      : [{ label: `${name} − ${reference}`, interval: intervalOf(difference[metric]), color: 'var(--paloma)' }],
  )
  return forestFigure({ title, caption: `Paired differences, ${unit}; ${basisOf(comparison)}.`, unit, rows })
}

function cumulated(values: readonly number[]): readonly number[] {
  let sum = 0
  return values.map((value) => {
    sum += value
    return sum
  })
}

function weekly(values: readonly number[]): readonly number[] {
  return Array.from({ length: Math.ceil(values.length / 7) }, (_, week) => {
    const part = values.slice(7 * week, 7 * week + 7)
    return (7 * part.reduce((sum, value) => sum + value, 0)) / part.length
  })
}

function pointsOf(
  { policies }: Comparison,
  metric: keyof DailySums,
  shape: (values: readonly number[]) => readonly number[],
): readonly SeriesPoint[] {
  return policies.flatMap(({ name, daily }) =>
    shape(daily[metric]).map((y, place) => ({ x: place + 1, series: name, y })),
  )
}

function timeFigures(comparison: Comparison): readonly Figure[] {
  const series = seriesOf(comparison)
  const people = `n = ${formatNumber(comparison.users * comparison.seeds.length, 0)} users; means, shown without intervals`
  const same = (values: readonly number[]): readonly number[] => values
  return [
    linesFigure({
      title: 'Value so far',
      caption: `${comparison.currency} per user from the first day on, by day; ${people}.`,
      xLabel: 'day',
      yLabel: `value, ${comparison.currency}`,
      series,
      points: pointsOf(comparison, 'value', cumulated),
      fromZero: true,
    }),
    linesFigure({
      title: 'Push reach',
      caption: `Users whom push still reaches, per cent of all, by day; ${people}.`,
      xLabel: 'day',
      yLabel: 'push reach, %',
      series,
      points: pointsOf(comparison, 'pushReach', same),
      isPercent: true,
    }),
    linesFigure({
      title: 'E-mail reach',
      caption: `Users whom e-mail still reaches, per cent of all, by day; ${people}.`,
      xLabel: 'day',
      yLabel: 'e-mail reach, %',
      series,
      points: pointsOf(comparison, 'emailReach', same),
      isPercent: true,
    }),
    linesFigure({
      title: 'Sends per user and week',
      caption: `Chosen sends, by week (a short last week counted as a whole one); ${people}.`,
      xLabel: 'week',
      yLabel: 'sends per user and week',
      series,
      points: pointsOf(comparison, 'sends', weekly),
      fromZero: true,
    }),
    linesFigure({
      title: 'Opt-outs so far',
      caption: `Unsubscribed, push disabled, spam reports and uninstalls per user from the first day on; ${people}.`,
      xLabel: 'day',
      yLabel: 'opt-outs per user',
      series,
      points: pointsOf(comparison, 'optOuts', cumulated),
      fromZero: true,
    }),
  ]
}

function meansTable({ policies, currency }: Comparison): TableData {
  const cell = (policy: PolicyResult, metric: keyof PolicyResult['perUser'], digits: number): string =>
    estimateText(policy.perUser[metric], digits)
  return {
    columns: [
      'Per user',
      `Value, ${currency}`,
      'Active days',
      'Engagement',
      'Sends',
      'Push reach',
      'E-mail reach',
      'Opt-outs',
    ],
    rows: policies.map((policy) => [
      policy.name,
      cell(policy, 'value', 2),
      cell(policy, 'activeDays', 2),
      cell(policy, 'engagement', 2),
      cell(policy, 'sends', 1),
      cell(policy, 'pushReach', 3),
      cell(policy, 'emailReach', 3),
      cell(policy, 'optOuts', 3),
    ]),
  }
}

function seedsTable({ policies, seeds }: Comparison): TableData {
  return {
    columns: ['Value, difference', ...seeds.map((seed) => `seed ${seed}`)],
    rows: policies
      .filter(({ difference }) => difference !== null)
      .map(({ name, bySeed }) => [name, ...bySeed.map((estimate) => estimateText(estimate, 2))]),
  }
}

/** What the value of a policy is against the reference, in words. */
function verdictOn({ name, difference }: PolicyResult, { reference, currency }: Comparison): string | null {
  if (difference === null) return null
  const { value } = difference
  if (value.kind === 'undefined') return `${name} cannot be told from ${reference}: ${wordsForCode(value.reason)}.`
  const isTold = value.low > 0 || value.high < 0
  const amount = `${currency} per user, ${estimateText(value, 2)}`
  if (!isTold) return `${name} and ${reference} are not told apart (${amount}).`
  return `${name} brings ${value.mean > 0 ? 'more' : 'less'} than ${reference} (${amount}).`
}

/** A comparison as one HTML page that needs nothing else; the same comparison gives the same bytes. */
export function renderComparison(comparison: Comparison): string {
  const { scenario, users, days, seeds } = comparison
  const setting = `Simulated: ${scenario}, ${formatNumber(users, 0)} users, ${days} days, seeds ${seeds.join(', ')}.`
  const verdicts = comparison.policies.flatMap((policy) => verdictOn(policy, comparison) ?? [])
  return page(`Paloma simulation: ${scenario}`, [
    `<h1>Policies compared: ${escapeHtml(scenario)}</h1>`,
    paragraph(setting, 'quiet'),
    `<div class="verdict">\n${verdicts.map((text) => paragraph(text)).join('\n')}\n</div>`,
    section('Policies', [
      paragraph(`Means over ${basisOf(comparison)} in brackets.`, 'quiet'),
      `<div class="groups">${tableHtml(meansTable(comparison), 'Policies side by side')}</div>`,
      ...tradeOffText(comparison.tradeOff)
        .split('\n')
        .map((line) => paragraph(line)),
    ]),
    section('Differences', [
      figureHtml(forest(comparison, 'value', 'Difference in value')),
      figureHtml(forest(comparison, 'pushReach', 'Difference in push reach')),
      figureHtml(forest(comparison, 'optOuts', 'Difference in opt-outs')),
      ...(seeds.length > 1 ? [tableHtml(seedsTable(comparison), 'Differences seed by seed')] : []),
    ]),
    section('Over time', timeFigures(comparison).map(figureHtml)),
  ])
}
