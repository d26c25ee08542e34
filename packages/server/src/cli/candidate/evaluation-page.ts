import type { Estimate } from '@paloma/core'
import type { WireCandidateEvaluation } from '@paloma/sdk'
import {
  type Figure,
  type ForestRow,
  figureHtml,
  forestFigure,
  formatNumber,
  formatShare,
  formatSigned,
  type Interval,
  page,
  paragraph,
  section,
  tableHtml,
} from '../report/index.ts'
import { estimateText, lacksProbability, nameOf } from './evaluation-words.ts'

/** The same as an HTML page that needs nothing else. */
export function evaluationPage(evaluation: WireCandidateEvaluation, file: string): string {
  const { from, until, policy, words } = evaluation
  return page(`What ${file} would have done`, [
    `<h1>What this configuration would have done</h1>`,
    paragraph(`${file}, on the decisions from ${from.slice(0, 10)} to ${until.slice(0, 10)}: ${words.basis}.`),
    section(
      'Verdict',
      [words.sentence, ...words.reasons, words.nextStep].map((text) => paragraph(text)),
    ),
    section('Value per decision', [
      ...(policy.promoted === null ? [] : figures(evaluation).map(figureHtml)),
      tableHtml(valueTable(evaluation), 'Value per decision'),
    ]),
    section('Sends per user', [
      paragraph('Expected by the probabilities of both, over these decisions, each by itself; exact.'),
      tableHtml(usesTable(evaluation), 'Sends per user'),
    ]),
    section('Overlap', [
      tableHtml(gateTable(evaluation), 'What must hold'),
      tableHtml(weightTable(evaluation), 'Weights'),
      ...needed(evaluation),
    ]),
    section('Decisions that say nothing', [leftOut(evaluation)]),
    section(
      'What this leaves out',
      words.limits.map((text) => paragraph(text)),
    ),
  ])
}

function leftOut(evaluation: WireCandidateEvaluation): string {
  const rows = evaluation.words.leftOut.map(({ words, decisions }) => [words, formatNumber(decisions, 0)])
  return rows.length === 0
    ? paragraph('None.')
    : tableHtml({ columns: ['Why', 'Decisions'], rows }, 'Decisions that say nothing')
}

/** One figure for each objective: units differ. */
function figures({ policy, objectives, decisions }: WireCandidateEvaluation): readonly Figure[] {
  return policy.objectives.flatMap(({ name, difference }) => {
    if (difference.kind === 'undefined') return []
    const unit = objectives.find((objective) => objective.name === name)?.unit ?? nameOf(name)
    const row: ForestRow = { label: nameOf(name), interval: intervalOf(difference), color: 'var(--paloma)' }
    return [
      forestFigure({
        title: `${nameOf(name)}: difference per decision`,
        caption: `${unit}; n = ${formatNumber(decisions.evaluated, 0)} decisions of ${formatNumber(decisions.users, 0)} users; 95 % intervals, clustered by user.`,
        unit,
        rows: [row],
      }),
    ]
  })
}

function intervalOf(estimate: Extract<Estimate, { readonly kind: 'estimate' }>): Interval {
  const { mean, low, high } = estimate
  return { mean, low, high }
}

type Table = Parameters<typeof tableHtml>[0]

function valueTable({ policy, objectives }: WireCandidateEvaluation): Table {
  const isTold = policy.promoted !== null
  return {
    columns: ['Per decision', 'Unit', 'Now', 'With it', 'Difference'],
    rows: policy.objectives.map(({ name, logging, value, difference }) => [
      nameOf(name),
      objectives.find((objective) => objective.name === name)?.unit ?? nameOf(name),
      estimateText(logging),
      isTold ? estimateText(value) : 'not told',
      isTold ? estimateText(difference, 'signed') : 'not told',
    ]),
  }
}

function usesTable({ uses }: WireCandidateEvaluation): Table {
  return {
    columns: ['Channel', 'Now', 'With it', 'Difference'],
    rows: uses.map(({ channel, when, logged, candidate }) => [
      when === 'now' ? channel : `${channel}, planned for later`,
      formatNumber(logged, 3),
      formatNumber(candidate, 3),
      formatSigned(candidate - logged, 3),
    ]),
  }
}

function gateTable({ policy }: WireCandidateEvaluation): Table {
  return { columns: ['What must hold', ''], rows: policy.gates.map(({ words, status }) => [words, status]) }
}

function weightTable({ policy: { overlap } }: WireCandidateEvaluation): Table {
  return {
    columns: ['Share of decisions', 'Weight at most'],
    rows: overlap.quantiles.map(({ at, weight }) => [formatShare(at), formatNumber(weight, 2)]),
  }
}

function needed(evaluation: WireCandidateEvaluation): readonly string[] {
  const { policy } = evaluation
  const { unsupported } = evaluation.words
  const actions = lacksProbability(evaluation) ? (policy.exploration?.actions ?? []) : []
  return [
    ...(actions.length === 0
      ? []
      : [
          paragraph('Give these actions probability:'),
          tableHtml(
            {
              columns: ['Action', 'Chance now', 'With it', 'Needed', 'Never had one'],
              rows: actions.map((each) => [
                each.action,
                ...[each.loggedProbability, each.targetProbability, each.neededProbability, each.unsupportedMass].map(
                  formatShare,
                ),
              ]),
            },
            'Actions that need probability',
          ),
        ]),
    ...(unsupported.length === 0
      ? []
      : [
          paragraph('What it would do and the log could not:'),
          tableHtml(
            {
              columns: ['What stood against it', 'Share'],
              rows: unsupported.map(({ words, share }) => [words, formatShare(share)]),
            },
            'What the log could not do',
          ),
        ]),
  ]
}
