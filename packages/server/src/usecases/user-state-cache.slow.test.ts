import {
  DAY_MS,
  type EpochMs,
  HOUR_MS,
  type Opportunity,
  type Outcome,
  opportunityId,
  type UserId,
  userId,
} from '@paloma/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type DispatchResult,
  type DispatchVerdict,
  type NewDecision,
  RowsRefused,
  type Store,
} from '../store/contract.ts'
import { pgliteStore } from '../store/pglite-store.ts'
import {
  exampleDecision,
  exampleNew,
  exampleOpportunity,
  exampleOutcome,
  exampleProfile,
} from '../store/testing/examples.ts'
import { writeAsOwners } from './owners.ts'
import { type CachedStore, withUserStateCache } from './user-state-cache.ts'

const START: EpochMs = Date.parse('2027-03-10T12:00:00Z')
const USERS = 2

/** One thing that happens; numbers choose users and objects of what is there. */
type Step =
  | { readonly kind: 'profile'; readonly user: number; readonly plan: string | number }
  | { readonly kind: 'propose'; readonly user: number; readonly like: Partial<Opportunity>; readonly hours: number }
  | { readonly kind: 'outcome'; readonly user: number; readonly ageMs: number; readonly like: Partial<Outcome> }
  | { readonly kind: 'decide'; readonly user: number; readonly hoursAhead: number; readonly deliver: boolean }
  | { readonly kind: 'redecide'; readonly isChosenAgain: boolean }
  | { readonly kind: 'claim'; readonly verdict: DispatchVerdict['kind']; readonly result: DispatchResult['kind'] }
  | { readonly kind: 'withdraw'; readonly which: number }
  | { readonly kind: 'alias'; readonly from: number; readonly to: number }
  | { readonly kind: 'erase'; readonly user: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'read'; readonly aheadMs: number }

const user = fc.nat(USERS - 1)
const outcomeLike = fc.constantFrom<Partial<Outcome>>(
  { isVisit: true },
  { isResponse: true, channel: 'email' },
  { isResponse: true, channel: 'push', isVisit: true },
  { isVisit: true, isMachine: true },
  {},
)
const proposalLike = fc.constantFrom<Partial<Opportunity>>({}, {}, { dedupeKey: 'k' }, { groupKey: 'g' })
const plan = fc.constantFrom('free', 'paid', -0)
const hours = fc.integer({ min: 1, max: 900 })
const ageMs = fc.constantFrom(0, 0, 5, HOUR_MS, DAY_MS, 27 * DAY_MS, 28 * DAY_MS, 40 * DAY_MS)
const verdict = fc.constantFrom<DispatchVerdict['kind']>('go', 'go', 'refuse', 'postpone')
const result = fc.constantFrom<DispatchResult['kind']>('sent', 'failed', 'unknown', 'retry')
const ms = fc.constantFrom(0, 1, HOUR_MS, 5 * HOUR_MS, DAY_MS, 20 * DAY_MS)
const named = <K extends Step['kind']>(kind: K): fc.Arbitrary<K> => fc.constant(kind)
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: named('profile'), user, plan }) },
  { weight: 8, arbitrary: fc.record({ kind: named('propose'), user, like: proposalLike, hours }) },
  { weight: 8, arbitrary: fc.record({ kind: named('outcome'), user, ageMs, like: outcomeLike }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: named('decide'),
      user,
      hoursAhead: fc.constantFrom(0, 0, 3),
      deliver: fc.constantFrom(true, true, true, false),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: named('redecide'), isChosenAgain: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: named('claim'), verdict, result }) },
  { weight: 1, arbitrary: fc.record({ kind: named('withdraw'), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: named('alias'), from: user, to: user }) },
  { weight: 1, arbitrary: fc.record({ kind: named('erase'), user }) },
  { weight: 5, arbitrary: fc.record({ kind: named('wait'), ms }) },
  { weight: 3, arbitrary: fc.record({ kind: named('read'), aheadMs: fc.constantFrom(0, 0, 1, DAY_MS) }) },
)

