import { describe, expect, it } from 'vitest'
import type { EvaluationAnswer, EvaluationResult, JudgedObjective } from '../evaluation-answers.ts'
import {
  differenceRows,
  estimatorRows,
  evaluationStanding,
  rewardUnit,
  stretchText,
  valueCells,
} from './evaluation-rows.ts'

const interval = (mean: number) => ({ kind: 'estimate', mean, low: mean - 0.25, high: mean + 0.25 }) as const
const visits: JudgedObjective = {
  name: 'visits',
  logging: interval(0.5),
  value: interval(0.75),
  difference: interval(0.25),
  estimators: [
    { name: 'dr', estimate: interval(0.75) },
    { name: 'ips', estimate: { kind: 'undefined', mean: null } },
    { name: 'brandNew', estimate: interval(0.7) },
  ],
}
const sends: JudgedObjective = {
  ...visits,
  name: ':sends',
  difference: { kind: 'undefined', mean: 0 },
}
const result = (promoted: object | null) =>
  ({
    objectives: [{ name: 'visits', unit: 'visits in a day' }],
    policy: { promoted, objectives: [visits, sends] },
  }) as unknown as EvaluationResult

describe('rows of an evaluation', () => {
  it('draws what has an interval and leaves out what has none', () => {
    expect(differenceRows(visits)).toMatchObject([{ label: 'visits, difference per decision', mean: 0.25, low: 0 }])
    expect(differenceRows(sends)).toEqual([])
    expect(estimatorRows(visits, { dr: 'DR, the default' }).map(({ label, tone }) => [label, tone])).toEqual([
      ['DR, the default', 'main'],
      ['brandNew', 'plain'],
    ])
  })

  it('tells no value where a gate failed', () => {
    expect(valueCells(result({}))[0]).toEqual([
      'visits',
      'visits in a day',
      '0.5 [0.25,\u00a00.75]',
      '0.75 [0.5,\u00a01]',
      '+0.25 [0,\u00a0+0.5]',
    ])
    expect(valueCells(result(null))[1]?.slice(3)).toEqual(['not told', 'not told'])
    expect(valueCells(result({}))[1]?.[4]).toBe('0 (exact)')
    expect(rewardUnit(result({}), ':sends')).toBe('sends')
  })

  it('says how an evaluation stands and what it looks at', () => {
    const evaluation = { status: 'running', progress: null, error: null } as EvaluationAnswer
    expect(evaluationStanding(evaluation)).toBe('running')
    expect(evaluationStanding({ ...evaluation, progress: { seen: 1200, at: '2026-03-01T09:30:00.000Z' } })).toBe(
      'running: 1,200 decisions looked at, now at 2026-03-01 09:30 UTC',
    )
    expect(evaluationStanding({ ...evaluation, status: 'failed', error: { code: 'X', detail: 'no log' } })).toBe(
      'failed: no log',
    )
    expect(stretchText({ state: 'logged', source: 'live' })).toBe('the last 28 days')
    expect(stretchText({ from: '2026-03-01T00:00:00.000Z', state: 'logged', source: 'live' })).toBe(
      '2026-03-01 00:00 to the end',
    )
  })
})
