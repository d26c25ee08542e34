import { createServer, Socket } from 'node:net'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { lookAtStore } from './look-at-store.ts'
import { refuseUnfit } from './postgres/postgres-client.ts'
import { postgresStore } from './postgres-store.ts'
import { testStore } from './testing/store-suite.ts'

const SERVER_URL = process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/test'
const DATABASE = `paloma_test_${process.pid}`

/** A database of our own on the server, or undefined when nothing answers there. */
async function makeDatabase(): Promise<string | undefined> {
  const admin = new Client({ connectionString: SERVER_URL, connectionTimeoutMillis: 2000 })
  try {
    await admin.connect()
  } catch (error) {
    console.warn(`no PostgreSQL to test with (set TEST_DATABASE_URL): ${String(error)}`)
    return undefined
  }
  await admin.query(`create database ${DATABASE}`)
  await admin.end()
  const url = new URL(SERVER_URL)
  url.pathname = `/${DATABASE}`
  return url.href
}

const databaseUrl = await makeDatabase()

describe.skipIf(databaseUrl === undefined)('on a PostgreSQL server', () => {
  const url = databaseUrl ?? ''
  afterAll(async () => {
    const admin = new Client({ connectionString: SERVER_URL })
    await admin.connect()
    await admin.query(`drop database ${DATABASE} with (force)`)
    await admin.end()
  })

  testStore('postgresStore', () => postgresStore({ url }))

  it('says that its connections are busy, and not that nobody is there, where the database is slow', async () => {
    const blocker = new Client({ connectionString: url })
    await blocker.connect()
    const store = await postgresStore({ url, connections: 1 })
    await blocker.query('begin; lock table settings')
    const stuck = store.registry.getSetting('slow')
    await expect(store.ping()).rejects.toMatchObject({
      message: expect.stringMatching(/none of our connections .* came free/),
    })
    await blocker.query('commit')
    await stuck
    await store.close()
    await blocker.end()
  })

  const asAdmin = async (...statements: readonly string[]): Promise<void> => {
    const admin = new Client({ connectionString: SERVER_URL })
    await admin.connect()
    for (const statement of statements) await admin.query(statement)
    await admin.end()
  }

  it('says that a database takes no writes, and so does a look at it', async () => {
    await (await postgresStore({ url })).close()
    await asAdmin(`alter database ${DATABASE} set default_transaction_read_only = on`)
    try {
      await expect(postgresStore({ url })).rejects.toMatchObject({
        code: 'STORE_READ_ONLY',
        hint: expect.stringContaining('primary'),
      })
      const look = await lookAtStore({ dataDir: '', databaseUrl: url })
      expect(look).toMatchObject({ kind: 'open', facts: { isReadOnly: true } })
    } finally {
      await asAdmin(`alter database ${DATABASE} reset default_transaction_read_only`)
    }
  })

  it('says that a user has no rights, and so does a look at it', async () => {
    const role = `walker_${process.pid}`
    await (await postgresStore({ url })).close()
    await asAdmin(`create role ${role} login`)
    try {
      const other = new URL(url)
      other.username = role
      const expected = { code: 'STORE_UNREACHABLE', hint: expect.stringContaining('grant it all') }
      await expect(postgresStore({ url: other.href })).rejects.toMatchObject(expected)
      const look = await lookAtStore({ dataDir: '', databaseUrl: other.href })
      expect(look).toMatchObject({ kind: 'refused', ...expected, reason: expect.stringContaining('permission denied') })
    } finally {
      await asAdmin(`drop role ${role}`)
    }
  })

  it('asks silent connections whether the other side is there', async () => {
    const asked = vi.spyOn(Socket.prototype, 'setKeepAlive')
    const store = await postgresStore({ url })
    await store.ping()
    expect(asked.mock.calls.length).toBeGreaterThanOrEqual(2)
    for (const call of asked.mock.calls) expect(call).toEqual([true, 10_000])
    asked.mockRestore()
    await store.close()
  })

  describe('several processes', () => {
    let stores: readonly Awaited<ReturnType<typeof postgresStore>>[] = []
    beforeAll(async () => {
      stores = await Promise.all([1, 2, 3].map(() => postgresStore({ url, connections: 2 })))
    })
    afterAll(() => Promise.all(stores.map((store) => store.close())))

    it('elect one leader per role, and another when its connection is lost', async () => {
      const [a, b] = stores
      expect(await a!.lead('planner')).toBe(true)
      expect(await b!.lead('planner')).toBe(false)
      expect(await b!.lead('exporter')).toBe(true)
      const admin = new Client({ connectionString: url })
      await admin.connect()
      await admin.query(
        `select pg_terminate_backend(l.pid) from pg_locks l
         where l.locktype = 'advisory' and l.objid::bigint = hashtext('planner')::bigint & 4294967295`,
      )
      await admin.end()
      await expect.poll(() => b!.lead('planner')).toBe(true)
      await expect.poll(() => a!.lead('planner').catch(() => 'lost')).toBe(false)
    })
  })
})

describe('a PostgreSQL that cannot be reached', () => {
  it('is named with host and port, never with the password', async () => {
    const refused = await postgresStore({ url: 'postgres://me:secret@127.0.0.1:1/x' }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'STORE_UNREACHABLE', message: expect.stringContaining('127.0.0.1:1 ') })
    expect(`${String(refused)} ${JSON.stringify(refused)}`).not.toContain('secret')
  })

  it('is given up within five seconds when it never answers', async () => {
    const mute = createServer(() => {})
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const address = mute.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const startedAt = performance.now()
    await expect(postgresStore({ url: `postgres://me@127.0.0.1:${port}/x` })).rejects.toMatchObject({
      code: 'STORE_UNREACHABLE',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    })
    expect(performance.now() - startedAt).toBeLessThan(5000)
    mute.close()
  })

  it.each([
    [{ version: 140_012, is_read_only: false }, 'STORE_TOO_OLD', /is 14\.12; Paloma needs 15 or newer/],
    [{ version: 90_603, is_read_only: false }, 'STORE_TOO_OLD', /is 9\.6; Paloma/],
    [{ version: 150_001, is_read_only: true }, 'STORE_READ_ONLY', /takes no writes/],
  ])('is refused by what it says of itself: %o', async (row, code, message) => {
    const sql = { query: async () => [row] as never, copyIn: async () => {} }
    await expect(refuseUnfit(sql, 'db.example:5432')).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
    await refuseUnfit({ ...sql, query: async () => [{ version: 150_001, is_read_only: false }] as never }, 'db')
  })

  it('is told from a URL that is none, which is not repeated', async () => {
    const refused = await postgresStore({ url: 'http://me:secret@host' }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'STORE_URL_INVALID' })
    expect(String(refused)).not.toContain('secret')
  })
})
