import { randomFrom } from '@paloma/core'
import { describe, expect, it } from 'vitest'
import { encodeRows } from './features.ts'
import { fitHead, momentsBuilder } from './fit-head.ts'
import { learnCampaign } from './learn-campaign.ts'
import { learnedFromText, learnedToText } from './learned-file.ts'
import type { CampaignMapping } from './mapping.ts'
import { parseCampaignMapping } from './mapping.ts'
import { readPast } from './past-campaign.ts'
import { predictCampaign } from './predict-campaign.ts'
import { SAMPLE_MAPPING, sampleRows } from './testing/sample-campaign.ts'

const rows = sampleRows(12_000, { seed: 'learn', strength: 0.12 })
const learned = learnCampaign(SAMPLE_MAPPING, rows)
const values = predictCampaign(learned, encodeRows(learned.features, rows), 1 + learned.features.length)

function meanValue(objective: string, action: number, likes: string): number {
  const means = values.means[objective]!
  const own = rows.flatMap((row, i) => (row.likes === likes ? [means[i * values.actions.length + action]!] : []))
  return own.reduce((sum, value) => sum + value, 0) / own.length
}

describe('learning from a past campaign', () => {
  it.each([
    ['men', 1, '1', 0.12],
    ['men', 1, '0', -0.06],
    ['women', 2, '1', -0.06],
    ['women', 2, '0', 0.12],
    ['nudge', 3, '1', 0],
  ])('finds the incremental effect of %s (action %i) on users with likes = %s', (_, action, likes, effect) => {
    expect(Math.abs(meanValue('visit', action, likes) - effect)).toBeLessThan(0.04)
  })

  it('gives hold the value 0 and no variance', () => {
    for (let i = 0; i < values.users; i += 1) {
      expect(values.scores[i * 4]).toBe(0)
      expect(values.variances[i * 4]).toBe(0)
    }
  })

  it('is not biased by a baseline that the features cannot follow', () => {
    const twisted = rows.map((row) => ({ ...row, visit: Number(row.visit) + 3 * Math.sin(Number(row.age)) }))
    const other = learnCampaign(SAMPLE_MAPPING, twisted)
    const block = other.features.length + 1
    expect(Math.abs(other.heads.visit!.mean[block]! - 0.03)).toBeLessThan(0.12)
  })

  it('shrinks interactions of pure noise to next to nothing, mostly, and keeps real ones', () => {
    const widths = Array.from({ length: 8 }, (_, trial) => {
      const noise = learnCampaign(SAMPLE_MAPPING, sampleRows(6_000, { seed: `noise-${trial}`, strength: 0 }))
      return noise.priors.visit!.interactionSd
    })
    expect(widths.filter((width) => width <= 0.01).length).toBeGreaterThanOrEqual(6)
    expect(learned.priors.visit!.interactionSd).toBeGreaterThanOrEqual(0.1)
  })

  it('has intervals that hold the true average effect about as often as they say', () => {
    let covered = 0
    for (let trial = 0; trial < 60; trial += 1) {
      const random = randomFrom(`cover-${trial}`)
      const builder = momentsBuilder(2, 1)
      for (let i = 0; i < 400; i += 1) {
        const centred = (random() < 0.5 ? 1 : 0) - 0.5
        const noise = random() + random() + random() - 1.5
        builder.add(Float64Array.of(1, centred), [0.3 + 0.1 * centred + noise])
      }
      const { head } = fitHead(builder.finish()[0]!, { width: 1, sends: 1 })
      const sd = Math.sqrt((head.noiseRate / (head.noiseShape - 1)) * head.covariance[2]!)
      if (Math.abs(head.mean[1]! - 0.1) < 1.96 * sd) covered += 1
    }
    expect(covered).toBeGreaterThanOrEqual(52)
  })
})

describe('learning', () => {
  const few = sampleRows(40, { seed: 'few', strength: 0 })

  it.each([
    ['a user with two rows', { id: 'user-3' }, /row 8, column id: user 'user-3' stands in row 4 too/],
    ['a row without a user', { id: '' }, /row 8, column id: expected a user, got ''/],
    [
      'a feature too large to square',
      { age: '1e200' },
      /row 8, column age: expected a number within ±1e\+100, got '1e200'/,
    ],
    ['a reward too large to square', { visit: '1e200' }, /row 8, column visit: expected a number within ±1e\+100/],
  ])('refuses %s', (_, change, message) => {
    expect(() => learnCampaign(SAMPLE_MAPPING, few.with(7, { ...few[7]!, ...change }))).toThrow(message)
  })

  it('takes rows for users where the mapping says so', () => {
    const byRow: CampaignMapping = { ...SAMPLE_MAPPING, user: { rowNumber: true } }
    expect(learnCampaign(byRow, few.with(7, few[3]!)).rows).toBe(40)
  })
})

