import { PalomaError } from '@paloma/core'
import type { WireAudit, WireReplay } from '@paloma/sdk'
import { alignTable, type Report, shortened, showNumber } from '../print/index.ts'

/** A report whose `failure` is thrown after it was printed, so that scripts notice. */
export type ReplayReport = Report & { readonly failure?: PalomaError }

const SHOWN_DIFFERENCES = 20
const SHOWN_DECISIONS = 10
const POINTER_WIDTH = 36
const VALUE_WIDTH = 26

/** One decision computed again. */
export function replayReport(replay: WireReplay): ReplayReport {
  const { decisionId, differences, fault } = replay
  if (replay.identical) return { data: replay, text: `Decision ${decisionId} comes out the same.` }
  if (fault !== undefined) {
    const text = `Decision ${decisionId} cannot be computed again: ${fault.detail}.`
    return { data: replay, text, failure: new PalomaError(fault.code, `decision ${decisionId}: ${fault.detail}`) }
  }
  return {
    data: replay,
    text: `Decision ${decisionId} comes out otherwise:\n\n${differencesText(replay)}`,
    failure: new PalomaError(
      'REPLAY_DIFFERS',
      `decision ${decisionId} differs in ${differences.length} ${differences.length === 1 ? 'place' : 'places'}`,
    ),
  }
}

/** Many decisions computed again; of those that differ the first few with their differences. */
export function auditReport(audit: WireAudit, day: string | undefined): ReplayReport {
  const { checked, identical, failures, draws } = audit
  const differing = checked - identical
  const when = day === undefined ? '' : ` of ${day}`
  const all = `${showNumber(checked)} ${checked === 1 ? 'decision' : 'decisions'}${when}`
  if (checked === 0) return { data: audit, text: `There are no decisions${when}.` }
  if (differing === 0) return { data: audit, text: `${all} replayed: all come out the same.${drawsText(draws)}` }
  const shown = failures.slice(0, SHOWN_DECISIONS)
  const parts = shown.map((failure) => `Decision ${failure.decisionId}\n${differencesText(failure)}`)
  const rest = differing - shown.length
  const more = rest > 0 ? [`… and ${showNumber(rest)} more that differ; --json has up to 100.`] : []
  return {
    data: audit,
    text: `${[`${all} replayed: ${showNumber(differing)} come out otherwise.`, ...parts, ...more].join('\n\n')}${drawsText(draws)}`,
    failure: new PalomaError('REPLAY_DIFFERS', `${differing} of ${checked} decisions differ`),
  }
}

/** Whether what was chosen fits the probabilities that were logged, a line for each policy. */
function drawsText(draws: WireAudit['draws']): string {
  if (draws.length === 0) return ''
  const rows = draws.map(({ policy, choices, inverse, uniform, isSuspect }) => [
    policy,
    showNumber(choices),
    showNumber(inverse.expected),
    showNumber(inverse.mean),
    chanceText(inverse.pValue),
    chanceText(uniform?.pValue ?? null),
    isSuspect ? 'not by chance' : '',
  ])
  const header = ['policy', 'choices', 'actions', 'mean 1/p', 'chance of that', 'draws even', '']
  return `\n\nWere choices drawn with their probabilities? Then one over the probability of the choice is, on average, the number of actions.\n\n${alignTable(header, rows, 1)}`
}

function chanceText(pValue: number | null): string {
  if (pValue === null) return 'too few'
  return pValue < 0.001 ? '< .001' : showNumber(pValue)
}

function differencesText({ differences, fault }: WireReplay): string {
  if (fault !== undefined) return `  cannot be computed again: ${fault.detail}`
  const rows = differences
    .slice(0, SHOWN_DIFFERENCES)
    .map(({ pointer, logged, replayed }) => [shortened(pointer, POINTER_WIDTH), valueText(logged), valueText(replayed)])
  const rest = differences.length - rows.length
  const more = rest > 0 ? `\n  … and ${rest} more; --json has all` : ''
  return `${alignTable(['member', 'logged', 'replayed'], rows, 3)}${more}`
}

function valueText(value: unknown): string {
  return value === undefined ? 'nothing' : shortened(JSON.stringify(value), VALUE_WIDTH)
}
