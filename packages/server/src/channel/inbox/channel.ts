import type { ChannelAdapter, Message, SendResult } from '../contract.ts'
import type { InboxChannelOptions, InboxEntry } from './config.ts'

/**
 * Delivers into Paloma's own in-app inbox and tells subscribers of new items. Every user can be reached, by his id.
 * A store that fails is `rejected, permanent: false`: writing the same sendId again cannot deliver twice.
 */
export function inboxChannel(options: InboxChannelOptions): ChannelAdapter {
  return {
    name: 'inbox',
    channel: 'in-app',
    requiredContent: ['title'],
    traits: { isIdempotent: true, concurrency: 64 },
    canReach: () => true,
    send: (message, signal) => deliver(options, message, signal),
    check: async () => ({ ok: true, detail: 'delivers into the store of this server' }),
  }
}

async function deliver(options: InboxChannelOptions, message: Message, signal?: AbortSignal): Promise<SendResult> {
  if (signal?.aborted === true) return { kind: 'rejected', permanent: false, reason: 'aborted before it was written' }
  const item = toEntry(message, options.now())
  let written: Awaited<ReturnType<typeof options.put>>
  try {
    written = await options.put(item)
  } catch (error) {
    return { kind: 'rejected', permanent: false, reason: `inbox store: ${String(error)}` }
  }
  if (written === 'conflict') {
    return { kind: 'rejected', permanent: true, reason: `inbox already has another item with sendId ${message.sendId}` }
  }
  if (written === 'inserted') options.onNew(item)
  return { kind: 'sent', providerMessageId: message.sendId }
}

function toEntry(message: Message, now: number): InboxEntry {
  const { sendId, decisionId, userId, content } = message
  return {
    sendId,
    decisionId,
    userId,
    message: message.message,
    content,
    createdAt: now,
    status: 'unseen',
    statusAt: now,
  }
}
