import { createHmac } from 'node:crypto'
import { PalomaError, sendId } from '@paloma/core/domain'
import { afterEach, describe, expect, it } from 'vitest'
import { type FakeHttpProvider, fakeHttpProvider } from '../testing/fake-http-provider.ts'
import { type ChannelLab, testChannel, testMessage } from '../testing/test-channel.ts'
import { webhookChannel } from './channel.ts'
import type { WebhookChannel } from './config.ts'

const SECRET = `whsec_${Buffer.from('a secret of more than 24 bytes').toString('base64')}`
const ADDRESSES = { email: 'ada@example.com', sms: '+491701234567', webhook: 'ada', pushToken: 'token-1' }

interface WebhookLab extends ChannelLab {
  readonly provider: FakeHttpProvider
  readonly events: Record<string, unknown>[]
}

async function webhookLab(channel: WebhookChannel = 'sms', timeoutMs = 2_000): Promise<WebhookLab> {
  const events: Record<string, unknown>[] = []
  const provider = await fakeHttpProvider(({ headers, body }) => {
    const event: Record<string, unknown> = JSON.parse(verified(body.toString(), headers))
    if (headers['content-type'] !== 'application/cloudevents+json; charset=utf-8') throw new Error('not a CloudEvent')
    if (event.id !== decodeURIComponent(String(headers['webhook-id'])))
      throw new Error('webhook-id is not the event id')
    events.push(event)
    return { status: 202, body: JSON.stringify({ id: `gateway-${event.id}` }) }
  })
  const options = { channel, url: `${provider.url}/hook?tenant=1`, secret: SECRET, timeoutMs, now: Date.now }
  const adapter = webhookChannel(options)
  return {
    adapter,
    addresses: ADDRESSES,
    content: { body: 'Hello' },
    delivered: () => events.map((event) => sendId(String(event.id))),
    attempts: provider.attempts,
    accept: provider.accept,
    make: provider.make,
    async close() {
      await provider.close()
      await adapter.close?.()
    },
    provider,
    events,
  }
}

/** The body, when it is signed as Standard Webhooks says and not older or newer than its five minutes; else throws. */
function verified(body: string, headers: Readonly<Record<string, unknown>>): string {
  const [id, at, signatures] = ['id', 'timestamp', 'signature'].map((name) => String(headers[`webhook-${name}`]))
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')
  if (signatures?.split(' ').includes(`v1,${signature}`) !== true) throw new Error('the signature is wrong')
  if (Math.abs(Number(at) - Date.now() / 1000) > 300) throw new Error(`the timestamp is ${at}`)
  return body
}

testChannel('webhookChannel', () => webhookLab(), {
  troubles: ['reject-address', 'server-error', 'hang-after-data', 'drop-connection', 'refuse-connection'],
})

describe('webhookChannel', () => {
  let lab: WebhookLab
  afterEach(() => lab.close())

  it('posts a signed CloudEvent with everything a gateway needs', async () => {
    lab = await webhookLab('push')
    const result = await lab.adapter.send(testMessage(lab))
    expect(result).toEqual({ kind: 'sent', providerMessageId: 'gateway-send-1' })
    expect(lab.events[0]).toEqual({
      specversion: '1.0',
      id: 'send-1',
      source: '/paloma',
      type: 'dev.paloma.message.send.v1',
      subject: 'ada',
      time: '2025-06-15T15:06:40.000Z',
      datacontenttype: 'application/json',
      data: {
        sendId: 'send-1',
        decisionId: 'decision-1',
        userId: 'ada',
        channel: 'push',
        address: 'token-1',
        message: 'price-drop',
        category: 'marketing',
        topic: 'offers',
        content: { body: 'Hello' },
        unsubscribeUrl: 'https://paloma.example/u/token',
        expiresAt: '2025-06-15T16:06:40.000Z',
        locale: null,
      },
    })
  })

  it.each([
    ['email', ADDRESSES.email],
    ['sms', ADDRESSES.sms],
    ['webhook', ADDRESSES.webhook],
  ] as const)('gives the %s address to the gateway', async (channel, address) => {
    lab = await webhookLab(channel)
    await lab.adapter.send(testMessage(lab))
    expect(lab.events[0]?.data).toMatchObject({ channel, address })
  })

  it.each([
    [200, '', { kind: 'sent', providerMessageId: null }],
    [200, '{broken', { kind: 'sent', providerMessageId: null }],
    [204, '', { kind: 'sent', providerMessageId: null }],
    [301, '', { kind: 'rejected', permanent: false, reason: 'HTTP 301' }],
    [401, 'who are you', { kind: 'rejected', permanent: false, reason: 'HTTP 401: who are you' }],
    [403, '', { kind: 'rejected', permanent: false }],
    [404, '', { kind: 'rejected', permanent: false }],
    [405, '', { kind: 'rejected', permanent: false }],
    [400, 'no such topic', { kind: 'rejected', permanent: true, reason: 'HTTP 400: no such topic' }],
    [408, '', { kind: 'rejected', permanent: false }],
    [422, 'no body', { kind: 'rejected', permanent: true }],
    [429, '', { kind: 'rejected', permanent: false }],
    [500, '', { kind: 'rejected', permanent: false, reason: 'HTTP 500' }],
  ])('reads an answer of %i %s', async (status, body, expected) => {
    lab = await webhookLab()
    lab.provider.answerWith(status, body)
    expect(await lab.adapter.send(testMessage(lab))).toMatchObject(expected)
  })

  it('does not read an endless answer', async () => {
    lab = await webhookLab()
    lab.provider.answerWith(200, 'x'.repeat(1_000_000))
    expect((await lab.adapter.send(testMessage(lab))).kind).toBe('sent')
  })

  it('sends any sendId in a header that stays one line', async () => {
    lab = await webhookLab()
    const result = await lab.adapter.send(testMessage(lab, { sendId: sendId('a\r\nx-evil: 1 é') }))
    expect(result.kind).toBe('sent')
    expect(lab.events[0]?.id).toBe('a\r\nx-evil: 1 é')
  })

  it('hands hundreds of messages over, each once, over no more connections than messages may be on their way', async () => {
    lab = await webhookLab('sms', 60_000)
    const ids = Array.from({ length: 500 }, (_, i) => sendId(`s${i}`))
    const results = await Promise.all(ids.map((id) => lab.adapter.send(testMessage(lab, { sendId: id }))))
    expect(results.filter((result) => result.kind === 'sent')).toHaveLength(500)
    expect((await lab.delivered()).toSorted()).toEqual(ids.toSorted())
    expect(lab.provider.connections()).toBeLessThanOrEqual(lab.adapter.traits.concurrency)
  })
})

describe('webhookChannel options', () => {
  const options = {
    channel: 'sms' as const,
    url: 'https://gateway.example',
    secret: SECRET,
    timeoutMs: 100,
    now: () => 0,
  }

  it.each([
    [{ url: 'ftp://gateway.example' }, /url must be an http/],
    [{ url: 'nonsense' }, /url must be an http/],
    [{ secret: 'whsec_short' }, /secret must hold >= 24 bytes/],
    [{ timeoutMs: 0 }, /timeoutMs must be > 0, got 0/],
  ])('stops the start for %o', (wrong, message) => {
    expect(() => webhookChannel({ ...options, ...wrong })).toThrow(PalomaError)
    expect(() => webhookChannel({ ...options, ...wrong })).toThrow(message)
  })
})
