import { PalomaError } from '@paloma/core/domain'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultConfig } from './default-config.ts'
import { type ConfigInput, defineConfig } from './define-config.ts'
import { leastStoreDays } from './retention-schema.ts'

const { objectives, experiments } = defaultConfig
const longWindow = [{ ...objectives[0]!, windowHours: 24 * 40 }, ...objectives.slice(1)]
const metric = { name: 'm', metricType: 'mean', numerator: { column: 'conversion' } } as const
const layer = { name: 'main', salt: 's', holdoutShare: 10_000 }
const withholding = { salt: 'w', share: 10_000, messages: {}, periodDays: 60, groups: ['paloma'] } as const

/** What refuses a configuration, or undefined. */
function refusal(input: ConfigInput): string | undefined {
  try {
    defineConfig(input)
    return undefined
  } catch (error) {
    if (error instanceof PalomaError && error.code === 'CONFIG_INVALID') return error.message
    throw error
  }
}

describe('how long is kept', () => {
  it('is for ever where nothing is said', () => {
    expect(defineConfig({}).retention).toEqual({ storeDays: null, exportedDays: null })
    expect(defineConfig({ retention: { storeDays: 400 } }).retention).toEqual({ storeDays: 400, exportedDays: null })
  })

  const needs: readonly (readonly [string, ConfigInput, number, RegExp])[] = [
    ['history', {}, 30, /caps, gaps and features look back 28 days/],
    ['learning again', { learning: { relearnDays: 90 } }, 92, /learning\.relearnDays is 90/],
    ['a window', { objectives: longWindow }, 43, /the window of objective conversion is 960 h, and .*latenessHours 2/],
    [
      'a metric',
      { metrics: [{ ...metric, regressionAdjustmentSettings: { enabled: true, days: 56 } }] },
      58,
      /metric m looks 56 days back/,
    ],
    ['a holdout', { experiments: { layers: [layer] } }, 37, /the holdout of layer main is read from 28 days before/],
    ['a layer without one', { experiments: { layers: [{ ...layer, holdoutShare: 0 }] } }, 30, /look back/],
    ['withheld messages', { experiments: { ...experiments, withholding } }, 97, /over periods of 60 days/],
  ]
  it.each(needs)('is bounded below by %s', (_, input, least, reason) => {
    expect(refusal({ ...input, retention: { storeDays: least } })).toBeUndefined()
    const said = refusal({ ...input, retention: { storeDays: least - 1 } })
    expect(said).toMatch(new RegExp(`/retention/storeDays: expected at least ${least} days, because`))
    expect(said).toMatch(reason)
    expect(said).toMatch(new RegExp(`got ${least - 1}`))
  })

  it('is at least as long for files as for the store', () => {
    expect(refusal({ retention: { storeDays: 60, exportedDays: 60 } })).toBeUndefined()
    expect(refusal({ retention: { storeDays: 60, exportedDays: 59 } })).toMatch(
      /\/retention\/exportedDays: expected at least retention\.storeDays \(60\), because .* exported again, got 59/,
    )
    expect(refusal({ retention: { exportedDays: 900 } })).toMatch(/at least retention\.storeDays \(for ever\)/)
  })

  it.each([0, -1, 1.5, 100_000, 'ever'])('is no %s', (storeDays) => {
    expect(refusal({ retention: { storeDays: storeDays as number } })).toMatch(/\/retention\/storeDays: expected/)
  })

  it('never ends within a window that is still to be learned from', () => {
    const hours = fc.integer({ min: 1, max: 24 * 366 })
    fc.assert(
      fc.property(hours, fc.integer({ min: 0, max: 720 }), (windowHours, latenessHours) => {
        const changed = [{ ...objectives[0]!, windowHours }, ...objectives.slice(1)]
        const config = defineConfig({ objectives: changed, learning: { latenessHours } })
        expect(24 * (leastStoreDays(config).days - 1)).toBeGreaterThan(windowHours + latenessHours)
      }),
      { seed: 24, numRuns: 100 },
    )
  })
})
