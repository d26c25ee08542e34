import type { Estimate, PolicyPreCheck, SlateEvaluation, UnitObjective } from '@paloma/core'
import { alignTable, showNumber } from '../print/index.ts'
import { formatShare, intervalText } from '../report/index.ts'
import { adviceOf, chanceWords, GATE_STATUS_WORDS, GATE_WORDS, verdictOf } from './evaluation-words.ts'
import { UNIT_ESTIMATOR_WORDS } from './unit-words.ts'

/** What units there are. */
export type UnitKinds = { readonly kind: 'slates' } & SlateEvaluation

/** An evaluation of units as text shows it. */
export interface UnitView {
  readonly rows: number
  readonly evaluation: UnitKinds
  readonly preCheck: PolicyPreCheck
  /** By objective, what one unit of it is called. */
  readonly units: Readonly<Record<string, string>>
  /** What was judged on what, in words. */
  readonly target: string
  readonly log: string
  readonly level: number
}

/** An evaluation of slates and other units for the terminal: verdict, gates, how far the log carries, estimates by objective. */
export function unitText(view: UnitView): string {
  const { evaluation, preCheck } = view
  const { gates, objectives, unit, units, users, rows } = { ...evaluation, rows: view.rows }
  const gateTable = alignTable(
    ['gate', '', 'found'],
    gates.map(({ name, objective, status, words }) => [
      objective === null ? gateName(name) : `${gateName(name)} (${objective})`,
      GATE_STATUS_WORDS[status],
      words,
    ]),
    3,
  )
  return [
    `${view.target}, judged on ${view.log}: ${showNumber(units)} ${unit}s of ${showNumber(users)} users, ${showNumber(rows)} rows.`,
    '',
    verdictOf(evaluation.promoted?.verdict.kind ?? null),
    ...preCheck.reasons,
    adviceOf(preCheck),
    ...(evaluation.promoted === null ? [] : chanceWords(evaluation.promoted.verdict, preCheck.chanceOfNoGain)),
    '',
    gateTable,
    '',
    reachText(evaluation),
    ...objectives.flatMap((objective) => ['', objectiveText(view, objective)]),
  ].join('\n')
}

/** Of units the two estimators that must agree are others than DR and SNIPS. */
function gateName(name: keyof typeof GATE_WORDS): string {
  return name === 'agreement' ? 'estimators agree' : GATE_WORDS[name]
}

/** How far into a unit the log tells anything. */
function reachText({ positions }: UnitKinds): string {
  const worth = (value: number | null, slates: number) =>
    value === null ? '' : `${showNumber(value)} (${formatShare(value / slates)})`
  return alignTable(
    ['position', 'slates', 'worth by prefix', 'by position'],
    positions.map(({ position, slates, byPrefix, byPosition }) => [
      String(position),
      showNumber(slates),
      worth(byPrefix, slates),
      worth(byPosition, slates),
    ]),
  )
}

function objectiveText({ units, level, evaluation }: UnitView, objective: UnitObjective<string>): string {
  const { name, metric, logging, difference, estimators } = objective
  const caution = evaluation.promoted === null ? ', not to be used' : ''
  const words: Readonly<Record<string, string>> = UNIT_ESTIMATOR_WORDS
  const rows = [
    ['logging policy, its mean', estimateText(logging)],
    ...estimators.map((each) => [
      `${words[each.name]}${each.name === evaluation.deciding ? ', decides' : ''}`,
      estimateText(each.estimate),
    ]),
    ['target − logging', estimateText(difference, 'signed')],
  ]
  return `${name}, ${units[name] ?? 'reward'} per ${evaluation.unit} (${metric.role}${metric.inverse ? ', less is better' : ''}${caution}); ${formatShare(level)} intervals by user
${alignTable(['estimator', 'value'], rows, 2)}`
}

function estimateText(estimate: Estimate, sign: 'signed' | 'plain' = 'plain'): string {
  if (estimate.kind === 'estimate') return intervalText(estimate, sign)
  if (estimate.mean === null) return `none: ${estimate.reason}`
  return `${showNumber(estimate.mean)}${estimate.reason === 'zero-variance' ? ', no spread' : ` (${estimate.reason})`}`
}
