import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { pgliteStore } from './store/pglite-store.ts'
import { faultConfig, saveUsers } from './testing/fault-scene.ts'
import { call, type ServeChild, serveChild } from './testing/serve-child.ts'

const root = mkdtempSync(join(tmpdir(), 'paloma-engine-'))
const running: ServeChild[] = []
afterAll(async () => {
  for (const child of running) await child.kill('SIGKILL')
  rmSync(root, { recursive: true, force: true })
})

/** Bytes of log until PostgreSQL takes a new file for it, and more. */
const MORE_THAN_A_FILE = 40_000_000
const BATCH = 10
const config = { ...faultConfig('http://127.0.0.1:9'), limits: { bodyBytes: 2_000_000 } }
const CONTENT_BYTES = 80_000

function largeProposal(): object {
  // PostgreSQL packs what repeats itself.
  const html = randomBytes(CONTENT_BYTES / 2).toString('hex')
  return {
    ...{ id: randomUUID(), producer: 'shop', userId: 'ada', message: 'receipt', category: 'transactional' },
    ...{ topic: 'orders', channels: ['email'], content: { email: { subject: 'Hello', html } } },
    window: { expires: new Date(Date.now() + 3_600_000).toISOString() },
  }
}

describe('a server whose embedded engine dies', () => {
  it('answers 503, says why in its last lines and ends by 1, instead of keeping everybody waiting', async () => {
    const child = await serveChild({ dir: root, config })
    running.push(child)
    const server = { url: child.url, key: child.key! }
    rmSync(join(root, 'data-', 'postgres', 'pg_wal'), { recursive: true })
    await saveUsers(server, ['ada'])
    let answer: { readonly status: number; readonly json: unknown } = { status: 200, json: null }
    for (let sent = 0; sent < MORE_THAN_A_FILE && answer.status === 200; sent += BATCH * CONTENT_BYTES) {
      answer = await call(server, 'POST /v1/opportunities', { items: Array.from({ length: BATCH }, largeProposal) })
    }
    expect(answer).toMatchObject({
      status: 503,
      json: { code: 'STORE_BROKEN', detail: expect.stringContaining('pg_wal') },
    })
    expect(await child.ended).toBe(1)
    expect(child.said()).toMatch(
      /\nerror STORE_BROKEN: the embedded store has failed: .*pg_wal.*\n {2}hint: .*start.*\n$/,
    )
    // What is left is refused with a word, not taken for a store.
    await expect(serveChild({ dir: root, config })).rejects.toThrow(/STORE_DAMAGED/)
  })

  it('says so in one line when the engine dies of being closed', async () => {
    const dir = mkdtempSync(join(root, 'closing-'))
    const child = await serveChild({ dir, config })
    running.push(child)
    rmSync(join(dir, 'data-', 'postgres', 'global', 'pg_control'))
    await child.kill('SIGTERM')
    expect(await child.ended).toBe(1)
    expect(child.said()).toMatch(/\nerror STORE_BROKEN: the embedded store has failed: .*pg_control.*\n {2}hint: .*\n$/)
    expect(child.said()).not.toMatch(/^\s+at /m)
    expect(child.said().match(/error STORE_BROKEN/g)).toHaveLength(1)
    await expect(serveChild({ dir, config })).rejects.toThrow(/STORE_HALF_WRITTEN/)
  })

  it('lets nobody into an engine after a panic, those who waited least of all, and leaves it alone when it closes', async () => {
    const dataDir = join(root, 'panic')
    const heard: unknown[] = []
    const store = await pgliteStore({ dataDir, onBroken: (error) => heard.push(error) })
    rmSync(join(dataDir, 'postgres', 'pg_wal'), { recursive: true })
    const writes = Array.from({ length: 40 }, (_, i) =>
      store.registry.setSetting(`s${i}`, randomBytes(250_000).toString('hex')),
    )
    const ends = await Promise.allSettled(writes)
    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
    const expected = { code: 'STORE_BROKEN', message: expect.stringContaining('could not create file "pg_wal') }
    expect(refused.length).toBeGreaterThan(1)
    for (const reason of refused) expect(reason).toMatchObject(expected)
    expect(heard).toEqual([refused[0]])
    await expect(store.ping()).rejects.toMatchObject(expected)
    await store.close()
    await expect(pgliteStore({ dataDir })).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
  })
})
