import { type Outcome, userId } from '@paloma/core'
import { afterEach, describe, expect, it } from 'vitest'
import { signToken } from '../channel/unsubscribe-token.ts'
import { exampleProfile, NOON } from '../store/testing/examples.ts'
import {
  reserve,
  type ScriptedChannel,
  scriptedChannel,
  sendOf,
  type UsecaseLab,
  usecaseLab,
} from './testing/usecase-lab.ts'

describe('one-click unsubscribe', () => {
  let lab: UsecaseLab
  let email: ScriptedChannel
  afterEach(() => lab.close())
  const open = async () => {
    email = scriptedChannel('email')
    lab = await usecaseLab({ adapters: [email] })
  }
  const tokenFor = (user: string) =>
    signToken(lab.deps.secret, { kind: 'unsubscribe', userId: userId(user), channel: 'email', topic: 'offers' })
  const outcomesOf = (user: string): Promise<readonly Outcome[]> =>
    lab.store.outcomes.listByUser(userId(user), { limit: 10 })

  it('denies the topic on the channel, stops the backlog, and records one loss of the message that caused it', async () => {
    await open()
    await reserve(lab.store, 'ada', 'sent')
    await lab.due.dispatch()
    await reserve(lab.store, 'ada', 'waiting')
    const token = email.handed[0]!.unsubscribeUrl!.split('/u/')[1]!
    expect(lab.usecases.unsubscribe.show(token)).toEqual({ userId: 'ada', channel: 'email', topic: 'offers' })
    for (let i = 0; i < 2; i += 1) await lab.usecases.unsubscribe.act(token)
    const profile = (await lab.usecases.users.get(userId('ada')))?.profile
    expect(profile?.consent.channelTopics).toEqual({ 'email:offers': 'denied' })
    expect(profile?.suppressions).toEqual([])
    expect(await outcomesOf('ada')).toMatchObject([
      {
        name: 'Email Unsubscribed',
        reachLoss: 'unsubscribed',
        channel: 'email',
        decisionId: 'sent',
        joinedBy: 'window',
      },
    ])
    await lab.due.dispatch()
    expect(await sendOf(lab.store, 'waiting')).toMatchObject({
      status: 'refused',
      refusals: [{ reason: 'topic-denied' }],
    })
  })

  it('reaches the person an anonymous id has become', async () => {
    await open()
    for (const id of ['anonymous', 'ada']) {
      await lab.store.users.change([{ userId: userId(id), update: () => exampleProfile(id) }])
    }
    await lab.store.users.addAlias('anonymous', userId('ada'))
    await lab.usecases.unsubscribe.act(tokenFor('anonymous'))
    const profile = (await lab.usecases.users.get(userId('ada')))?.profile
    expect(profile?.consent.channelTopics).toEqual({ 'email:offers': 'denied' })
    expect((await lab.store.users.loadStates([userId('anonymous')], NOON)).size).toBe(0)
  })

  it('makes nobody of a user who was erased', async () => {
    await open()
    expect(await lab.usecases.unsubscribe.act(tokenFor('erased'))).toMatchObject({ userId: 'erased' })
    expect(await lab.usecases.users.get(userId('erased'))).toBeUndefined()
    expect(await outcomesOf('erased')).toEqual([])
  })

  it('knows a forged token and one that is meant for something else', async () => {
    await open()
    const forged = signToken('another secret altogether', {
      kind: 'unsubscribe',
      ...{ userId: userId('ada'), channel: 'email', topic: 'offers' },
    })
    for (const token of [forged, 'nonsense', lab.usecases.inbox.tokenFor(userId('ada'))]) {
      expect(lab.usecases.unsubscribe.show(token)).toBeUndefined()
      expect(await lab.usecases.unsubscribe.act(token)).toBeUndefined()
    }
  })
})
