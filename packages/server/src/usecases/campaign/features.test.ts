import { describe, expect, it } from 'vitest'
import type { CampaignRow } from './cells.ts'
import { encodeRows, fitFeatures } from './features.ts'
import type { CampaignFeature } from './mapping.ts'
import { SAMPLE_MAPPING } from './testing/sample-campaign.ts'

function encode(feature: CampaignFeature, cells: readonly CampaignRow[string][]): readonly number[][] {
  const rows = cells.map((cell) => ({ cell }))
  const features = fitFeatures({ ...SAMPLE_MAPPING, features: { cell: feature } }, rows)
  const matrix = encodeRows(features, rows)
  const width = 1 + features.length
  return rows.map((_, i) => [...matrix.subarray(i * width + 1, (i + 1) * width)])
}

describe('features of a campaign', () => {
  it.each<[string, CampaignFeature, readonly CampaignRow[string][]]>([
    ['category', { kind: 'category' }, ['a', 'b', 'a', 'a', null, null]],
    ['boolean', { kind: 'boolean' }, ['1', '0', '1', '1', null, null]],
    ['number', { kind: 'number' }, ['1', '2', '3', '4', null, null]],
  ])('of the kind %s have the mean 0, and a cell without a value is average', (_, feature, cells) => {
    const encoded = encode(feature, cells)
    expect(encoded[4]).toEqual(encoded[5])
    expect(encoded[4]!.every((value) => value === 0)).toBe(true)
    for (let j = 0; j < encoded[0]!.length; j += 1) {
      expect(encoded.reduce((sum, row) => sum + row[j]!, 0)).toBeCloseTo(0, 12)
    }
  })

  it.each<[string, CampaignFeature]>([
    ['category', { kind: 'category' }],
    ['boolean', { kind: 'boolean' }],
    ['number', { kind: 'number' }],
  ])('of the kind %s take a blank text for a cell without a value, as a CSV file has it', (_, feature) => {
    const blank = encode(feature, ['1', '0', '', '  '])
    expect(blank).toEqual(encode(feature, ['1', '0', null, null]))
  })
})
