import type { CheckStatus, ComparisonReadOut, Estimate, ExperimentReadOut, MetricReadOut } from '@paloma/core'
import { alignTable, showNumber } from '../print/index.ts'
import { EXPLORATION_WORDS, explorationTables } from './exploration-tables.ts'
import { verdictWords } from './verdict-words.ts'

/** A read-out for people at a terminal: quality, decision and why, then a table per treatment. */
export function analyseText(found: ExperimentReadOut): string {
  const { experiment, asOf, variants, decision } = found
  const clustersOf = (n: number | null): string => (n === null ? '' : ` (${showNumber(n)} clusters)`)
  const users = variants
    .map(({ name, users: n, clusters }) => `${name} ${showNumber(n)}${clustersOf(clusters)}`)
    .join(', ')
  return [
    `${experiment}${asOf === null ? '' : `, as of ${asOf}`}: ${users} users`,
    qualityText(found),
    `${decision.sentence}${effectiveText(found)}\n${decision.reasons.map(({ words }) => `  - ${words}`).join('\n')}`,
    ...found.comparisons.map((comparison) => comparisonText(comparison, found.control)),
    ...segmentsText(found),
    ...explorationText(found),
  ].join('\n\n')
}

function effectiveText({ decision: { effectiveSuccess } }: ExperimentReadOut): string {
  if (effectiveSuccess === null) return ''
  return ` Success metrics count as ${showNumber(Number(effectiveSuccess.toPrecision(3)))} independent tests.`
}

const MARKS: Readonly<Record<CheckStatus, string>> = {
  passed: 'ok',
  warning: 'look',
  failed: 'FAILED',
  unknown: 'unknown',
  moot: '–',
}

function qualityText({ quality }: ExperimentReadOut): string {
  const rows = quality.checks.map(({ name, status, pValue, words }) => [
    MARKS[status],
    name,
    pValue === null ? '' : `p ${showP(pValue)}`,
    words,
  ])
  return `Data\n${alignTable(['', 'check', '', ''], rows, 4).split('\n').slice(1).join('\n')}`
}

function showP(p: number): string {
  return p < 0.0001 ? '< .0001' : p.toFixed(4).replace(/^0/, '')
}

function comparisonText({ treatment, metrics, utility }: ComparisonReadOut, control: string): string {
  const rows = metrics.map((metric) => [
    metric.metric,
    roleText(metric),
    showSide(metric.control.mean),
    showSide(metric.treatment.mean),
    liftText(metric),
    metric.test.pValue === null ? '' : showP(metric.test.pValue),
    verdictWords(metric),
  ])
  const header = ['metric', 'role', control, treatment, 'difference', 'p', '']
  const notes = metrics.flatMap(({ metric, notes: each }) => each.map((note) => `  ${metric}: ${note}`))
  const early = metrics.flatMap((metric) => [...earlyText(metric), ...randomisationText(metric)])
  return [
    `${treatment} against ${control}`,
    alignTable(header, rows, 2),
    ...notes,
    ...early,
    ...utilityText(utility),
  ].join('\n')
}

function earlyText({ metric, stoppedEarly }: MetricReadOut): readonly string[] {
  if (stoppedEarly === null) return []
  const { medianUnbiased, low, high, scale, day } = stoppedEarly
  const show = scale === 'relative' ? percent : showNumber
  const when = day === null ? 'now' : `with the users up to ${day}`
  return [
    `  ${metric}: crossed its bound early (${when}); corrected for that ${show(medianUnbiased)} [${show(low)}, ${show(high)}]`,
  ]
}

function randomisationText({ metric, randomisation }: MetricReadOut): readonly string[] {
  if (randomisation === null) return []
  const { pValue, draws } = randomisation
  return [`  ${metric}: two-sided p ${showP(pValue)} by ${showNumber(draws)} assignments drawn anew`]
}

function utilityText(utility: ComparisonReadOut['utility']): readonly string[] {
  if (utility === null || utility.utility.effect === null) return []
  const bound = (value: number | null): string => (value === null ? 'unknown' : showRounded(value))
  const worst = utility.worst === null ? '' : `, ${bound(utility.worst.lowerBound)} at the least favourable weights`
  const verdict = utility.mayShip ? 'may ship by utility' : 'may not ship by utility'
  return [
    `  utility per user ${showRounded(utility.utility.effect)}, at least ${bound(utility.lowerBound)}${worst}: ${verdict}`,
  ]
}

function showRounded(value: number): string {
  return showNumber(Number(value.toPrecision(4)))
}

function roleText({ role, nonInferiorityMargin, inverse }: MetricReadOut): string {
  const good = inverse ? ', less is better' : ''
  return nonInferiorityMargin === null ? `${role}${good}` : `${role} ${percent(-nonInferiorityMargin)}${good}`
}

function showSide(mean: number | null): string {
  return mean === null ? '–' : showRounded(mean)
}

/** The relative difference with its interval; the absolute one where there is no base. */
function liftText({ relative, absolute }: MetricReadOut): string {
  if (relative.kind === 'estimate')
    return `${percent(relative.mean)} [${percent(relative.low)}, ${percent(relative.high)}]`
  if (absolute.kind === 'estimate') return intervalText(absolute)
  const mean = relative.mean === null ? absolute.mean : relative.mean
  if (mean === null) return 'no answer'
  return `${relative.mean === null ? showNumber(mean) : percent(mean)} (not tested now)`
}

function intervalText({ mean, low, high }: Extract<Estimate, { kind: 'estimate' }>): string {
  return `${showNumber(mean)} [${showNumber(low)}, ${showNumber(high)}]`
}

function percent(share: number): string {
  const value = 100 * share
  const size = Math.abs(value)
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2
  return `${value > 0 ? '+' : ''}${value.toFixed(digits)} %`
}

function segmentsText({ segments }: ExperimentReadOut): readonly string[] {
  const shown = segments.filter(({ isDiscovery }) => isDiscovery)
  if (segments.length === 0) return []
  const title = `Segments (exploration only, ${segments.length} looked at, false discoveries held at 10 %)`
  if (shown.length === 0) return [`${title}: none stands out.`]
  const rows = shown.map(({ segment, value, treatment, metric, users, relative }) => [
    `${segment} = ${value}`,
    `${metric} (${treatment})`,
    showNumber(users),
    relative.mean === null ? '–' : percent(relative.mean),
  ])
  return [`${title}\n${alignTable(['segment', 'metric', 'users', 'difference'], rows, 2)}`]
}

function explorationText(found: ExperimentReadOut): readonly string[] {
  const style = { number: (value: number) => showNumber(Number(value.toPrecision(3))), share: shareText, p: showP }
  const tables = explorationTables(found, style)
  if (tables.length === 0) return []
  return [
    EXPLORATION_WORDS,
    ...tables.map(
      ({ title, note, columns, rows }) => `${title} (${note})\n${alignTable(columns, rows, columns.length)}`,
    ),
  ]
}

function shareText(share: number): string {
  return `${showNumber(Number((100 * share).toPrecision(3)))} %`
}
