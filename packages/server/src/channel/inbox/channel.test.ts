import { sendId } from '@paloma/core/domain'
import { describe, expect, it } from 'vitest'
import { type ChannelLab, testChannel, testMessage } from '../testing/test-channel.ts'
import { inboxChannel } from './channel.ts'
import type { InboxEntry } from './config.ts'

const NOW = 1_750_000_100_000

function inboxLab(
  failure?: Error,
): ChannelLab & { readonly items: Map<string, InboxEntry>; readonly told: InboxEntry[] } {
  const items = new Map<string, InboxEntry>()
  const told: InboxEntry[] = []
  const adapter = inboxChannel({
    async put(item) {
      if (failure !== undefined) throw failure
      const old = items.get(item.sendId)
      if (old !== undefined)
        return old.userId === item.userId && old.message === item.message ? 'duplicate' : 'conflict'
      items.set(item.sendId, item)
      return 'inserted'
    },
    now: () => NOW,
    onNew: (item) => told.push(item),
  })
  return {
    adapter,
    addresses: {},
    content: { title: 'Hello', body: 'world' },
    delivered: () => [...items.keys()].map(sendId),
    attempts: () => items.size,
    accept: async () => {},
    make: async () => {},
    close: async () => {},
    items,
    told,
  }
}

testChannel('inboxChannel', async () => inboxLab(), { hasAddress: false })

describe('inboxChannel', () => {
  it('writes an unseen item of this moment and tells it once', async () => {
    const lab = inboxLab()
    await lab.adapter.send(testMessage(lab))
    await lab.adapter.send(testMessage(lab))
    const item = lab.items.get('send-1')
    expect(item).toMatchObject({ userId: 'ada', status: 'unseen', createdAt: NOW, statusAt: NOW, content: lab.content })
    expect(lab.told).toEqual([item])
  })

  it('refuses for ever a sendId that names another item', async () => {
    const lab = inboxLab()
    await lab.adapter.send(testMessage(lab))
    const result = await lab.adapter.send(testMessage(lab, { message: 'another' }))
    expect(result).toMatchObject({ kind: 'rejected', permanent: true })
    expect(lab.told).toHaveLength(1)
  })

  it('may be tried again when the store fails', async () => {
    const lab = inboxLab(new Error('disk full'))
    const result = await lab.adapter.send(testMessage(lab))
    expect(result).toEqual({ kind: 'rejected', permanent: false, reason: 'inbox store: Error: disk full' })
    expect(lab.told).toEqual([])
  })
})
