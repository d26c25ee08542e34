import { fileURLToPath } from 'node:url'
import { type ExperimentReadOut, readOut } from '@paloma/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadSpec, summariseFiles } from '../../../readout/index.ts'
import { readOutPage } from './read-out-page.ts'

const example = fileURLToPath(new URL('../../../../../../examples/experiment/', import.meta.url))

let html = ''
let found: ExperimentReadOut
beforeAll(async () => {
  const spec = await loadSpec(`${example}experiment.yaml`)
  const files = { assignments: `${example}assignments.csv`, metrics: `${example}events.csv` }
  const summary = await summariseFiles(spec, files, { memoryMb: 256, threads: 1 })
  found = readOut(summary, spec.readOut)
  html = readOutPage({ ...found, experiment: '<b>bold</b>' })
})

describe('readOutPage', () => {
  it('draws metrics without a base apart, and none that have no answer', () => {
    const noAnswer = { kind: 'undefined', reason: 'too-few-units', mean: null } as const
    const weak = { kind: 'undefined', reason: 'weak-baseline', mean: null } as const
    const changed = (relative: typeof noAnswer | typeof weak, absolute?: typeof noAnswer): string =>
      readOutPage({
        ...found,
        comparisons: found.comparisons.map((comparison) => ({
          ...comparison,
          metrics: comparison.metrics.map((metric) => ({ ...metric, relative, absolute: absolute ?? metric.absolute })),
        })),
        overTime: found.overTime.map((each) => ({
          ...each,
          points: each.points.map((point) => ({ ...point, effect: null, low: null, high: null })),
        })),
      })
    const apart = changed(weak)
    expect(apart).toContain('Success metrics: visits</h3>')
    expect(apart).toContain('because the control mean is no base for a share')
    const empty = changed(noAnswer, noAnswer)
    expect(empty).not.toContain('Success metrics')
    expect(empty.match(/so far<\/h3>/g)).toHaveLength(1)
  })

  it('needs nothing else and runs nothing', () => {
    expect(html).not.toMatch(/<script|src=|href="http|@import|url\(/)
  })

  it('escapes what the data say', () => {
    expect(html).toContain('<h1>&lt;b&gt;bold&lt;/b&gt;</h1>')
    expect(html).not.toContain('<b>bold</b>')
  })

  it('shows quality before effects, parts of metrics apart, and the margin of a guardrail', () => {
    const places = ['Data</h2>', 'Success metrics</h3>', 'Guardrails</h3>', 'Users exposed so far</h3>'].map((title) =>
      html.indexOf(title),
    )
    expect(places.every((place) => place > 0)).toBe(true)
    expect([...places].sort((a, b) => a - b)).toEqual(places)
    expect(html).toContain('aria-label="tick"')
  })

  it('draws the band of every metric that decides, twice for two widths', () => {
    expect(html.match(/so far<\/h3>/g)).toHaveLength(4)
    expect(html.match(/aria-label="area"/g)?.length).toBeGreaterThanOrEqual(6)
  })
})
