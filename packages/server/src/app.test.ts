import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY_MS } from '@paloma/core'
import { afterAll, expect, it, vi } from 'vitest'
import { type App, createApp } from './app.ts'
import type { Runtime } from './config/contract.ts'
import { defaultConfig } from './config/default-config.ts'
import { NOON } from './store/testing/examples.ts'
import { reserve, sendOf } from './usecases/testing/usecase-lab.ts'

const root = mkdtempSync(join(tmpdir(), 'paloma-app-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const runtime = (startAt: number | null): Runtime => ({
  ...{ dataDir: join(root, 'data'), databaseUrl: null, host: '127.0.0.1', port: 0, publicUrl: 'http://paloma.test' },
  virtualClock: startAt === null ? null : { startAt },
  logLevel: 'silent',
})

async function using<T>(startAt: number | null, work: (app: App, lines: readonly string[]) => Promise<T>): Promise<T> {
  const lines: string[] = []
  const app = await createApp(defaultConfig, runtime(startAt), (line) => lines.push(line))
  try {
    return await work(app, lines)
  } finally {
    await app.close()
  }
}

it('starts again where its virtual clock stood, or later if told so, and never earlier', async () => {
  await using(NOON, async ({ usecases }) => {
    await usecases.clock.advance(NOON + 5_000)
  })
  await using(NOON, async ({ usecases }) => expect(usecases.clock.now()).toBe(NOON + 5_000))
  await using(NOON + 9_000, async ({ usecases }) => expect(usecases.clock.now()).toBe(NOON + 9_000))
  await using(NOON, async ({ usecases }) => expect(usecases.clock.now()).toBe(NOON + 9_000))
})

it('refuses the machine’s clock on a store that has lived on a virtual one, and closes the store again', async () => {
  const dead = using(null, async () => undefined)
  await expect(dead).rejects.toMatchObject({ code: 'STORE_ON_VIRTUAL_CLOCK', hint: expect.stringContaining('PALOMA_') })
  await using(NOON, async ({ usecases }) => expect(usecases.clock.isVirtual).toBe(true))
})

it.each([
  [Date.UTC(1973, 0, 1), /^the machine’s clock says 1973-01-01T/],
  [Date.UTC(2126, 0, 1), /^the machine’s clock says 2126-01-01T/],
])('does not start by a clock that says %d, and makes no decision by it', async (at, message) => {
  const dataDir = join(root, `absurd-${at}`)
  const clock = vi.spyOn(Date, 'now').mockReturnValue(at)
  try {
    const started = createApp(defaultConfig, { ...runtime(null), dataDir })
    await expect(started).rejects.toMatchObject({ code: 'CLOCK_ABSURD', message: expect.stringMatching(message) })
  } finally {
    clock.mockRestore()
  }
})

it('says where the clock stands before what the store knows', async () => {
  const dataDir = join(root, 'ahead')
  const at = Date.now() + DAY_MS
  const app = await createApp(defaultConfig, { ...runtime(null), dataDir })
  await reserve(app.store, 'ada', 'ahead', { at })
  await app.close()
  const lines: string[] = []
  await (await createApp(defaultConfig, { ...runtime(null), dataDir }, (line) => lines.push(line))).close()
  expect(lines).toEqual([
    expect.stringContaining(`the latest decision is of ${new Date(at).toISOString()}, and the clock says`),
  ])
})

it('puts in order what a process left that died: sends that nobody answered for, and says so', async () => {
  await using(NOON, async ({ store }) => {
    await reserve(store, 'ada', 'lost', { at: NOON })
    await store.sends.claim({ now: NOON + 20_000, limit: 1 }, () => ({ kind: 'go' }))
  })
  await using(NOON, async ({ store }, lines) => {
    expect(await sendOf(store, 'lost')).toMatchObject({ status: 'unknown', error: 'the process that sent it died' })
    expect(lines).toEqual(['1 sends were with their provider when a process died: they count as unknown\n'])
  })
})
