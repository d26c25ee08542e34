import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WireBatchAnswer } from '@paloma/sdk'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decideFor, faultConfig, propose, saveUsers, sendsOf } from './testing/fault-scene.ts'
import { call, type ServeChild, serveChild } from './testing/serve-child.ts'
import { type WebhookReceiver, webhookReceiver } from './testing/webhook-receiver.ts'

/** Longer than a busy machine takes. */
const PATIENCE_MS = 90_000
const root = mkdtempSync(join(tmpdir(), 'paloma-faults-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('a server on the embedded store that is killed', () => {
  let receiver: WebhookReceiver
  let dir: string
  let key = ''
  const running: ServeChild[] = []
  beforeEach(async () => {
    receiver = await webhookReceiver()
    dir = mkdtempSync(join(root, 'server-'))
  })
  afterEach(async () => {
    for (const child of running.splice(0)) await child.kill('SIGKILL')
    await receiver.close()
  })
  const start = async () => {
    const child = await serveChild({ dir, config: faultConfig(receiver.url) })
    running.push(child)
    key = child.key ?? key
    return { child, url: child.url, key }
  }

  it('has every event it acknowledged, once, and knows them when they come again', async () => {
    const server = await start()
    const messageIds = (batch: number) => Array.from({ length: 20 }, (_, i) => `m-${batch}-${i}`)
    const post = (to: { readonly url: string; readonly key: string }, batch: number) =>
      call<WireBatchAnswer>(to, 'POST /v1/batch', {
        batch: messageIds(batch).map((messageId) => ({
          type: 'track',
          event: 'App Visited',
          userId: 'ada',
          messageId,
        })),
      })
    const acknowledged: number[] = []
    let next = 0
    const client = async (): Promise<void> => {
      for (;;) {
        const batch = next++
        const { json } = await post(server, batch)
        expect(json.success).toBe(true)
        acknowledged.push(batch)
        if (acknowledged.length === 25) void server.child.kill('SIGKILL')
      }
    }
    const ends = await Promise.allSettled([client(), client(), client()])
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    const again = await start()
    expect(again.child.said()).toContain('which ended without closing it')
    for (const batch of acknowledged) {
      const { json } = await post(again, batch)
      expect(json.results.map((result) => result.ok && result.status)).toEqual(Array(20).fill('duplicate'))
    }
    // What was not acknowledged is there as a whole call or not at all.
    for (let batch = 0; batch < next; batch += 1) {
      if (acknowledged.includes(batch)) continue
      const { json } = await post(again, batch)
      expect(new Set(json.results.map((result) => result.ok && result.status)).size).toBe(1)
    }
    await again.child.kill('SIGTERM')
  })

  it('ends in order when it is told to, by the same word twice even, with everything it acknowledged, in the midst of requests', async () => {
    const server = await start()
    const post = (to: { readonly url: string; readonly key: string }, n: number) =>
      call<WireBatchAnswer>(to, 'POST /v1/batch', {
        batch: [{ type: 'track', event: 'App Visited', userId: 'ada', messageId: `t-${n}` }],
      })
    const acknowledged: number[] = []
    let next = 0
    const client = async (): Promise<void> => {
      for (;;) {
        const n = next++
        if ((await post(server, n)).json.success !== true) throw new Error('turned away')
        acknowledged.push(n)
        if (acknowledged.length === 40) {
          process.kill(server.child.pid, 'SIGTERM')
          process.kill(server.child.pid, 'SIGINT')
        }
      }
    }
    await Promise.allSettled([client(), client(), client()])
    // It is on its way out, and has still its store to close.
    process.kill(server.child.pid, 'SIGTERM')
    expect(await server.child.ended).toBe(0)
    expect(server.child.said()).not.toMatch(/^\s+at /m)
    const again = await start()
    expect(again.child.said()).not.toContain('which ended without closing it')
    for (const n of acknowledged) {
      expect((await post(again, n)).json.results).toMatchObject([{ ok: true, status: 'duplicate' }])
    }
    await again.child.kill('SIGTERM')
  })

  it('sends nothing twice: what was with the provider ends unknown, what was not goes out after the restart', async () => {
    const users = Array.from({ length: 60 }, (_, i) => `u${i}`)
    const server = await start()
    await saveUsers(server, users)
    await propose(server, users, 'o')
    receiver.hold()
    const sendIds = await decideFor(server, users, 'd')
    expect(sendIds).toHaveLength(60)
    await expect.poll(() => receiver.arrived.length, { timeout: PATIENCE_MS }).toBe(32)
    await server.child.kill('SIGKILL')
    const interrupted = [...receiver.arrived]
    receiver.release()
    const again = await start()
    expect(again.child.said()).toContain('32 sends were with their provider when a process died')
    await expect.poll(() => new Set(receiver.arrived).size, { timeout: PATIENCE_MS }).toBe(60)
    await again.child.kill('SIGTERM')
    expect([...receiver.arrived].sort()).toEqual([...sendIds].sort())
    const last = await start()
    for (const [i, user] of users.entries()) {
      const [send, ...rest] = await sendsOf(last, user)
      expect(rest).toEqual([])
      expect(send).toMatchObject({ status: interrupted.includes(sendIds[i]!) ? 'unknown' : 'sent' })
    }
    expect(receiver.arrived).toHaveLength(60)
  })

  it('sends nothing after it has acknowledged an opt-out, however much was waiting, also over a restart', async () => {
    const server = await start()
    await saveUsers(server, ['ada', 'bob'])
    receiver.hold()
    for (let i = 0; i < 50; i += 1) {
      await propose(server, ['ada'], `o${i}`)
      await decideFor(server, ['ada'], `d${i}`)
    }
    await expect.poll(() => receiver.arrived.length, { timeout: PATIENCE_MS }).toBe(32)
    const optOut = call(server, 'PATCH /v1/users/ada', { consent: { channels: { email: 'denied' } } })
    let isAcknowledged = false
    void optOut.then(() => {
      isAcknowledged = true
    })
    await call(server, 'GET /v1/users/ada')
    expect(isAcknowledged).toBe(false)
    receiver.release()
    expect((await optOut).status).toBe(200)
    const before = receiver.arrived.length
    await propose(server, ['bob'], 'after')
    await decideFor(server, ['bob'], 'after')
    await expect.poll(() => receiver.arrived.includes('send-after-bob'), { timeout: PATIENCE_MS }).toBe(true)
    await server.child.kill('SIGKILL')
    const again = await start()
    await expect
      .poll(async () =>
        (await sendsOf(again, 'ada')).map(({ status }) => status).filter((status) => status === 'reserved'),
      )
      .toEqual([])
    expect(receiver.arrived.slice(before)).toEqual(['send-after-bob'])
    const ends = (await sendsOf(again, 'ada')).map(({ status }) => status)
    expect(ends.filter((status) => status === 'sent')).toHaveLength(before)
    expect(ends.filter((status) => status === 'refused')).toHaveLength(50 - before)
  })

  it('keeps its directory to itself: a second server is refused and told what to do', async () => {
    const server = await start()
    const second = serveChild({ dir, config: faultConfig(receiver.url), name: 'second' })
    await expect(second).rejects.toThrow(/is in use by process \d+.*several processes need PostgreSQL/s)
    expect((await call(server, 'GET /readyz')).status).toBe(200)
  })

  it('lives on while its provider is away, and says so', async () => {
    await receiver.close()
    const server = await start()
    await saveUsers(server, ['ada'])
    await propose(server, ['ada'], 'o')
    await decideFor(server, ['ada'], 'd')
    await expect.poll(() => server.child.said(), { timeout: PATIENCE_MS }).toContain('delivery by email: ')
    const ready = await call(server, 'GET /readyz')
    expect(ready.status).toBe(200)
    expect(ready.json).toMatchObject({
      checks: { channels: { ok: false, detail: expect.stringContaining('ECONNREFUSED') } },
    })
    expect(await sendsOf(server, 'ada')).toMatchObject([
      { status: 'reserved', error: expect.stringContaining('ECONNREFUSED') },
    ])
    await server.child.kill('SIGTERM')
    expect(server.child.said().match(/delivery by email/g)).toHaveLength(1)
  })
})
