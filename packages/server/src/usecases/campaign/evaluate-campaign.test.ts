import { randomFrom } from '@paloma/core'
import { describe, expect, it } from 'vitest'
import type { CampaignRow } from './cells.ts'
import { type CampaignEvaluationOptions, evaluateCampaign } from './evaluate-campaign.ts'
import type { CampaignMapping } from './mapping.ts'

const MAPPING: CampaignMapping = {
  user: { column: 'user' },
  action: {
    column: 'done',
    values: {
      none: 'hold',
      A: { name: 'mail-a', channel: 'email', cost: 0.01 },
      B: { name: 'mail-b', channel: 'email', cost: 0.01 },
    },
  },
  propensity: { columns: { none: 'p0', A: 'p1', B: 'p2' } },
  outcomes: {
    visit: { column: 'visit', weight: 1, unit: 'visits' },
    complaint: { column: 'complaint', weight: 0, unit: 'complaints' },
  },
  features: { region: { kind: 'category' } },
}

/** Decisions of users with several rows; mail B brings visits in the south, mail A in the north, and complaints everywhere. */
function decisions(users: number, key: string): CampaignRow[] {
  const random = randomFrom(key)
  return Array.from({ length: users }, (_, user) => {
    const region = random() < 0.5 ? 'north' : 'south'
    const liveliness = 0.1 + 0.2 * random()
    const p = region === 'north' ? [0.4, 0.4, 0.2] : [0.4, 0.2, 0.4]
    return Array.from({ length: 1 + Math.floor(3 * random()) }, (): CampaignRow => {
      const u = random()
      const place = u < p[0]! ? 0 : u < p[0]! + p[1]! ? 1 : 2
      const helps = place === (region === 'north' ? 1 : 2)
      return {
        user: `u${user}`,
        region,
        done: ['none', 'A', 'B'][place]!,
        p0: p[0]!,
        p1: p[1]!,
        p2: p[2]!,
        visit: Number(random() < liveliness + (helps ? 0.3 : 0)),
        complaint: Number(random() < (place > 0 ? 0.04 : 0.01)),
        best: region === 'north' ? 'mail-a' : 'B',
        q_hold: 0.1,
        'q_mail-a': region === 'north' ? 0.8 : 0.1,
        'q_mail-b': region === 'north' ? 0.1 : 0.8,
      }
    })
  }).flat()
}

const rows = decisions(1500, 'evaluate')
const QUICK = { seed: '1', resamples: 0 } as const
const evaluate = (options: Partial<CampaignEvaluationOptions>, over: Partial<CampaignMapping> = {}, on = rows) =>
  evaluateCampaign({ ...MAPPING, ...over }, on, { ...QUICK, target: { kind: 'uniform' }, ...options })
const objectiveOf = (name: string, found: ReturnType<typeof evaluate>) =>
  found.evaluation.objectives.find((objective) => objective.name === name)!

