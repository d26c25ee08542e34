import { DAY_MS, decisionId, HOUR_MS, PalomaError, type PolicyState, userId } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CandidateConfig, Config } from '../config/contract.ts'
import { experimentDesignSchema } from '../config/experiment-design-schema.ts'
import { exampleOpportunity, exampleOutcome, NOON } from '../store/testing/examples.ts'
import { candidateOf, misfitOf } from './candidate.ts'
import { type JudgedDecision, type JudgedLog, type JudgedSpan, judgeDecisions } from './judged-decisions.ts'
import { pastRows } from './past-rows.ts'
import { decidedShop, liveInShop } from './testing/decided-shop.ts'
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
    const { snapshots, config } = lab.deps
    const logged = snapshots.current()
    const older = { ...logged, state: { ...logged.state, schemaHash: 'of another encoding' } }
    expect(misfitOf(candidateOf(config, null), older)?.message).toContain(
      'a version of Paloma that encodes features otherwise',
    )
    const weighted = await judge({ objectives: [{ ...objective!, weight: 3 }] })
    expect(weighted.misfit).toBeNull()
  })

  it('come out the same from what is stored first, or say nothing', async () => {
    const rows = await pastRows(lab.deps, 'live')
    const candidate = candidateOf(lab.deps.config, null)
    const span = { candidate, maturedUntil: NOON + 30 * DAY_MS, learnedUntil: null, maxDecisions: 1e6 }
    const pages = () => rows.decisions({ since: 0, until: NOON + 30 * DAY_MS })
    const { store, snapshots } = lab.deps
    const without = { ...store, opportunities: { ...store.opportunities, get: async () => new Map() } }
    const gone = () => Promise.reject(new PalomaError('STATE_GONE', 'policy state 0 is no longer stored'))
    const altered = async (version: string, stateId: number) => {
      const snapshot = await snapshots.at(version, stateId)
      return { ...snapshot, prices: { 'channel:email': 0.01 } }
    }
    for (const deps of [
      { store: without, snapshots },
      { store, snapshots: { at: gone } },
      { store, snapshots: { at: altered } },
    ]) {
      const { leftOut, decisions } = await judgeDecisions(deps, pages(), span)
      expect(leftOut.notReplayed).toBe(PEOPLE * DAYS)
      expect(decisions).toEqual([])
    }
    const broken = { store, snapshots: { at: () => Promise.reject(new Error('the disk')) } }
    await expect(judgeDecisions(broken, pages(), span)).rejects.toThrow('the disk')
  })

  it('of people who do not allow chance count only where nothing would have been otherwise: then they are certain', async () => {
    const shy = await decidedShop({ people: 2, days: 0 })
    try {
      await shy.usecases.users.upsert([{ userId: userId('u0'), consent: { exploration: false } }])
      const window = { notBefore: NOON - HOUR_MS, expires: NOON + 9 * DAY_MS }
      const variants = [
        { name: 'default', content: { email: { subject: 'Hi', html: 'Hi' }, push: { title: 'Hi', body: 'Hi' } } },
      ]
      await shy.usecases.opportunities.propose([exampleOpportunity('o-shy', 'u0', { window, variants })])
      const asked = { decisionId: decisionId('d-shy'), userId: userId('u0'), context: {}, deliver: false }
      expect((await shy.usecases.decisions.decide([asked]))[0]).toMatchObject({ ok: true })
      const judgeShy = async (change: Partial<CandidateConfig>) => {
        const rows = await pastRows(shy.deps, 'live')
        const candidate = candidateOf({ ...shy.deps.config, ...change }, null)
        const span = { candidate, maturedUntil: NOON + 30 * DAY_MS, learnedUntil: null, maxDecisions: 9 }
        return judgeDecisions(shy.deps, rows.decisions({ since: 0, until: NOON + 30 * DAY_MS }), span)
      }
      expect(await judgeShy({})).toMatchObject({ seen: 1, decisions: [], leftOut: { certain: 1, noExploration: 0 } })
      const otherwise = await judgeShy({ prices: { 'channel:email': 99, 'channel:push': 99 } })
      expect(otherwise).toMatchObject({ seen: 1, decisions: [], leftOut: { certain: 0, noExploration: 1 } })
    } finally {
      await shy.close()
    }
  })

  it('keep the experiments that ran, whose users stay with their own state where all others get a fixed one', async () => {
    const withholding = { salt: 'w', share: 200_000, messages: {}, periodDays: 7, groups: ['paloma' as const] }
    const own = await decidedShop({ people: 0, days: 0, config: { experiments: { layers: [], withholding } } })
    try {
      const design = experimentDesignSchema.parse({
        ...{ key: 'tone', learning: 'frozen', horizon: { kind: 'days', days: 30 } },
        variants: [
          { name: 'control' },
          { name: 'bold', change: { policy: { kind: 'softmax', temperature: 0.3, floor: 0.4 } } },
        ],
        traffic: 500_000,
      })
      await own.usecases.experiments.create(design, 'test')
      await own.usecases.experiments.start('tone', 'test')
      await liveInShop(own, { people: PEOPLE, days: 1, moveTo: () => {} })
      const judgeOwn = async (change: Partial<CandidateConfig>, fixed: PolicyState | null = null) => {
        const rows = await pastRows(own.deps, 'live')
        const candidate = candidateOf({ ...own.deps.config, ...change }, fixed)
        const span = { candidate, maturedUntil: NOON + 30 * DAY_MS, learnedUntil: null, maxDecisions: 1e6 }
        return judgeDecisions(own.deps, rows.decisions({ since: 0, until: NOON + 30 * DAY_MS }), span)
      }
      const policies = new Set((await judgeOwn({})).decisions.map(({ policy }) => policy))
      expect(policies).toEqual(new Set(['paloma/thompson', 'paloma/softmax']))
      expect(new Set(weights(await judgeOwn({})))).toEqual(new Set([1]))
      const { withholding: _, ...rest } = own.deps.config.experiments
      const told = await judgeOwn({ experiments: { ...rest, withholding: null } })
      const reasons = new Set(told.decisions.flatMap(({ unsupported }) => unsupported.map(({ reason }) => reason)))
      expect(reasons).toEqual(new Set(['withheld']))
      const { state } = own.deps.snapshots.current()
      const head = state.heads.visits!
      const heads = { visits: { ...head, mean: head.mean.map((each, i) => each + (i % 3)) } }
      const taught = await judgeOwn({}, { ...state, id: 9, heads })
      const changed = taught.decisions.filter(({ candidate, logged }) => candidate.some((p, i) => p !== logged[i]))
      expect(changed.length).toBeGreaterThan(0)
      expect(changed.length).toBeLessThan(taught.decisions.length)
      expect(changed.every(({ policy }) => policy === 'paloma/thompson')).toBe(true)
    } finally {
      await own.close()
    }
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
