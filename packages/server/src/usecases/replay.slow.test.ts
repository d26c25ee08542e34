import { DAY_MS, HOUR_MS, MINUTE_MS, userId } from '@paloma/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultConfig } from '../config/default-config.ts'
import type { DecideCommand, Usecases, UserPatch } from './contract.ts'
import { decisionUsecases } from './decisions.ts'
import { type ArrivalsLab, arrivalsLab, ask, proposal, track } from './testing/arrivals.ts'

type Step =
  | { readonly kind: 'patch'; readonly user: number; readonly changes: Omit<UserPatch, 'userId'> }
  | { readonly kind: 'propose'; readonly user: number; readonly like: number }
  | { readonly kind: 'decide'; readonly user: number; readonly changes: Partial<DecideCommand> }
  | { readonly kind: 'event'; readonly user: number; readonly name: string; readonly ageMs: number }
  | { readonly kind: 'alias'; readonly from: number; readonly to: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'learn'; readonly by: number }

const USERS = 3
const user = fc.nat(USERS - 1)
const number = fc.oneof(
  fc.constantFrom(0, -0, 1e-310, -1e9, 0.1 + 0.2),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const scalar = fc.oneof(number, fc.boolean(), fc.constantFrom('home', 'ß"\\', '__proto__'))
const changes: fc.Arbitrary<Omit<UserPatch, 'userId'>> = fc.record(
  {
    traits: fc.dictionary(fc.constantFrom('plan', 'age', 'constructor', '__proto__'), fc.option(scalar)),
    timeZone: fc.constantFrom('Europe/Berlin', 'America/St_Johns', 'Pacific/Apia', null),
    addresses: fc.constantFrom({ email: 'a@b.c' }, { email: null }, { pushToken: 't' }),
    consent: fc.constantFrom(
      { channels: { email: 'denied' as const } },
      { channels: { email: 'granted' as const } },
      { learning: false },
      { exploration: false },
    ),
  },
  { requiredKeys: [] },
)
const named = <K extends Step['kind']>(kind: K): fc.Arbitrary<K> => fc.constant(kind)
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: named('patch'), user, changes }) },
  { weight: 6, arbitrary: fc.record({ kind: named('propose'), user, like: fc.nat(4) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: named('decide'),
      user,
      changes: fc.record(
        { context: fc.dictionary(fc.constantFrom('screen', 'depth'), scalar), deliver: fc.boolean() },
        { requiredKeys: [] },
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: named('event'),
      user,
      name: fc.constantFrom('App Visited', 'Email Opened', 'Order Completed', 'Email Unsubscribed', 'Email Bounced'),
      ageMs: fc.constantFrom(0, 1, HOUR_MS, DAY_MS, 27 * DAY_MS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: named('alias'), from: user, to: user }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: named('wait'), ms: fc.constantFrom(1, MINUTE_MS, 5 * HOUR_MS, 3 * DAY_MS) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: named('learn'), by: fc.constantFrom(0.1, -1 / 3, 1e-12) }) },
)

