import { assertNever, type Channel, type EpochMs, PalomaError } from '@paloma/core/domain'
import type { AdapterConfig, Config } from '../config/contract.ts'
import type { ChannelAdapter } from './contract.ts'
import { inboxChannel } from './inbox/channel.ts'
import type { InboxChannelOptions } from './inbox/config.ts'
import { smtpChannel } from './smtp/channel.ts'
import { webPushChannel } from './web-push/channel.ts'
import { webhookChannel } from './webhook/channel.ts'

/** What adapters need beside their configuration. */
export interface AdapterDeps {
  /** `InboxStore.put`. */
  readonly putInboxItem: InboxChannelOptions['put']
  /** Tells subscribers of a new inbox item. */
  readonly onInboxItem: InboxChannelOptions['onNew']
  /** The clock that messages live by; may be virtual. */
  readonly now: () => EpochMs
  /** The clock of the outside world, for signatures that expire. */
  readonly wallClock: () => EpochMs
}

/**
 * One adapter per configured channel; a channel without one is absent and cannot be sent on. Nothing connects yet.
 * Throws `INVALID_CONFIG` for a kind that does not serve its channel, and for options that cannot work.
 */
export function createAdapters(config: Config['adapters'], deps: AdapterDeps): ReadonlyMap<Channel, ChannelAdapter> {
  const adapters = new Map<Channel, ChannelAdapter>()
  for (const [channel, options] of Object.entries(config) as [Channel, AdapterConfig | undefined][]) {
    if (options !== undefined) adapters.set(channel, createAdapter(channel, options, deps))
  }
  return adapters
}

function createAdapter(channel: Channel, config: AdapterConfig, deps: AdapterDeps): ChannelAdapter {
  switch (config.kind) {
    case 'inbox':
      serves('in-app', channel, config.kind)
      return inboxChannel({ put: deps.putInboxItem, now: deps.now, onNew: deps.onInboxItem })
    case 'smtp':
      serves('email', channel, config.kind)
      return smtpChannel(config)
    case 'web-push':
      serves('push', channel, config.kind)
      return webPushChannel({ ...config, now: deps.now, wallClock: deps.wallClock })
    case 'webhook':
      if (channel === 'in-app') throw misplaced(config.kind, channel, 'push, email, sms or webhook')
      return webhookChannel({ ...config, channel, now: deps.wallClock })
    default:
      return assertNever(config)
  }
}

function serves(only: Channel, channel: Channel, kind: string): void {
  if (channel !== only) throw misplaced(kind, channel, only)
}

function misplaced(kind: string, channel: Channel, expected: string): PalomaError {
  return new PalomaError('INVALID_CONFIG', `adapters.${channel}.kind is ${kind}, which serves ${expected}`, {
    pointer: `/adapters/${channel}/kind`,
    hint: `Move it to adapters of ${expected}, or use kind "webhook" with your own gateway.`,
  })
}