describe('a table of decisions', () => {
  it('judges the best action by region better than the log, by users and not by rows', () => {
    const found = evaluate({ target: { kind: 'column', column: 'best' } })
    expect(found.evaluation.status).toBe('evaluated')
    expect(found.evaluation.users).toBe(1500)
    expect(found.evaluation.decisions).toBe(rows.length)
    // .2 on average and .3 more for all, of which the log gave 40 % of decisions.
    expect(objectiveOf('visit', found).value.mean).toBeCloseTo(0.5, 1)
    expect(objectiveOf('visit', found).difference.mean).toBeCloseTo(0.18, 1)
    expect(found.evaluation.promoted!.verdict.kind).toBe('better')
    expect(found.preCheck.advice).toBe('experiment')
  })

  it('counts messages and their cost exactly, and takes the cost from what decides', () => {
    const found = evaluate({ target: { kind: 'column', column: 'best' } })
    expect(objectiveOf('sends', found).value).toEqual({ kind: 'undefined', reason: 'zero-variance', mean: 1 })
    expect(objectiveOf('cost', found).value.mean).toBeCloseTo(0.01, 12)
    const { utility } = found.evaluation.promoted!.verdict
    expect(utility!.utility.effect).toBeCloseTo(
      objectiveOf('visit', found).difference.mean! - objectiveOf('cost', found).difference.mean!,
      12,
    )
  })

  it('holds guardrails against the log: messages by a margin, complaints by a share', () => {
    const best = { kind: 'column', column: 'best' } as const
    const held = evaluate({ target: best, guardrails: [{ objective: 'sends', margin: 0.1, isRelative: false }] })
    expect(held.evaluation.promoted!.verdict.kind).toBe('worse')
    const free = evaluate({ target: best, guardrails: [{ objective: 'sends', margin: 0.5, isRelative: false }] })
    expect(free.evaluation.promoted!.verdict.kind).toBe('better')
    const complaints = [{ objective: 'complaint', margin: 0.01, isRelative: true }]
    const strict = evaluate({ target: best, guardrails: complaints, inverse: ['complaint'] })
    const of = strict.evaluation.promoted!.verdict.metrics.find(({ metric }) => metric === 'complaint')!
    expect(['not-tolerated', 'worse']).toContain(of.status)
  })

  it('takes columns of probabilities, one action and another log for the target', () => {
    const columns = evaluate({ target: { kind: 'columns', prefix: 'q_' } })
    expect(objectiveOf('sends', columns).value.mean).toBeCloseTo(0.9, 9)
    const one = evaluate({ target: { kind: 'action', name: 'mail-a' } })
    expect(objectiveOf('visit', one).value.mean).toBeCloseTo(0.35, 1)
    expect(evaluate({ target: { kind: 'action', name: 'A' } })).toEqual(one)
    const own = evaluate({ target: { kind: 'log', rows, by: ['region'] } })
    // The log's own shares by region are its probabilities, up to chance.
    expect(own.evaluation.overlap.effectiveShare).toBeGreaterThan(0.99)
    expect(objectiveOf('visit', own).value.mean).toBeCloseTo(objectiveOf('visit', own).logging.mean!, 2)
  })

  it('says which actions and segments lack probability where the overlap is small', () => {
    const thin = rows.map((row) => (row.done === 'B' ? { ...row, p0: 0.99, p1: 0.008, p2: 0.002 } : row))
    const found = evaluate({ target: { kind: 'action', name: 'mail-b' }, segment: 'region' }, {}, thin)
    expect(found.evaluation.status).toBe('insufficient-overlap')
    expect(found.evaluation.promoted).toBeNull()
    expect(found.evaluation.exploration!.actions[0]!.action).toBe('mail-b')
    expect(found.evaluation.exploration!.segments.map(({ segment }) => segment).sort()).toEqual(['north', 'south'])
    expect(found.preCheck.advice).toBe('explore')
  })

  it('does not guess the probabilities of actions that were not chosen', () => {
    const own = rows.map((row) => ({ ...row, p: row.done === 'none' ? row.p0! : row.done === 'A' ? row.p1! : row.p2! }))
    const found = evaluate({ target: { kind: 'column', column: 'best' } }, { propensity: { column: 'p' } }, own)
    expect(found.evaluation.overlap.unsupportedMass).toBeNull()
    expect(found.evaluation.status).toBe('evaluated')
  })

  const bad = (change: Partial<CampaignRow>) =>
    rows.map((row, i) => (i === 2 ? { ...row, ...change } : row)) as CampaignRow[]

  it.each([
    ["the target's action must be one of hold, mail-a, mail-b, got 'mail-c'", { kind: 'action', name: 'mail-c' }, {}],
    ["column 'later' of the mapping is not in the table", { kind: 'column', column: 'later' }, {}],
    [
      "row 3, column best: expected one of hold, mail-a, mail-b, got 'C'",
      { kind: 'column', column: 'best' },
      { best: 'C' },
    ],
    ["row 3: the target's probabilities must add up to 1, got", { kind: 'columns', prefix: 'q_' }, { q_hold: 0.5 }],
    [
      "row 3, column q_hold: expected a probability in [0, 1], got '-1'",
      { kind: 'columns', prefix: 'q_' },
      { q_hold: -1 },
    ],
    ["row 3, column visit: expected a number, got ''", { kind: 'uniform' }, { visit: '' }],
    ["row 3, column user: expected a user, got ''", { kind: 'uniform' }, { user: '' }],
    ['row 3: the action taken has propensity 0', { kind: 'uniform' }, { done: 'A', p0: 1, p1: 0, p2: 0 }],
  ] as const)('refuses what cannot be: %s', (message, target, change) => {
    expect(() => evaluate({ target }, {}, bad(change))).toThrow(message)
  })

  it('refuses rows of a kind the other log has never met, and objectives nobody knows', () => {
    const north = rows.filter(({ region }) => region === 'north')
    expect(() => evaluate({ target: { kind: 'log', rows: north, by: ['region'] } })).toThrow(
      "the target's log has no row with region = south",
    )
    const odd = [{ ...rows[0]!, done: 'C' }]
    expect(() => evaluate({ target: { kind: 'log', rows: odd, by: [] } })).toThrow(
      "the target's log: row 1, column done: expected one of none, A, B, got 'C'",
    )
    expect(() => evaluate({ inverse: ['clicks'] })).toThrow(
      "an objective must be one of visit, complaint, sends, cost, got 'clicks'",
    )
    expect(() => evaluate({ inverse: ['visit'] })).toThrow("less of 'visit' cannot be better")
  })
})

