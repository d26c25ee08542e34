import { describe, expect, it } from 'vitest'
import type { ExperimentMetric } from '../domain/index.ts'
import { randomFrom } from '../random/index.ts'
import { vectorMomentsOf } from '../statistics/index.ts'
import type { ExperimentSummary, SummaryCell } from './experiment-summary.ts'
import { readOut } from './read-out.ts'
import { specOf, summaryOf } from './testing/summary-of.ts'

const sales: ExperimentMetric = {
  ...{ name: 'sales', metricType: 'mean', numerator: { column: 'sales' } },
  ...{ role: 'success', targetMDE: 0.05 },
}
const spec = {
  ...specOf([sales]),
  phases: [
    { name: '1', weights: { control: 0.9, new: 0.1 } },
    { name: '2', weights: { control: 0.5, new: 0.5 } },
  ],
}
const random = randomFrom('before exposure')

function cell(variant: string, phase: string, users: number, before: () => number): SummaryCell {
  const rows = Array.from({ length: users }, () => [10 + random(), before()])
  return { variant, phase, stratum: null, day: null, moments: vectorMomentsOf(rows, 2) }
}

function checkOf(cells: readonly SummaryCell[]) {
  const empty = summaryOf([], spec)
  const columns = { names: ['sales', 'sales before'], numerator: 0, denominator: null, before: [1], covariates: [] }
  const summary: ExperimentSummary = {
    ...empty,
    exposed: cells.map(({ variant, phase, moments }) => ({ variant, phase, day: null, users: moments.n })),
    metrics: [{ ...empty.metrics[0]!, columns, cells }],
  }
  return readOut(summary, spec).quality.checks.find(({ name }) => name === 'no difference before exposure')
}

describe('the time before exposure', () => {
  it('is compared phase by phase: those who come later have another past, and other shares', () => {
    const alike = [
      ...[cell('control', '1', 900, () => 10 + random()), cell('new', '1', 100, () => 10 + random())],
      ...[cell('control', '2', 500, () => 14 + random()), cell('new', '2', 500, () => 14 + random())],
    ]
    expect(checkOf(alike)).toMatchObject({ status: 'passed' })
    const differs = [alike[0]!, alike[1]!, alike[2]!, cell('new', '2', 500, () => 14.3 + random())]
    expect(checkOf(differs)).toMatchObject({ status: 'failed' })
  })

  it('differs for certain where it is the same for everybody of a variant, and another for the other', () => {
    const cells = [cell('control', '1', 900, () => 1), cell('new', '1', 100, () => 0)]
    expect(checkOf(cells)).toMatchObject({ status: 'failed', pValue: 0 })
    const same = [cell('control', '1', 900, () => 1), cell('new', '1', 100, () => 1)]
    expect(checkOf(same)).toMatchObject({ status: 'moot', pValue: null })
  })
})
