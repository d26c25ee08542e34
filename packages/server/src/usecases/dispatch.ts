import { type EpochMs, lastMomentCheck, type UserProfile } from '@paloma/core'
import type { ChannelAdapter, Message, SendResult } from '../channel/contract.ts'
import { createTemplates, type TemplateRenderer } from '../channel/template.ts'
import { signToken } from '../channel/unsubscribe-token.ts'
import type { Dispatch, DispatchResult } from '../store/contract.ts'
import type { Deps } from './deps.ts'

/** Sends that were due, ended one way or another. */
export interface Dispatcher {
  /** Takes up to `limit` due sends through the last-moment check and their providers; answers how many it took. */
  run(limit: number): Promise<number>
}

function toResult(result: SendResult): DispatchResult {
  if (result.kind === 'sent') return { kind: 'sent', providerMessageId: result.providerMessageId }
  return result.kind === 'unknown'
    ? { kind: 'unknown', error: result.reason }
    : { kind: 'failed', error: result.reason }
}

/** Reserve → consent and caps at the last moment → dispatching → sent | failed | unknown; never sent twice. */
export function createDispatcher(deps: Deps): Dispatcher {
  const { store, clock, adapters, secret, publicUrl, snapshots } = deps
  const templates: TemplateRenderer = createTemplates()

  const messageFor = ({ send, user, opportunity }: Dispatch): Message | DispatchResult => {
    const variant = opportunity.variants.find(({ name }) => name === send.variant)
    const content = variant?.content[send.channel]
    if (content === undefined)
      return { kind: 'failed', error: `variant ${send.variant} has no content for ${send.channel}` }
    const token = signToken(secret, {
      kind: 'unsubscribe',
      userId: send.userId,
      channel: send.channel,
      topic: send.topic,
    })
    const unsubscribeUrl = send.category === 'transactional' ? null : `${publicUrl}/u/${token}`
    const rendered = templates.render(content, {
      user: { userId: send.userId, traits: user.profile.traits },
      opportunity: { features: opportunity.features },
      message: send.message,
      unsubscribeUrl,
      now: clock.now(),
    })
    if (rendered.kind === 'invalid') {
      return { kind: 'failed', error: `template ${rendered.field}, line ${rendered.line ?? '?'}: ${rendered.reason}` }
    }
    const { sendId, decisionId, userId, channel, message, category, topic } = send
    const base = { sendId, decisionId, userId, channel, message, category, topic, unsubscribeUrl }
    const times = { decidedAt: send.dueAt, expiresAt: opportunity.window.expires }
    return { ...base, ...times, profile: user.profile, content: rendered.content }
  }

  const suppressGone = async (
    userId: UserProfile['userId'],
    channel: Message['channel'],
    at: EpochMs,
  ): Promise<void> => {
    await store.users.change([
      {
        userId,
        update: (current) => {
          if (current === undefined) throw new Error(`user ${userId} vanished during a dispatch`)
          return { ...current, suppressions: [...current.suppressions, { channel, reason: 'gone', since: at }] }
        },
      },
    ])
  }

  const deliver = async (item: Dispatch): Promise<DispatchResult> => {
    const adapter: ChannelAdapter | undefined = adapters.get(item.send.channel)
    if (adapter === undefined) return { kind: 'failed', error: `no adapter is configured for ${item.send.channel}` }
    const message = messageFor(item)
    if ('kind' in message) return message
    const result = await adapter
      .send(message)
      .catch((error: unknown): SendResult => ({ kind: 'unknown', reason: String(error) }))
    if (result.kind === 'rejected' && result.addressGone === true) {
      await suppressGone(item.send.userId, item.send.channel, clock.now())
    }
    return toResult(result)
  }

  const deliverAll = async (items: readonly Dispatch[]): Promise<void> => {
    const waiting = [...items]
    const worker = async (): Promise<void> => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
        const result = await deliver(item)
        await store.sends.finish([{ sendId: item.send.sendId, result }], clock.now())
      }
    }
    await Promise.all(Array.from({ length: Math.min(32, items.length) }, worker))
  }

  return {
    async run(limit) {
      const now = clock.now()
      const { rules } = snapshots.current()
      const claimed = await store.sends.claim({ now, limit }, ({ send, user, opportunity }) =>
        lastMomentCheck({ ...send, expires: opportunity.window.expires }, { user, rules, now }),
      )
      await deliverAll(claimed)
      return claimed.length
    },
  }
}
