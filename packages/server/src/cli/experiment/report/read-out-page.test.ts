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
    const alike = { kind: 'undefined', reason: 'zero-variance', mean: 0 } as const
    expect(changed(weak, alike as never)).not.toContain('Success metrics')
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

  it('shows whom a treatment moves with a curve and a forest plot, and why there is no answer', () => {
    const known = { kind: 'estimate', mean: 0.5, low: 0.2, high: 0.8, stdError: 0.15, dof: null } as const
    const tests = { pValue: 0.01, qValue: 0.02, isDiscovery: true }
    const segment = { segment: 'plan', value: '<free>', users: 400, effect: known, against: known, ...tests }
    const answer = {
      ...{ treatment: 'gentle', metric: 'visits', users: 800, drawnFrom: 2000, average: known, heterogeneity: known },
      ...{
        sequentialPValue: 0.004,
        qini: known,
        area: known,
        constantFeatures: [],
        reason: null,
        detail: null,
        ...tests,
      },
      curve: { shares: [0, 0.5, 1], gains: [0, 0.04, 0.05] },
      segments: [{ ...segment, differencePValue: 0.01, differenceQValue: 0.02 }],
    }
    const none = {
      ...answer,
      metric: 'buyers',
      curve: null,
      segments: [],
      reason: 'too-few-units',
      detail: 'expected <100>',
    } as const
    const shown = readOutPage({ ...found, exploration: { ...found.exploration, heterogeneity: [answer, none] } })
    expect(shown).toContain('Do effects differ between users?</h3>')
    expect(shown).toContain('800, drawn from 2,000 of all variants')
    expect(shown).toContain('no answer: expected &lt;100&gt;')
    expect(shown).toContain('visits: whom gentle moves</h3>')
    expect(shown).toContain('visits: effect of gentle by segment</h3>')
    expect(shown).toContain('plan = &lt;free&gt;')
    expect(shown).not.toContain('buyers: whom')
    expect(html).not.toContain('Do effects differ')
  })
})
