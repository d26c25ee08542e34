import { PalomaError, sendId } from '@paloma/core/domain'
import { afterEach, describe, expect, it } from 'vitest'
import webPush from 'web-push'
import { type FakePushService, fakePushService } from '../testing/fake-push-service.ts'
import { type ChannelLab, testChannel, testMessage, testProfile } from '../testing/test-channel.ts'
import { webPushChannel } from './channel.ts'
import type { WebPushChannelOptions } from './config.ts'

// Any pair will do: nothing below depends on its value.
const KEYS = webPush.generateVAPIDKeys()
const NOW = 1_750_000_000_000

const OPTIONS: WebPushChannelOptions = {
  subject: 'mailto:ops@acme.example',
  vapidPublicKey: KEYS.publicKey,
  vapidPrivateKey: KEYS.privateKey,
  ttlSeconds: 7_200,
  urgency: 'normal',
  now: () => NOW,
  wallClock: () => NOW,
}

interface PushLab extends ChannelLab {
  readonly service: FakePushService
}

async function pushLab(options: Partial<WebPushChannelOptions> = {}): Promise<PushLab> {
  const service = await fakePushService(KEYS.publicKey)
  const adapter = webPushChannel({ ...OPTIONS, timeoutMs: 2_000, allowLocalEndpoints: true, ...options })
  return {
    adapter,
    addresses: { push: service.subscription },
    content: { title: 'Price drop', body: 'Now 20 €', url: 'https://acme.example/p/1' },
    delivered: () => service.pushes.map(({ payload }) => sendId(String(payload.sendId))),
    attempts: service.http.attempts,
    accept: service.http.accept,
    make: service.http.make,
    async close() {
      await service.http.close()
      await adapter.close?.()
    },
    service,
  }
}

testChannel('webPushChannel', () => pushLab(), {
  troubles: ['reject-address', 'server-error', 'hang-after-data', 'drop-connection', 'refuse-connection'],
})

