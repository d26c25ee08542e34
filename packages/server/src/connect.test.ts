import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decisionId, opportunityId, userId } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from './app.ts'
import { type Connect, httpConnection } from './cli/connection/index.ts'
import { defineConfig } from './config/define-config.ts'
import { runtimeFrom } from './config/runtime.ts'
import { connectFrom } from './connect.ts'
import { SCOPES } from './usecases/contract.ts'

const READING = { mayCreate: false }

/** What a connection tells of the decision `d1` and of all decisions. */
async function toldBy(connect: Connect, options: Parameters<Connect>[0] = {}) {
  const connection = await connect(options, READING)
  try {
    const { decisions, keys } = connection
    return {
      explanation: await decisions.explain('d1'),
      unknown: await decisions.explain('nobody/knows?'),
      replay: await decisions.replay('d1'),
      audit: await decisions.audit({ onProgress: () => {} }),
      names: (await keys.list()).map(({ name }) => name),
    }
  } finally {
    await connection.close()
  }
}

describe('a command connects', () => {
  let dir = ''
  let online: Awaited<ReturnType<typeof toldBy>>
  let refusals: readonly unknown[] = []

  /** Decides on a server, asks it everything, and stops it. */
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'paloma-connect-'))
    const app = await createApp(defineConfig({}), runtimeFrom({ PALOMA_DATA_DIR: dir }))
    const url = await app.http.listen({ host: '127.0.0.1', port: 0 })
    const { secret } = await app.usecases.keys.create('first', SCOPES)
    const reader = (await app.usecases.keys.create('reader', ['read'])).secret
    const ann = userId('ann')
    await app.usecases.users.upsert([{ userId: ann, addresses: { email: 'ann@example.org' } }])
    const now = Date.now()
    await app.usecases.opportunities.propose([
      {
        id: opportunityId('o1'),
        producer: 'shop',
        userId: ann,
        message: 'price-drop',
        category: 'marketing',
        topic: 'offers',
        channels: ['email', 'in-app'],
        variants: [{ name: 'default', content: { email: { subject: 'Hi', html: 'Hi' }, 'in-app': { title: 'Hi' } } }],
        window: { notBefore: now - 1_000, expires: now + 86_400_000 },
        claims: [],
        features: {},
      },
    ])
    await app.usecases.decisions.decide([{ decisionId: decisionId('d1'), userId: ann, context: {}, deliver: false }])
    const env = { PALOMA_URL: `${url}/`, PALOMA_KEY: secret }
    online = await toldBy(connectFrom(env, Date.now))
    refusals = await Promise.all(
      [reader, 'wrong'].map((key) =>
        httpConnection({ url, key })
          .keys.list()
          .catch((error: unknown) => error),
      ),
    )
    await app.close()
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('to a server, which explains and replays', () => {
    expect(online.explanation).toMatchObject({ decisionId: 'd1', userId: 'ann' })
    expect(online.replay).toEqual({ decisionId: 'd1', identical: true, differences: [] })
    const draws = [expect.objectContaining({ policy: 'paloma/thompson', choices: 1, isSuspect: false })]
    expect(online.audit).toEqual({ checked: 1, identical: 1, failures: [], draws })
    expect(online.names).toEqual(['first', 'reader'])
    expect(online.unknown).toBeUndefined()
  })

  it('to the store alone once the server is gone, and hears the same', async () => {
    expect(await toldBy(connectFrom({ PALOMA_DATA_DIR: dir }, Date.now))).toEqual(online)
  })

  it('to the store that a flag names, whatever the environment has', async () => {
    const env = { PALOMA_URL: 'http://127.0.0.1:9', PALOMA_KEY: 'pk_x', DATABASE_URL: 'postgres://127.0.0.1:1/x' }
    expect((await toldBy(connectFrom(env, Date.now), { dataDir: dir })).names).toEqual(['first', 'reader'])
  })

  it('and passes on what the server refuses, with a hint', () => {
    expect(refusals[0]).toMatchObject({ code: 'SCOPE_MISSING', message: expect.stringContaining('lacks the scope') })
    expect(refusals[1]).toMatchObject({ code: 'KEY_INVALID', hint: expect.stringContaining('paloma keys create') })
  })

  it('and makes and revokes keys in the store', async () => {
    const { keys, close } = await connectFrom({ PALOMA_DATA_DIR: dir }, Date.now)({}, READING)
    const { key, secret } = await keys.create('shop', ['ingest'])
    expect(secret).toMatch(/^pk_/)
    expect([await keys.revoke(key.id), await keys.revoke(key.id)]).toEqual([true, false])
    expect((await keys.list()).find(({ id }) => id === key.id)?.revokedAt).toMatch(/^20/)
    await close()
  })

  it('and tells a stranger from a server', async () => {
    const stranger = createServer((_request, response) => response.writeHead(404).end('<h1>Nothing here</h1>'))
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
    const address = stranger.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const connection = httpConnection({ url: `http://127.0.0.1:${port}`, key: 'pk_x' })
    await expect(connection.keys.list()).rejects.toMatchObject({ code: 'SERVER_UNEXPECTED' })
    await expect(connection.decisions.explain('d1')).rejects.toMatchObject({ code: 'SERVER_UNEXPECTED' })
    stranger.close()
  })
})
