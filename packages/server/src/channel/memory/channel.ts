import type { Channel, SendId, UserProfile } from '@paloma/core/domain'
import type { ChannelAdapter, Message, SendResult } from '../contract.ts'
import type { MemoryChannelOptions } from './config.ts'

/** A channel that keeps what was sent. */
export interface MemoryChannel extends ChannelAdapter {
  /** Oldest first, one per sendId. */
  sent(): readonly Message[]
}

/** A channel which delivers into this process: for tests, and for trying Paloma without a provider. Idempotent. */
export function memoryChannel(options: MemoryChannelOptions): MemoryChannel {
  const messages = new Map<SendId, Message>()
  return {
    name: 'memory',
    channel: options.channel,
    requiredContent: [],
    traits: { isIdempotent: true, concurrency: 1_000 },
    canReach: (profile) => hasAddress(profile, options.channel),
    async send(message): Promise<SendResult> {
      if (!hasAddress(message.profile, options.channel)) {
        return { kind: 'rejected', permanent: true, reason: `user has no ${options.channel} address` }
      }
      if (!messages.has(message.sendId)) messages.set(message.sendId, message)
      return { kind: 'sent', providerMessageId: message.sendId }
    },
    async check() {
      return { ok: true, detail: `${messages.size} messages kept in memory` }
    },
    sent: () => [...messages.values()],
  }
}

function hasAddress({ addresses }: UserProfile, channel: Channel): boolean {
  if (channel === 'in-app') return true
  if (channel === 'push') return addresses.push !== undefined || addresses.pushToken !== undefined
  return addresses[channel] !== undefined
}
