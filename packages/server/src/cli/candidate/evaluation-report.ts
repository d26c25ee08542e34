import type { WireCandidateEvaluation } from '@paloma/sdk'
import { alignTable, fitTable, type Report } from '../print/index.ts'
import { formatNumber, formatShare, formatSigned } from '../report/index.ts'
import { estimateText, lacksProbability, nameOf } from './evaluation-words.ts'

const SHOWN = 8

/** What a configuration would have done and been worth, for people. */
export function evaluationReport(evaluation: WireCandidateEvaluation, file: string): Report {
  const { from, until, words } = evaluation
  const parts = [
    `${file} on the decisions from ${day(from)} to ${day(until)}: ${words.basis}.`,
    [words.sentence, ...words.reasons, words.nextStep].map((line) => wrapped(line)).join('\n'),
    valueTable(evaluation),
    usesTable(evaluation),
    overlapText(evaluation),
    neededTable(evaluation),
    unsupportedTable(evaluation),
    leftOutText(evaluation),
    `What this leaves out\n${words.limits.map((line) => wrapped(line)).join('\n')}`,
  ]
  return { data: evaluation, text: parts.filter((part) => part !== '').join('\n\n') }
}

function day(moment: string): string {
  return moment.slice(0, 16).replace('T', ' ')
}

const WIDTH = 96

/** Lines of at most 98 characters, the first one marked. */
function wrapped(text: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > WIDTH) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((each) => `  ${each}`).join('\n')
}

/** Per decision: now, under the candidate and the difference; without the last two where the log cannot tell. */
function valueTable({ policy, objectives }: WireCandidateEvaluation): string {
  const isTold = policy.promoted !== null
  const rows = policy.objectives.map(({ name, logging, value, difference }) => {
    const unit = objectives.find((objective) => objective.name === name)?.unit
    const label = unit === undefined ? nameOf(name) : `${name} (${unit})`
    const told = isTold ? [estimateText(value), estimateText(difference, 'signed')] : ['not told', 'not told']
    return [label, estimateText(logging), ...told]
  })
  return alignTable(['per decision', 'now', 'with it', 'difference'], rows)
}

/** Exact, whatever the log can tell of values. */
function usesTable({ uses }: WireCandidateEvaluation): string {
  if (uses.length === 0) return ''
  const rows = uses.map(({ channel, when, logged, candidate }) => [
    when === 'now' ? channel : `${channel}, planned for later`,
    formatNumber(logged, 3),
    formatNumber(candidate, 3),
    formatSigned(candidate - logged, 3),
  ])
  return `Expected sends per user over these decisions, each by itself\n${alignTable(['channel', 'now', 'with it', 'difference'], rows)}`
}

function overlapText({ policy: { overlap } }: WireCandidateEvaluation): string {
  const { effectiveSampleSize: ess, effectiveShare, largestShare, unsupportedMass } = overlap
  const largest = largestShare === null ? '' : ` The heaviest one carries ${formatShare(largestShare)} of all weight.`
  const missing =
    unsupportedMass === null || unsupportedMass === 0
      ? ''
      : ` The log gave no chance to ${formatShare(unsupportedMass)} of what it would do.`
  return `Overlap\n${wrapped(`To this configuration the log is worth ${formatNumber(ess, 0)} unweighted decisions (${formatShare(effectiveShare)}).${largest}${missing}`)}`
}

function neededTable(evaluation: WireCandidateEvaluation): string {
  const { exploration } = evaluation.policy
  if (exploration === null || !lacksProbability(evaluation)) return ''
  const rows = exploration.actions
    .slice(0, SHOWN)
    .map(({ action, loggedProbability, targetProbability, neededProbability, unsupportedMass }) => [
      action,
      ...[loggedProbability, targetProbability, neededProbability, unsupportedMass].map(formatShare),
    ])
  const header = ['action', 'chance now', 'with it', 'needed', 'never had one']
  return `Give these actions probability\n${fitTable(header, rows)}`
}

function unsupportedTable({ words: { unsupported } }: WireCandidateEvaluation): string {
  if (unsupported.length === 0) return ''
  const rows = unsupported.slice(0, SHOWN).map(({ words, share }) => [words, formatShare(share)])
  const rest = unsupported.length - rows.length
  const more = rest > 0 ? `\n  … and ${rest} more; --json has all` : ''
  return `What it would do and the log could not\n${fitTable(['what stood against it', 'share'], rows)}${more}`
}

function leftOutText(evaluation: WireCandidateEvaluation): string {
  const { leftOut } = evaluation.words
  if (leftOut.length === 0) return ''
  const of = evaluation.decisions.share === 1 ? '' : ', of the sampled users'
  return `Decisions that say nothing${of}\n${alignTable(
    ['', 'decisions'],
    leftOut.map(({ words, decisions }) => [words, formatNumber(decisions, 0)]),
  )}`
}
