import { describe, expect, it } from 'vitest'
import type { CampaignRow } from './cells.ts'
import { learnCampaign } from './learn-campaign.ts'
import { learnedFromText, learnedToText } from './learned-file.ts'
import { type CampaignMapping, parseCampaignMapping } from './mapping.ts'
import { refusedInWords, screenPast } from './screen-past.ts'
import { SAMPLE_MAPPING, sampleRows } from './testing/sample-campaign.ts'

const PROPENSITIES: Readonly<Record<string, number>> = { none: 0.4, A: 0.3, B: 0.2, C: 0.1 }
const COLUMNS = { none: 'p_none', A: 'p_A', B: 'p_B', C: 'p_C' }

/** The sample with the probability of what was done, and those of all actions. */
const rows: readonly CampaignRow[] = sampleRows(600, { seed: 'screen', strength: 0.2 }).map((row) => ({
  ...row,
  p: PROPENSITIES[String(row.arm)]!,
  ...Object.fromEntries(Object.entries(COLUMNS).map(([arm, column]) => [column, PROPENSITIES[arm]!])),
}))
const own = (floor?: number): CampaignMapping => {
  return { ...SAMPLE_MAPPING, propensity: { column: 'p', ...(floor === undefined ? {} : { floor }) } }
}
const spoilt = (changes: Readonly<Record<number, number>>): readonly CampaignRow[] =>
  rows.map((row, i) => (changes[i] === undefined ? row : { ...row, p: changes[i] }))

describe('rows of a past campaign that contradict the floor of its policy', () => {
  it('are left out, with reason, number and first row', () => {
    const { rows: kept, refused } = screenPast(own(0.2), spoilt({ 4: 0.01, 7: 0.049, 9: 0, 11: 1.5, 12: 0.05 }))
    expect(refused).toEqual({ 'below-floor': { rows: 2, first: 5 }, 'no-probability': { rows: 2, first: 10 } })
    expect(kept).toHaveLength(596)
    expect(kept.map(({ id }) => id)).not.toContain('user-4')
    expect(kept.map(({ id }) => id)).toContain('user-12')
    expect(refusedInWords(refused)).toBe('below-floor 2 (first in row 5), no-probability 2 (first in row 10)')
  })

  it('are learned from as if they had not been in the table, and the file says what was left out', () => {
    const learned = learnCampaign(own(0.2), spoilt({ 0: 0.001, 3: 0.02 }))
    const without = learnCampaign(own(0.2), [...rows.slice(1, 3), ...rows.slice(4)])
    expect(learned).toEqual({ ...without, refused: { 'below-floor': { rows: 2, first: 1 } } })
    expect(learnedFromText(learnedToText(learned), 'learned.json')).toEqual(learned)
  })

  it('are found by the column of the action that was taken', () => {
    const mapping: CampaignMapping = { ...SAMPLE_MAPPING, propensity: { columns: COLUMNS, floor: 0.6 } }
    const pushes = rows.filter(({ arm }) => arm === 'C').length
    expect(screenPast(mapping, rows).refused['below-floor']?.rows).toBe(pushes)
  })

  it('stay where no floor is declared', () => {
    expect(screenPast(own(), rows)).toEqual({ rows, refused: {} })
    expect(screenPast(SAMPLE_MAPPING, rows)).toEqual({ rows, refused: {} })
  })

  it('are refused together, naming the floor, where none is left', () => {
    const table = rows.map((row) => ({ ...row, p: 0.01 }))
    expect(() => learnCampaign(own(0.2), table)).toThrow(
      'no row of 600 keeps the floor 0.2: below-floor 600 (first in row 1)',
    )
  })

  it.each([[-0.1], [1]])('cannot have a floor of %d', (floor) => {
    expect(() => parseCampaignMapping(own(floor), 'campaign.config.ts')).toThrow(/campaign.config.ts: propensity/)
  })
})
