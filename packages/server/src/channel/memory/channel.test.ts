import { CHANNELS } from '@paloma/core/domain'
import { describe, expect, it } from 'vitest'
import { type ChannelLab, testChannel, testMessage } from '../testing/test-channel.ts'
import { memoryChannel } from './channel.ts'

const ADDRESSES = {
  email: 'ada@example.com',
  sms: '+491701234567',
  webhook: 'ada',
  push: { endpoint: 'https://push.example/1', keys: { p256dh: 'p', auth: 'a' } },
}

for (const channel of CHANNELS) {
  const setup = async (): Promise<ChannelLab> => {
    const adapter = memoryChannel({ channel })
    return {
      adapter,
      addresses: ADDRESSES,
      content: { title: 'Hello' },
      delivered: () => adapter.sent().map((message) => message.sendId),
      attempts: () => adapter.sent().length,
      accept: async () => {},
      make: async () => {},
      close: async () => {},
    }
  }
  testChannel(`memoryChannel for ${channel}`, setup, { hasAddress: channel !== 'in-app' })
}

describe('memoryChannel', () => {
  it('keeps the message as it was sent', async () => {
    const adapter = memoryChannel({ channel: 'email' })
    const message = testMessage({ adapter, addresses: ADDRESSES, content: { subject: 'Hello' } })
    await adapter.send(message)
    expect(adapter.sent()).toEqual([message])
  })
})
