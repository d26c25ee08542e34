import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Gateway, startGateway } from './gateway.ts'

const SECRET = `whsec_${Buffer.from('a secret that only tests know').toString('base64')}`
const AT = new Date('2026-03-02T09:00:00Z')

let gateway: Gateway
beforeEach(async () => {
  gateway = await startGateway(SECRET)
})
afterEach(() => gateway.close())

function event(sendId: string): object {
  const message = {
    sendId,
    decisionId: 'd-1',
    userId: 'u-1',
    channel: 'push',
    message: 'digest',
    category: 'marketing',
  }
  return { specversion: '1.0', time: AT.toISOString(), data: { ...message, content: { title: 'Hello' } } }
}

async function post(body: string, secret = SECRET): Promise<number> {
  const headers = {
    'webhook-id': 'send-1',
    'webhook-timestamp': String(AT.getTime() / 1000),
    'webhook-signature': new Webhook(secret).sign('send-1', AT, body),
  }
  return (await fetch(gateway.url, { method: 'POST', headers, body })).status
}

it('keeps signed messages until they are taken, each once', async () => {
  expect(await post(JSON.stringify(event('send-1')))).toBe(202)
  expect(await post(JSON.stringify(event('send-1')))).toBe(202)
  expect(await post(JSON.stringify(event('send-2')))).toBe(202)
  expect(gateway.take()).toMatchObject([
    { sendId: 'send-1', userId: 'u-1', channel: 'push', at: AT.getTime(), content: { title: 'Hello' } },
    { sendId: 'send-2' },
  ])
  expect(gateway.take()).toEqual([])
})

it.each([
  ['another secret', JSON.stringify({}), `whsec_${Buffer.from('a forger’s own secret').toString('base64')}`, 401],
  ['a body that is no message', JSON.stringify({ time: 'noon' }), SECRET, 400],
  ['a body that is no JSON', '{', SECRET, 400],
])('refuses %s', async (_, body, secret, status) => {
  expect(await post(body, secret)).toBe(status)
  expect(gateway.take()).toEqual([])
})
