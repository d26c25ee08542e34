import { type DecisionId, type EpochMs, type SendId, userId } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InboxItem, Store } from '../store/contract.ts'
import { pgliteStore } from '../store/pglite-store.ts'
import { NOON } from '../store/testing/examples.ts'
import { inboxFeed } from './inbox-feed.ts'

describe('the feed of the inbox', () => {
  let store: Store
  let now: EpochMs = NOON
  const failures: unknown[] = []
  beforeAll(async () => {
    store = await pgliteStore({ dataDir: null })
  })
  afterAll(() => store.close())
  const feedOf = () => inboxFeed({ store, now: () => now, failed: (error) => failures.push(error) })
  const put = async (id: string, user: string, createdAt: EpochMs = now): Promise<InboxItem> => {
    const item: InboxItem = {
      ...{ sendId: id as SendId, decisionId: `d-${id}` as DecisionId, userId: userId(user), message: 'digest' },
      ...{ content: { title: id }, createdAt, status: 'unseen', statusAt: createdAt },
    }
    await store.inbox.putMany([item])
    return item
  }

  it('tells of items that another process delivered, each once, whatever was told directly', async () => {
    const feed = feedOf()
    const heard: string[] = []
    const stop = await feed.subscribe(userId('ada'), ({ sendId }) => heard.push(sendId))
    feed.tell(await put('own', 'ada'))
    await put('elsewhere', 'ada', now + 1)
    await put('not-hers', 'bob')
    now += 1_000
    expect(await feed.poll()).toBe(1)
    now += 1_000
    expect(await feed.poll()).toBe(0)
    expect(heard).toEqual(['own', 'elsewhere'])
    stop()
    await put('afterwards', 'ada')
    expect(await feed.poll()).toBe(0)
    expect(heard).toHaveLength(2)
  })

  it('hears of an item whose process has a clock that is some seconds behind', async () => {
    const feed = feedOf()
    const heard: string[] = []
    await feed.subscribe(userId('eve'), ({ sendId }) => heard.push(sendId))
    await feed.poll()
    await put('behind', 'eve', now - 5_000)
    now += 1_000
    await feed.poll()
    expect(heard).toEqual(['behind'])
  })

  it('reaches all listeners of a user although one of them throws', async () => {
    const feed = feedOf()
    const heard: string[] = []
    await feed.subscribe(userId('kim'), () => {
      throw new Error('a broken pipe')
    })
    await feed.subscribe(userId('kim'), ({ sendId }) => heard.push(sendId))
    feed.tell(await put('loud', 'kim'))
    expect(heard).toEqual(['loud'])
    expect(failures).toEqual([new Error('a broken pipe')])
  })

  it('goes with a user to whom he becomes, whoever joined the two, and stays with nobody else', async () => {
    const feed = feedOf()
    const heard: string[] = []
    const [visitor, zoe, yan] = [userId('visitor'), userId('zoe'), userId('yan')]
    const stop = await feed.subscribe(visitor, ({ sendId }) => heard.push(sendId))
    feed.tell(await put('as-visitor', 'visitor'))
    await store.users.addAlias('visitor', zoe)
    await feed.follow(visitor)
    feed.tell(await put('as-zoe', 'zoe'))
    await store.users.addAlias('visitor', yan)
    now += 60_000
    await put('as-yan', 'yan')
    await feed.poll()
    feed.tell(await put('no-longer-his', 'zoe'))
    expect(heard).toEqual(['as-visitor', 'as-zoe', 'as-yan'])
    stop()
    feed.tell(await put('afterwards', 'yan'))
    expect(heard).toHaveLength(3)
    const late: string[] = []
    await feed.subscribe(visitor, ({ sendId }) => late.push(sendId))
    feed.tell(await put('again', 'yan'))
    expect(late).toEqual(['again'])
  })
})
