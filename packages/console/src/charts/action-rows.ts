import type { ExplainedAction, Explanation } from '../answers.ts'
import { formatNumber, formatShare, formatSigned, formatTime } from '../format.ts'
import { refusalText } from './timeline-words.ts'

/** The actions of a decision as a table: one column per objective. */
export interface ActionTable {
  readonly columns: readonly string[]
  readonly rows: readonly {
    readonly cells: readonly string[]
    readonly isChosen: boolean
    readonly isRefused: boolean
  }[]
}

function nameOf({ action, message, variant, channel, sendAt }: ExplainedAction): string {
  if (action === 'hold') return 'hold'
  const parts = [message, variant === 'default' ? null : variant, channel, sendAt === null ? null : formatTime(sendAt)]
  return parts.filter((part) => part !== null).join(' \u00b7 ')
}

function isSame(a: ExplainedAction, b: ExplainedAction): boolean {
  return a.action === b.action && nameOf(a) === nameOf(b) && a.refusals.length === 0 && b.refusals.length === 0
}

/** Actions in the server's order with value \u00b1 sd per objective, price, score, probability and, where there are any, refusals. */
export function actionTable({ actions, chosen }: Explanation): ActionTable {
  const units = new Map(actions.flatMap(({ values }) => Object.entries(values)).map(([name, { unit }]) => [name, unit]))
  const anyRefused = actions.some(({ refusals }) => refusals.length > 0)
  return {
    columns: [
      'Action',
      'Probability',
      'Score',
      ...[...units].map(([name, unit]) => `${name} (${unit})`),
      'Price',
      ...(anyRefused ? ['Refused'] : []),
    ],
    rows: actions.map((action) => {
      const isRefused = action.refusals.length > 0
      const figures = [
        formatShare(action.probability),
        action.score === null || action.scoreSd === null ? '\u2013' : spread(action.score, action.scoreSd),
        ...[...units.keys()].map((name) => valueText(action, name)),
        action.price === null ? '\u2013' : formatNumber(action.price),
      ]
      const cells = [
        nameOf(action),
        ...(isRefused ? figures.map(() => '\u2013') : figures),
        ...(anyRefused ? [action.refusals.map(refusalText).join('; ')] : []),
      ]
      return { cells, isChosen: isSame(action, chosen), isRefused }
    }),
  }
}

function valueText(action: ExplainedAction, objective: string): string {
  const found = action.values[objective]
  return found === undefined ? '\u2013' : spread(found.value, found.sd)
}

function spread(mean: number, sd: number): string {
  return `${formatSigned(mean)}\u00a0\u00b1\u00a0${formatNumber(sd)}`
}
