import { DAY_MS, type EvaluationLog, evaluatePolicy } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { candidatePartOf } from '../config/candidate-config.ts'
import type { CandidateConfig } from '../config/contract.ts'
import { NOON } from '../store/testing/examples.ts'
import { evaluateCandidate } from './candidate-evaluation.ts'
import { type EvaluationRequest, type EvaluationView, LOST_COLUMN, SENDS_COLUMN } from './contract.ts'
import { evaluationUsecases } from './evaluations.ts'
import { decidedShop } from './testing/decided-shop.ts'
import type { UsecaseLab } from './testing/usecase-lab.ts'

const PEOPLE = 320
const DAYS = 5

describe('what a configuration would have been worth', () => {
  let lab: UsecaseLab
  beforeAll(async () => {
    lab = await decidedShop({ people: PEOPLE, days: DAYS })
    lab.clock.set(NOON + 12 * DAY_MS)
  })
  afterAll(() => lab.close())

  const asked = (change: Partial<CandidateConfig> = {}, rest: Partial<EvaluationRequest> = {}): EvaluationRequest => ({
    ...{ config: { ...candidatePartOf(lab.deps.config), ...change }, state: 'logged', source: 'live' },
    ...{ maxDecisions: 10_000, ...rest },
  })
  const withPolicy = (policy: CandidateConfig['groups']['paloma']['policy']): Partial<CandidateConfig> => ({
    groups: { ...lab.deps.config.groups, paloma: { share: 1_000_000, policy } },
  })
  const always = (channel: 'email' | 'push') => {
    const { rules } = lab.deps.config
    const dear = channel === 'email' ? 'push' : 'email'
    const prices = { [`channel:${dear}`]: 1e6 }
    return { ...withPolicy({ kind: 'greedy', floor: 0 }), prices, rules }
  }

  it('is nothing more and nothing less where it is the one that decided', async () => {
    const { isUnchanged, policy, uses, unsupported, decisions, objectives } = await evaluateCandidate(lab.deps, asked())
    expect(isUnchanged).toBe(true)
    expect(policy.status).toBe('evaluated')
    expect(policy.overlap).toMatchObject({ effectiveSampleSize: PEOPLE * DAYS, effectiveShare: 1, unsupportedMass: 0 })
    for (const { difference } of policy.objectives) expect(difference.mean).toBe(0)
    expect(unsupported).toEqual([])
    expect(uses.map(({ channel, when }) => `${channel} ${when}`)).toEqual(['email now', 'push now'])
    for (const { logged, candidate } of uses) expect(candidate).toBe(logged)
    expect(decisions).toMatchObject({ seen: PEOPLE * DAYS, evaluated: PEOPLE * DAYS, users: PEOPLE, share: 1 })
    expect(objectives).toEqual([{ name: 'visits', unit: 'visits', weight: 1, candidateWeight: 1 }])
  })

  it('is found where it sends what brings more, with exactly so many sends as its probabilities say', async () => {
    const { isUnchanged, policy, uses, advice } = await evaluateCandidate(lab.deps, asked(always('email')))
    expect(isUnchanged).toBe(false)
    expect(policy.gates.filter(({ status }) => status === 'failed')).toEqual([])
    const [visits, , sends] = policy.objectives
    expect(policy.objectives.map(({ name }) => name)).toEqual(['visits', LOST_COLUMN, SENDS_COLUMN])
    expect(visits!.value.mean).toBeGreaterThan(0.4)
    expect(policy.promoted?.verdict.kind).toBe('better')
    expect(advice.advice).toBe('experiment')
    // Everybody gets an email each day, whose rate the log knows exactly.
    expect(sends!.value.mean).toBeCloseTo(1, 9)
    const [email, push] = uses
    expect(email!.candidate).toBeCloseTo(DAYS, 9)
    expect(push!.candidate).toBe(0)
    expect(email!.logged + push!.logged).toBeLessThan(DAYS)
  })

  it('says that the log cannot tell where it never gave a chance, and what to log', async () => {
    const slots = { localHours: [13], horizonHours: 24 }
    const { policy, unsupported, advice } = await evaluateCandidate(
      lab.deps,
      asked({ rules: { ...lab.deps.config.rules, slots } }),
    )
    expect(policy.status).toBe('insufficient-overlap')
    expect(policy.promoted).toBeNull()
    expect(unsupported[0]).toMatchObject({ cause: 'absent', reason: null })
    expect(unsupported.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(policy.overlap.unsupportedMass!, 12)
    expect(policy.exploration?.actions.map(({ action }) => action)).toContain('email price-drop, later')
    expect(advice.advice).toBe('explore')
  })

  it('holds sends and lost channels against what the owner tolerates, and only then', async () => {
    const { policy } = await evaluateCandidate(lab.deps, asked(always('email'), { tolerate: { sends: 0.05 } }))
    expect(policy.promoted?.verdict.kind).toBe('worse')
    const sends = policy.promoted?.verdict.metrics.find(({ metric }) => metric === SENDS_COLUMN)
    expect(sends).toMatchObject({ role: 'guardrail', status: 'worse' })
  })

  it('counts by the weights that hold today, and names the candidate’s beside them', async () => {
    const [objective] = lab.deps.config.objectives
    const { objectives } = await evaluateCandidate(lab.deps, asked({ objectives: [{ ...objective!, weight: 9 }] }))
    expect(objectives).toEqual([{ name: 'visits', unit: 'visits', weight: 1, candidateWeight: 9 }])
  })

  it.each([
    ['nothing was decided then', { from: NOON - 9 * DAY_MS, until: NOON - DAY_MS }, 'EVALUATION_EMPTY', '/from'],
    ['the stretch is none', { from: NOON, until: NOON }, 'EVALUATION_SPAN_INVALID', '/until'],
    ['there is no such state', { state: 99 }, 'STATE_GONE', '/state'],
    ['the state may have learned from all of it', { state: 'newest' }, 'EVALUATION_NOTHING_LEFT', undefined],
  ] as const)('refuses where %s', async (_, rest, code, pointer) => {
    if ('state' in rest && rest.state === 'newest') {
      const { state } = lab.deps.snapshots.current()
      const id = await lab.store.registry.nextStateId()
      await lab.store.registry.saveState({ ...state, id, createdAt: lab.clock.now() })
    }
    await expect(evaluateCandidate(lab.deps, asked({}, rest))).rejects.toMatchObject({ code, pointer })
  })

  it('does not look at days of which something was deleted for its age, though files tell of them', async () => {
    await lab.usecases.history.export({ includeToday: true })
    const kept = NOON + 3 * DAY_MS - (NOON % DAY_MS)
    const getSetting = async (name: string) =>
      name === 'kept-since' ? String(kept) : lab.store.registry.getSetting(name)
    const store = { ...lab.store, registry: { ...lab.store.registry, getSetting } }
    const all = { from: NOON - DAY_MS, source: 'history' as const }
    const evaluation = await evaluateCandidate({ ...lab.deps, store }, asked({}, all))
    expect(evaluation.from).toBe(kept)
    expect(evaluation.decisions).toMatchObject({ seen: 2 * PEOPLE, evaluated: 2 * PEOPLE })
    const gone = evaluateCandidate({ ...lab.deps, store }, asked({}, { ...all, until: NOON + DAY_MS }))
    await expect(gone).rejects.toThrow(
      /nothing was decided .* or it was deleted for its age: the store keeps .* 2026-03-13/,
    )
  })

  it('refuses where all windows are still open, and where objectives are others', async () => {
    const early = { ...lab.deps, clock: { now: () => NOON + DAY_MS / 2 } }
    await expect(evaluateCandidate(early, asked({}, { from: NOON - DAY_MS, until: NOON + 1 }))).rejects.toMatchObject({
      code: 'EVALUATION_IMMATURE',
    })
    const [objective] = lab.deps.config.objectives
    await expect(
      evaluateCandidate(lab.deps, asked({ objectives: [{ ...objective!, name: 'orders' }] })),
    ).rejects.toMatchObject({ code: 'CANDIDATE_UNFIT', pointer: '/objectives' })
  })

  describe('as work that goes on by itself', () => {
    const noted: string[] = []
    const notes = {
      ...{ say: (line: string) => noted.push(line), fine: () => {} },
      failed: (_: string, why: string) => noted.push(why),
    }
    const jobs = (over: Partial<Parameters<typeof evaluationUsecases>[0]> = {}, wall = () => 1_000) =>
      evaluationUsecases({ ...lab.deps, ...over }, { wallClock: wall, notes: notes as never })
    /** An engine that waits until it is let go. */
    function held() {
      let letGo = (): void => {}
      const gate = new Promise<void>((resolve) => {
        letGo = resolve
      })
      let begun = (): void => {}
      const isAtWork = new Promise<void>((resolve) => {
        begun = resolve
      })
      return {
        ...{ letGo, isAtWork },
        evaluatePolicy: async (
          log: EvaluationLog,
          options: Parameters<typeof evaluatePolicy>[1],
          signal?: AbortSignal,
        ) => {
          begun()
          await Promise.race([
            gate,
            new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
          ])
          return evaluatePolicy(log, options)
        },
      }
    }

    it('answers at once, says how it stands, and keeps what came of it for every process', async () => {
      const engine = held()
      const here = jobs(engine)
      const { status, evaluation } = await here.start('e1', asked(), 'ann')
      expect(status).toBe('created')
      expect(evaluation).toMatchObject({ id: 'e1', status: 'running', createdBy: 'ann', result: null, error: null })
      expect(evaluation.request).not.toHaveProperty('config')
      await engine.isAtWork
      expect((await here.start('e1', asked(), 'ann')).status).toBe('duplicate')
      await expect(here.start('e1', asked(always('push')), 'ann')).rejects.toMatchObject({
        code: 'EVALUATION_CONFLICT',
      })
      await expect(here.start('e2', asked(), 'ann')).rejects.toMatchObject({ code: 'EVALUATION_BUSY' })
      expect(await here.get('e2')).toBeUndefined()
      engine.letGo()
      const done = await ended(here, 'e1')
      expect(done).toMatchObject({ status: 'done', error: null, progress: { seen: PEOPLE * DAYS } })
      expect(done.result).toEqual(await evaluateCandidate(lab.deps, asked()))
      expect(await jobs().get('e1')).toEqual(done)
      expect(await jobs().list()).toMatchObject([{ id: 'e1', status: 'done', result: null }])
      expect((await here.start('e2', asked(), 'bob')).status).toBe('created')
      await here.stop()
    })

    it('tells what was wrong with the request, and of a failure that nobody foresaw no more than that', async () => {
      const unfit = jobs()
      await unfit.start('f1', asked({}, { state: 99 }), 'ann')
      expect(await ended(unfit, 'f1')).toMatchObject({
        status: 'failed',
        error: { code: 'STATE_GONE', pointer: '/state' },
      })
      const broken = jobs({ evaluatePolicy: () => Promise.reject(new Error('a secret')) })
      await broken.start('f2', asked(), 'ann')
      const { error } = await ended(broken, 'f2')
      expect(error?.code).toBe('INTERNAL')
      expect(error?.detail).not.toContain('secret')
      expect(noted.join()).toContain('a secret')
    })

    it('is cut short when its process stops or dies, and says so', async () => {
      const engine = held()
      const stopped = jobs(engine)
      await stopped.start('s1', asked(), 'ann')
      await engine.isAtWork
      expect((await jobs().get('s1'))?.error?.code).toBe('EVALUATION_CUT_SHORT')
      const shared = { ...lab.store, traits: { ...lab.store.traits, isShared: true } }
      expect((await jobs({ store: shared }).get('s1'))?.status).toBe('running')
      expect((await jobs({ store: shared }, () => 999_999).get('s1'))?.error?.code).toBe('EVALUATION_CUT_SHORT')
      await stopped.stop()
      expect(await stopped.get('s1')).toMatchObject({ status: 'failed', error: { code: 'EVALUATION_CUT_SHORT' } })
      await expect(stopped.start('s2', asked(), 'ann')).rejects.toMatchObject({ code: 'EVALUATION_BUSY' })
    })

    it('keeps the latest fifty', async () => {
      const many = jobs({ evaluatePolicy: () => Promise.reject(new Error('quick')) })
      for (let i = 0; i < 55; i += 1) {
        await many.start(`k${i}`, asked({}, { from: NOON + i, until: NOON + i }), 'ann')
        await ended(many, `k${i}`)
      }
      expect((await many.list()).length).toBe(50)
    })

    async function ended(of: ReturnType<typeof jobs>, id: string): Promise<EvaluationView> {
      for (;;) {
        const view = await of.get(id)
        if (view !== undefined && view.status !== 'running') return view
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
  })
})