/** A little world of its own inside a shared store: names carry its number. */
class World {
  readonly name: string
  readonly store: Store
  readonly ids: readonly UserId[]
  now: EpochMs
  proposed: string[] = []
  decided = 0

  constructor(name: string, store: Store, now: EpochMs) {
    this.name = name
    this.store = store
    this.now = now
    this.ids = Array.from({ length: USERS }, (_, i) => userId(`${name}-u${i}`))
  }

  async run(step: Step): Promise<unknown> {
    const { store, now, name } = this
    switch (step.kind) {
      case 'profile': {
        const update = (id: UserId) => () => exampleProfile(id, { traits: { plan: step.plan } })
        return this.writeFor(step.user, (id) => store.users.change([{ userId: id, update: update(id) }]))
      }
      case 'propose': {
        const id = `${name}-o${this.proposed.length}`
        const replaced = this.proposed.length % 4 === 3 ? { supersedes: opportunityId(this.proposed.at(-1)!) } : {}
        this.proposed.push(id)
        const window = { notBefore: now - HOUR_MS, expires: now + step.hours * HOUR_MS }
        return this.writeFor(step.user, (owner) => {
          const item = exampleOpportunity(id, owner, { ...step.like, ...replaced, window })
          return store.opportunities.insertMany([item, item], now)
        })
      }
      case 'outcome': {
        const id = `${name}-m${step.ageMs}-${JSON.stringify(step.like)}-${now}`
        const seen = { ...step.like, at: now - step.ageMs }
        return this.writeFor(step.user, (owner) => store.outcomes.insertMany([exampleOutcome(id, owner, seen)]))
      }
      case 'decide':
        return this.decide(step.user, step)
      case 'redecide':
        return this.redecide(step.isChosenAgain)
      case 'claim':
        return this.dispatch(step)
      case 'withdraw':
        return store.opportunities.withdraw(
          opportunityId(this.proposed[step.which % Math.max(1, this.proposed.length)] ?? 'none'),
        )
      case 'alias':
        return step.from === step.to ? undefined : store.users.addAlias(this.ids[step.from]!, this.ids[step.to]!)
      case 'erase':
        return store.users.erase(this.ids[step.user]!, now)
      case 'wait':
        this.now += step.ms
        return undefined
      case 'read': {
        await store.users.loadStates(this.ids, now + step.aheadMs)
        return store.opportunities.openFor(this.ids, now + step.aheadMs)
      }
    }
  }

  /** Under the id he has now, as the use cases write. */
  writeFor(who: number, write: (id: UserId) => Promise<unknown>): Promise<unknown> {
    const id = this.ids[who]!
    return writeAsOwners(this.store, [id], (ownerOf) => write(ownerOf(id)))
  }

  async decide(who: number, { hoursAhead, deliver }: { readonly hoursAhead: number; readonly deliver: boolean }) {
    const id = this.ids[who]!
    const opportunity = (await this.store.opportunities.openFor([id], this.now)).get(id)?.[0]
    if (opportunity === undefined) return
    this.decided += 1
    const send = { kind: 'send' as const, opportunityId: opportunity.id, variant: 'default', channel: 'email' as const }
    const actions = [{ kind: 'hold' as const }, { ...send, sendAt: this.now + hoursAhead * HOUR_MS }]
    const decision = exampleDecision(`${this.name}-d${this.decided}`, id, { at: this.now, actions })
    await this.write(exampleNew(decision, { deliver }))
  }

  async redecide(isChosenAgain: boolean) {
    for (const plan of await this.store.sends.duePlanned(this.now, 50)) {
      if (!plan.decisionId.startsWith(this.name)) continue
      const send = { ...plan, kind: 'send' as const, sendAt: this.now }
      const chosen = isChosenAgain ? 1 : 0
      const decision = exampleDecision(`${plan.decisionId}r`, plan.userId, {
        at: this.now,
        actions: [{ kind: 'hold' }, send],
        chosen,
      })
      await this.write(exampleNew(decision, { plannedSendId: plan.sendId }))
    }
  }

