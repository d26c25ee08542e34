import type { CheckStatus, ComparisonReadOut, ExperimentReadOut, MetricReadOut, SideOfMetric } from '@paloma/core'
import {
  escapeHtml,
  figureHtml,
  formatNumber,
  formatShare,
  page,
  paragraph,
  section,
  tableHtml,
} from '../../report/index.ts'
import { EXPLORATION_WORDS, explorationTables } from '../exploration-tables.ts'
import { verdictWords } from '../verdict-words.ts'
import { heterogeneityFigures } from './heterogeneity-figures.ts'
import { exposureFigure, forestFigures, overTimeFigures } from './read-out-figures.ts'

/**
 * A read-out as one HTML page that needs nothing else: quality and decision first, then forest plots by the part that
 * metrics have, exposures and effects over time, segments last. Every text of the data is escaped.
 */
export function readOutPage(found: ExperimentReadOut): string {
  return page(`Experiment ${found.experiment}`, [
    head(found),
    section('Data', [qualityTable(found)]),
    ...found.comparisons.map((comparison) => comparisonSection(found, comparison)),
    ...overTime(found),
    ...segments(found),
    ...exploration(found),
  ])
}

function head({ experiment, asOf, variants, decision }: ExperimentReadOut): string {
  const clustersOf = (n: number | null): string => (n === null ? '' : ` in ${formatNumber(n, 0)} clusters`)
  const users = variants
    .map(({ name, users: n, clusters }) => `${name} ${formatNumber(n, 0)}${clustersOf(clusters)}`)
    .join(', ')
  const reasons = decision.reasons.map(({ words }) => `<li>${escapeHtml(words)}</li>`).join('')
  const effective =
    decision.effectiveSuccess === null
      ? ''
      : paragraph(`Success metrics count as ${formatNumber(decision.effectiveSuccess)} independent tests.`, 'quiet')
  return `<h1>${escapeHtml(experiment)}</h1>
${paragraph(`${asOf === null ? '' : `As of ${asOf}. `}Users: ${users}.`, 'quiet')}
<div class="verdict">
<p><strong>${escapeHtml(decision.sentence)}</strong></p>${effective}
<ul>${reasons}</ul>
</div>`
}

const STATUS_WORDS: Readonly<Record<CheckStatus, string>> = {
  passed: 'passed',
  warning: 'look at it',
  failed: 'FAILED',
  unknown: 'could not be made',
  moot: 'nothing to test',
}

function qualityTable({ quality }: ExperimentReadOut): string {
  const rows = quality.checks.map(({ name, status, pValue, words }) => [
    name,
    STATUS_WORDS[status],
    pValue === null ? '' : pText(pValue),
    words,
  ])
  const table = tableHtml({ columns: ['Check', '', 'p', 'Found'], rows }, 'Checks of the data')
  return `<div class="groups worded">${table}</div>`
}

function pText(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4)
}

function comparisonSection(found: ExperimentReadOut, comparison: ComparisonReadOut): string {
  const { treatment, metrics } = comparison
  return section(`${treatment} against ${found.control}`, [
    ...forestFigures(found, comparison).map(figureHtml),
    `<div class="groups">${tableHtml(metricTable(found.control, comparison), `${treatment} against ${found.control}`)}</div>`,
    ...(metrics.some(({ control }) => control.shareInterval !== null) ? [paragraph(WILSON, 'quiet')] : []),
    ...metrics.flatMap(remarks).map((text) => paragraph(text, 'quiet')),
    ...utilityParagraph(comparison),
  ])
}

const WILSON = "Shares of users stand with Wilson's 95 % interval, of each variant by itself."

