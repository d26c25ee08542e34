import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type MetricReadOut, readOut } from '@paloma/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadSpec } from './load-spec.ts'
import { summariseFiles } from './summarise-files.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const cases = JSON.parse(readFileSync(`${root}spec/cases/readout.json`, 'utf8'))
const example = `${root}examples/experiment/`

interface Case {
  readonly effect: number
  readonly stdError: number
  readonly controlMean: number
  readonly adjusted?: number
}

let metrics: readonly MetricReadOut[] = []
let splitPValue: number | null = null
let asOf: string | null = null

beforeAll(async () => {
  const spec = await loadSpec(`${example}experiment.yaml`)
  const files = { assignments: `${example}assignments.csv`, metrics: `${example}events.csv` }
  const summary = await summariseFiles(spec, files, { memoryMb: 256, threads: 2 })
  const found = readOut(summary, { ...spec.readOut, end: null, sequential: { kind: 'fixed' } })
  metrics = found.comparisons[0]!.metrics
  splitPValue = found.quality.checks.find(({ name }) => name === 'sample ratio')?.pValue ?? null
  asOf = found.asOf
})

const toNineDigits = (found: number | null, expected: number): void =>
  expect(Math.abs(found! - expected)).toBeLessThanOrEqual(1e-9 * Math.abs(expected))

describe('the example, against statsmodels and SciPy', () => {
  it.each(Object.entries<Case>(cases.metrics))('has the same %s', (name, expected) => {
    const metric = metrics.find((each) => each.metric === name)
    if (metric?.unadjusted.kind !== 'estimate') throw new Error('expected an estimate')
    toNineDigits(metric.unadjusted.mean, expected.effect)
    toNineDigits(metric.unadjusted.stdError, expected.stdError)
    toNineDigits(metric.control.mean, expected.controlMean)
    if (expected.adjusted !== undefined) toNineDigits(metric.absolute.mean, expected.adjusted)
  })

  it('has the same moment and the same test of the split', () => {
    expect(asOf).toBe(cases.asOf)
    toNineDigits(splitPValue, cases.split.pValue)
  })
})