describe('every decision', () => {
  let lab: ArrivalsLab
  let worlds = 0
  let count = 0
  beforeAll(async () => {
    const groups = { ...defaultConfig.groups, paloma: { share: 400_000, policy: defaultConfig.groups.paloma.policy } }
    const shared = {
      ...groups,
      businessAsUsual: { ...groups.businessAsUsual, share: 200_000 },
      random: { ...groups.random, share: 300_000 },
      holdout: { ...groups.holdout, share: 100_000 },
    }
    const features = {
      messageBuckets: 4,
      features: [
        { kind: 'number' as const, name: 'age', source: 'user' as const, centre: 30, scale: 10 },
        { kind: 'category' as const, name: 'plan', source: 'user' as const, values: ['home', '0', 'true'] },
        { kind: 'number' as const, name: 'depth', source: 'context' as const, centre: 0, scale: 3 },
      ],
    }
    lab = await arrivalsLab({ config: { rules: defaultConfig.rules, groups: shared, features } })
  })
  afterAll(() => lab.close())

  const proposed = (id: string, of: string, like: number) => {
    const changesOf = [
      {},
      {
        channels: ['push', 'email', 'in-app'] as const,
        variants: ['a', 'b'].map((name) => ({ name, content: { email: {}, push: {}, 'in-app': {} } })),
      },
      { category: 'transactional' as const },
      { dedupeKey: 'k', groupKey: 'g' },
      {
        message: 'survey',
        claims: [{ objective: 'conversion', estimate: 1 / 3, unit: 'EUR', horizonDays: 3, kind: 'predicted' as const }],
      },
    ]
    return proposal(id, of, { at: lab.clock.now(), ...changesOf[like]! })
  }

  const run = async (step: Step, world: string): Promise<unknown> => {
    count += 1
    const { usecases, clock } = lab
    const idOf = (n: number): string => `${world}-u${n}`
    switch (step.kind) {
      case 'patch':
        return usecases.users.upsert([{ ...step.changes, userId: userId(idOf(step.user)) }])
      case 'propose':
        return usecases.opportunities.propose([proposed(`${world}-o${count}`, idOf(step.user), step.like)])
      case 'decide':
        return usecases.decisions.decide([ask(`${world}-d${count}`, idOf(step.user), step.changes)])
      case 'event': {
        const said = { timestamp: clock.now() - step.ageMs, properties: { revenue: 9.5 } }
        return usecases.events.ingest([track(`${world}-m${count}`, idOf(step.user), step.name, said)])
      }
      case 'alias':
        return usecases.events.ingest([
          track(`${world}-a${count}`, idOf(step.to), '', { type: 'alias', previousId: idOf(step.from) }),
        ])
      case 'wait':
        return usecases.clock.advance(clock.now() + step.ms)
      case 'learn': {
        const { state } = lab.deps.snapshots.current()
        const head = state.heads.conversion!
        const heads = { ...state.heads, conversion: { ...head, mean: head.mean.map((mean) => mean + step.by) } }
        const next = { ...state, id: state.id + 1, heads }
        await lab.store.registry.saveState(next)
        return lab.deps.snapshots.adopt(next)
      }
    }
  }

  /** What a decision for each user would be now: everything but what hangs on its id. */
  const decidedBy = async ({ decide, get }: Usecases['decisions'], world: string): Promise<readonly unknown[]> => {
    const made: unknown[] = []
    for (let n = 0; n < USERS; n += 1) {
      count += 1
      const [result] = await decide([ask(`${world}-x${count}`, `${world}-u${n}`, { deliver: false })])
      if (result?.ok !== true) throw new Error(`no decision: ${result?.error.detail}`)
      const { decisionId, draw, chosen, propensity, learning, ...rest } = (await get(result.value.decision.decisionId))!
      made.push(rest)
    }
    return made
  }

  it('replays identically after any sequence of events, and is the same with users in memory as without', async () => {
    let decided = 0
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 20, maxLength: 35 }), async (steps) => {
        worlds += 1
        const world = `r${worlds}`
        for (let n = 0; n < USERS; n += 1) {
          await run({ kind: 'patch', user: n, changes: { addresses: { email: 'a@b.c', pushToken: 't' } } }, world)
        }
        for (const step of steps) await run(step, world)
        expect(await decidedBy(lab.usecases.decisions, world)).toStrictEqual(
          await decidedBy(decisionUsecases({ ...lab.deps, store: lab.embedded }), world),
        )
        for (let n = 0; n < USERS; n += 1) {
          const made = await lab.store.decisions.listByUser(userId(`${world}-u${n}`), { limit: 200 })
          for (const { decisionId } of made) {
            expect(await lab.usecases.decisions.replay(decisionId)).toEqual({
              decisionId,
              identical: true,
              differences: [],
            })
          }
          decided += made.length
        }
      }),
      { seed: 5, numRuns: 15, endOnFailure: true },
    )
    expect(decided).toBeGreaterThan(30)
    const { checked, identical } = await lab.usecases.decisions.audit({})
    expect(checked).toBeGreaterThanOrEqual(decided)
    expect(identical).toBe(checked)
  })
})
