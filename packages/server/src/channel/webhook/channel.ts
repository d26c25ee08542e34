import { connect } from 'node:net'
import type { Addresses } from '@paloma/core/domain'
import { Webhook } from 'standardwebhooks'
import { Pool } from 'undici'
import type { ChannelAdapter, Message, SendResult } from '../contract.ts'
import { KEEP_ALIVE, type PostAnswer, postOnce } from '../http-post.ts'
import { checkWebhook, type WebhookChannel, type WebhookChannelOptions } from './config.ts'

/** The CloudEvents type of a message handed to a customer's own gateway. */
export const MESSAGE_SEND_EVENT = 'dev.paloma.message.send.v1'

/** What the options leave out. */
const DEFAULT_CONCURRENCY = 32

/** Statuses below 500 that speak of the way to the receiver, its secret or its load and not of the message: it may take it later. */
const RETRIABLE_STATUSES = [401, 403, 404, 405, 407, 408, 425, 429]

/**
 * Hands messages to a customer's own gateway: a CloudEvents 1.0 POST (structured JSON) signed by Standard Webhooks,
 * with `webhook-id` = sendId so that the receiver can tell a repeated send. A 2xx with a JSON `id` names the message.
 */
export function webhookChannel(options: WebhookChannelOptions): ChannelAdapter {
  const url = checkWebhook(options)
  const signer = new Webhook(options.secret)
  const concurrency = options.concurrency ?? DEFAULT_CONCURRENCY
  const pool = new Pool(url.origin, {
    connections: concurrency,
    connect: { timeout: options.timeoutMs },
    ...KEEP_ALIVE,
  })
  return {
    name: 'webhook',
    channel: options.channel,
    requiredContent: [],
    // That the receiver heeds webhook-id is its own promise, not ours.
    traits: { isIdempotent: false, concurrency },
    canReach: (profile) => addressOf(profile.addresses, options.channel) !== undefined,
    async send(message, signal) {
      const address = addressOf(message.profile.addresses, options.channel)
      if (address === undefined) {
        return { kind: 'rejected', permanent: true, reason: `user has no ${options.channel} address` }
      }
      const body = JSON.stringify(toCloudEvent(message, address))
      const headers = signedHeaders(signer, { id: message.sendId, body, at: options.now() })
      return toSendResult(await postOnce(pool, { url, headers, body, timeoutMs: options.timeoutMs, signal }))
    },
    check: () => canConnect(url, options.timeoutMs),
    close: () => pool.close(),
  }
}

function addressOf(addresses: Addresses, channel: WebhookChannel): unknown {
  return channel === 'push' ? (addresses.pushToken ?? addresses.push) : addresses[channel]
}

function toCloudEvent(message: Message, address: unknown): Readonly<Record<string, unknown>> {
  const { sendId, decisionId, userId, channel, category, topic, content, unsubscribeUrl, expiresAt } = message
  return {
    specversion: '1.0',
    id: sendId,
    source: '/paloma',
    type: MESSAGE_SEND_EVENT,
    subject: userId,
    time: new Date(message.decidedAt).toISOString(),
    datacontenttype: 'application/json',
    data: {
      sendId,
      decisionId,
      userId,
      channel,
      address,
      message: message.message,
      category,
      topic,
      content,
      unsubscribeUrl,
      expiresAt: new Date(expiresAt).toISOString(),
      locale: message.profile.locale ?? null,
    },
  }
}

function signedHeaders(
  signer: Webhook,
  { id, body, at }: { readonly id: string; readonly body: string; readonly at: number },
): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'user-agent': 'paloma',
    'webhook-id': encodeURIComponent(id),
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': signer.sign(encodeURIComponent(id), new Date(at), body),
  }
}

function toSendResult(answer: PostAnswer): SendResult {
  if (answer.kind === 'not-sent') return { kind: 'rejected', permanent: false, reason: answer.reason }
  if (answer.kind === 'unknown') return answer
  const { status, text } = answer
  if (status >= 200 && status < 300) return { kind: 'sent', providerMessageId: idIn(text) }
  const reason = `HTTP ${status}${text === '' ? '' : `: ${text.slice(0, 200)}`}`
  if (status === 410) return { kind: 'rejected', permanent: true, reason, addressGone: true }
  return { kind: 'rejected', permanent: status >= 400 && status < 500 && !RETRIABLE_STATUSES.includes(status), reason }
}

/** The `id` of a JSON answer; null where the receiver gives none, or answers other than JSON, as it may. */
function idIn(text: string): string | null {
  if (!text.trimStart().startsWith('{')) return null
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null && 'id' in body && typeof body.id === 'string' ? body.id : null
  } catch {
    return null
  }
}

function canConnect(url: URL, timeoutMs: number): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port, timeout: timeoutMs })
    const answer = (ok: boolean, detail: string): void => {
      socket.destroy()
      resolve({ ok, detail })
    }
    socket.once('connect', () => answer(true, `${url.host} accepts connections`))
    socket.once('timeout', () => answer(false, `${url.host} did not answer within ${timeoutMs} ms`))
    socket.once('error', (error) => answer(false, `${url.host}: ${error.message}`))
  })
}
