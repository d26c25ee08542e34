import { describe, expect, it } from 'vitest'
import type { CampaignRow } from './cells.ts'
import { evaluateUnits } from './evaluate-units.ts'
import type { CampaignTarget } from './evaluation-target.ts'
import { type CampaignMapping, parseCampaignMapping } from './mapping.ts'
import { SLATE_MAPPING, SLATE_TRUTH, slateRows, slateTarget } from './testing/slate-campaign.ts'

const QUICK = { seed: '1' } as const

describe('a table of slates', () => {
  const rows = slateRows(6000, 'slates')
  const table: CampaignTarget = { kind: 'table', rows: slateTarget(rows) }
  const evaluate = (over: Partial<CampaignMapping> = {}, target = table, on: readonly CampaignRow[] = rows) =>
    evaluateUnits({ ...SLATE_MAPPING, ...over }, on, { ...QUICK, target })
  const visits = (found: ReturnType<typeof evaluate>) =>
    found.evaluation.objectives.find(({ name }) => name === 'visit')!

  it('judges digests whole, whatever the order of rows, with a target from a table of its own', () => {
    const found = evaluate()
    expect(found.evaluation.units).toBe(6000)
    expect(found.evaluation.users).toBe(3000)
    expect(found.evaluation.status).toBe('evaluated')
    const { value, estimators } = visits(found)
    if (value.kind !== 'estimate') throw new Error(value.reason)
    expect(Math.abs(value.mean - SLATE_TRUTH)).toBeLessThan(3 * value.stdError)
    // The table says conditional probabilities, from which those of single positions do not follow.
    expect(estimators.map(({ name }) => name)).not.toContain('iips')
    expect(found.evaluation.promoted!.verdict.kind).toBe('better')
    const shuffled = [...rows].sort((a, b) => Number(b.digest) - Number(a.digest))
    expect(visits(evaluate({}, table, shuffled)).value.mean).toBeCloseTo(value.mean, 2)
  })

  it('takes probabilities that the log states of what was chosen, and then has no model', () => {
    const prefix = new Map<unknown, number>()
    const stated = [...rows]
      .sort((a, b) => Number(a.position) - Number(b.position))
      .map((row) => {
        const own =
          (prefix.get(row.digest) ?? 1) * Number(row.done === 'none' ? row.p0 : row.done === 'N' ? row.p1 : row.p2)
        prefix.set(row.digest, own)
        return { ...row, prefix: own }
      })
      .map((row) => ({ ...row, whole: prefix.get(row.digest)! }))
    const found = evaluate(
      { slate: { position: 'position', propensity: { joint: 'whole', prefix: 'prefix' } } },
      table,
      stated,
    )
    expect(visits(found).estimators.map(({ name }) => name)).toEqual(['snrips', 'rips', 'snsips', 'sips'])
    expect(found.evaluation.deciding).toBe('snrips')
    const plain = visits(evaluate()).estimators
    for (const { name, estimate } of visits(found).estimators)
      expect(estimate.mean, name).toBeCloseTo(plain.find((each) => each.name === name)!.estimate.mean!, 9)
  })

  it('has single positions too for a target that looks at nothing before', () => {
    const found = evaluate({ propensity: { constant: { none: 0.2, N: 0.4, O: 0.4 } } }, { kind: 'uniform' })
    expect(visits(found).estimators.map(({ name }) => name)).toContain('iips')
  })

  const bad = (change: Partial<CampaignRow>) =>
    rows.map((row, i) => (i === 1 ? { ...row, ...change } : row)) as CampaignRow[]

  it.each([
    ["row 2, column position: expected a number or a time such as 2026-05-01T08:00:00Z, got ''", { position: '' }],
    ["row 2, column position: expected a place of its own, which row 1 has too, got '1'", { position: 1 }],
    ['row 2: positions of one slate must have one user, got another than in row 1', { user: 'u9' }],
  ])('refuses rows that cannot be: %s', (message, change) => {
    expect(() => evaluate({}, { kind: 'uniform' }, bad(change))).toThrow(message)
  })

  it('refuses a target that lacks a decision, has one twice or says nothing', () => {
    const target = slateTarget(rows)
    const withTarget = (own: readonly CampaignRow[]) => () => evaluate({}, { kind: 'table', rows: own })
    expect(withTarget(target.slice(1))).toThrow("row 1: the target's table has no row with digest = 0 and position = 1")
    expect(withTarget([...target, target[0]!])).toThrow('digest = 0 and position = 1 stands there twice')
    expect(withTarget(target.map(({ digest, position }) => ({ digest: digest!, position: position! })))).toThrow(
      "the target's table must have the columns p_hold, p_news, p_offer, or done",
    )
    expect(() => parseCampaignMapping({ ...SLATE_MAPPING, decision: undefined }, 'a.json')).toThrow('decision')
    const { decision: _, ...without } = SLATE_MAPPING
    expect(() => parseCampaignMapping(without, 'a.json')).toThrow('which rows are one slate')
  })
})
