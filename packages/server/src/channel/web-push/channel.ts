import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { Agent } from 'undici'
import webPush from 'web-push'
import type { ChannelAdapter, Message, SendResult } from '../contract.ts'
import { KEEP_ALIVE, type PostAnswer, postOnce } from '../http-post.ts'
import { checkWebPush, type WebPushChannelOptions } from './config.ts'
import { isPublicAddress, lookupPublic } from './public-address.ts'
import { vapidHeaders } from './vapid-header.ts'

const DEFAULT_TIMEOUT_MS = 15_000
const DEFAULT_CONCURRENCY = 32

/** RFC 8030 §7.2: what every push service accepts, encryption included. */
const MAX_BODY_BYTES = 4_096

/** 401 is of our signature, a clock that is wrong for one, and not of the subscription. */
const RETRIABLE_STATUSES = [401, 408, 425, 429]

/**
 * Push messages to browsers (RFC 8030), encrypted for the subscription (RFC 8291) and signed with VAPID (RFC 8292).
 * A newer message of the same family replaces an older one that still waits for the device (Topic).
 */
export function webPushChannel(options: WebPushChannelOptions): ChannelAdapter {
  checkWebPush(options)
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const concurrency = options.concurrency ?? DEFAULT_CONCURRENCY
  const isLocalAllowed = options.allowLocalEndpoints === true
  const authorize = vapidHeaders(options)
  const agent = new Agent({
    connections: concurrency,
    ...KEEP_ALIVE,
    connect: { timeout: timeoutMs, ...(isLocalAllowed ? {} : { lookup: lookupPublic }) },
  })
  return {
    name: 'web-push',
    channel: 'push',
    requiredContent: ['title'],
    traits: { isIdempotent: false, concurrency },
    canReach: ({ addresses }) =>
      addresses.push !== undefined && endpointOf(addresses.push.endpoint, isLocalAllowed) !== undefined,
    async send(message, signal) {
      const request = toRequest(message, options, authorize)
      if (request.kind === 'rejected') return request
      return toSendResult(await postOnce(agent, { ...request, timeoutMs, signal }))
    },
    close: () => agent.close(),
  }
}

type Rejected = Extract<SendResult, { kind: 'rejected' }>
type PushRequest = {
  readonly kind: 'request'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

function toRequest(
  message: Message,
  options: WebPushChannelOptions,
  authorize: (origin: string) => string,
): PushRequest | Rejected {
  const subscription = message.profile.addresses.push
  if (subscription === undefined) return rejected('user has no push subscription')
  const url = endpointOf(subscription.endpoint, options.allowLocalEndpoints === true)
  if (url === undefined) return { ...rejected('push endpoint is not a public https URL'), addressGone: true }
  let details: ReturnType<typeof webPush.generateRequestDetails>
  try {
    details = webPush.generateRequestDetails(subscription, payloadOf(message), {
      headers: { Authorization: authorize(url.origin) },
      TTL: ttlSeconds(message, options),
      urgency: options.urgency,
      topic: collapseKey(message.message),
      contentEncoding: 'aes128gcm',
    })
  } catch (error) {
    // All that varies by message here is the subscription: a browser never made one with such keys.
    return { ...rejected(`push subscription is not usable: ${String(error)}`), addressGone: true }
  }
  const { body } = details
  if (body === null) return rejected('push message is empty')
  if (body.length > MAX_BODY_BYTES) {
    return rejected(`push message has ${body.length} bytes when encrypted, at most ${MAX_BODY_BYTES} are allowed`)
  }
  const headers = Object.fromEntries(Object.entries(details.headers).map(([name, value]) => [name, String(value)]))
  return { kind: 'request', url, headers, body }
}

function rejected(reason: string): Rejected {
  return { kind: 'rejected', permanent: true, reason }
}

/** What the service worker receives. */
function payloadOf(message: Message): string {
  return JSON.stringify({ ...message.content, sendId: message.sendId, decisionId: message.decisionId })
}

function ttlSeconds(message: Message, options: WebPushChannelOptions): number {
  const left = Math.floor((message.expiresAt - options.now()) / 1000)
  return Math.max(0, Math.min(options.ttlSeconds, left))
}

/** A Topic has at most 32 characters of base64url (RFC 8030 §5.4); other names are hashed. */
function collapseKey(message: string): string {
  if (/^[\w-]{1,32}$/.test(message)) return message
  return createHash('sha256').update(message).digest('base64url').slice(0, 32)
}

/** The endpoint of a subscription where it may be called; names are looked up again when connecting. */
function endpointOf(endpoint: string, isLocalAllowed: boolean): URL | undefined {
  if (!URL.canParse(endpoint)) return undefined
  const url = new URL(endpoint)
  if (url.username !== '' || url.password !== '') return undefined
  if (isLocalAllowed) return /^https?:$/.test(url.protocol) ? url : undefined
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return url.protocol === 'https:' && (isIP(host) === 0 || isPublicAddress(host)) ? url : undefined
}

function toSendResult(answer: PostAnswer): SendResult {
  if (answer.kind === 'not-sent') return { kind: 'rejected', permanent: false, reason: answer.reason }
  if (answer.kind === 'unknown') return answer
  const { status, headers, text } = answer
  if (status >= 200 && status < 300) {
    return { kind: 'sent', providerMessageId: typeof headers.location === 'string' ? headers.location : null }
  }
  const reason = `HTTP ${status}${text === '' ? '' : `: ${text.slice(0, 200)}`}`
  if (status === 404 || status === 410) return { kind: 'rejected', permanent: true, reason, addressGone: true }
  return { kind: 'rejected', permanent: status < 500 && !RETRIABLE_STATUSES.includes(status), reason }
}
