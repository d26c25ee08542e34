import type { EvaluationAnswer, EvaluationResult, JudgedEstimate, JudgedObjective } from '../evaluation-answers.ts'
import { formatNumber, formatShare, formatSigned, formatTime } from '../format.ts'
import { type ForestRow, intervalText } from './forest.ts'

/** A column of rewards for people; those that are no objective begin with a colon. */
export function rewardName(column: string): string {
  return column.startsWith(':') ? column.slice(1) : column
}

/** What an objective is counted in; sends and losses are what they are called. */
export function rewardUnit({ objectives }: EvaluationResult, column: string): string {
  return objectives.find(({ name }) => name === column)?.unit ?? rewardName(column)
}

/** Candidate − log of one objective, where it has an interval. */
export function differenceRows({ name, difference }: JudgedObjective): readonly ForestRow[] {
  if (difference.kind === 'undefined') return []
  const { mean, low, high } = difference
  return [{ label: `${rewardName(name)}, difference per decision`, mean, low, high, tone: 'main' }]
}

/** The value by every estimator that has an interval, the default one first. */
export function estimatorRows(
  { estimators }: JudgedObjective,
  called: EvaluationResult['words']['estimators'],
): readonly ForestRow[] {
  return estimators.flatMap(({ name, estimate }) => {
    if (estimate.kind === 'undefined') return []
    const { mean, low, high } = estimate
    return [{ label: called[name] ?? name, mean, low, high, tone: name === 'dr' ? 'main' : 'plain' }]
  })
}

/** `0.31 [0.29, 0.33]`; a mean without chance is exact. */
export function judgedText(estimate: JudgedEstimate, format: (value: number | null) => string): string {
  if (estimate.kind === 'estimate') return intervalText(estimate, format)
  return estimate.mean === null ? 'not known' : `${format(estimate.mean)} (exact)`
}

/** Cells of the table of values: now, with it, difference; without the last two where the log cannot tell. */
export function valueCells(result: EvaluationResult): readonly (readonly string[])[] {
  const isTold = result.policy.promoted !== null
  return result.policy.objectives.map(({ name, logging, value, difference }) => [
    rewardName(name),
    rewardUnit(result, name),
    judgedText(logging, formatNumber),
    isTold ? judgedText(value, formatNumber) : 'not told',
    isTold ? judgedText(difference, formatSigned) : 'not told',
  ])
}

/** How an evaluation stands, in a line. */
export function evaluationStanding({ status, progress, error }: EvaluationAnswer): string {
  if (status === 'failed') return `failed: ${error?.detail ?? 'for no reason that is known'}`
  if (status === 'done') return 'done'
  return progress === null
    ? 'running'
    : `running: ${formatNumber(progress.seen)} decisions looked at, now at ${formatTime(progress.at)} UTC`
}

/** The stretch of the log that was asked for. */
export function stretchText({ from, until }: EvaluationAnswer['request']): string {
  if (from === undefined && until === undefined) return 'the last 28 days'
  const begin = from === undefined ? '28 days before' : formatTime(from)
  return `${begin} to ${until === undefined ? 'the end' : formatTime(until)}`
}

/** Largest weights by share of decisions: how heavy the tail is. */
export function weightCells({ policy }: EvaluationResult): readonly (readonly string[])[] {
  return policy.overlap.quantiles.map(({ at, weight }) => [formatShare(at), formatNumber(weight)])
}
