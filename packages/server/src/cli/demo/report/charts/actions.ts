import { type PlotOptions, rectY, ruleY, stackY } from '@observablehq/plot'
import { type Figure, formatNumber, formatShare } from '../../../report/index.ts'
import { ACTION_ORDER, ACTION_STYLES } from '../groups.ts'
import type { DailyActions } from '../report-data.ts'

/** One block of a day's stack. */
export interface ActionShare extends DailyActions {
  /** Of the day's decisions, 0 to 1. */
  readonly share: number
}

/** Counts as shares of each day's decisions; days without decisions give none. */
export function actionShares(actions: readonly DailyActions[]): readonly ActionShare[] {
  const totals = new Map<number, number>()
  for (const { day, decisions } of actions) totals.set(day, (totals.get(day) ?? 0) + decisions)
  return actions
    .filter(({ day }) => (totals.get(day) ?? 0) > 0)
    .map((entry) => ({ ...entry, share: entry.decisions / totals.get(entry.day)! }))
}

function drawActions(shares: readonly ActionShare[]): PlotOptions {
  return {
    height: 300,
    marginLeft: 52,
    marginRight: 14,
    marginBottom: 40,
    marginTop: 28,
    x: { label: 'day \u2192', tickFormat: 'd', ticks: 6 },
    y: { label: '\u2191 share of decisions, %', percent: true, grid: true, domain: [0, 100] },
    color: { domain: ACTION_ORDER, range: ACTION_ORDER.map((action) => ACTION_STYLES[action].color) },
    marks: [
      rectY(
        shares,
        stackY(
          { order: [...ACTION_ORDER] },
          {
            x1: (entry: ActionShare) => entry.day - 0.5,
            x2: (entry: ActionShare) => entry.day + 0.5,
            y: 'share',
            fill: 'action',
            z: 'action',
            insetLeft: 0.5,
            insetRight: 0.5,
          },
        ),
      ),
      ruleY([0]),
    ],
  }
}

function tableOf(shares: readonly ActionShare[], used: readonly DailyActions['action'][]): Figure['table'] {
  const days = [...new Set(shares.map((entry) => entry.day))].sort((a, b) => a - b)
  const found = new Map(shares.map((entry) => [`${entry.action} ${entry.day}`, entry]))
  return {
    columns: ['day', ...used.map((action) => ACTION_STYLES[action].label)],
    rows: days.map((day) => [
      String(day),
      ...used.map((action) => {
        const entry = found.get(`${action} ${day}`)
        return entry === undefined ? '0' : `${formatNumber(entry.decisions, 0)} (${formatShare(entry.share)})`
      }),
    ]),
  }
}

/** What Paloma chose, day by day, as shares of its decisions. */
export function actionsFigure(actions: readonly DailyActions[]): Figure {
  const shares = actionShares(actions)
  const used = ACTION_ORDER.filter((action) => shares.some((entry) => entry.action === action && entry.decisions > 0))
  const total = actions.reduce((sum, entry) => sum + entry.decisions, 0)
  return {
    title: 'What Paloma chose',
    caption: `Share of its decisions per day by channel, in per cent; n = ${formatNumber(total, 0)} decisions, all of them counted, so there is no interval.`,
    legend: used.map((action) => ACTION_STYLES[action]),
    table: tableOf(shares, used),
    draw: () => drawActions(shares),
  }
}
