import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { learnCampaign } from './learn-campaign.ts'
import {
  type CampaignPlan,
  DEFAULT_PLAN_POLICY,
  type PlanOptions,
  planCampaign,
  planReason,
  sendsPerChannel,
} from './plan-campaign.ts'
import { planColumns, planRows } from './plan-rows.ts'
import { summarisePlan } from './summarise-plan.ts'
import { SAMPLE_MAPPING, sampleRows } from './testing/sample-campaign.ts'

const USERS = 3_000
const rows = sampleRows(USERS, { seed: 'plan', strength: 0.15 })
const learned = learnCampaign(SAMPLE_MAPPING, rows)
const options = (change: Partial<PlanOptions> = {}): PlanOptions => ({
  limits: {},
  policy: DEFAULT_PLAN_POLICY,
  seed: '1',
  ...change,
})

function usersOn(plan: CampaignPlan, channel: string): number {
  return plan.chosen.reduce((sum, action) => sum + (plan.actions[action]!.channel === channel ? 1 : 0), 0)
}

describe('a campaign plan', () => {
  it('has one row a user, in the order of the table, with its probability', () => {
    const plan = planCampaign(learned, rows, options({ limits: { email: 700 } }))
    const written = [...planRows(plan)].flat()
    expect(written.map((row) => row.user)).toEqual(rows.map((row) => row.id))
    for (const [i, row] of written.entries()) {
      expect(row.propensity).toBe(row[`p_${row.action}`])
      expect(row.propensity).toBeGreaterThan(0)
      if (row.action === 'hold') expect(row.value_visit).toBe(0)
      expect(row.reason).toBe(planReason(plan, i))
    }
    expect(planColumns(plan).map((column) => column.name)).toEqual([
      'user',
      'action',
      'propensity',
      'value_visit',
      'value_spend',
      'reason',
    ])
    const all = planColumns(plan, { withProbabilities: true }).map((column) => column.name)
    expect(all.slice(6)).toEqual(['p_hold', 'p_men', 'p_women', 'p_nudge'])
  })

  it('keeps every limit in the draw and on average, and every row adds up, for any limits, policy and seed', () => {
    const policy = fc.constantFrom<PlanOptions['policy']>(
      DEFAULT_PLAN_POLICY,
      { kind: 'greedy', floor: 0 },
      { kind: 'greedy', floor: 0.1 },
      { kind: 'epsilonGreedy', epsilon: 0.1 },
    )
    const limit = fc.option(fc.integer({ min: 0, max: 600 }), { nil: undefined })
    const few = rows.slice(0, 500)
    fc.assert(
      fc.property(policy, limit, limit, fc.string(), (kind, email, push, seed) => {
        const limits = { ...(email === undefined ? {} : { email }), ...(push === undefined ? {} : { push }) }
        const plan = planCampaign(learned, few, { limits, policy: kind, seed })
        expect(usersOn(plan, 'email')).toBeLessThanOrEqual(email ?? Number.POSITIVE_INFINITY)
        expect(usersOn(plan, 'push')).toBeLessThanOrEqual(push ?? Number.POSITIVE_INFINITY)
        let used = 0
        for (let user = 0; user < 500; user += 1) {
          const p = plan.probabilities.subarray(user * 4, user * 4 + 4)
          expect(Math.abs(p.reduce((sum, q) => sum + q, 0) - 1)).toBeLessThan(1e-9)
          expect(p.every((q) => q >= 0)).toBe(true)
          expect(p[plan.chosen[user]!]).toBeGreaterThan(0)
          used += p[1]! + p[2]!
        }
        expect(used).toBeLessThanOrEqual(email ?? Number.POSITIVE_INFINITY)
      }),
      { numRuns: 25, seed: 3 },
    )
  })

  it('uses nearly all of a limit that binds, and prices it', () => {
    const plan = planCampaign(learned, rows, options({ limits: { email: 900 } }))
    expect(sendsPerChannel(plan)[0]).toBeGreaterThan(890)
    expect(plan.prices.email).toBeGreaterThan(0)
    const free = planCampaign(learned, rows, options())
    expect(free.channels).toEqual([])
    expect(usersOn(free, 'email')).toBeGreaterThan(2_000)
  })

  it('draws each action as often as its probability says', () => {
    const few = rows.slice(0, 60)
    const limits = { email: 20 }
    const plan = planCampaign(learned, few, options({ limits }))
    const counts = new Float64Array(plan.probabilities.length)
    const draws = 300
    for (let seed = 0; seed < draws; seed += 1) {
      const { chosen } = planCampaign(learned, few, options({ limits, seed: `draw-${seed}` }))
      for (const [user, action] of chosen.entries()) counts[user * 4 + action] = counts[user * 4 + action]! + 1
    }
    for (const [i, p] of plan.probabilities.entries()) {
      const sd = Math.sqrt((p * (1 - p)) / draws)
      expect(Math.abs(counts[i]! / draws - p)).toBeLessThan(4.5 * sd + 1e-9)
    }
  })

  it('lowers the floor where it would spend a small limit on exploration', () => {
    const plan = planCampaign(learned, rows, options({ limits: { email: 30 } }))
    expect(plan.policy).toMatchObject({ kind: 'thompson', floor: (0.1 * 30 * 4) / (USERS * 2) })
    let gain = 0
    for (const [user, action] of plan.chosen.entries()) {
      if (plan.actions[action]!.channel === 'email') gain += plan.scores[user * 4 + action]!
    }
    const emails = sendsPerChannel(plan)[0]!
    expect(emails).toBeGreaterThanOrEqual(29)
    const first = plan.scores.filter((_, i) => i % 4 === 1 || i % 4 === 2)
    const average = first.reduce((sum, score) => sum + score, 0) / first.length
    expect(gain / emails).toBeGreaterThan(2 * average)
    expect(planCampaign(learned, rows, options({ limits: { email: 1_500 } })).policy).toEqual(DEFAULT_PLAN_POLICY)
  })

  it('is the same for the same seed and another for another', () => {
    const plan = planCampaign(learned, rows, options({ limits: { email: 700 } }))
    const again = planCampaign(learned, rows, options({ limits: { email: 700 } }))
    const other = planCampaign(learned, rows, options({ limits: { email: 700 }, seed: '2' }))
    expect(again.chosen).toEqual(plan.chosen)
    expect(other.probabilities).toEqual(plan.probabilities)
    expect(other.chosen).not.toEqual(plan.chosen)
  })

  it('sends to those it helps, and says limit where only the price holds a send back', () => {
    const plan = planCampaign(learned, rows, options({ limits: { email: 500 }, policy: { kind: 'greedy', floor: 0 } }))
    const reasons = Array.from({ length: USERS }, (_, user) => planReason(plan, user))
    expect(new Set(reasons)).toEqual(new Set(['best', 'limit']))
    for (const [user, action] of plan.chosen.entries()) {
      if (action === 1) expect(rows[user]!.likes).toBe('1')
      if (action === 2) expect(rows[user]!.likes).toBe('0')
      if (reasons[user] === 'limit') expect(action).toBe(0)
    }
  })

  it('fills a limit though all users are alike, and nobody is worth more than another', () => {
    const alike = learnCampaign({ ...SAMPLE_MAPPING, features: {} }, rows)
    const greedy = { kind: 'greedy', floor: 0 } as const
    const plan = planCampaign(alike, rows, options({ limits: { email: 500 }, policy: greedy }))
    expect(sendsPerChannel(plan)[0]).toBeGreaterThanOrEqual(499)
    expect(new Set(rows.map((_, user) => planReason(plan, user)))).toEqual(new Set(['best']))
    const both = planCampaign(alike, rows, options({ limits: { email: 500, push: 200 } }))
    expect([...sendsPerChannel(both)]).toEqual([expect.closeTo(499, -1), expect.closeTo(199, -1)])
  })

  it.each([
    ['a channel it does not use', { sms: 5 }, /sends nothing there/],
    ['a limit below zero', { email: -1 }, /whole number/],
    ['half a send', { email: 0.5 }, /whole number/],
  ])('refuses %s', (_, limits, message) => {
    expect(() => planCampaign(learned, rows, options({ limits }))).toThrow(message)
  })

  it('refuses a user who stands in two rows, and a row without a user', () => {
    expect(() => planCampaign(learned, [rows[0]!, rows[1]!, rows[0]!], options())).toThrow(/row 3.*stands in row 1/)
    expect(() => planCampaign(learned, [{ ...rows[0]!, id: null }], options())).toThrow(/row 1, column id/)
    expect(() => planCampaign(learned, [], options())).toThrow(/no rows/)
  })
})

