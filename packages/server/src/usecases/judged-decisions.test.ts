import { DAY_MS, HOUR_MS, userId } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CandidateConfig, Config } from '../config/contract.ts'
import { exampleOutcome, NOON } from '../store/testing/examples.ts'
import { candidateOf } from './candidate.ts'
import { type JudgedDecision, type JudgedLog, type JudgedSpan, judgeDecisions } from './judged-decisions.ts'
import { pastRows } from './past-rows.ts'
import { decidedShop } from './testing/decided-shop.ts'
import type { UsecaseLab } from './testing/usecase-lab.ts'

const PEOPLE = 40
const DAYS = 4

describe('decisions judged under a candidate', () => {
  let lab: UsecaseLab
  beforeAll(async () => {
    lab = await decidedShop({ people: PEOPLE, days: DAYS })
  })
  afterAll(() => lab.close())

  const judge = async (
    change: Partial<CandidateConfig> = {},
    { from = 'live', ...span }: Partial<JudgedSpan> & { readonly from?: 'live' | 'history' } = {},
  ): Promise<JudgedLog> => {
    const rows = await pastRows(lab.deps, from)
    const candidate = candidateOf({ ...lab.deps.config, ...change }, null)
    const whole = { candidate, maturedUntil: NOON + 30 * DAY_MS, learnedUntil: null, maxDecisions: 1e6 }
    return judgeDecisions(lab.deps, rows.decisions({ since: 0, until: NOON + 30 * DAY_MS }), { ...whole, ...span })
  }
  const weights = ({ decisions }: JudgedLog): readonly number[] =>
    decisions.map(({ candidate, logged, chosen }) => candidate[chosen]! / logged[chosen]!)

  it('all weigh exactly 1 where nothing changed, out of the store and out of files alike', async () => {
    const live = await judge()
    expect(live).toMatchObject({ seen: PEOPLE * DAYS, share: 1, misfit: null })
    expect(live.decisions).toHaveLength(PEOPLE * DAYS)
    expect(new Set(weights(live))).toEqual(new Set([1]))
    expect(live.decisions.every(({ unsupported }) => unsupported.length === 0)).toBe(true)
    await lab.usecases.history.export({ includeToday: true })
    const history = await judge({}, { from: 'history' })
    expect(history.decisions).toEqual(live.decisions)
  })

  it('have the rewards that the learner learns from, those of machines left out', async () => {
    const before = await judge()
    const quiet = before.decisions.find(({ rewards }) => rewards[0] === 0)!
    const robot = { at: NOON + HOUR_MS, isMachine: true, values: { visits: 1 } }
    await lab.store.outcomes.insertMany([exampleOutcome('robot', quiet.userId, robot)])
    const after = await judge()
    expect(after.decisions).toEqual(before.decisions)
    const matured = new Map<string, number>()
    for await (const page of lab.store.decisions.matured({ from: 0, until: NOON + 30 * DAY_MS, windowMs: DAY_MS })) {
      for (const { userId: id, at, outcomes } of page) {
        matured.set(`${id} ${at}`, outcomes.some(({ values }) => values.visits !== undefined) ? 1 : 0)
      }
    }
    const rewards = before.decisions.map(({ rewards: [visits] }) => visits!)
    expect(matured.size).toBe(rewards.length)
    expect(rewards.reduce((a, b) => a + b)).toBe([...matured.values()].reduce((a, b) => a + b))
    expect(rewards.reduce((a, b) => a + b)).toBeGreaterThan(20)
    expect(before.decisions.reduce((sum, { rewards: [, lost] }) => sum + lost!, 0)).toBeGreaterThan(0)
  })

  it('leave out and count what cannot speak: open windows, what a state has learned from, nobody’s and no one’s', async () => {
    const at = { maturedUntil: NOON + 2 * DAY_MS, learnedUntil: NOON + DAY_MS }
    const { decisions, leftOut, seen } = await judge({}, at)
    expect(leftOut).toMatchObject({ immature: 2 * PEOPLE, learnedFrom: PEOPLE, noConsent: 0, certain: 0 })
    expect(decisions).toHaveLength(PEOPLE)
    expect(seen).toBe(PEOPLE * DAYS)
  })

  it('count what the log could not have done, with its rule', async () => {
    const off = { ...lab.deps.config.groups, paloma: { share: 1_000_000, policy: { kind: 'holdout' as const } } }
    const held = await judge({ groups: off })
    expect(held.decisions.every(({ candidate }) => candidate[0] === 1)).toBe(true)
    expect(held.decisions.every(({ unsupported }) => unsupported.length === 0)).toBe(true)
    const slots = { localHours: [13], horizonHours: 24 }
    const later = await judge({ rules: { ...lab.deps.config.rules, slots } })
    const [first] = later.decisions
    expect(first!.unsupported.map(({ cause }) => cause)).toEqual(['absent', 'absent'])
    expect(later.book.all.map(({ kind }) => kind)).toContain('later')
    const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
    expect(sum(first!.candidate)).toBeCloseTo(1, 12)
    expect(sum(first!.logged)).toBeCloseTo(1, 12)
  })

  it('are of whole users where there are more than asked for, the same ones every time', async () => {
    const all = await judge()
    const some = await judge({}, { maxDecisions: 60 })
    expect(some.share).toBeLessThan(1)
    expect(some.decisions.length).toBeLessThanOrEqual(60)
    const users = new Set(some.decisions.map(({ userId: id }) => id))
    const theirs = all.decisions.filter(({ userId: id }) => users.has(id))
    expect(some.decisions.map(bare)).toEqual(theirs.map(bare))
    expect(theirs.length).toBe(users.size * DAYS)
    const counted = await judge({}, { maxDecisions: 60, maturedUntil: NOON + 3 * DAY_MS })
    const inShare = new Set(all.decisions.filter(({ place }) => place < counted.share).map(({ userId: id }) => id))
    expect(counted.leftOut.immature).toBe(inShare.size)
  })

  it('do not take a candidate with other objectives or features, and say which part differs', async () => {
    const [objective] = lab.deps.config.objectives
    const other = await judge({ objectives: [{ ...objective!, windowHours: 12 }] })
    expect(other.decisions).toEqual([])
    expect(other.leftOut.otherSchema).toBe(PEOPLE * DAYS)
    expect(other.misfit).toMatchObject({ code: 'CANDIDATE_UNFIT', pointer: '/objectives' })
    const features: Config['features'] = { messageBuckets: 2, features: [] }
    expect((await judge({ features })).misfit).toMatchObject({ pointer: '/features' })
    const { push, ...channels } = lab.deps.config.rules.channels
    expect((await judge({ rules: { ...lab.deps.config.rules, channels } })).misfit).toMatchObject({
      pointer: '/rules/channels',
    })
    expect(push).toBeDefined()
    const weighted = await judge({ objectives: [{ ...objective!, weight: 3 }] })
    expect(weighted.misfit).toBeNull()
  })

  it('are not those of people who withdrew, or are gone', async () => {
    await lab.usecases.users.upsert([{ userId: userId('u1'), consent: { learning: false } }])
    await lab.usecases.users.erase(userId('u2'))
    const live = await judge()
    expect(live.leftOut.noConsent).toBe(DAYS)
    expect(live.decisions).toHaveLength((PEOPLE - 2) * DAYS)
    expect(live.decisions.some(({ userId: id }) => id === 'u1' || id === 'u2')).toBe(false)
  })

  const bare = ({ userId: id, logged, candidate, rewards }: JudgedDecision) => ({ id, logged, candidate, rewards })
})