describe('webPushChannel', () => {
  let lab: PushLab
  afterEach(() => lab.close())

  it('reaches the browser encrypted, with content and ids', async () => {
    lab = await pushLab()
    await lab.adapter.send(testMessage(lab))
    const push = lab.service.pushes[0]
    expect(push?.payload).toEqual({ ...lab.content, sendId: 'send-1', decisionId: 'decision-1' })
    expect(push?.headers).toMatchObject({ ttl: '3600', urgency: 'normal', topic: 'price-drop' })
    expect(push?.claims).toMatchObject({ sub: 'mailto:ops@acme.example' })
  })

  it('lets the push service keep a message no longer than the message lives', async () => {
    lab = await pushLab({ ttlSeconds: 60 })
    await lab.adapter.send(testMessage(lab))
    await lab.adapter.send(testMessage(lab, { expiresAt: NOW + 5_900 }))
    await lab.adapter.send(testMessage(lab, { expiresAt: NOW - 5_000 }))
    expect(lab.service.pushes.map(({ headers }) => headers.ttl)).toEqual(['60', '5', '0'])
  })

  it('hashes a message name that is no Topic, always the same way', async () => {
    lab = await pushLab()
    const name = 'Ein langer Name mit Leerzeichen, länger als 32 Zeichen'
    await lab.adapter.send(testMessage(lab, { message: name }))
    await lab.adapter.send(testMessage(lab, { message: name }))
    const topics = lab.service.pushes.map(({ headers }) => String(headers.topic))
    expect(topics[0]).toMatch(/^[\w-]{32}$/)
    expect(topics[0]).toBe(topics[1])
  })

  it('signs once an hour for each push service', async () => {
    let hours = 0
    lab = await pushLab({ wallClock: () => NOW + hours * 3_600_000 })
    for (hours of [0, 0.9, 1.1, 2]) await lab.adapter.send(testMessage(lab))
    const tokens = lab.service.pushes.map(({ headers }) => headers.authorization)
    expect(tokens[1]).toBe(tokens[0])
    expect(tokens[2]).not.toBe(tokens[0])
    expect(tokens[3]).toBe(tokens[2])
  })

  it('refuses a message that is too large, and names the size', async () => {
    lab = await pushLab()
    const result = await lab.adapter.send(testMessage(lab, { content: { title: 'x'.repeat(4_000) } }))
    expect(result).toMatchObject({ kind: 'rejected', permanent: true })
    expect(result).toHaveProperty('reason', expect.stringMatching(/has 4\d{3} bytes when encrypted, at most 4096/))
    expect(lab.service.http.attempts()).toBe(0)
    expect((await lab.adapter.send(testMessage(lab, { content: { title: 'x'.repeat(3_900) } }))).kind).toBe('sent')
  })

  it.each([
    [404, { kind: 'rejected', permanent: true, addressGone: true }],
    [410, { kind: 'rejected', permanent: true, addressGone: true }],
    [401, { kind: 'rejected', permanent: false }],
    [403, { kind: 'rejected', permanent: true }],
    [413, { kind: 'rejected', permanent: true }],
    [429, { kind: 'rejected', permanent: false }],
    [502, { kind: 'rejected', permanent: false }],
  ])('reads an answer of %i', async (status, expected) => {
    lab = await pushLab()
    lab.service.http.answerWith(status)
    expect(await lab.adapter.send(testMessage(lab))).toEqual({ reason: `HTTP ${status}`, ...expected })
  })

  it('takes a subscription with impossible keys for gone', async () => {
    lab = await pushLab()
    const push = { ...lab.service.subscription, keys: { p256dh: 'short', auth: 'x' } }
    const result = await lab.adapter.send(testMessage(lab, { profile: testProfile({ push }) }))
    expect(result).toMatchObject({ kind: 'rejected', permanent: true, addressGone: true })
  })

  it.each([
    'http://push.example/1',
    'https://127.0.0.1/1',
    'https://10.1.2.3/1',
    'https://169.254.169.254/latest/meta-data',
    'https://2130706433/1',
    'https://[::1]/1',
    'https://[::ffff:10.0.0.1]/1',
    'https://[fd00::1]/1',
    'https://me:pass@push.example/1',
    'file:///etc/passwd',
    'nonsense',
  ])('does not call %s for a browser that asks for it', async (endpoint) => {
    lab = await pushLab({ allowLocalEndpoints: false })
    const profile = testProfile({ push: { ...lab.service.subscription, endpoint } })
    expect(lab.adapter.canReach(profile)).toBe(false)
    const result = await lab.adapter.send(testMessage(lab, { profile }))
    expect(result).toMatchObject({ kind: 'rejected', permanent: true, addressGone: true })
  })

  it('does not call a name that points to this machine', async () => {
    lab = await pushLab({ allowLocalEndpoints: false })
    const endpoint = lab.service.subscription.endpoint.replace('http://127.0.0.1', 'https://localhost')
    const profile = testProfile({ push: { ...lab.service.subscription, endpoint } })
    const result = await lab.adapter.send(testMessage(lab, { profile }))
    expect(result).toMatchObject({ kind: 'rejected', permanent: false, reason: expect.stringContaining('EPRIVATE') })
  })
})

describe('webPushChannel options', () => {
  it.each([
    [{ ttlSeconds: -1 }, /ttlSeconds must be in \[0, 2419200\], got -1/],
    [{ ttlSeconds: Number.NaN }, /ttlSeconds must be in/],
    [{ subject: 'ops@acme.example' }, /subject and VAPID keys/],
    [{ vapidPrivateKey: 'short' }, /subject and VAPID keys/],
    [{ vapidPrivateKey: webPush.generateVAPIDKeys().privateKey }, /vapidPrivateKey does not belong to vapidPublicKey/],
  ])('stops the start for %o', (wrong, message) => {
    expect(() => webPushChannel({ ...OPTIONS, ...wrong })).toThrow(PalomaError)
    expect(() => webPushChannel({ ...OPTIONS, ...wrong })).toThrow(message)
  })
})
