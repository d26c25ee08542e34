import { fileURLToPath } from 'node:url'
import { readOut } from '@paloma/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadSpec, summariseFiles } from '../../../readout/index.ts'
import { readOutPage } from './read-out-page.ts'

const example = fileURLToPath(new URL('../../../../../../examples/experiment/', import.meta.url))

let html = ''
beforeAll(async () => {
  const spec = await loadSpec(`${example}experiment.yaml`)
  const files = { assignments: `${example}assignments.csv`, metrics: `${example}events.csv` }
  const summary = await summariseFiles(spec, files, { memoryMb: 256, threads: 1 })
  html = readOutPage({ ...readOut(summary, spec.readOut), experiment: '<b>bold</b>' })
})

describe('readOutPage', () => {
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