  /** Twice, as a client that repeats itself; refused where the user is erased at the same time. */
  async write(item: NewDecision) {
    await this.store.decisions.insertMany([item, item]).catch((error: unknown) => {
      if (!(error instanceof RowsRefused)) throw error
    })
  }

  async dispatch({ verdict, result }: Extract<Step, { readonly kind: 'claim' }>) {
    const { now } = this
    const verdicts: Record<typeof verdict, DispatchVerdict> = {
      go: { kind: 'go' },
      refuse: { kind: 'refuse', refusals: [{ reason: 'capped' }] },
      postpone: { kind: 'postpone', until: now + 2 * HOUR_MS },
    }
    const results: Record<typeof result, DispatchResult> = {
      sent: { kind: 'sent', providerMessageId: null },
      failed: { kind: 'failed', error: 'full' },
      unknown: { kind: 'unknown', error: 'timeout' },
      retry: { kind: 'retry', error: 'later', until: now + HOUR_MS },
    }
    const claimed = await this.store.sends.claim({ now, limit: 5 }, () => verdicts[verdict])
    await this.store.sends.finish(
      claimed.map(({ send }) => ({ sendId: send.sendId, result: results[result] })),
      now,
    )
  }
}

describe('a store that remembers users', () => {
  let raw: Store
  let worlds = 0
  const cached = (maxUsers = 100): CachedStore => withUserStateCache(raw, { maxUsers, wallClock: () => 0 })
  const worldOn = ({ store }: CachedStore): World => {
    worlds += 1
    return new World(`w${worlds}`, store, START + worlds * 1_000 * DAY_MS)
  }
  const save = (store: Store, id: UserId) => store.users.change([{ userId: id, update: () => exampleProfile(id) }])

  beforeAll(async () => {
    raw = await pgliteStore({ dataDir: null })
  })
  afterAll(() => raw.close())

  const expectAlike = async ({ store }: CachedStore, { ids, now }: World): Promise<void> => {
    for (const at of [now, now, now + 1, now + HOUR_MS, now + 27 * DAY_MS]) {
      expect(await store.users.loadStates(ids, at)).toStrictEqual(await raw.users.loadStates(ids, at))
      expect(await store.opportunities.openFor(ids, at)).toStrictEqual(await raw.opportunities.openFor(ids, at))
    }
  }

  it('answers what the store says after any sequence of writes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { minLength: 30, maxLength: 40 }),
        fc.constantFrom(2, 100),
        async (steps, max) => {
          const cache = cached(max)
          const world = worldOn(cache)
          for (const id of world.ids) await save(cache.store, id)
          for (const step of steps) {
            await world.run(step)
            const { ids, now } = world
            expect(await cache.store.users.loadStates(ids, now)).toStrictEqual(await raw.users.loadStates(ids, now))
            expect(await cache.store.opportunities.openFor(ids, now)).toStrictEqual(
              await raw.opportunities.openFor(ids, now),
            )
          }
          await expectAlike(cache, world)
          expect(cache.usersInMemory()).toBeLessThanOrEqual(max)
        },
      ),
      { seed: 7, numRuns: 40, endOnFailure: true },
    )
  })

  it('answers what the store says once writes that ran at the same time have ended', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 30, maxLength: 40 }), async (steps) => {
        const cache = cached()
        const world = worldOn(cache)
        for (const id of world.ids) await save(cache.store, id)
        for (let start = 0; start < steps.length; start += 5) {
          await Promise.all(steps.slice(start, start + 5).map((step) => world.run(step)))
        }
        await expectAlike(cache, world)
      }),
      { seed: 11, numRuns: 40, endOnFailure: true },
    )
  })
})
