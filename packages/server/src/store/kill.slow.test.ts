import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { decisionId, sendId } from '@paloma/core/domain'
import { afterAll, expect, it } from 'vitest'
import { pgliteStore } from './pglite-store.ts'

const root = mkdtempSync(join(tmpdir(), 'paloma-kill-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const CHILD = fileURLToPath(new URL('./testing/kill-child.ts', import.meta.url))

/** Starts the writing child and kills it right after it acknowledged `acknowledged` batches; answers the last of them. */
async function writeUntilKilled(dataDir: string, firstBatch: number, acknowledged: number): Promise<number> {
  const args = ['-C', 'paloma-source', '--import', 'tsx', CHILD, dataDir, String(firstBatch)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_, signal) => resolve(signal)))
  let last = -1
  let seen = 0
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line)
    seen += 1
    if (seen === 1) {
      await expect(pgliteStore({ dataDir })).rejects.toMatchObject({
        code: 'STORE_LOCKED',
        message: expect.stringContaining(`process ${child.pid}`),
      })
    }
    if (seen === acknowledged) child.kill('SIGKILL')
  }
  expect(await ended).toBe('SIGKILL')
  return last
}

it('has every acknowledged row, whole, after its process was killed in the middle of writing, twice', async () => {
  const dataDir = join(root, 'data')
  let next = 0
  for (const acknowledged of [40, 25]) {
    const last = await writeUntilKilled(dataDir, next, acknowledged)
    expect(last).toBeGreaterThanOrEqual(next + acknowledged - 1)
    const notices: string[] = []
    const store = await pgliteStore({ dataDir, onNotice: (text) => notices.push(text) })
    expect(notices).toEqual([expect.stringContaining('which ended without closing it')])
    const ids = Array.from({ length: last + 1 }, (_, batch) =>
      Array.from({ length: 20 }, (_, i) => decisionId(`k-${batch}-${i}`)),
    ).flat()
    expect((await store.decisions.getMany(ids)).size).toBe(ids.length)
    const sends = await store.sends.byDecision(ids)
    expect(sends.size).toBe(ids.length)
    // A batch is there whole or not at all: the one that was being written included.
    expect((await store.decisions.count()) % 20).toBe(0)
    expect((await store.sends.counts()).reserved).toBe(await store.decisions.count())
    expect(await store.sends.get(sendId('send-none'))).toBeUndefined()
    next = (await store.decisions.count()) / 20
    await store.close()
  }
})
