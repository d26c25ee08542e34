import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decideFor, faultConfig, propose, type Reached, saveUsers, sendsOf } from './testing/fault-scene.ts'
import { ownDatabase } from './testing/own-database.ts'
import { call, type ServeChild, serveChild } from './testing/serve-child.ts'
import { type WebhookReceiver, webhookReceiver } from './testing/webhook-receiver.ts'

/** Longer than a busy machine takes. */
const PATIENCE_MS = 90_000
const database = await ownDatabase('two_servers')
const root = mkdtempSync(join(tmpdir(), 'paloma-two-'))
afterAll(async () => {
  rmSync(root, { recursive: true, force: true })
  await database?.drop()
})

describe.skipIf(database === undefined)('two servers on one PostgreSQL', () => {
  let receiver: WebhookReceiver
  let key = ''
  const running: ServeChild[] = []
  beforeEach(async () => {
    receiver = await webhookReceiver()
  })
  afterEach(async () => {
    for (const child of running.splice(0)) await child.kill('SIGKILL')
    await receiver.close()
  })
  const start = async (name: string): Promise<Reached & { readonly child: ServeChild }> => {
    const config = { ...faultConfig(receiver.url), learning: { everyMinutes: 1 / 60 } }
    const child = await serveChild({ dir: root, config, name, databaseUrl: database!.url })
    running.push(child)
    key = child.key ?? key
    return { child, url: child.url, key }
  }
  const isLearner = async ({ url }: Reached): Promise<boolean> => {
    const text = await (await fetch(`${url}/metrics`)).text()
    return /^paloma_is_learner 1$/m.test(text)
  }

  it('send each message once, whoever decided on it, and both know how it ended', async () => {
    const servers = [await start('a'), await start('b')]
    const users = Array.from({ length: 120 }, (_, i) => `u${i}`)
    await saveUsers(servers[0]!, users)
    await propose(servers[0]!, users, 'o')
    // Both are asked for every user, with the same ids: whoever is first decides, the other answers the same.
    const answers = await Promise.all(servers.map((server) => decideFor(server, users, 'd')))
    expect(answers[0]).toEqual(answers[1])
    await expect.poll(() => new Set(receiver.arrived).size, { timeout: PATIENCE_MS }).toBe(120)
    for (const user of users) {
      for (const server of servers) {
        await expect
          .poll(async () => (await sendsOf(server, user)).map(({ status }) => status), { timeout: PATIENCE_MS })
          .toEqual(['sent'])
      }
    }
    expect([...receiver.arrived].sort()).toEqual([...answers[0]!].sort())
  })

  it('stop sending everywhere once an opt-out is acknowledged by one of them', async () => {
    const [a, b] = [await start('a'), await start('b')]
    await saveUsers(a, ['eve'])
    receiver.hold()
    for (let i = 0; i < 80; i += 1) {
      const server = i % 2 === 0 ? a : b
      await propose(server, ['eve'], `e${i}`)
      await decideFor(server, ['eve'], `e${i}`)
    }
    await expect.poll(() => receiver.arrived.length, { timeout: PATIENCE_MS }).toBe(64)
    const optOut = call(a, 'PATCH /v1/users/eve', { consent: { channels: { email: 'denied' } } })
    receiver.release()
    expect((await optOut).status).toBe(200)
    const before = receiver.arrived.length
    await expect
      .poll(async () => (await sendsOf(b, 'eve')).filter(({ status }) => status === 'reserved'), {
        timeout: PATIENCE_MS,
      })
      .toEqual([])
    expect(receiver.arrived).toHaveLength(before)
    expect(new Set(receiver.arrived).size).toBe(before)
  })

  it('let somebody in again everywhere who comes back on one of them, and nobody by a yes that is older or bears no time', async () => {
    const [a, b] = [await start('a'), await start('b')]
    await saveUsers(a, ['ida'])
    const yes = (saidAt?: number) =>
      call(b, 'PATCH /v1/users/ida', { consent: { channels: { email: 'granted' }, ...(saidAt && { saidAt }) } })
    const suppressed = async () =>
      (await call<{ readonly suppressions: readonly unknown[] }>(a, 'GET /v1/users/ida')).json.suppressions.length
    const before = Date.now() - 1_000
    expect((await call(a, 'POST /v1/track', { userId: 'ida', event: 'Email Unsubscribed' })).status).toBe(200)
    await yes()
    await yes(before)
    await expect.poll(suppressed, { timeout: PATIENCE_MS }).toBe(1)
    await yes(Date.now())
    await expect.poll(suppressed, { timeout: PATIENCE_MS }).toBe(0)
    await propose(a, ['ida'], 'back')
    await decideFor(a, ['ida'], 'back')
    await expect.poll(() => receiver.arrived.length, { timeout: PATIENCE_MS }).toBeGreaterThan(0)
  })

  it('have one learner, and another one when it dies', async () => {
    const servers = [await start('a'), await start('b')]
    const learners = async () =>
      (await Promise.all(running.map((child) => isLearner({ ...child, key })))).filter(Boolean)
    await expect.poll(learners, { timeout: PATIENCE_MS }).toEqual([true])
    const first = (await isLearner(servers[0]!)) ? 0 : 1
    await servers[first]!.child.kill('SIGKILL')
    running.splice(first, 1)
    await expect.poll(() => isLearner(servers[1 - first]!), { timeout: PATIENCE_MS }).toBe(true)
    expect((await call(servers[1 - first]!, 'GET /readyz')).status).toBe(200)
  })
})
