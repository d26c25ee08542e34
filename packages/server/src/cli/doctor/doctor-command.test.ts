import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PalomaError } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defineConfig } from '../../config/define-config.ts'
import type { StoreFacts, StoreLook } from '../../store/look-at-store.ts'
import { memoryOutput, runCommand } from '../print/index.ts'
import type { DoctorDeps } from './contract.ts'
import { doctorCommand } from './doctor-command.ts'
import type { Finding } from './finding.ts'
import { checkNode } from './machine-checks.ts'

const NOW = Date.UTC(2026, 0, 15, 12)
const DAY_MS = 86_400_000

const FACTS: StoreFacts = {
  versionNumber: 150_004,
  isReadOnly: false,
  canCreate: true,
  canWrite: true,
  migrations: { applied: ['0001'], pending: [], unknown: [] },
  validKeys: 2,
  latestState: { id: 41, createdAt: NOW - 3_600_000 },
  latestDecisionAt: NOW - 1,
  hasLearner: true,
  traces: { named: 0, guessed: 0, stray: 0 },
  kept: { bytes: 3_000_000, oldestAt: NOW - 5 * DAY_MS, since: null, heldBy: [] },
}
const SMTP = { kind: 'smtp', url: 'smtp://news:hunter2@mail.example:587', from: 'news@example.org' } as const
const open = (over: Partial<StoreFacts>): StoreLook => ({ kind: 'open', facts: { ...FACTS, ...over } })

let dir = ''
let other: Server
let busyPort = 0

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'paloma-doctor-'))
  other = createServer((socket) => socket.end('220 I am no Paloma\r\n'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const address = other.address()
  busyPort = typeof address === 'object' && address !== null ? address.port : 0
})
afterAll(() => {
  other.close()
  rmSync(dir, { recursive: true, force: true })
})

const DATABASE = ['--database-url', 'postgres://paloma:hunter2@db.example/paloma']

async function run(args: readonly string[], over: Partial<DoctorDeps> = {}) {
  const output = memoryOutput()
  const deps: DoctorDeps = {
    env: {},
    now: () => NOW,
    nodeVersion: '22.1.0',
    isConsoleBuilt: true,
    loadConfig: async () => ({ config: defineConfig({}), file: null }),
    lookAtStore: async () => ({ kind: 'absent' }),
    checkAdapter: async () => ({ ok: true, detail: 'answers' }),
    ...over,
  }
  const where = ['--data-dir', dir, '--port', '0', '--json']
  const code = await runCommand(doctorCommand(deps, output), [...where, ...args], output)
  const findings: readonly Finding[] = code === 2 ? [] : JSON.parse(output.results()).findings
  const of = (check: string): Finding | undefined => findings.find((finding) => finding.check === check)
  return { code, findings, of, all: output.results() + output.notes() }
}

