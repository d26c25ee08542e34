import { describe, expect, it } from 'vitest'
import type { ExplainedAction, Explanation } from '../answers.ts'
import { actionTable } from './action-rows.ts'

const hold: ExplainedAction = {
  action: 'hold',
  message: null,
  variant: null,
  channel: null,
  sendAt: null,
  probability: 0.25,
  score: 0,
  scoreSd: 0,
  price: 0,
  values: {},
  refusals: [],
}
const push: ExplainedAction = {
  ...hold,
  action: 'send',
  message: 'price-drop',
  variant: 'default',
  channel: 'push',
  sendAt: '2026-03-29T09:00:00.000Z',
  probability: 0.75,
  score: 0.4,
  scoreSd: 0.1,
  price: 0.01,
  values: { conversion: { value: 0.31, sd: 0.12, weighted: 0.31, unit: 'EUR' } },
}
const email: ExplainedAction = {
  ...push,
  channel: 'email',
  refusals: [{ words: 'the cap on messages is reached', rule: 'weekly' }],
}

const explanation: Explanation = {
  decisionId: 'd',
  userId: 'u',
  at: '2026-03-29T09:00:00.000Z',
  reasonWords: 'the policy’s choice',
  summary: [],
  chosen: push,
  actions: [push, hold, email],
  contributions: [],
  policy: 'paloma/thompson',
  snapshotVersion: 'v',
  stateId: 1,
}

describe('actionTable', () => {
  const table = actionTable(explanation)

  it('gives every objective a column with its unit', () => {
    expect(table.columns).toEqual(['Action', 'Probability', 'Score', 'conversion (EUR)', 'Price', 'Refused'])
    expect(table.rows.map((row) => row.cells.length)).toEqual([6, 6, 6])
  })

  it('marks the chosen action and no other', () => {
    expect(table.rows.map((row) => row.isChosen)).toEqual([true, false, false])
    expect(table.rows[0]?.cells[3]).toBe('+0.31\u00a0\u00b1\u00a00.12')
  })

  it('shows the reason instead of figures for what was refused', () => {
    expect(table.rows[2]).toEqual({
      cells: [
        'price-drop \u00b7 email \u00b7 2026-03-29 09:00',
        '\u2013',
        '\u2013',
        '\u2013',
        '\u2013',
        'the cap on messages is reached (weekly)',
      ],
      isChosen: false,
      isRefused: true,
    })
  })

  it('has no column for refusals where nothing was refused', () => {
    const { columns, rows } = actionTable({ ...explanation, actions: [push, hold] })
    expect(columns.at(-1)).toBe('Price')
    expect(rows.map((row) => row.cells.length)).toEqual([5, 5])
  })
})
