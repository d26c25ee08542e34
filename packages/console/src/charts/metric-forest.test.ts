import { describe, expect, it } from 'vitest'
import type { MetricAnswer } from '../experiment-answers.ts'
import { metricForests, metricTable, metricVerdict } from './metric-forest.ts'

const METRIC: MetricAnswer = {
  metric: 'visits',
  role: 'success',
  inverse: false,
  unit: 'visits a week',
  verdict: 'better',
  treatment: { users: 500, mean: 2.2 },
  control: { users: 500, mean: 2 },
  absolute: { kind: 'estimate', mean: 0.2, low: 0.05, high: 0.35 },
  relative: { kind: 'estimate', mean: 0.1, low: 0.02, high: 0.18 },
  adjustment: { kind: 'lin', varianceReduction: 0.4 },
  nonInferiorityMargin: null,
  isNonInferior: null,
  test: { alpha: 0.05, pValue: 0.00001, method: 'groupSequential' },
  notes: [],
}

const GUARDRAIL: MetricAnswer = {
  ...METRIC,
  metric: 'opt-outs',
  role: 'guardrail',
  inverse: true,
  unit: null,
  verdict: 'inconclusive',
  nonInferiorityMargin: 0.1,
  isNonInferior: true,
}

const UNTESTED: MetricAnswer = {
  ...METRIC,
  metric: 'revenue',
  role: 'exploratory',
  verdict: 'unreliable',
  relative: { kind: 'undefined', words: 'the control mean is 0', mean: null },
  test: { alpha: null, pValue: null, method: 'none' },
}

const comparison = { treatment: 'calm', metrics: [UNTESTED, GUARDRAIL, METRIC] }

describe('metricForests', () => {
  it('puts success first, in per cent, and leaves out parts without an interval', () => {
    const forests = metricForests(comparison)
    expect(forests.map(({ role }) => role)).toEqual(['success', 'guardrail'])
    expect(forests[0]?.rows).toEqual([{ label: 'visits', mean: 10, low: 2, high: 18, tone: 'good' }])
  })

  it.each([
    [true, 10],
    [false, -10],
  ])('marks the accepted loss on the side where loss lies (less is better: %s)', (inverse, mark) => {
    const [forest] = metricForests({ treatment: 'calm', metrics: [{ ...GUARDRAIL, inverse }] })
    expect(forest?.rows[0]?.mark).toBe(mark)
  })
})

describe('metricTable', () => {
  it('has a row per metric, with a reason where there is no number', () => {
    const { columns, rows } = metricTable('control', comparison)
    expect(rows.every((row) => row.length === columns.length)).toBe(true)
    expect(rows[0]?.[columns.indexOf('Change')]).toBe('the control mean is 0')
    expect(rows[2]?.[columns.indexOf('Change')]).toBe('+10\u00a0% [+2\u00a0%,\u00a0+18\u00a0%]')
    expect(rows[2]?.[columns.indexOf('p')]).toBe('<\u00a00.0001')
  })
})

describe('metricVerdict', () => {
  it('says of an open guardrail whether its margin is kept', () => {
    expect(metricVerdict(GUARDRAIL)).toBe('within margin')
    expect(metricVerdict({ ...GUARDRAIL, isNonInferior: false })).toBe('margin open')
    expect(metricVerdict({ ...GUARDRAIL, verdict: 'worse' })).toBe('worse')
    expect(metricVerdict(METRIC)).toBe('better')
  })
})
