import { DEFAULT_CONSENT, HOUR_MS, userId } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NOON } from '../store/testing/examples.ts'
import {
  ALWAYS_SEND,
  type ArrivalsLab,
  arrivalsLab,
  ask,
  introduce,
  outcomesOf,
  proposal,
  sendNow,
  track,
} from './testing/arrivals.ts'

describe('users', () => {
  let lab: ArrivalsLab
  beforeAll(async () => {
    lab = await arrivalsLab({ config: ALWAYS_SEND })
  })
  afterAll(() => lab.close())

  it('creates, updates, and says which', async () => {
    const { users } = lab.usecases
    const patch = { userId: userId('u-new'), traits: { plan: 'free' } }
    expect(outcomesOf(await users.upsert([patch, patch]))).toEqual(['created', 'updated'])
    expect(outcomesOf(await users.upsert([{ ...patch, traits: { plan: 'paid' } }]))).toEqual(['updated'])
    expect(await users.get(userId('u-new'))).toEqual({
      profile: {
        userId: 'u-new',
        traits: { plan: 'paid' },
        addresses: {},
        consent: DEFAULT_CONSENT,
        suppressions: [],
        createdAt: NOON,
      },
      said: { traits: { plan: NOON } },
      group: 'paloma',
      openOpportunities: 0,
    })
    expect(await users.get(userId('u-nobody'))).toBeUndefined()
  })

  it('writes to the user behind an alias, and finds him under it', async () => {
    const { users, events } = lab.usecases
    await introduce(lab, 'u-owner')
    await events.ingest([track('u-alias-m', 'u-owner', '', { type: 'alias', previousId: 'u-cookie' })])
    await users.upsert([{ userId: userId('u-cookie'), traits: { plan: 'paid' } }])
    expect((await users.get(userId('u-cookie')))?.profile).toMatchObject({
      userId: 'u-owner',
      traits: { plan: 'paid' },
    })
    expect((await users.list(null, 99)).map((profile) => profile.userId)).not.toContain('u-cookie')
  })

  it('counts the open opportunities of a user, without what has expired', async () => {
    const id = await introduce(lab, 'u-open')
    const window = { notBefore: NOON - HOUR_MS, expires: NOON + 1 }
    await lab.usecases.opportunities.propose([proposal('u-open-1', id), proposal('u-open-2', id, { window })])
    expect(await lab.usecases.users.get(id)).toMatchObject({ openOpportunities: 2 })
  })

  it('lists users in id order', async () => {
    await introduce(lab, 'u-zz-2')
    await introduce(lab, 'u-zz-1')
    const page = await lab.usecases.users.list(userId('u-zz'), 1)
    expect(page.map((profile) => profile.userId)).toEqual(['u-zz-1'])
  })

  it('leaves nothing of an erased user to be read, also under an older id', async () => {
    const { users, events, decisions, opportunities, history } = lab.usecases
    await events.ingest([track('u-gone-m0', 'u-gone-cookie', 'App Visited')])
    const id = await introduce(lab, 'u-gone')
    await events.ingest([track('u-gone-m1', 'u-gone', 'App Visited', { anonymousId: 'u-gone-cookie' })])
    await sendNow(lab, 'u-gone-d', id)
    await lab.due.dispatch()
    await history.export({ includeToday: true })
    expect((await users.timeline(id, { limit: 50 }))?.map(({ kind }) => kind).toSorted()).toEqual([
      'decision',
      'opportunity',
      'outcome',
      'outcome',
      'send',
    ])
    expect((await users.erase(id)).rows).toBeGreaterThan(6)
    for (const each of [id, userId('u-gone-cookie')]) {
      expect(await users.get(each)).toBeUndefined()
      expect(await users.timeline(each, { limit: 50 })).toBeUndefined()
    }
    const [command] = [ask('u-gone-d', id)]
    expect(await decisions.get(command.decisionId)).toBeUndefined()
    expect(await decisions.explain(command.decisionId)).toBeUndefined()
    expect(await decisions.replay(command.decisionId)).toBeUndefined()
    expect(await opportunities.get(proposal('o-u-gone-d', id).id)).toBeUndefined()
    expect(outcomesOf(await decisions.decide([command]))).toEqual(['USER_NOT_FOUND'])
    const [day] = await lab.deps.history.days()
    const kept = [...(await lab.deps.history.readDecisions(day!)), ...(await lab.deps.history.readOutcomes(day!))]
    expect(kept.filter((record) => record.userId.startsWith('u-gone'))).toEqual([])
  })

  it('says how many users it holds in memory', async () => {
    const before = lab.usersInMemory()
    const id = await introduce(lab, 'u-memory')
    await lab.usecases.users.get(id)
    expect(lab.usersInMemory()).toBe(before + 1)
    await lab.usecases.users.erase(id)
    expect(lab.usersInMemory()).toBe(before)
  })
})
