import { ESTIMATOR_WORDS, type Estimate, type ObjectiveEvaluation } from '@paloma/core'
import { alignTable, showNumber } from '../print/index.ts'
import { formatNumber, formatShare, formatSigned, intervalText } from '../report/index.ts'
import type { EvaluationView } from './evaluation-view.ts'
import {
  adviceWords,
  certaintyWords,
  GATE_STATUS_WORDS,
  GATE_WORDS,
  isShown,
  modelWords,
  ruleWords,
  verdictSentence,
} from './evaluation-words.ts'
import { LOGGER_ESTIMATOR_WORDS } from './unit-words.ts'

/** An evaluation for the terminal: verdict, gates, estimates by objective, and where a gate fails what to log. */
export function evaluationText(view: EvaluationView): string {
  const { evaluation, preCheck } = view
  const { decisions, users, gates, objectives } = evaluation
  const gateTable = alignTable(
    ['gate', '', 'found'],
    gates.map(({ name, objective, status, words }) => [
      objective === null ? GATE_WORDS[name] : `${GATE_WORDS[name]} (${objective})`,
      GATE_STATUS_WORDS[status],
      words,
    ]),
    3,
  )
  return [
    `${view.target}, judged on ${view.log}: ${showNumber(decisions)} decisions of ${showNumber(users)} users.`,
    '',
    verdictSentence(view),
    ...preCheck.reasons,
    adviceWords(view),
    ...certaintyWords(view),
    '',
    gateTable,
    ...explorationText(view),
    ...loggersText(view),
    ...objectives.flatMap((objective) => ['', objectiveText(view, objective)]),
  ].join('\n')
}

function objectiveText({ units, level, evaluation }: EvaluationView, objective: ObjectiveEvaluation): string {
  const { name, logging, difference, estimators, bootstrap, gainBound, model, metric } = objective
  const caution = evaluation.promoted === null ? ', not to be used' : ''
  const rows = [
    ['logging policy, its mean', estimateText(logging), ''],
    ...estimators
      .filter(isShown(model.source))
      .map((each) => [ESTIMATOR_WORDS[each.name], estimateText(each.estimate), ruleWords(each.rule, each.isTuned)]),
    ['target − logging', estimateText(difference, 'signed'), ''],
    ...(bootstrap === null ? [] : [['the same, bootstrap', estimateText(bootstrap.difference, 'signed'), '']]),
  ]
  const bound =
    gainBound === null
      ? ''
      : `  gain of at least ${formatSigned(gainBound.difference)} without a normal approximation, one-sided (weights at most ${formatNumber(gainBound.clip)})\n`
  return `${name}, ${units[name] ?? 'reward'} per decision (${metric.role}${metric.inverse ? ', less is better' : ''}${caution}); ${formatShare(level)} intervals by user
${alignTable(['estimator', 'value', ''], rows, 3)}
${bound}  ${modelWords(objective)}`
}

function estimateText(estimate: Estimate, sign: 'signed' | 'plain' = 'plain'): string {
  if (estimate.kind === 'estimate') return intervalText(estimate, sign)
  if (estimate.mean === null) return `none: ${estimate.reason}`
  return `${showNumber(estimate.mean)}${estimate.reason === 'zero-variance' ? ', no spread' : ` (${estimate.reason})`}`
}

function loggersText({ evaluation: { loggers } }: EvaluationView): readonly string[] {
  if (loggers === null) return []
  const { naive, balanced } = loggers.effectiveSampleSize
  const how =
    balanced === null
      ? `each decision by its own (worth ${showNumber(naive)}), since the mapping does not say what the others would have done`
      : `the mixture of all decides (worth ${showNumber(balanced)}; each decision by its own: ${showNumber(naive)})`
  return [
    '',
    `${loggers.loggers.length} loggers: ${how}`,
    alignTable(
      ['logger', 'decisions', 'worth'],
      loggers.loggers.map((each) => [each.name, showNumber(each.decisions), showNumber(each.effectiveSampleSize)]),
    ),
    ...loggers.objectives.flatMap(({ name, estimators }) => [
      alignTable(
        [name, 'value, weights not clipped'],
        estimators.map((each) => [LOGGER_ESTIMATOR_WORDS[each.name], estimateText(each.estimate)]),
        2,
      ),
    ]),
  ]
}

const MOST_LINES = 10

function explorationText({ evaluation: { exploration } }: EvaluationView): readonly string[] {
  if (exploration === null) return []
  const { targetShare, expectedEffectiveShare, decisions, actions, segments } = exploration
  const mix =
    targetShare === 0
      ? 'Overlap needs no further exploration; the gate that failed says what does.'
      : `Mix ${formatShare(targetShare)} of this policy into the one that logs: such a log is expected to be worth ${formatShare(expectedEffectiveShare)} of its decisions.`
  const needed = actions
    .slice(0, MOST_LINES)
    .map((each) => [
      each.action,
      showNumber(each.targetProbability),
      showNumber(each.loggedProbability),
      showNumber(each.neededProbability),
      formatShare(each.shareOfSquares),
    ])
  const parts = segments
    .slice(0, MOST_LINES)
    .map((each) => [each.segment, showNumber(each.decisions), formatShare(each.effectiveShare)])
  return [
    '',
    'What to log',
    `${mix} At least ${showNumber(decisions)} decisions.`,
    ...(needed.length === 0
      ? []
      : [alignTable(['action', 'p in this policy', 'p in the log', 'p needed', 'share of Σw²'], needed)]),
    ...(parts.length === 0 ? [] : [alignTable(['segment', 'decisions', 'worth'], parts)]),
  ]
}
