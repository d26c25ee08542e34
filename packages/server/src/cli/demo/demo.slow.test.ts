import { access, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApp } from '../../app.ts'
import { SCOPES } from '../../usecases/contract.ts'
import { demoCommand } from '../commands/demo.ts'
import { memoryOutput, runCommand } from '../print/index.ts'
import { runDemo } from './run-demo.ts'
import type { StartServer } from './server-process.ts'

/** A server within this process; the real demo starts one of its own. */
const startHere: StartServer = async ({ config, dir, startAt }) => {
  const url = 'http://127.0.0.1'
  const base = { databaseUrl: null, host: '127.0.0.1', port: 0, publicUrl: url, logLevel: 'silent' }
  const app = await createApp(config, { ...base, dataDir: join(dir, 'data'), virtualClock: { startAt } })
  const address = await app.http.listen({ host: '127.0.0.1', port: 0 })
  const { secret } = await app.usecases.keys.create('demo', SCOPES)
  return { url: address, key: secret, stop: () => app.close(), ended: new Promise(() => {}) }
}

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paloma-demo-test-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function demo(...flags: readonly string[]) {
  const output = memoryOutput()
  const report = join(dir, 'report.html')
  const command = demoCommand({}, { output, startServer: startHere })
  const args = ['--users', '60', '--days', '5', '--exit', '--report', report, ...flags]
  const code = await runCommand(command, args, output)
  return { code, results: output.results(), notes: output.notes(), html: await readFile(report, 'utf8') }
}

it('tells one JSON object on stdout, the same for the same seed, with every decision replayed', async () => {
  const first = await demo('--json', '--seed', '5')
  expect(first.code).toBe(0)
  expect(first.notes).not.toContain('{')
  const summary = JSON.parse(first.results)
  expect(summary).toMatchObject({ seed: 5, users: 60, days: 5, report: join(dir, 'report.html') })
  expect(Object.keys(summary.groups)).toEqual(['paloma', 'businessAsUsual', 'random', 'holdout'])
  expect(summary.groups.paloma.users + summary.groups.businessAsUsual.users).toBeGreaterThan(0)
  expect(summary.decisions).toBeGreaterThan(100)
  expect(summary.replay).toEqual({ checked: summary.decisions, identical: summary.decisions })
  expect(Object.keys(summary.groups.paloma.objectives)).toEqual([
    'conversion',
    'engagement',
    'retention',
    'reachability',
  ])
  expect(Object.keys(summary.differences)).toContain('paloma-businessAsUsual')
  expect(summary.groups.holdout.sendsPerUser).toBeLessThan(summary.groups.paloma.sendsPerUser)

  const second = await demo('--json', '--seed', '5')
  expect(second.results).toBe(first.results)
  expect(second.html).toBe(first.html)
  expect((await demo('--json', '--seed', '6')).html).not.toBe(first.html)
})

it('shows a person the groups, the differences and where the report is', async () => {
  const { code, results, notes } = await demo()
  expect(code).toBe(0)
  expect(results + notes).toContain('business as usual')
  expect(results + notes).toContain('paloma-businessAsUsual')
  expect(results + notes).toMatch(/decisions replayed identically\n {2}report: .*report\.html/)
})

it('compares groups of different people where it is asked to, with the intervals that such groups have', async () => {
  const { code, results, html } = await demo('--json', '--seed', '5', '--strangers')
  expect(code).toBe(0)
  const { groups, differences, decisions, replay } = JSON.parse(results)
  expect(replay).toEqual({ checked: decisions, identical: decisions })
  const variance = ({ low, high }: { readonly low: number; readonly high: number }): number => (high - low) ** 2
  const apart = differences['businessAsUsual-holdout'].retention
  const { businessAsUsual, holdout } = groups
  const sum = variance(businessAsUsual.objectives.retention) + variance(holdout.objectives.retention)
  expect(variance(apart) / sum).toBeCloseTo(1, 0)
  expect(html).toContain('The groups are different people')
  expect(html).not.toContain('person by person')
})

it('leaves nothing behind when it is interrupted', async () => {
  const interruption = new AbortController()
  let home = ''
  let isUp = false
  const startServer: StartServer = async (options) => {
    home = options.dir
    const server = await startHere(options)
    isUp = true
    const stop = async (): Promise<void> => {
      await server.stop()
      isUp = false
    }
    return { ...server, stop }
  }
  const days: number[] = []
  const reportFile = join(dir, 'never.html')
  const demo = runDemo({
    users: 8,
    days: 300,
    seed: 5,
    strangers: false,
    port: 0,
    reportFile,
    startServer,
    signal: interruption.signal,
    onProgress: () => {},
    onDay: ({ day }) => {
      days.push(day)
      if (day === 2) interruption.abort()
    },
  })
  await expect(demo).rejects.toThrow(expect.objectContaining({ code: 'DEMO_INTERRUPTED' }))
  expect(days).toEqual([1, 2])
  expect(isUp).toBe(false)
  await expect(access(home)).rejects.toThrow('ENOENT')
  await expect(access(reportFile)).rejects.toThrow('ENOENT')
})

it('says before it starts where its report cannot be written', async () => {
  const output = memoryOutput()
  const never: StartServer = () => Promise.reject(new Error('started a server'))
  const report = join(dir, 'nowhere', 'report.html')
  const code = await runCommand(demoCommand({}, { output, startServer: never }), ['--report', report], output)
  expect(code).toBe(1)
  expect(output.notes()).toContain(`error REPORT_UNWRITABLE: ${report}: cannot be written (ENOENT)`)
})

it.each([
  ['--users', '0', 'users must be a whole number from 1 to 200000, got 0'],
  ['--days', 'many', 'days must be a whole number from 1 to 365, got many'],
  ['--seed', '1.5', 'seed must be a whole number'],
])('refuses %s %s', async (flag, value, message) => {
  const output = memoryOutput()
  const code = await runCommand(demoCommand({}, { output, startServer: startHere }), [flag, value], output)
  expect(code).toBe(2)
  expect(output.notes()).toContain(message)
})