describe('reading a past campaign', () => {
  const base: Record<string, string | number> = {
    id: 'u',
    age: 30,
    likes: 1,
    region: 'n',
    history: 1,
    visit: 0,
    spend: 0,
  }
  const row = (extra: Record<string, string | number>): Record<string, string | number> => ({
    ...base,
    arm: 'A',
    ...extra,
  })

  it.each([
    ['an unknown action', [row({}), row({ arm: 'Z' })], /row 2, column arm: expected one of none, A, B, C, got 'Z'/],
    ['a reward that is no number', [row({ visit: 'many' })], /row 1, column visit: expected a number, got 'many'/],
    ['a reward that is missing', [row({ spend: '' })], /row 1, column spend: expected a number, got ''/],
  ])('refuses %s and says where', (_, table, message) => {
    expect(() => readPast(SAMPLE_MAPPING, table)).toThrow(message)
  })

  it('names a missing column and those there are', () => {
    const { visit: _, ...without } = row({})
    expect(() => readPast(SAMPLE_MAPPING, [without])).toThrow(/column 'visit' of the mapping is not in the table/)
  })

  it('shares what the logged propensity leaves among the other actions by their frequency', () => {
    const mapping: CampaignMapping = { ...SAMPLE_MAPPING, propensity: { column: 'p' } }
    const table = [row({ arm: 'none', p: 0.4 }), row({ arm: 'A', p: 0.5 }), row({ arm: 'A', p: 0.5 })]
    const { propensities } = readPast(mapping, table)
    expect([...propensities.subarray(0, 4)]).toEqual([0.4, 0.6, 0, 0])
    expect([...propensities.subarray(4, 8)]).toEqual([0.5, 0.5, 0, 0])
  })

  it('refuses propensities in columns that do not add up to 1', () => {
    const columns = { none: 'p0', A: 'p1', B: 'p2', C: 'p3' }
    const mapping: CampaignMapping = { ...SAMPLE_MAPPING, propensity: { columns } }
    expect(() => readPast(mapping, [row({ p0: 0.5, p1: 0.2, p2: 0.2, p3: 0.2 })])).toThrow(/must add up to 1/)
  })
})

describe('a mapping', () => {
  const broken: readonly [string, unknown, RegExp][] = [
    ['without hold', { action: { column: 'a', values: { A: { name: 'a', channel: 'email' } } } }, /must mean hold/],
    ['with an unknown channel', { action: { column: 'a', values: { A: { name: 'a', channel: 'fax' } } } }, /action/],
    ['with propensities above 1', { propensity: { constant: { none: 0.5, A: 0.5, B: 0.5, C: 0.5 } } }, /add up to 1/],
    ['with a propensity missing', { propensity: { constant: { none: 1 } } }, /'A' is missing/],
    ['without objectives', { outcomes: {} }, /at least one objective/],
    ['with a member it does not know', { weights: {} }, /[Uu]nrecognized/],
  ]

  it.each(broken)('%s is refused', (_, change, message) => {
    expect(() => parseCampaignMapping({ ...SAMPLE_MAPPING, ...(change as object) }, 'campaign.config.ts')).toThrow(
      message,
    )
  })

  it('that is whole passes unchanged', () => {
    expect(parseCampaignMapping(JSON.parse(JSON.stringify(SAMPLE_MAPPING)), 'x.json')).toEqual(SAMPLE_MAPPING)
  })
})

describe('the learned artifact', () => {
  it('reads back exactly', () => {
    expect(learnedFromText(learnedToText(learned), 'learned.json')).toStrictEqual(learned)
  })

  it.each([
    ['another version', (text: string) => text.replace('"version":1', '"version":2'), /version must be 1, got 2/],
    ['a changed weight', (text: string) => text.replace('"weight":0.1', '"weight":0.9'), /checksum/],
    ['a cut file', (text: string) => text.slice(0, 200), /not JSON/],
    ['another file', () => '{}', /format/],
  ])('refuses %s', (_, change, message) => {
    expect(() => learnedFromText(change(learnedToText(learned)), 'learned.json')).toThrow(message)
  })
})
