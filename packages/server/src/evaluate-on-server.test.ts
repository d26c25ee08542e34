import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EvaluationInput, WireCandidateEvaluation } from '@paloma/sdk'
import { createClient } from '@paloma/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type App, createApp } from './app.ts'
import { candidatePartOf } from './config/candidate-config.ts'
import type { Config } from './config/contract.ts'
import { defaultConfig } from './config/default-config.ts'
import { runtimeFrom } from './config/runtime.ts'
import { connectFrom } from './connect.ts'
import { NOON } from './store/testing/examples.ts'
import { type OwnDatabase, ownDatabase } from './testing/own-database.ts'
import { liveInShop, SHOP } from './usecases/testing/decided-shop.ts'

const PEOPLE = 260
const DAYS = 5
const config: Config = { ...defaultConfig, ...SHOP }
const READING = { mayCreate: false }
const CLOCK = { PALOMA_VIRTUAL_CLOCK: new Date(NOON).toISOString() }

/** Everybody gets an email: as a whole configuration, as the command sends it. */
const EMAIL: EvaluationInput = {
  config: {
    ...candidatePartOf(config),
    groups: { ...config.groups, paloma: { share: 1_000_000, policy: { kind: 'greedy', floor: 0 } } },
    prices: { 'channel:push': 1e6 },
  },
}

// A busy machine takes long to live through the days.
const LIVING_MS = 240_000

describe.each(['embedded', 'PostgreSQL'])(
  'a configuration is evaluated on a server with a store that is %s',
  (kind) => {
    let dir = ''
    let database: OwnDatabase | undefined
    let env: Readonly<Record<string, string>> = {}
    let app: App | undefined
    let told: WireCandidateEvaluation | undefined
    const said: string[] = []

    beforeAll(async () => {
      database = kind === 'embedded' ? undefined : await ownDatabase('evaluations')
      if (kind !== 'embedded' && database === undefined) return
      dir = mkdtempSync(join(tmpdir(), 'paloma-evaluate-'))
      env = { PALOMA_DATA_DIR: dir, ...(database === undefined ? {} : { DATABASE_URL: database.url }) }
      app = await createApp(config, runtimeFrom({ ...env, ...CLOCK }))
      await liveInShop(app, { people: PEOPLE, days: DAYS, moveTo: (at) => app!.usecases.clock.advance(at) })
    }, LIVING_MS)
    afterAll(async () => {
      await app?.close()
      await database?.drop()
      if (dir !== '') rmSync(dir, { recursive: true, force: true })
    })

    it('as work that one looks at until it is done', async ({ skip }) => {
      if (app === undefined) return skip('there is no PostgreSQL')
      const url = await app.http.listen({ host: '127.0.0.1', port: 0 })
      const { secret } = await app.usecases.keys.create('owner', ['admin', 'read', 'ingest', 'decide'])
      const connection = await connectFrom({}, Date.now)({ url, key: secret }, READING)
      told = await connection.evaluations.run(EMAIL, { onProgress: (text) => said.push(text) })
      expect(told.policy.status).toBe('evaluated')
      expect(told.policy.promoted?.verdict.kind).toBe('better')
      expect(told.decisions).toMatchObject({ seen: PEOPLE * DAYS, evaluated: PEOPLE * DAYS, users: PEOPLE, share: 1 })
      expect(said.length).toBeGreaterThan(0)
      const client = createClient({ url, key: secret })
      const [latest] = (await client.evaluations.list()).data
      expect((await client.evaluations.get(latest!.id)).result).toEqual(told)
      const unchanged = await connection.evaluations.run({ config: {} }, { onProgress: () => {} })
      expect(unchanged.isUnchanged).toBe(true)
      await expect(
        connection.evaluations.run({ config: { objectives: [] } }, { onProgress: () => {} }),
      ).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
      await expect(
        connection.evaluations.run({ config: {}, until: NOON - 1 }, { onProgress: () => {} }),
      ).rejects.toMatchObject({ code: 'EVALUATION_EMPTY', pointer: '/from' })
    })

    it('and once it is gone on its store, with the same answer', async ({ skip }) => {
      if (app === undefined) return skip('there is no PostgreSQL')
      await app.close()
      app = undefined
      const connection = await connectFrom(env, Date.now)({}, READING)
      try {
        expect(await connection.evaluations.run(EMAIL, { onProgress: (text) => said.push(text) })).toEqual(told)
      } finally {
        await connection.close()
      }
      expect(said.at(-1)).toMatch(/^read 1300 decisions, up to 2026-03-14 12:00$/)
    })
  },
)