describe('paloma doctor', () => {
  it('finds a fresh directory with the defaults well', async () => {
    const { code, findings } = await run([])
    expect(code).toBe(0)
    expect(findings.filter(({ health }) => health !== 'ok')).toEqual([])
    expect(findings.map(({ check }) => check)).toContain('channel:in-app')
  })

  it.each([Date.UTC(1973, 0), Date.UTC(2126, 0), Number.NaN])('does not believe a clock that says %d', async (at) => {
    const { code, of } = await run([], { now: () => at })
    expect(code).toBe(1)
    expect(of('clock')).toMatchObject({ health: 'failed', remedy: expect.stringContaining('set it') })
  })

  it('prints one line a finding and what to do beneath it', async () => {
    const output = memoryOutput()
    const fail = async () => {
      throw new PalomaError('CONFIG_INVALID', 'it is not valid:\n  /prices: expected record', { hint: 'mend it' })
    }
    const deps = { env: {}, now: () => NOW, nodeVersion: '22.1.0', isConsoleBuilt: true, loadConfig: fail }
    const rest = { lookAtStore: async () => open({}), checkAdapter: async () => ({ ok: true, detail: '' }) }
    const args = ['--data-dir', dir, '--port', '0']
    expect(await runCommand(doctorCommand({ ...deps, ...rest }, output), args, output)).toBe(1)
    expect(output.results()).toMatch(
      / {2}failed {3}config +it is not valid:\n +\/prices: expected record\n +→ mend it\n/,
    )
    expect(output.results()).toMatch(/\n\n16 checks: 15 ok, 0 warning, 1 failed\n$/)
    expect(output.notes()).toBe('error DOCTOR_FAILED: 1 of 16 checks failed\n')
  })

  const stores: readonly (readonly [string, StoreLook, Finding['health'], RegExp])[] = [
    ['store', open({}), 'ok', /PostgreSQL 15\.4/],
    ['store', open({ versionNumber: 140_011 }), 'failed', /14\.11 is older than 15/],
    ['rights', open({ isReadOnly: true }), 'failed', /takes no writes: a replica/],
    [
      'past',
      open({ latestDecisionAt: NOW + DAY_MS }),
      'failed',
      /latest decision is of 2026-01-16T12:00:00.000Z, and the clock says 2026-01-15/,
    ],
    ['rights', open({ canWrite: false }), 'failed', /may not write to the tables/],
    ['rights', open({ canCreate: false }), 'warning', /may not make tables/],
    [
      'rights',
      open({ canCreate: false, migrations: { applied: [], pending: ['0001'], unknown: [] } }),
      'failed',
      /may not make the tables/,
    ],
    ['migrations', open({ migrations: { applied: [], pending: ['0002'], unknown: [] } }), 'ok', /0002 will run/],
    ['migrations', open({ migrations: { applied: [], pending: [], unknown: ['0009'] } }), 'failed', /newer Paloma/],
    ['keys', open({ validKeys: 0 }), 'warning', /no API key/],
    [
      'models',
      open({ traces: { named: 30, guessed: 400, stray: 0 } }),
      'ok',
      /30 of 430 outcomes after sends name their decision/,
    ],
    ['models', open({ traces: { named: 300, guessed: 400, stray: 0 } }), 'warning', /300 of 700/],
    [
      'outcomes',
      open({ traces: { named: 30, guessed: 0, stray: 1 } }),
      'ok',
      /^1 of 31 that name a decision name one that is not in the store/,
    ],
    [
      'outcomes',
      open({ traces: { named: 0, guessed: 0, stray: 9 } }),
      'warning',
      /^9 of 9 .*they count for no send \(28 days, the latest events\)/,
    ],
    ['learner', open({ latestState: null }), 'ok', /nothing learned yet/],
    ['learner', open({ latestState: { id: 3, createdAt: NOW - 9 * DAY_MS } }), 'warning', /state 3 is 9 days old/],
    ['learner', open({ hasLearner: false }), 'warning', /no process leads/],
    ['store', { kind: 'refused', code: 'STORE_LOCKED', reason: 'in use by process 7', hint: 'x' }, 'warning', /7/],
    ['store', { kind: 'refused', code: 'STORE_HALF_WRITTEN', reason: 'not whole', hint: 'x' }, 'failed', /not whole/],
    [
      'store',
      { kind: 'refused', code: 'STORE_UNREACHABLE', reason: 'db:5432 is shut', hint: undefined },
      'failed',
      /shut/,
    ],
  ]
  it.each(stores)('says of the %s in %j that it is %s', async (check, look, health, found) => {
    const { of, code } = await run(DATABASE, { lookAtStore: async () => look })
    expect(of(check)).toMatchObject({ health, found: expect.stringMatching(found) })
    expect(code).toBe(health === 'failed' ? 1 : 0)
  })

  const kept = (days: number, over: Partial<StoreFacts['kept']> = {}) =>
    open({ kept: { bytes: 3_000_000, oldestAt: NOW - days * DAY_MS, since: null, heldBy: [], ...over } })
  const ages: readonly (readonly [number | null, StoreLook, Finding['health'], RegExp])[] = [
    [null, kept(5), 'ok', /^3 MiB, the oldest decision is 5 days old; nothing is deleted$/],
    [null, kept(90), 'warning', /90 days old: the store grows for ever$/],
    [null, kept(0, { oldestAt: null }), 'ok', /no decision yet/],
    [60, kept(60, { since: NOW - 60 * DAY_MS }), 'ok', /60 days are kept/],
    [60, kept(400, { since: NOW - 60 * DAY_MS }), 'ok', /60 days are kept/],
    [60, kept(400, { since: NOW - 90 * DAY_MS }), 'warning', /nothing has been deleted lately/],
    [60, kept(400), 'warning', /60 days should be kept: nothing has been deleted lately/],
    [
      60,
      kept(400, { since: NOW - 90 * DAY_MS, heldBy: ['experiment tone still runs'] }),
      'warning',
      /: experiment tone/,
    ],
  ]
  it.each(ages)('where %s days are kept says of %j that it is %s', async (storeDays, look, health, found) => {
    const config = defineConfig({ retention: { storeDays } })
    const lookAtStore = async () => look
    const { of } = await run(DATABASE, { lookAtStore, loadConfig: async () => ({ config, file: null }) })
    expect(of('retention')).toMatchObject({ health, found: expect.stringMatching(found) })
  })

  const shares: readonly (readonly [number, number, number, Finding['health'], RegExp])[] = [
    [0, 0, 6, 'ok', /^0 % of users get no optimised message, 0 % a random choice$/],
    [0, 0, 7, 'warning', /what all messages bring together cannot be told$/],
    [0, 10_000, 30, 'warning', /^0 % .*, 1 % a random choice: what all messages bring together cannot be told$/],
    [30_000, 0, 30, 'warning', /^3 % .*: what choosing brings beyond sending anything cannot be told$/],
    [25_000, 10_000, 400, 'ok', /^2\.5 % of users get no optimised message, 1 % a random choice$/],
  ]
  it.each(shares)(
    'with %d held out and %d random judges the groups after %d days of deciding as %s',
    async (...given) => {
      const [holdout, random, days, health, found] = given
      const { groups } = defineConfig({})
      const config = defineConfig({
        groups: {
          paloma: { ...groups.paloma, share: 1_000_000 - holdout - random },
          holdout: { ...groups.holdout, share: holdout },
          random: { ...groups.random, share: random },
        },
      })
      const lookAtStore = async () => kept(days)
      const { of, code } = await run(DATABASE, { lookAtStore, loadConfig: async () => ({ config, file: null }) })
      expect(of('groups')).toMatchObject({ health, found: expect.stringMatching(found) })
      expect(code).toBe(0)
    },
  )

  it('warns of a model that nothing can teach', async () => {
    const [conversion] = defineConfig({}).objectives
    const config = defineConfig({ objectives: [{ ...conversion!, model: 'response' }] })
    const lookAtStore = async () => open({ traces: { named: 3, guessed: 400, stray: 0 } })
    const { of } = await run(DATABASE, { lookAtStore, loadConfig: async () => ({ config, file: null }) })
    expect(of('models')).toMatchObject({ health: 'warning', remedy: expect.stringContaining('conversion') })
  })

  it('names a port that somebody else has', async () => {
    const { of, code } = await run(['--port', String(busyPort)])
    expect(of('port')).toMatchObject({
      health: 'failed',
      found: `${busyPort} on 127.0.0.1 is in use by another process`,
    })
    expect(code).toBe(1)
  })

  it('names a host that this machine does not have', async () => {
    expect((await run(['--host', '203.0.113.7'])).of('port')).toMatchObject({ health: 'failed' })
  })

  it('says that a data directory cannot be written', async () => {
    const file = join(dir, 'a-file')
    writeFileSync(file, '')
    const { of } = await run(['--data-dir', join(file, 'inside')])
    expect(of('data-directory')).toMatchObject({
      health: 'failed',
      found: expect.stringContaining('cannot be written'),
    })
  })

  const urls: readonly (readonly [string, boolean, Finding['health']])[] = [
    ['https://paloma.example.org', true, 'ok'],
    ['http://paloma.example.org', true, 'failed'],
    ['http://paloma.example.org', false, 'warning'],
    ['http://localhost:7777', true, 'warning'],
    ['http://localhost:7777', false, 'ok'],
    ['http://[::1]:7777', false, 'ok'],
  ]
  it.each(urls)('judges the public URL %s (e-mail: %s) as %s', async (url, hasMail, health) => {
    const config = defineConfig(hasMail ? { adapters: { email: SMTP } } : {})
    const { of } = await run(['--public-url', url], { loadConfig: async () => ({ config, file: null }) })
    expect(of('public-url')?.health).toBe(health)
  })

  it.each([
    [{ PALOMA_VIRTUAL_CLOCK: '2026-01-01' }, 'warning'],
    [{ PALOMA_VIRTUAL_CLOCK: '2026-01-01', NODE_ENV: 'production' }, 'failed'],
    [{ PALOMA_VIRTUAL_CLOCK: '2026-01-01', PALOMA_PUBLIC_URL: 'https://p.example.org' }, 'failed'],
    [{ NODE_ENV: 'production' }, 'ok'],
  ] as const)('judges the clock of %j as %s', async (env, health) => {
    expect((await run([], { env })).of('clock')?.health).toBe(health)
  })

  it('tells of a wrong variable, and goes no further without it', async () => {
    const { of, code } = await run([], { env: { LOG_LEVEL: 'loud' } })
    expect(of('settings')).toMatchObject({
      health: 'failed',
      found: expect.stringContaining('LOG_LEVEL must be one of'),
    })
    expect(of('port')).toBeUndefined()
    expect(code).toBe(1)
  })

  it('tells what providers answer, and of options that cannot work', async () => {
    const config = defineConfig({ adapters: { email: SMTP } })
    const loadConfig = async () => ({ config, file: '/x/paloma.config.ts' })
    const refused = await run([], { loadConfig, checkAdapter: async () => ({ ok: false, detail: '535 not you' }) })
    expect(refused.of('channel:email')).toMatchObject({ health: 'failed', found: 'smtp: 535 not you' })
    const checkAdapter = async () => {
      throw new PalomaError('INVALID_CONFIG', 'dkim.privateKey must be RSA', { hint: 'openssl genrsa' })
    }
    const wrong = await run([], { loadConfig, checkAdapter })
    expect(wrong.of('channel:email')).toMatchObject({ found: 'dkim.privateKey must be RSA', remedy: 'openssl genrsa' })
  })

  it('never prints a password', async () => {
    const config = defineConfig({ adapters: { email: SMTP } })
    const { all } = await run(DATABASE, {
      loadConfig: async () => ({ config, file: null }),
      lookAtStore: async () => open({}),
    })
    expect(all).not.toContain('hunter2')
  })

  it.each([
    ['20.18.0', 'failed'],
    ['20.19.0', 'ok'],
    ['18.20.0', 'failed'],
    ['24.0.0', 'ok'],
  ])('judges Node %s as %s', (version, health) => {
    expect(checkNode(version).health).toBe(health)
  })
})
