import type { WireExplainedAction, WireExplanation } from '@paloma/sdk'
import { fitTable, type Report, shortened } from '../print/index.ts'

const SHOWN_ACTIONS = 12
const SHOWN_REFUSALS = 15
const SHOWN_CONTRIBUTIONS = 10
const ACTION_WIDTH = 40
const FEATURE_WIDTH = 48
/** Smaller amounts are the rounding of sums and shown as 0. */
const TINY = 1e-12

/** Everything that spoke for and against each action, for reading at 100 columns; `data` has all of it. */
export function explanationReport(explanation: WireExplanation): Report {
  const { decisionId, userId, at, policy, snapshotVersion, stateId, summary } = explanation
  const open = explanation.actions.filter(({ refusals }) => refusals.length === 0)
  const parts = [
    `Decision ${decisionId} for user ${userId} at ${minuteOf(at)} UTC\n(${policy}, snapshot ${snapshotVersion}, policy state ${stateId})`,
    summary.join('\n'),
    actionsText(explanation, open),
    valuesText(explanation, open),
    refusalsText(explanation.actions.filter(({ refusals }) => refusals.length > 0)),
    contributionsText(explanation),
  ]
  return { data: explanation, text: parts.filter((part) => part !== '').join('\n\n') }
}

/** The best actions, and the chosen one in any case, marked. */
function actionsText({ chosen }: WireExplanation, open: readonly WireExplainedAction[]): string {
  const rows = shownActions(open, chosen).map((action) => [
    `${isSame(action, chosen) ? '>' : ' '} ${shortened(action.action, ACTION_WIDTH)}`,
    action.sendAt === null ? '' : minuteOf(action.sendAt),
    percentText(action.probability),
    amountText(action.score),
    `± ${amountText(action.scoreSd)}`,
    amountText(action.price),
  ])
  const table = fitTable(['  action', 'send at (UTC)', 'probability', 'score', 'sd', 'price'], rows, 2)
  const rest = open.length - rows.length
  return `Actions, best score first (> chosen):\n${table}${rest > 0 ? `\n    … and ${rest} more; --json has all` : ''}`
}

/** Per action and objective what it is expected to bring beyond holding. */
function valuesText({ chosen }: WireExplanation, open: readonly WireExplainedAction[]): string {
  const names = Object.keys(chosen.values)
  const sends = bestMoments([chosen, ...open]).filter(({ action }) => action !== 'hold')
  if (names.length === 0 || sends.length === 0) return ''
  const rows = sends.map((action) => [
    `${isSame(action, chosen) ? '>' : ' '} ${shortened(action.action, ACTION_WIDTH)}`,
    action.sendAt === null ? '' : minuteOf(action.sendAt),
    ...names.map((name) => valueText(action, name)),
  ])
  const units = ['  in', '', ...names.map((name) => chosen.values[name]?.unit ?? '')]
  const table = fitTable(['  action', 'send at (UTC)', ...names], [units, ...rows], 2)
  return `Expected beyond holding (each message and channel at its best moment):\n${table}`
}

/** Of several moments of the same message and channel the first given. */
function bestMoments(actions: readonly WireExplainedAction[]): readonly WireExplainedAction[] {
  const first = new Map<string, WireExplainedAction>()
  for (const each of actions) if (!first.has(each.action)) first.set(each.action, each)
  return [...first.values()].slice(0, SHOWN_ACTIONS)
}

function valueText(action: WireExplainedAction, name: string): string {
  const value = action.values[name]
  return value === undefined ? '' : signedText(value.value)
}

function refusalsText(refused: readonly WireExplainedAction[]): string {
  if (refused.length === 0) return ''
  const rows = refused
    .slice(0, SHOWN_REFUSALS)
    .map(({ action, sendAt, refusals }) => [
      `  ${shortened(action, ACTION_WIDTH)}`,
      sendAt === null ? '' : minuteOf(sendAt),
      refusals.map(({ words, rule }) => `${words}${rule === undefined ? '' : ` (${rule})`}`).join(', '),
    ])
  const rest = refused.length - rows.length
  const table = fitTable(['  refused', 'send at (UTC)', 'because'], rows, 3)
  return `Refused by the rules:\n${table}${rest > 0 ? `\n    … and ${rest} more; --json has all` : ''}`
}

function contributionsText({ contributions, chosen }: WireExplanation): string {
  if (contributions.length === 0) return ''
  const rows = contributions
    .slice(0, SHOWN_CONTRIBUTIONS)
    .map(({ feature, objective, contribution }) => [
      `  ${shortened(feature, FEATURE_WIDTH)}`,
      objective,
      signedText(contribution),
    ])
  const table = fitTable(['  feature', 'objective', 'contribution'], rows, 2)
  return `What moved the score of ${shortened(chosen.action, ACTION_WIDTH)} most:\n${table}`
}

function shownActions(
  open: readonly WireExplainedAction[],
  chosen: WireExplainedAction,
): readonly WireExplainedAction[] {
  const first = open.slice(0, SHOWN_ACTIONS)
  return first.some((action) => isSame(action, chosen)) ? first : [...first, chosen]
}

function isSame(a: WireExplainedAction, b: WireExplainedAction): boolean {
  return a.opportunityId === b.opportunityId && a.action === b.action && a.sendAt === b.sendAt
}

function percentText(probability: number): string {
  return `${Number((100 * probability).toPrecision(3))} %`
}

function amountText(value: number | null): string {
  if (value === null) return '–'
  return Math.abs(value) < TINY ? '0' : String(Number(value.toPrecision(3)))
}

function signedText(value: number): string {
  const text = amountText(value)
  return value > 0 && text !== '0' ? `+${text}` : text
}

function minuteOf(moment: string): string {
  return moment.slice(0, 16).replace('T', ' ')
}
