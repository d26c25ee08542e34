import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import { renderReport } from './render-report.ts'
import { sampleReport } from './testing/sample-report.ts'

const html = renderReport(sampleReport())
const { document } = parseHTML(html)

describe('renderReport', () => {
  it('gives the same bytes for the same data', () => {
    expect(renderReport(sampleReport())).toBe(html)
  })

  it('asks nothing of the network and runs no script', () => {
    expect(document.querySelectorAll('script, link, img, iframe, object, [src], [href]')).toHaveLength(0)
    expect(html).not.toMatch(/url\(|@import/)
  })

  it('escapes every text of the data', () => {
    const evil = '<script>alert("x")</script>'
    const data = sampleReport()
    const [first, ...others] = data.objectives
    const poisoned = renderReport({
      ...data,
      seed: evil,
      notes: [evil],
      objectives: [{ ...first!, name: 'conversion', unit: evil }, ...others],
      commands: [{ about: evil, command: `curl '${evil}'` }],
    })
    expect(poisoned).not.toContain('<script')
    expect(parseHTML(poisoned).document.querySelector('pre')?.textContent).toBe(`curl '${evil}'`)
  })

  it('draws every plot for wide and for narrow pages, with its numbers to unfold', () => {
    const figures = [...document.querySelectorAll('figure')]
    expect(figures.map((figure) => figure.querySelector('h3')?.textContent)).toEqual([
      'Paloma \u2212 business as usual, on the common scale',
      'Difference in conversion',
      'Difference in engagement',
      'Difference in retention',
      'Difference in reachability',
      'Difference in combined',
      'Combined objective so far',
      'Reach left',
      'Sends per user and week',
      'What Paloma chose',
      'Predicted against realised: conversion',
      'Predicted against realised: engagement',
    ])
    for (const figure of figures) {
      expect(figure.querySelectorAll('svg.plot')).toHaveLength(2)
      expect(figure.querySelectorAll('details tbody tr').length).toBeGreaterThan(2)
      expect(figure.querySelector('figcaption p')?.textContent).toMatch(/n = [\d,]+ (users|decisions)/)
    }
  })

  it('shows the groups that have users, with intervals', () => {
    const head = [...document.querySelectorAll('.groups thead th')].map((cell) => cell.textContent)
    expect(head).toEqual(['Per user', 'Paloma', 'Business as usual', 'Random', 'Holdout'])
    expect(document.querySelector('.groups')?.textContent).toContain('34.7 [33.1,\u00a036.3]')
  })

  it('leaves out what is not there: calibration, and groups without users', () => {
    const data = sampleReport()
    const { calibration: _, ...rest } = data
    const random = { ...data.comparison.groups.random, users: 0 }
    const small = renderReport({
      ...rest,
      comparison: { ...data.comparison, groups: { ...data.comparison.groups, random } },
    })
    expect(small).not.toContain('Predicted against realised')
    expect(parseHTML(small).document.querySelector('.groups')?.textContent).not.toContain('Random')
  })

  it('says so where an interval is missing instead of drawing one', () => {
    const data = sampleReport()
    const none = { mean: Number.NaN, low: Number.NaN, high: Number.NaN }
    const comparison = {
      ...data.comparison,
      differences: { 'paloma-businessAsUsual': { conversion: none, combined: none } },
    }
    const page = renderReport({ ...data, comparison })
    expect(page).toContain('Too few users to compare Paloma with business as usual.')
    expect(page).toContain('not known')
    expect(page).not.toContain('NaN')
  })

  it('renders a run of one day', () => {
    const page = parseHTML(renderReport(sampleReport(1))).document
    expect(page.querySelectorAll('figure')).toHaveLength(12)
    expect(page.toString()).not.toContain('NaN')
  })

  it('calls a replay that differs by its name', () => {
    expect(renderReport({ ...sampleReport(), replay: { checked: 10, identical: 9 } })).toContain(
      'Only 9 of 10 decisions came out identical',
    )
  })
})
