import { decisionId, type SendId, sendId, userId } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InboxItem } from '../store/contract.ts'
import { NOON } from '../store/testing/examples.ts'
import { inboxWriter } from './inbox.ts'
import { type ArrivalsLab, arrivalsLab, introduce, track } from './testing/arrivals.ts'

const item = (id: string): InboxItem => ({
  sendId: sendId(id),
  decisionId: decisionId(`d-${id}`),
  userId: userId('i-ada'),
  message: 'price-drop',
  content: { body: 'Cheaper' },
  createdAt: NOON,
  status: 'unseen',
  statusAt: NOON,
})

describe('the inbox of a user who is known by another id too', () => {
  const cookie = userId('i-cookie')
  let lab: ArrivalsLab
  beforeAll(async () => {
    lab = await arrivalsLab()
    const ada = await introduce(lab, 'i-ada')
    await lab.usecases.events.ingest([track('i-alias', ada, '', { type: 'alias', previousId: cookie })])
    await lab.store.inbox.putMany([item('i-1')])
  })
  afterAll(() => lab.close())

  it('gets what was on its way to him under the id of old', async () => {
    const late = { ...item('i-late'), userId: cookie }
    expect(await inboxWriter(lab.store).add([late, late])).toEqual(['inserted', 'duplicate'])
    const { items } = await lab.usecases.inbox.list(cookie, { limit: 9 })
    expect(items.find((each) => each.sendId === 'i-late')).toMatchObject({ userId: 'i-ada' })
    await lab.usecases.inbox.mark(cookie, sendId('i-late'), 'archived')
  })

  it('is listed, marked and listened to under both', async () => {
    const { inbox } = lab.usecases
    expect((await inbox.list(cookie, { limit: 9 })).items.map((each) => each.sendId)).toEqual(['i-1'])
    expect(await inbox.mark(cookie, sendId('i-1'), 'read')).toMatchObject({ status: 'read' })
    const heard: SendId[] = []
    const stop = await inbox.subscribe(cookie, (each) => heard.push(each.sendId))
    lab.deps.inboxFeed.tell(item('i-2'))
    stop()
    lab.deps.inboxFeed.tell(item('i-3'))
    expect(heard).toEqual(['i-2'])
  })

  it('is heard by who listened before he became somebody', async () => {
    const guest = userId('i-guest')
    const eve = await introduce(lab, 'i-eve')
    const heard: SendId[] = []
    const stop = await lab.usecases.inbox.subscribe(guest, (each) => heard.push(each.sendId))
    await lab.usecases.events.ingest([track('i-joined', eve, '', { type: 'alias', previousId: guest })])
    lab.deps.inboxFeed.tell({ ...item('i-4'), userId: eve })
    stop()
    expect(heard).toEqual(['i-4'])
  })
})
