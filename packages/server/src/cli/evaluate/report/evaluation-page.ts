import type { ObjectiveEvaluation } from '@paloma/core'
import {
  escapeHtml,
  figureHtml,
  formatNumber,
  formatShare,
  intervalText,
  page,
  paragraph,
  section,
  tableHtml,
} from '../../report/index.ts'
import type { EvaluationView } from '../evaluation-view.ts'
import {
  adviceWords,
  certaintyWords,
  GATE_STATUS_WORDS,
  GATE_WORDS,
  isShown,
  modelWords,
  verdictSentence,
} from '../evaluation-words.ts'
import { differenceFigure, estimatorFigure, propensityFigure, weightFigure } from './evaluation-figures.ts'

/**
 * An evaluation as one HTML page that needs nothing else: verdict and gates first, then differences and estimates by objective, the weights,
 * and where a gate fails, after it, what to log. Every text of the data is escaped.
 */
export function evaluationPage(view: EvaluationView): string {
  return page('A policy judged on a log', [
    head(view),
    section('May the numbers be used?', [gateTable(view)]),
    ...exploration(view),
    ...view.evaluation.objectives.map((objective) => objectiveSection(view, objective)),
    section('What the log knows of this policy', [
      ...(view.shape.tail.length < 2 ? [] : [figureHtml(weightFigure(view))]),
      figureHtml(propensityFigure(view)),
      quantileTable(view),
    ]),
    section(
      'What these numbers assume',
      ASSUMPTIONS.map((text) => paragraph(text)),
    ),
  ])
}

const ASSUMPTIONS = [
  'Propensities are those of the draw. The mean weight and, where all probabilities are known, support can show that they are not; nothing shows it for certain.',
  'Contexts and the actions on offer would have been those of the log. A policy that changes what people do next week is judged one decision deep.',
  'People do not influence one another. Decisions of one person may: all intervals keep them together.',
  'Values are per decision. Per person they follow if the policy makes as many decisions as the log did.',
]

function head(view: EvaluationView): string {
  const { evaluation, preCheck } = view
  const reasons = preCheck.reasons.map((words) => `<li>${escapeHtml(words)}</li>`).join('')
  const certainty = certaintyWords(view).map((words) => paragraph(words, 'quiet'))
  return `<h1>A policy judged on a log</h1>
${paragraph(`${view.target}, on ${view.log}: ${formatNumber(evaluation.decisions, 0)} decisions of ${formatNumber(evaluation.users, 0)} users.`, 'quiet')}
<div class="verdict">
<p><strong>${escapeHtml(verdictSentence(view))}</strong></p>
${paragraph(adviceWords(view))}
<ul>${reasons}</ul>
${certainty.join('\n')}
</div>`
}

function gateTable({ evaluation: { gates } }: EvaluationView): string {
  const rows = gates.map(({ name, objective, status, words }) => [
    objective === null ? GATE_WORDS[name] : `${GATE_WORDS[name]}: ${objective}`,
    GATE_STATUS_WORDS[status],
    words,
  ])
  return `<div class="groups worded">${tableHtml({ columns: ['Gate', '', 'Found'], rows }, 'Gates')}</div>`
}

function objectiveSection(view: EvaluationView, objective: ObjectiveEvaluation): string {
  const { name, metric, gainBound, model, estimators } = objective
  const bound =
    gainBound === null
      ? 'There are too few users for a bound without a normal approximation.'
      : `Without a normal approximation the gain is at least ${formatNumber(gainBound.difference)} (empirical Bernstein, one-sided, weights at most ${formatNumber(gainBound.clip)}, ${formatNumber(gainBound.users, 0)} users).`
  const caution =
    view.evaluation.promoted === null
      ? [paragraph('A gate failed: these numbers are here to find out why, and for nothing else.')]
      : []
  const tuned = estimators.filter(isShown(model.source)).some(({ isTuned }) => isTuned)
    ? [
        paragraph(
          'Parameters marked SLOPE were chosen on these decisions; intervals around them do not know it.',
          'quiet',
        ),
      ]
    : []
  return section(`${name} (${metric.role})`, [
    ...caution,
    figureHtml(differenceFigure(view, objective)),
    figureHtml(estimatorFigure(view, objective)),
    paragraph(bound, 'quiet'),
    paragraph(sentence(modelWords(objective)), 'quiet'),
    ...tuned,
  ])
}

function quantileTable({ evaluation: { overlap } }: EvaluationView): string {
  const { meanWeightInterval, quantiles, unsupportedMass } = overlap
  const mean =
    meanWeightInterval.kind === 'estimate'
      ? intervalText(meanWeightInterval, 'plain')
      : formatNumber(meanWeightInterval.mean ?? Number.NaN)
  const rows = [
    [
      'Effective sample size',
      `${formatNumber(overlap.effectiveSampleSize, 0)} (${formatShare(overlap.effectiveShare)})`,
    ],
    ['Mean weight, 1 where all is right', mean],
    ...quantiles.map(({ at, weight }) => [
      at === 1 ? 'Largest weight' : `Weights of ${formatShare(at)} are at most`,
      formatNumber(weight),
    ]),
    [
      'Share of this policy the log could not have chosen',
      unsupportedMass === null ? 'not known' : formatShare(unsupportedMass),
    ],
  ]
  return tableHtml({ columns: ['Weights', ''], rows }, 'Weights')
}

function exploration({ evaluation: { exploration: plan } }: EvaluationView): readonly string[] {
  if (plan === null) return []
  const actions = plan.actions.map((each) => [
    each.action,
    formatNumber(each.targetProbability),
    formatNumber(each.loggedProbability),
    formatNumber(each.neededProbability),
    formatShare(each.shareOfSquares),
    formatShare(each.unsupportedMass),
  ])
  const segments = plan.segments.map((each) => [
    each.segment,
    formatNumber(each.decisions, 0),
    formatShare(each.effectiveShare),
    formatShare(each.unusedShare),
  ])
  const mix =
    plan.targetShare === 0
      ? 'Overlap needs no further exploration; the gate that failed says what does.'
      : `Mix ${formatShare(plan.targetShare)} of this policy into the one that logs. Such a log is expected to be worth ${formatShare(plan.expectedEffectiveShare)} of its decisions, and no weight would exceed ${formatNumber(1 / plan.targetShare)}.`
  return [
    section('What to log', [
      paragraph(`${mix} It takes at least ${formatNumber(plan.decisions, 0)} decisions.`),
      ...(actions.length === 0
        ? []
        : [
            tableHtml(
              {
                columns: ['Action', 'In this policy', 'In the log', 'Needed', 'Share of \u03a3w\u00b2', 'Unsupported'],
                rows: actions,
              },
              'Actions that need probability',
            ),
          ]),
      ...(segments.length === 0
        ? []
        : [
            tableHtml({ columns: ['Segment', 'Decisions', 'Worth', 'Not used'], rows: segments }, 'Overlap by segment'),
          ]),
    ]),
  ]
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}
