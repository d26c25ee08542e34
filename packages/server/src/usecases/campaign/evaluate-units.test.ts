import { describe, expect, it } from 'vitest'
import type { CampaignRow } from './cells.ts'
import { evaluateUnits, type UnitsAsked } from './evaluate-units.ts'
import type { CampaignTarget } from './evaluation-target.ts'
import { type CampaignMapping, parseCampaignMapping } from './mapping.ts'
import { SLATE_MAPPING, SLATE_TRUTH, slateRows, slateTarget } from './testing/slate-campaign.ts'
import {
  MOMENT_MAPPING,
  momentRows,
  TRAJECTORY_MAPPING,
  trajectoryRows,
  trajectoryTruth,
} from './testing/unit-campaigns.ts'

const QUICK = { seed: '1' } as const

describe('a table of slates', () => {
  const rows = slateRows(2400, 'slates')
  const table: CampaignTarget = { kind: 'table', rows: slateTarget(rows) }
  const evaluate = (
    over: Partial<CampaignMapping> = {},
    target: CampaignTarget = table,
    on: readonly CampaignRow[] = rows,
  ) => evaluateUnits({ ...SLATE_MAPPING, ...over }, on, { ...QUICK, target })
  const visits = (found: ReturnType<typeof evaluate>) =>
    found.evaluation.objectives.find(({ name }) => name === 'visit')!

  it('judges digests whole, whatever the order of rows, with a target from a table of its own', () => {
    const found = evaluate()
    expect(found.evaluation.units).toBe(2400)
    expect(found.evaluation.users).toBe(1200)
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
      .map((row): CampaignRow => {
        const own =
          (prefix.get(row.digest) ?? 1) * Number(row.done === 'none' ? row.p0 : row.done === 'N' ? row.p1 : row.p2)
        prefix.set(row.digest, own)
        return { ...row, prefix: own }
      })
      .map((row): CampaignRow => ({ ...row, whole: prefix.get(row.digest)! }))
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

describe('a table of trajectories', () => {
  const rows = trajectoryRows(2400, 'trajectories')
  const evaluate = (options: Partial<UnitsAsked>, over: Partial<CampaignMapping> = {}) =>
    evaluateUnits({ ...TRAJECTORY_MAPPING, ...over }, rows, {
      ...QUICK,
      resamples: 0,
      target: { kind: 'column', column: 'best' },
      ...options,
    })

  it('judges what mailing the fresh alone brings per user, and that mailing always brings less than it seems', () => {
    const found = evaluate({})
    const { value } = found.evaluation.objectives[0]!
    if (value.kind !== 'estimate' || found.evaluation.kind !== 'trajectories') throw new Error('no estimate')
    expect(found.evaluation.units).toBe(2400)
    expect(Math.abs(value.mean - trajectoryTruth(true))).toBeLessThan(3 * value.stdError)
    // Four decisions of certainty against even odds leave one user in sixteen, and no more.
    expect(found.evaluation.status).toBe('insufficient-overlap')
    expect(found.evaluation.longestHorizon).toBe(2)
    const always = evaluate({ target: { kind: 'action', name: 'mail' } }).evaluation.objectives[0]!.value
    if (always.kind !== 'estimate') throw new Error(always.reason)
    expect(Math.abs(always.mean - trajectoryTruth(false))).toBeLessThan(3 * always.stdError)
  })

  it('judges the first decisions alone where the mapping says so, and counts messages', () => {
    const found = evaluate(
      { guardrails: [{ objective: 'sends', margin: 1, isRelative: false }] },
      { steps: { time: 'at', horizon: 2 } },
    )
    expect(found.evaluation.status).toBe('evaluated')
    const sends = found.evaluation.objectives.find(({ name }) => name === 'sends')!
    // One for sure, then those who are fresh.
    expect(sends.value.mean).toBeCloseTo(1.2, 1)
    expect(sends.metric.role).toBe('guardrail')
  })

  it('has FQE fitted anew where draws are asked for', () => {
    const found = evaluate({ resamples: 40 })
    if (found.evaluation.kind !== 'trajectories') throw new Error('no trajectories')
    expect(found.evaluation.fqeBootstrap!.map(({ name }) => name)).toEqual(['visit', 'sends'])
    expect(found.evaluation.fqeBootstrap![0]!.estimate.mean).toBeCloseTo(trajectoryTruth(true), 1)
  })

  it.each([
    [{ user: { rowNumber: true } }, 'user: expected a column, since steps are those of one user'],
    [{ moment: { column: 'hour', density: 'p' } }, 'steps: cannot be together with moment'],
    [{ logger: { column: 'policy' } }, 'steps: cannot be together with logger'],
    [
      { propensity: { column: 'p0', floor: 0.1 } },
      'propensity.floor: rows cannot be left out of what steps makes of them',
    ],
    [{ steps: { time: 'at', gammaPerDay: 2 } }, 'steps.gammaPerDay'],
  ])('refuses mappings that cannot be: %j', (over, message) => {
    expect(() => parseCampaignMapping({ ...TRAJECTORY_MAPPING, ...over }, 'a.json')).toThrow(message)
  })
})

describe('a table of moments', () => {
  const rows = momentRows(3000, 'moments')
  const evaluate = (options: Partial<UnitsAsked>, on: readonly CampaignRow[] = rows) =>
    evaluateUnits(MOMENT_MAPPING, on, { ...QUICK, target: { kind: 'column', column: 'best' }, ...options })

  it('judges the hour at which messages go, without rows that hold', () => {
    const found = evaluate({})
    expect(found.evaluation.units).toBe(rows.filter(({ done }) => done === 'A').length)
    expect(found.evaluation.status).toBe('evaluated')
    // A peak, flattened by the bandwidth.
    expect(Math.abs(found.evaluation.objectives[0]!.value.mean! - 0.9)).toBeLessThan(0.1)
    expect(found.evaluation.promoted!.verdict.kind).toBe('better')
    const eight = evaluate({ target: { kind: 'moment', at: 8 } }).evaluation.objectives[0]!.value.mean!
    expect(eight).toBeCloseTo(0.5, 1)
  })

  it('takes moments from a table of their own', () => {
    const table = rows.map(({ id, best }) => ({ id: id!, hour: best! }))
    expect(evaluate({ target: { kind: 'table', rows: table } }).evaluation).toEqual(evaluate({}).evaluation)
  })

  it.each([
    [{ target: { kind: 'uniform' } }, "the target of a mapping with 'moment' must be moment:NUMBER"],
    [{ inverse: ['sends'] }, "a moment changes neither messages nor their cost, got 'sends'"],
    [{ target: { kind: 'column', column: 'open_at' } }, "column 'open_at' of the mapping is not in the table"],
  ] as const)('refuses what cannot be: %j', (options, message) => {
    expect(() => evaluate(options)).toThrow(message)
  })

  it('refuses a density of 0 and messages without a moment', () => {
    const bad = (change: Partial<CampaignRow>) => {
      const at = rows.findIndex(({ done }) => done === 'A')
      return rows.map((row, i) => (i === at ? { ...row, ...change } : row)) as CampaignRow[]
    }
    expect(() => evaluate({}, bad({ hour: '' }))).toThrow(/row \d+, column hour: expected a number, got ''/)
    expect(() => evaluate({}, bad({ density: 0 }))).toThrow('densities[0] must be above 0, got 0')
  })
})
