import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { userId } from '@paloma/core/domain'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { lookAtStore } from './look-at-store.ts'
import { databaseDirectory } from './pglite/data-dir.ts'
import { openUnmigrated } from './pglite/pglite-client.ts'
import { defaultCacheDir, templatePath } from './pglite/template.ts'
import { pgliteStore } from './pglite-store.ts'
import { exampleDecision, exampleNew, exampleProfile, NOON } from './testing/examples.ts'
import { testStore } from './testing/store-suite.ts'

testStore('pgliteStore', () => pgliteStore({ dataDir: null }))

describe('the data directory of pgliteStore', () => {
  const root = mkdtempSync(join(tmpdir(), 'paloma-store-'))
  afterAll(() => rmSync(root, { recursive: true, force: true }))
  const lockOf = (pid: number, host = hostname()) => JSON.stringify({ pid, startedAt: '1', host })

  it('keeps what was written over close and reopen, locked meanwhile', async () => {
    const dataDir = join(root, 'reopened')
    const store = await pgliteStore({ dataDir })
    await store.users.change([{ userId: userId('u'), update: () => exampleProfile('u') }])
    await expect(pgliteStore({ dataDir })).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      message: expect.stringContaining(`${dataDir} is in use by process ${process.pid}`),
    })
    await Promise.all([store.close(), store.close()])
    await expect(store.ping()).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
    expect(existsSync(join(dataDir, 'paloma.lock'))).toBe(false)
    const again = await pgliteStore({ dataDir })
    expect((await again.users.loadStates([userId('u')], NOON)).size).toBe(1)
    await again.close()
  })

  it('is left closed and as it was where a newer Paloma has written it', async () => {
    const dataDir = join(root, 'newer')
    await (await pgliteStore({ dataDir })).close()
    const client = await openUnmigrated(databaseDirectory(dataDir))
    await client.query(`insert into kysely_migration (name, timestamp) values ('9999-later', '2099-01-01T00:00:00Z')`)
    await client.close()
    const closing = vi.spyOn(PGlite.prototype, 'close')
    await expect(pgliteStore({ dataDir })).rejects.toMatchObject({
      code: 'STORE_MIGRATION',
      message: expect.stringContaining('9999-later'),
      hint: expect.stringContaining('newer'),
    })
    expect(closing).toHaveBeenCalledTimes(1)
    closing.mockRestore()
    const look = await lookAtStore({ dataDir, databaseUrl: null })
    expect(look).toMatchObject({ kind: 'open', facts: { migrations: { pending: [], unknown: ['9999-later'] } } })
  })

  it('refuses writes while the disk is nearly full, reads on, and goes on when there is room', async () => {
    const dataDir = join(root, 'full')
    let free = 2 ** 30
    const freeBytes = () => free
    const store = await pgliteStore({ dataDir, freeBytes })
    const save = () => store.users.change([{ userId: userId('u'), update: () => exampleProfile('u') }])
    await save()
    free = 50 * 2 ** 20
    const full = { code: 'STORE_FULL', message: `${dataDir} must have 64 MiB free to be written, got 50 MiB` }
    await expect(save()).rejects.toMatchObject(full)
    await expect(store.decisions.insertMany([exampleNew(exampleDecision('d', 'u'))])).rejects.toMatchObject(full)
    await expect(store.registry.setSetting('a', 'b')).rejects.toMatchObject(full)
    expect((await store.users.loadStates([userId('u')], NOON)).size).toBe(1)
    free = 2 ** 30
    await save()
    await store.close()
    free = 50 * 2 ** 20
    await expect(pgliteStore({ dataDir, freeBytes })).rejects.toMatchObject(full)
    await expect(pgliteStore({ dataDir: join(root, 'full-at-first'), freeBytes })).rejects.toMatchObject({
      code: 'STORE_FULL',
    })
    free = 2 ** 30
    await (await pgliteStore({ dataDir: join(root, 'full-at-first'), freeBytes })).close()
  })

  it('takes over the lock of a dead process and says so, also when its pid lives again', async () => {
    const dataDir = join(root, 'stale')
    await (await pgliteStore({ dataDir })).close()
    for (const text of [lockOf(2 ** 30), lockOf(process.pid), '{"pid":']) {
      writeFileSync(join(dataDir, 'paloma.lock'), text)
      utimesSync(join(dataDir, 'paloma.lock'), 1, 1)
      const notices: string[] = []
      const store = await pgliteStore({ dataDir, onNotice: (notice) => notices.push(notice) })
      await store.close()
      expect(notices).toEqual([expect.stringContaining(`took over ${dataDir}`)])
    }
  })

  it('respects a lock that is just being written', async () => {
    const dataDir = join(root, 'stale')
    writeFileSync(join(dataDir, 'paloma.lock'), '')
    await expect(pgliteStore({ dataDir })).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  })

  it('respects the lock of another machine', async () => {
    const dataDir = join(root, 'stale')
    writeFileSync(join(dataDir, 'paloma.lock'), lockOf(1, 'elsewhere'))
    await expect(pgliteStore({ dataDir })).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      hint: expect.stringContaining('paloma.lock'),
    })
  })

  it('refuses a directory that is not whole, says what to do, and leaves it unlocked', async () => {
    const dataDir = join(root, 'half')
    await (await pgliteStore({ dataDir })).close()
    const refused = { code: 'STORE_HALF_WRITTEN', message: expect.stringContaining(dataDir) }
    rmSync(join(dataDir, 'postgres', 'PG_VERSION'))
    await expect(pgliteStore({ dataDir })).rejects.toMatchObject(refused)
    writeFileSync(join(dataDir, 'paloma.json'), '{"format":1,"state":"initialising"}')
    await expect(pgliteStore({ dataDir })).rejects.toMatchObject({
      ...refused,
      hint: expect.stringContaining('delete'),
    })
    rmSync(join(dataDir, 'paloma.json'))
    await expect(pgliteStore({ dataDir })).rejects.toMatchObject(refused)
    expect(existsSync(join(dataDir, 'paloma.lock'))).toBe(false)
  })

  it('makes a damaged template anew', async () => {
    const cacheDir = join(root, 'cache')
    const path = templatePath(cacheDir)
    await (await pgliteStore({ dataDir: null, cacheDir })).close()
    const size = readFileSync(path).length
    truncateSync(path, 1000)
    const notices: string[] = []
    const store = await pgliteStore({ dataDir: null, cacheDir, onNotice: (notice) => notices.push(notice) })
    await store.ping()
    await store.close()
    expect(notices).toEqual([`${path} is damaged and will be written anew`])
    expect(readFileSync(path).length).toBeGreaterThan(size / 2)
    expect(existsSync(templatePath(defaultCacheDir()))).toBe(true)
  })
})
