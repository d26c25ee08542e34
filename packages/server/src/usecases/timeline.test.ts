import { MINUTE_MS, type UserId } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NOON } from '../store/testing/examples.ts'
import type { TimelineEntry } from './contract.ts'
import { ALWAYS_SEND, type ArrivalsLab, arrivalsLab, introduce, sendNow, track } from './testing/arrivals.ts'

describe('the timeline of a user', () => {
  let lab: ArrivalsLab
  let id: UserId
  const read = async (options: { readonly before?: number; readonly limit: number }) =>
    (await lab.usecases.users.timeline(id, options)) ?? []
  const keyOf = (entry: TimelineEntry): string => {
    switch (entry.kind) {
      case 'decision':
        return `decision ${entry.decision.decisionId}`
      case 'outcome':
        return `outcome ${entry.outcome.messageId}`
      case 'send':
        return `send ${entry.send.sendId}`
      case 'opportunity':
        return `opportunity ${entry.opportunity.id}`
    }
  }
  /** Every page of this size, the next one beginning where the last ended. */
  const pages = async (limit: number): Promise<readonly (readonly TimelineEntry[])[]> => {
    const all: (readonly TimelineEntry[])[] = []
    let page = await read({ limit })
    while (page.length > 0) {
      all.push(page)
      page = await read({ limit, before: page.at(-1)!.at })
    }
    return all
  }

  beforeAll(async () => {
    lab = await arrivalsLab({ config: ALWAYS_SEND })
    id = await introduce(lab, 't-ada')
    for (let i = 0; i < 4; i += 1) {
      await sendNow(lab, `t-d${i}`, id)
      await lab.due.dispatch()
      await lab.usecases.events.ingest([track(`t-m${i}a`, id, 'App Visited'), track(`t-m${i}b`, id, 'App Visited')])
      lab.clock.set(lab.clock.now() + MINUTE_MS)
    }
  })
  afterAll(() => lab.close())

  it('is newest first, and within a moment what follows comes before what it follows from', async () => {
    const entries = await read({ limit: 5 })
    expect(entries.map(keyOf)).toEqual([
      'outcome t-m3b',
      'outcome t-m3a',
      'send send-t-d3',
      'decision t-d3',
      'opportunity o-t-d3',
    ])
    expect(entries.map(({ at }) => at)).toEqual(entries.map(() => NOON + 3 * MINUTE_MS))
  })

  it.each([1, 2, 3, 4, 5, 7, 50])('loses and repeats nothing in pages of %i', async (limit) => {
    const found = (await pages(limit)).flat()
    expect(found).toHaveLength(20)
    expect(new Set(found.map(keyOf)).size).toBe(20)
    expect(found.map(({ at }) => at)).toEqual(found.map(({ at }) => at).toSorted((a, b) => b - a))
  })

  it('never splits what happened in one moment', async () => {
    expect((await pages(3)).map((page) => page.length)).toEqual([5, 5, 5, 5])
    expect((await pages(6)).map((page) => page.length)).toEqual([10, 10])
  })

  it('shows an opportunity when it was proposed, and expired once its window has closed', async () => {
    await lab.usecases.opportunities.propose([
      { ...(await lab.store.opportunities.listByUser(id, { limit: 1 }))[0]!.opportunity, id: 't-late' as never },
    ])
    const late = (await read({ limit: 1 })).find((entry) => entry.kind === 'opportunity')
    expect(late).toMatchObject({ at: lab.clock.now(), status: 'open' })
    lab.clock.set(lab.clock.now() + 2 * 24 * 60 * MINUTE_MS)
    expect((await read({ limit: 1 }))[0]).toMatchObject({ status: 'expired', opportunity: { id: 't-late' } })
  })
})
