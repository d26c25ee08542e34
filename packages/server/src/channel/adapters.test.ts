import { CHANNELS, PalomaError } from '@paloma/core/domain'
import { describe, expect, it } from 'vitest'
import webPush from 'web-push'
import type { AdapterConfig, Config } from '../config/contract.ts'
import { type AdapterDeps, createAdapters } from './adapters.ts'

const KEYS = webPush.generateVAPIDKeys()
const DEPS: AdapterDeps = {
  putInboxItem: async () => 'inserted',
  onInboxItem: () => {},
  now: () => 0,
  wallClock: () => 0,
}
const SMTP: AdapterConfig = { kind: 'smtp', url: 'smtp://localhost:25', from: 'news@acme.example' }
const WEBHOOK: AdapterConfig = {
  kind: 'webhook',
  url: 'https://gateway.example',
  secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  timeoutMs: 1_000,
}
const WEB_PUSH: AdapterConfig = {
  kind: 'web-push',
  subject: 'mailto:ops@acme.example',
  vapidPublicKey: KEYS.publicKey,
  vapidPrivateKey: KEYS.privateKey,
  ttlSeconds: 60,
  urgency: 'normal',
}

describe('createAdapters', () => {
  it('makes one adapter for each configured channel, named after its kind', () => {
    const config: Config['adapters'] = { 'in-app': { kind: 'inbox' }, email: SMTP, push: WEB_PUSH, sms: WEBHOOK }
    const adapters = createAdapters(config, DEPS)
    expect([...adapters].map(([channel, adapter]) => [channel, adapter.channel, adapter.name])).toEqual([
      ['in-app', 'in-app', 'inbox'],
      ['email', 'email', 'smtp'],
      ['push', 'push', 'web-push'],
      ['sms', 'sms', 'webhook'],
    ])
  })

  it('makes none for an empty configuration', () => {
    expect(createAdapters({}, DEPS).size).toBe(0)
  })

  it.each([
    [{ kind: 'inbox' } as AdapterConfig, ['in-app']],
    [SMTP, ['email']],
    [WEB_PUSH, ['push']],
    [WEBHOOK, ['push', 'email', 'sms', 'webhook']],
  ])('lets %o serve its own channels only', (adapter, served) => {
    const possible = CHANNELS.filter((channel) => {
      try {
        return createAdapters({ [channel]: adapter }, DEPS).has(channel)
      } catch (error) {
        expect(error).toBeInstanceOf(PalomaError)
        expect(error).toMatchObject({ code: 'INVALID_CONFIG', pointer: `/adapters/${channel}/kind` })
        return false
      }
    })
    expect([...possible].sort()).toEqual([...served].sort())
  })
})
