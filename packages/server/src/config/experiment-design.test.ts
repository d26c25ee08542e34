import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { designFaults } from '@paloma/core'
import { afterAll, describe, expect, it } from 'vitest'
import { loadDocument } from '../readout/index.ts'
import { defaultConfig } from './default-config.ts'
import { defineConfig } from './define-config.ts'
import { experimentDesignSchema } from './experiment-design-schema.ts'

const guide = new URL('../../../../docs/guide/experiments.md', import.meta.url)

const folder = mkdtempSync(join(tmpdir(), 'paloma-design-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('experimentDesignSchema', () => {
  it('fills in what is not said: everybody of paloma, evenly, against the first variant', () => {
    const variants = ['a', 'b', 'c'].map((name) => ({ name }))
    expect(experimentDesignSchema.parse({ key: 'k', variants })).toEqual({
      ...{ key: 'k', hypothesis: '', salt: 'k', layer: null, isExclusive: false, groups: ['paloma'], targeting: [] },
      ...{ unit: { kind: 'user' }, control: 'a', weights: { a: 333_334, b: 333_333, c: 333_333 }, traffic: 1_000_000 },
      ...{ learning: 'shared', metrics: [], horizon: { kind: 'open', expectedUsers: 10_000 } },
      variants: variants.map(({ name }) => ({ name, change: {} })),
    })
  })

  it('takes the design of the guide, which could start under the defaults', async () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(guide, 'utf8')) ?? []
    const path = join(folder, 'design.yaml')
    writeFileSync(path, yaml)
    const design = experimentDesignSchema.parse(await loadDocument(path))
    expect(design.key).toBe('calm-wording')
    const objectives = defaultConfig.objectives.map(({ name }) => name)
    expect(designFaults(design, { objectives, channels: ['email'], layers: [], metrics: objectives })).toEqual([])
  })
})

describe('experiments of the configuration', () => {
  const layer = { name: 'one', salt: 's', holdoutShare: 0 }
  const withholding = { salt: 'w', share: 1, messages: {}, periodDays: 28, groups: ['paloma' as const] }

  it('are layers and withholding, and metrics beside them', () => {
    const metrics = [{ name: 'orders', metricType: 'mean' as const, numerator: { column: 'event:Order Completed' } }]
    const config = defineConfig({ experiments: { layers: [layer] }, metrics })
    expect(config.experiments).toEqual({ layers: [layer], withholding: null })
    expect(config.metrics).toEqual(metrics)
  })

  it.each([
    [{ experiments: { layers: [layer, { ...layer, salt: 't' }] } }, /names used only once/],
    [{ experiments: { layers: [layer, { ...layer, name: 'two' }] } }, /salts used only once/],
    [{ experiments: { layers: [{ ...layer, holdoutShare: 2_000_000 }] } }, /holdoutShare/],
    [{ experiments: { withholding: { ...withholding, groups: ['holdout' as const] } } }, /other than holdout/],
    [{ experiments: { withholding: { ...withholding, periodDays: 0 } } }, /periodDays/],
    [{ metrics: [{ name: 'm', metricType: 'ratio' as const, numerator: { column: 'c' } }] }, /denominator/],
  ])('stop the start where they cannot be: %j', (input, says) => {
    expect(() => defineConfig(input)).toThrow(says)
  })
})
