import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PolicyEvaluation } from '@paloma/core'
import { describe, expect, it } from 'vitest'
import { type CampaignMapping, evaluateCampaign } from '../../usecases/campaign/index.ts'
import { memoryOutput } from '../print/index.ts'
import { loadRows } from './campaign-files.ts'

const beside = fileURLToPath(new URL('../../../../../../shared/data', import.meta.url))
const folder = process.env.PALOMA_OPEN_BANDIT ?? beside
const isThere = existsSync(join(folder, 'obd_random_men.csv.gz'))
const where = isThere ? folder : `left out: no obd_random_men.csv.gz in ${folder}; PALOMA_OPEN_BANDIT names the folder`

async function judge(campaign: string) {
  const load = (policy: string) => loadRows(join(folder, `obd_${policy}_${campaign}.csv.gz`), memoryOutput())
  const [random, thompson] = await Promise.all([load('random'), load('bts')])
  const items = [...new Set([...random, ...thompson].map((row) => String(row.item_id)))].sort((a, b) => +a - +b)
  const mapping: CampaignMapping = {
    user: { rowNumber: true },
    action: {
      column: 'item_id',
      values: Object.fromEntries(
        items.map((item, i) => [item, i === 0 ? 'hold' : { name: `item-${item}`, channel: 'in-app' }]),
      ),
    },
    propensity: { uniform: true },
    outcomes: { clicks: { column: 'click', weight: 1, unit: 'clicks' } },
    features: { position: { kind: 'category' } },
  }
  const target = { kind: 'log', rows: thompson, by: ['position'] } as const
  const { evaluation } = evaluateCampaign(mapping, random, { target, seed: '1', resamples: 0 })
  return { evaluation, truth: thompson.reduce((sum, row) => sum + Number(row.click), 0) / thompson.length }
}

const estimateOf = ({ objectives }: PolicyEvaluation, name: string) =>
  objectives[0]!.estimators.find((each) => each.name === name)!.estimate

describe.skipIf(!isThere)(`the Thompson policy of the Open Bandit Dataset, judged on its random log (${where})`, () => {
  it.each([
    ['men', 0.0069],
    ['women', 0.0046],
  ])('has what it got on its own log in the intervals of DR, IPS and SNIPS: %s', async (campaign, clicks) => {
    const { evaluation, truth } = await judge(campaign)
    expect(truth).toBeCloseTo(clicks, 4)
    expect(evaluation.status).toBe('evaluated')
    for (const name of ['dr', 'ips', 'snips', 'sndr']) {
      const estimate = estimateOf(evaluation, name)
      if (estimate.kind === 'undefined') throw new Error(`${name}: ${estimate.reason}`)
      expect(estimate.low, name).toBeLessThan(truth)
      expect(estimate.high, name).toBeGreaterThan(truth)
      // Some fifteen effective clicks: an interval narrower than this would be a made-up one.
      expect(estimate.stdError, name).toBeGreaterThan(0.0008)
    }
    expect(evaluation.promoted!.verdict.kind).toBe('unclear')
  })
})