describe('the summary of a plan', () => {
  it('shows a gain where there is one, by the model and on the past campaign', () => {
    const plan = planCampaign(learned, rows, options({ limits: { email: 1_500 } }))
    const summary = summarisePlan(learned, plan, { rows, past: rows })
    expect(summary.verdict.isGainShown).toBe(true)
    expect(summary.verdict.sentence).toMatch(/beats sending (men|women) to 50.0 % of users at random/)
    expect(summary.expected.visit!.againstHold.low).toBeGreaterThan(0)
    expect(summary.expected.visit!.againstBestFixed.low).toBeGreaterThan(0)
    expect(summary.channels.email).toMatchObject({ limit: 1_500 })
    expect(summary.actions.reduce((sum, action) => sum + action.users, 0)).toBe(USERS)
    expect(summary.check!.effectiveSampleSize).toBeGreaterThan(300)
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary)
  })

  it('shows no gain where there is none, and says so when it could not be checked', () => {
    const noise = sampleRows(USERS, { seed: 'nothing', strength: 0 })
    const nothing = learnCampaign(SAMPLE_MAPPING, noise)
    const plan = planCampaign(nothing, noise, options({ limits: { email: 1_000 } }))
    const checked = summarisePlan(nothing, plan, { rows: noise, past: noise })
    expect(checked.verdict).toMatchObject({ isGainShown: false, sentence: expect.stringMatching(/^No gain over /) })
    const unchecked = summarisePlan(nothing, plan, { rows: noise, past: null })
    expect(unchecked.verdict.sentence).toMatch(/Not checked/)
    expect(unchecked.check).toBeNull()
  })
})