describe('a table of several loggers', () => {
  // Half the users meet a policy that hardly mails B; both policies can be computed for every row.
  const random = randomFrom('loggers')
  const both = Array.from({ length: 3000 }, (_, i): CampaignRow => {
    const careful = i % 2 === 0
    const p = careful ? [0.7, 0.29, 0.01] : [0.2, 0.4, 0.4]
    const u = random()
    const place = u < p[0]! ? 0 : u < p[0]! + p[1]! ? 1 : 2
    const pick = (own: readonly number[]) => own[place]!
    return {
      user: `u${i}`,
      region: 'north',
      policy: careful ? 'careful' : 'wide',
      done: ['none', 'A', 'B'][place]!,
      ...{ p0: p[0]!, p1: p[1]!, p2: p[2]! },
      ...{ by_careful: pick([0.7, 0.29, 0.01]), by_wide: pick([0.2, 0.4, 0.4]) },
      visit: Number(random() < [0.2, 0.3, 0.5][place]!),
      complaint: Number(random() < 0.1),
    }
  })
  const target = { kind: 'action', name: 'mail-b' } as const
  const logger = {
    column: 'policy',
    propensities: {
      careful: { constant: { none: 0.7, A: 0.29, B: 0.01 } },
      wide: { constant: { none: 0.2, A: 0.4, B: 0.4 } },
    },
  } as const

  it('is judged by the mixture of both, by own probabilities where nobody says what the other would have done', () => {
    const balanced = evaluate({ target }, { logger }, both)
    expect(balanced.evaluation.loggers!.isBalanced).toBe(true)
    expect(balanced.evaluation.status).toBe('evaluated')
    expect(objectiveOf('visit', balanced).value.mean).toBeCloseTo(0.5, 1)
    const naive = evaluate({ target }, { logger: { column: 'policy' } }, both)
    expect(naive.evaluation.loggers!.isBalanced).toBe(false)
    expect(naive.evaluation.status).toBe('insufficient-overlap')
    expect(naive.evaluation.overlap.effectiveSampleSize).toBeLessThan(
      balanced.evaluation.overlap.effectiveSampleSize / 2,
    )
  })

  it('may say of the action taken alone what each would have done', () => {
    const own = { column: 'policy', propensities: { careful: { column: 'by_careful' }, wide: { column: 'by_wide' } } }
    const found = evaluate({ target }, { logger: own }, both)
    const whole = evaluate({ target }, { logger }, both)
    expect(objectiveOf('visit', found).value.mean).toBeCloseTo(objectiveOf('visit', whole).value.mean!, 9)
    expect(found.evaluation.overlap.unsupportedMass).toBeNull()
  })

  it('refuses loggers that the mapping leaves out, and probabilities that contradict the row', () => {
    const { wide: _, ...one } = logger.propensities
    expect(() => evaluate({ target }, { logger: { column: 'policy', propensities: one } }, both)).toThrow(
      "logger.propensities: the logger 'wide' of the table is missing",
    )
    const swapped = { careful: logger.propensities.wide, wide: logger.propensities.careful }
    expect(() => evaluate({ target }, { logger: { column: 'policy', propensities: swapped } }, both)).toThrow(
      /loggers.chosenProbabilities of '\w+'\[\d+\] must be propensities/,
    )
    expect(() => evaluate({ target }, { logger }, [{ ...both[0]!, policy: '' }])).toThrow(
      'row 1, column policy: expected the policy that made it',
    )
  })
})
