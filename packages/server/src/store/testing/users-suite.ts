import {
  type ConsentState,
  DAY_MS,
  DEFAULT_CONSENT,
  decisionId,
  HOUR_MS,
  type Said,
  sendId,
  type UserProfile,
  userId,
} from '@paloma/core/domain'
import { describe, expect, it } from 'vitest'
import { SENDS_IN_FLIGHT, USER_MOVED } from '../contract.ts'
import { exampleDecision, exampleNew, exampleOpportunity, exampleOutcome, exampleProfile, NOON } from './examples.ts'
import type { StoreOf } from './store-of.ts'

/** Users: changing, loading, aliases, erasure. */
export function testUsers(storeOf: StoreOf): void {
  describe('users', () => {
    const create = (id: string, changes: Partial<UserProfile> = {}) =>
      storeOf().users.change([{ userId: userId(id), update: () => exampleProfile(id, changes) }])

    it('gives back a profile exactly as it was written', async () => {
      const profile = exampleProfile('u-exact', { timeZone: 'Europe/Berlin', traits: { z: 1, a: 'ß', n: 0.1 + 0.2 } })
      await storeOf().users.change([{ userId: profile.userId, update: () => profile }])
      const states = await storeOf().users.loadStates([profile.userId, userId('u-nobody')], NOON)
      expect(states.size).toBe(1)
      expect(states.get(profile.userId)).toStrictEqual({ profile, history: { sends: [], responses: [], visits: [] } })
    })

    it('keeps the times of words for those who change a profile, apart from what decisions see', async () => {
      const said = { traits: { plan: NOON, gone: 7 }, channels: { email: NOON - 1 } }
      const profile = exampleProfile('u-said')
      const answered = await storeOf().users.change([{ userId: profile.userId, update: () => ({ ...profile, said }) }])
      expect(answered).toStrictEqual([profile])
      const states = await storeOf().users.loadStates([profile.userId], NOON)
      expect(states.get(profile.userId)?.profile).toStrictEqual(profile)
      let seen: unknown
      await storeOf().users.change([{ userId: profile.userId, update: (current) => (seen = current!) }])
      expect(seen).toStrictEqual({ ...profile, said })
      expect(await storeOf().users.saidOf(profile.userId)).toStrictEqual(said)
      expect(await storeOf().users.saidOf(userId('u-nobody'))).toBeUndefined()
      await storeOf().users.addAlias('u-said', userId('u-said-owner'))
      const [owner] = (await storeOf().users.page(userId('u-said'), 9)).filter(
        ({ userId: id }) => id === 'u-said-owner',
      )
      expect(owner).toStrictEqual({ ...profile, userId: 'u-said-owner', said })
      await storeOf().users.change([{ userId: userId('u-said-owner'), update: () => exampleProfile('u-said-owner') }])
      expect(await storeOf().users.saidOf(userId('u-said-owner'))).toStrictEqual({})
    })

    it('of two ids keeps the later word of each thing, and an opt-out that a later yes has lifted as lifted', async () => {
      const dated = (id: string, profile: Partial<UserProfile>, said: Said) =>
        storeOf().users.change([{ userId: userId(id), update: () => ({ ...exampleProfile(id, profile), said }) }])
      const consent = (email: ConsentState) => ({ consent: { ...DEFAULT_CONSENT, channels: { email } } })
      await dated(
        'u-two-a',
        { traits: { plan: 'old' }, ...consent('granted') },
        { traits: { plan: 1, gone: 9 }, channels: { email: 6 }, lifted: { email: 5 } },
      )
      await dated(
        'u-two-b',
        { traits: { plan: 'new', gone: true }, ...consent('denied') },
        { traits: { plan: 2, gone: 3 }, channels: { email: 4 } },
      )
      await storeOf().users.addAlias('u-two-a', userId('u-two-b'))
      const profile = (await storeOf().users.loadStates([userId('u-two-b')], NOON)).get(userId('u-two-b'))!.profile
      expect(profile).toMatchObject({ traits: { plan: 'new' }, ...consent('granted'), suppressions: [] })
      expect(profile.traits).not.toHaveProperty('gone')
      expect(await storeOf().users.saidOf(userId('u-two-b'))).toStrictEqual({
        ...{ traits: { plan: 2, gone: 9 }, channels: { email: 6 }, lifted: { email: 5 } },
      })
    })

    it('runs updates of one user in the order given, each seeing the one before', async () => {
      const add = (text: string) => ({
        userId: userId('u-order'),
        update: (current: UserProfile | undefined) => {
          const before = current ?? exampleProfile('u-order', { traits: { log: '' } })
          return { ...before, traits: { log: `${String(before.traits.log)}${text}` } }
        },
      })
      const results = await storeOf().users.change([add('a'), add('b'), add('c')])
      expect(results.map((profile) => profile.traits.log)).toEqual(['a', 'ab', 'abc'])
    })

    it('loses no update of many that meet in the same new users', async () => {
      const ids = ['u-race-2', 'u-race-1', 'u-race-3'].map(userId)
      const bump =
        (id: string) =>
        (current: UserProfile | undefined): UserProfile => {
          const before = current ?? exampleProfile(id, { traits: { n: 0 } })
          return { ...before, traits: { n: Number(before.traits.n) + 1 } }
        }
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          storeOf().users.change(
            (i % 2 === 0 ? ids : [...ids].reverse()).map((id) => ({ userId: id, update: bump(id) })),
          ),
        ),
      )
      const states = await storeOf().users.loadStates(ids, NOON)
      expect([...states.values()].map(({ profile }) => profile.traits.n)).toEqual([20, 20, 20])
    })

    it('changes nobody when one update throws', async () => {
      const failing = storeOf().users.change([
        { userId: userId('u-atomic-1'), update: () => exampleProfile('u-atomic-1') },
        {
          userId: userId('u-atomic-2'),
          update: () => {
            throw new RangeError('no such change')
          },
        },
      ])
      await expect(failing).rejects.toThrow('no such change')
      expect((await storeOf().users.loadStates([userId('u-atomic-1')], NOON)).size).toBe(0)
    })

    it('loads the human responses and the days of visit of the last 28 days, oldest first', async () => {
      await create('u-history')
      const seen = (id: string, at: number, changes: object) =>
        exampleOutcome(`m-history-${id}`, 'u-history', { at, ...changes })
      await storeOf().outcomes.insertMany([
        seen('late', NOON + 1, { isVisit: true }),
        seen('now', NOON, { isVisit: true }),
        seen('morning', NOON - 3 * HOUR_MS, { isVisit: true }),
        seen('day', NOON - DAY_MS, { isVisit: true }),
        seen('edge', NOON - 28 * DAY_MS, { isVisit: true }),
        seen('robot', NOON - 5, { isResponse: true, channel: 'email', isMachine: true }),
        seen('click', NOON - 6, { isResponse: true, channel: 'push' }),
        seen('open', NOON - 7, { isResponse: true, channel: 'email' }),
      ])
      const state = (await storeOf().users.loadStates([userId('u-history')], NOON)).get(userId('u-history'))
      expect(state?.history.visits).toEqual([NOON - DAY_MS, NOON])
      expect(state?.history.responses).toEqual([
        { at: NOON - 7, channel: 'email' },
        { at: NOON - 6, channel: 'push' },
      ])
    })

    it('remembers sends for as long as 28 calendar days may last where clocks go back', async () => {
      await create('u-autumn')
      const ages = [28 * DAY_MS + 3 * HOUR_MS, 28 * DAY_MS + HOUR_MS, DAY_MS]
      for (const [i, age] of ages.entries()) {
        const { id } = exampleOpportunity(`o-autumn-${i}`, 'u-autumn')
        const at = NOON - age
        const send = { kind: 'send', opportunityId: id, variant: 'default', channel: 'email', sendAt: at } as const
        await storeOf().opportunities.insertMany([exampleOpportunity(id, 'u-autumn')], at)
        await storeOf().decisions.insertMany([
          exampleNew(exampleDecision(`autumn-${i}`, 'u-autumn', { at, actions: [{ kind: 'hold' }, send] })),
        ])
      }
      const state = (await storeOf().users.loadStates([userId('u-autumn')], NOON)).get(userId('u-autumn'))
      expect(state?.history.sends.map(({ at }) => NOON - at)).toEqual(ages.slice(1))
    })

    it('keeps of a send what it was thought to be worth while it waits to be seen', async () => {
      await create('u-waits')
      await storeOf().opportunities.insertMany([exampleOpportunity('o-w-1', 'u-waits')], NOON)
      const waits = { until: NOON + DAY_MS, worth: 0.1 + 0.2 }
      await storeOf().decisions.insertMany([exampleNew(exampleDecision('w-1', 'u-waits', { waits }))])
      const state = (await storeOf().users.loadStates([userId('u-waits')], NOON + 1)).get(userId('u-waits'))
      expect(state?.history.sends).toMatchObject([{ opportunityId: 'o-w-1', waits }])
    })

    it('moves outcomes and history to the user an id became an alias of, and keeps what was denied', async () => {
      await create('u-anonymous', {
        traits: { device: 'phone', plan: 'trial' },
        consent: { ...DEFAULT_CONSENT, channels: { email: 'denied' }, learning: false },
        suppressions: [{ channel: 'push', reason: 'gone', since: NOON }],
        createdAt: 5,
      })
      await create('u-known', { consent: { ...DEFAULT_CONSENT, channels: { email: 'granted', push: 'granted' } } })
      await storeOf().outcomes.insertMany([exampleOutcome('m-moved', 'u-anonymous', { isVisit: true })])
      await storeOf().opportunities.insertMany([exampleOpportunity('o-moved', 'u-anonymous')], NOON)
      await storeOf().users.addAlias('u-anonymous', userId('u-known'))
      expect(await storeOf().users.aliasesOf(userId('u-known'))).toEqual(['u-anonymous'])
      const states = await storeOf().users.loadStates([userId('u-anonymous'), userId('u-known')], NOON)
      expect([...states.keys()]).toEqual(['u-known'])
      const { profile, history } = states.get(userId('u-known'))!
      expect(history.visits).toEqual([NOON])
      expect(profile).toMatchObject({ userId: 'u-known', createdAt: 5, traits: { device: 'phone', plan: 'free' } })
      expect(profile.consent).toMatchObject({ channels: { email: 'denied', push: 'granted' }, learning: false })
      expect(profile.suppressions).toHaveLength(1)
      const open = await storeOf().opportunities.openFor([userId('u-known')], NOON)
      expect(open.get(userId('u-known'))?.[0]).toMatchObject({ id: 'o-moved', userId: 'u-known' })
      const again = exampleOpportunity('o-moved', 'u-known')
      expect(await storeOf().opportunities.insertMany([again], NOON)).toEqual(['duplicate'])
    })

    it('follows aliases to their end, and knows nobody by an id that is not one', async () => {
      await create('u-first')
      await storeOf().users.addAlias('u-first', userId('u-second'))
      await storeOf().users.addAlias('u-second', userId('u-third'))
      await storeOf().users.addAlias('u-third', userId('u-first'))
      await storeOf().users.addAlias('u-fourth', userId('u-first'))
      const owners = await storeOf().users.resolveAliases(['u-first', 'u-second', 'u-third', 'u-fourth', 'u-fifth'])
      expect(Object.fromEntries(owners)).toEqual({ 'u-first': 'u-third', 'u-second': 'u-third', 'u-fourth': 'u-third' })
      expect((await storeOf().users.loadStates([userId('u-third')], NOON)).size).toBe(1)
    })

    it('refuses to write under an id that became an alias, whatever is written', async () => {
      await storeOf().users.addAlias('u-moved', userId('u-owner'))
      const moved = expect.objectContaining({ code: USER_MOVED, message: expect.stringContaining('u-owner') })
      await expect(create('u-moved')).rejects.toEqual(moved)
      await expect(storeOf().outcomes.insertMany([exampleOutcome('m-u-moved', 'u-moved')])).rejects.toEqual(moved)
      const proposal = exampleOpportunity('o-u-moved', 'u-moved')
      await expect(storeOf().opportunities.insertMany([proposal], NOON)).rejects.toEqual(moved)
      const item = { sendId: sendId('s-moved'), decisionId: decisionId('d-moved'), userId: userId('u-moved') }
      const rest = { message: 'm', content: {}, createdAt: NOON, status: 'unseen', statusAt: NOON } as const
      await expect(storeOf().inbox.putMany([{ ...item, ...rest }])).rejects.toEqual(moved)
      expect((await storeOf().users.loadStates([userId('u-moved')], NOON)).size).toBe(0)
    })

    it('leaves nothing behind under an id that becomes an alias while it is written to', async () => {
      const pairs = Array.from({ length: 10 }, (_, i) => ({ before: `u-early-${i}`, owner: userId(`u-late-${i}`) }))
      const written = await Promise.allSettled(
        pairs.flatMap(({ before, owner }) => [
          ...[0, 1, 2].map((n) => storeOf().outcomes.insertMany([exampleOutcome(`m-${before}-${n}`, before)])),
          storeOf().opportunities.insertMany([exampleOpportunity(`o-${before}`, before)], NOON),
          create(before),
          storeOf().users.addAlias(before, owner),
          storeOf().outcomes.insertMany([exampleOutcome(`m-${before}-3`, before)]),
        ]),
      )
      const refused = written.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
      expect(refused.map(({ code }) => code)).toEqual(refused.map(() => USER_MOVED))
      for (const { before } of pairs) {
        expect(await storeOf().outcomes.listByUser(userId(before), { limit: 9 })).toEqual([])
        expect(await storeOf().opportunities.listByUser(userId(before), { limit: 9 })).toEqual([])
        expect((await storeOf().users.loadStates([userId(before)], NOON)).size).toBe(0)
      }
    })

    it('erases every row of a user and none of another', async () => {
      await create('u-gone')
      await create('u-stays')
      await storeOf().users.addAlias('u-gone-before', userId('u-gone'))
      for (const id of ['u-gone', 'u-stays']) {
        await storeOf().opportunities.insertMany([exampleOpportunity(`o-d-${id}`, id)], NOON)
        await storeOf().outcomes.insertMany([exampleOutcome(`m-${id}`, id)])
        await storeOf().decisions.insertMany([exampleNew(exampleDecision(`d-${id}`, id))])
      }
      // Profile, alias, opportunity, outcome, decision, send.
      expect(await storeOf().users.erase(userId('u-gone'), NOON)).toEqual({ rows: 6 })
      expect(await storeOf().users.erase(userId('u-gone'), NOON)).toEqual({ rows: 0 })
      expect((await storeOf().users.resolveAliases(['u-gone-before'])).size).toBe(0)
      const read = async (id: string) => [
        (await storeOf().users.loadStates([userId(id)], NOON)).size,
        (await storeOf().opportunities.listByUser(userId(id), { limit: 9 })).length,
        (await storeOf().outcomes.listByUser(userId(id), { limit: 9 })).length,
        (await storeOf().decisions.listByUser(userId(id), { limit: 9 })).length,
        (await storeOf().sends.listByUser(userId(id), { limit: 9 })).length,
      ]
      expect(await read('u-gone')).toEqual([0, 0, 0, 0, 0])
      expect(await read('u-stays')).toEqual([1, 1, 1, 1, 1])
    })

    it('erases nobody to whom a message is on its way', async () => {
      const id = userId('u-busy')
      await create(id)
      await storeOf().opportunities.insertMany([exampleOpportunity('o-d-busy', id)], NOON)
      await storeOf().decisions.insertMany([exampleNew(exampleDecision('d-busy', id))])
      const [dispatch] = await storeOf().sends.claim({ now: NOON, limit: 99 }, ({ send }) =>
        send.userId === id ? { kind: 'go' } : { kind: 'postpone', until: NOON },
      )
      await expect(storeOf().users.erase(id, NOON)).rejects.toMatchObject({ code: SENDS_IN_FLIGHT })
      expect((await storeOf().users.loadStates([id], NOON)).size).toBe(1)
      const result = { kind: 'unknown', error: 'no answer' } as const
      await storeOf().sends.finish([{ sendId: dispatch!.send.sendId, result }], NOON)
      expect((await storeOf().users.erase(id, NOON)).rows).toBe(4)
    })

    it('settles what was decided for users who were merged or erased meanwhile', async () => {
      const [merged, owner, gone, there] = ['u-l-merged', 'u-l-owner', 'u-l-gone', 'u-l-there'].map(userId)
      for (const id of [merged!, owner!, gone!, there!]) await create(id)
      await storeOf().users.addAlias(merged!, owner!)
      await storeOf().users.erase(gone!, NOON)
      const held = (id: string, user: string) => exampleNew(exampleDecision(id, user, { chosen: 0 }))
      await storeOf().decisions.insertMany([held('u-l-1', merged!), held('u-l-2', gone!), held('u-l-3', there!)])
      expect(await storeOf().users.settle([merged!, gone!, there!])).toEqual(
        new Map([
          [merged, owner],
          [gone, null],
        ]),
      )
      const ids = ['u-l-1', 'u-l-2', 'u-l-3'].map(decisionId)
      expect([...(await storeOf().decisions.getMany(ids)).keys()].toSorted()).toEqual(['u-l-1', 'u-l-3'])
      expect((await storeOf().decisions.listByUser(owner!, { limit: 9 })).map((each) => each.decisionId)).toEqual([
        'u-l-1',
      ])
    })

    it('pages through users in id order', async () => {
      await Promise.all(['zz-2', 'zz-1', 'zz-3'].map((id) => create(id)))
      const first = await storeOf().users.page(userId('zz'), 2)
      expect(first.map((profile) => profile.userId)).toEqual(['zz-1', 'zz-2'])
      expect((await storeOf().users.page(first[1]!.userId, 2)).map((profile) => profile.userId)).toEqual(['zz-3'])
      expect((await storeOf().users.page(null, 1)).length).toBe(1)
    })
  })
}