function metricTable(
  control: string,
  { treatment, metrics }: ComparisonReadOut,
): { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const mean = ({ mean: value, shareInterval }: SideOfMetric): string => {
    if (value === null) return '\u2013'
    const ends = shareInterval === null ? '' : ` [${shareInterval.map((end) => formatNumber(end)).join(', ')}]`
    return `${formatNumber(value)}${ends}`
  }
  return {
    columns: ['Metric', 'Part', control, treatment, 'Users', 'p', 'Adjusted: variance saved', 'Verdict'],
    rows: metrics.map((metric) => [
      metric.metric,
      metric.inverse ? `${metric.role}, less is better` : metric.role,
      mean(metric.control),
      mean(metric.treatment),
      formatNumber(metric.control.users + metric.treatment.users, 0),
      metric.test.pValue === null ? '\u2013' : pText(metric.test.pValue),
      metric.adjustment.kind === 'none' ? '\u2013' : formatShare(metric.adjustment.varianceReduction),
      verdictWords(metric),
    ]),
  }
}

function remarks({ metric, notes, stoppedEarly, randomisation }: MetricReadOut): readonly string[] {
  const drawn =
    randomisation === null
      ? []
      : [`${metric}: two-sided p ${pText(randomisation.pValue)} by ${randomisation.draws} assignments drawn anew.`]
  const said = [...notes.map((note) => `${metric}: ${note}.`), ...drawn]
  if (stoppedEarly === null) return said
  const { medianUnbiased, low, high, scale } = stoppedEarly
  const show = (value: number): string => (scale === 'relative' ? formatShare(value) : formatNumber(value))
  return [
    ...said,
    `${metric}: the bound was crossed before the planned end, where plain effects lie too far out. Corrected for that: ${show(medianUnbiased)} [${show(low)}, ${show(high)}].`,
  ]
}

function utilityParagraph({ utility }: ComparisonReadOut): readonly string[] {
  if (utility === null || utility.utility.effect === null || utility.lowerBound === null) return []
  const weights = Object.entries(utility.weights)
    .map(([name, weight]) => `${name} ${formatNumber(weight)}`)
    .join(', ')
  const worst =
    utility.worst === null
      ? ''
      : ` At the least favourable weights that were declared it is at least ${formatNumber(utility.worst.lowerBound)}.`
  return [
    paragraph(
      `Utility per user (${weights}): ${formatNumber(utility.utility.effect)}, at least ${formatNumber(utility.lowerBound)}.${worst} ${utility.mayShip ? 'By utility it may ship.' : 'By utility it may not ship.'}`,
    ),
  ]
}

function overTime(found: ExperimentReadOut): readonly string[] {
  if (found.exposures.length === 0) return []
  return [section('Over time', [exposureFigure(found), ...overTimeFigures(found)].map(figureHtml))]
}

function segments({ segments: all }: ExperimentReadOut): readonly string[] {
  if (all.length === 0) return []
  const rows = all.map(({ segment, value, treatment, metric, users, relative, qValue, isDiscovery }) => [
    `${segment} = ${value}`,
    `${metric} (${treatment})`,
    formatNumber(users, 0),
    relative.kind === 'estimate'
      ? `${formatShare(relative.mean)} [${formatShare(relative.low)}, ${formatShare(relative.high)}]`
      : '\u2013',
    qValue === null ? '\u2013' : pText(qValue),
    isDiscovery ? 'stands out' : '',
  ])
  const table = { columns: ['Segment', 'Metric', 'Users', 'Difference, 95 %', 'q', ''], rows }
  return [
    section('Segments: exploration, no decision', [
      paragraph(
        'Intervals of a single test each; q is corrected for how many were looked at (false discoveries held at 10 %).',
        'quiet',
      ),
      tableHtml(table, 'Segments'),
    ]),
  ]
}

function exploration(found: ExperimentReadOut): readonly string[] {
  const tables = explorationTables(found, { number: formatNumber, share: formatShare, p: pText })
  if (tables.length === 0) return []
  const parts = tables.flatMap(({ title, note, columns, rows }) => [
    `<h3>${escapeHtml(title)}</h3>`,
    paragraph(`${note}.`, 'quiet'),
    `<div class="groups">${tableHtml({ columns, rows }, title)}</div>`,
  ])
  const figures = heterogeneityFigures(found).map(figureHtml)
  return [section('Exploration', [paragraph(EXPLORATION_WORDS, 'quiet'), ...parts, ...figures])]
}
