import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY_MS } from '@paloma/core/domain'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryOutput, runCommand } from '../../print/index.ts'
import { calibrateCommand, simulateCommand } from '../index.ts'
import { loadScenario } from '../scenario-file.ts'
import { kindOf, logBuilder } from './build-world-log.ts'
import { decisionOfRow, type OutcomeRow, outcomeOfRow } from './log-rows.ts'
import { readLog } from './read-log.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paloma-calibrate-test-'))
  for (const format of ['history', 'csv', 'jsonl']) {
    const output = memoryOutput()
    const flags = ['--users', '60', '--days', '14', '--log', join(dir, format), '--log-format', format]
    expect(await runCommand(simulateCommand(output), flags, output)).toBe(0)
  }
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function calibrate(...args: readonly string[]) {
  const output = memoryOutput()
  const code = await runCommand(calibrateCommand(output), args, output)
  return { code, results: output.results(), notes: output.notes() }
}

const AT = Date.UTC(2026, 0, 5, 8)

describe('reading a log', () => {
  it('finds the same sends and events in the history and in tables', async () => {
    const history = (await readLog(join(dir, 'history'), undefined)).build(1000).log
    expect(history.users.length).toBe(60)
    expect(history.sends.length).toBeGreaterThan(150)
    for (const format of ['csv', 'jsonl']) {
      const tables = (await readLog(join(dir, format), undefined)).build(1000).log
      expect(tables.sends).toEqual(history.sends)
      expect(tables.events).toEqual(history.events)
      expect(tables.days).toBe(history.days)
      expect(tables.users.every(({ timeZone }) => timeZone === null)).toBe(true)
    }
    const byFile = (await readLog(join(dir, 'csv', 'decisions.csv'), join(dir, 'csv', 'outcomes.csv'))).build(1000)
    expect(byFile.log.sends).toEqual(history.sends)
  })

  it('takes a sample of users by their ids, whole with their sends and events', async () => {
    const { log, remarks } = (await readLog(join(dir, 'csv'), undefined)).build(20)
    expect(log.users).toHaveLength(20)
    expect(remarks).toContain('40 users were left out: a sample is enough')
    for (const { user } of [...log.sends, ...log.events]) expect(user).toBeLessThan(20)
    for (const { send, user } of log.events) if (send !== null) expect(log.sends[send]!.user).toBe(user)
  })

  const outcome = (change: Partial<OutcomeRow>): OutcomeRow => ({
    at: 0,
    userId: 'u',
    name: 'x',
    decisionId: null,
    channel: null,
    isMachine: false,
    isVisit: false,
    isResponse: false,
    reachLoss: null,
    revenue: 0,
    ...change,
  })

  it.each([
    ['for good', [], 1],
    ['until a send ten days before the end', [20], 1],
    ['until a send soon after', [4], 0],
    ['until a send soon after, and others went before it', [1, 1.5, 4, 25], 0],
    ['of which a send of the same day had not heard', [2.5], 1],
    ['on another channel than the one that is written to', [-4], 1],
  ] as const)('counts a channel that was lost on the third day of thirty %s as %j lost', (_, sentOnDays, lost) => {
    const builder = logBuilder()
    const decide = (day: number, channel: string | null): void => {
      const at = AT + day * DAY_MS
      const send = channel === null ? null : { channel, message: 'm', variant: 'v', at }
      builder.addDecision({ decisionId: `d${day}`, at, userId: 'u', send, isTransactional: false, person: null })
    }
    decide(0, null)
    decide(29.5, null)
    for (const day of sentOnDays) decide(Math.abs(day), day < 0 ? 'push' : 'email')
    builder.addOutcome(outcome({ at: AT + 2 * DAY_MS, reachLoss: 'unsubscribed', channel: 'email' }))
    const { log, remarks } = builder.build(10)
    expect(log.events.filter(({ kind }) => kind === 'emailUnsubscribed')).toHaveLength(lost)
    expect(remarks.some((remark) => remark.startsWith('1 losses of a channel were left out'))).toBe(lost === 0)
  })

  it.each<[string, Partial<OutcomeRow>, string | null]>([
    ['a machine’s open', { isMachine: true, isResponse: true, channel: 'email' }, null],
    ['a tap', { isResponse: true, channel: 'push' }, 'pushTapped'],
    ['an open', { isResponse: true, channel: 'email', name: 'Email Opened' }, 'emailOpened'],
    ['a click', { isResponse: true, channel: 'email', name: 'Email Link Clicked' }, 'emailClicked'],
    ['a reply to an sms', { isResponse: true, channel: 'sms' }, null],
    ['an order', { isVisit: true, revenue: 9 }, 'order'],
    ['a page view', { isVisit: true, name: 'Page Viewed' }, 'visit'],
    ['an opt-out', { reachLoss: 'unsubscribed', channel: 'email' }, 'emailUnsubscribed'],
    ['an uninstall', { reachLoss: 'uninstalled', channel: 'push' }, 'uninstalled'],
    ['an opt-out of sms', { reachLoss: 'unsubscribed', channel: 'sms' }, null],
    ['anything else', {}, null],
  ])('reads %s', (_, change, kind) => {
    expect(kindOf(outcome(change))).toBe(kind)
  })

  it.each([
    [
      () => decisionOfRow({ decisionId: 'd', userId: 'u', timestamp: 'soon' }, 'd.csv, row 3'),
      /^d.csv, row 3: timestamp must be a moment/,
    ],
    [
      () => decisionOfRow({ decisionId: 'd', userId: 'u', timestamp: AT / 1000 }, 'd.csv, row 3'),
      /timestamp must be a moment .*milliseconds since 1970, got 1767600000/,
    ],
    [
      () => decisionOfRow({ timestamp: AT, userId: 'u' }, 'd.csv, row 1'),
      /decisionId must be text, got no such column/,
    ],
    [() => outcomeOfRow({ timestamp: AT, userId: '', name: 'x' }, 'o.csv, row 2'), /userId must be text, got null/],
    [
      () => outcomeOfRow({ timestamp: AT, userId: 'u', name: 'x', isVisit: 'perhaps' }, 'o'),
      /isVisit must be true or false/,
    ],
    [
      () => outcomeOfRow({ timestamp: AT, userId: 'u', name: 'x', value_conversion: 'much' }, 'o'),
      /finite number, got "much"/,
    ],
  ])('names row, column and value of what is wrong (%#)', (read, message) => {
    expect(read).toThrow(message)
  })

  it.each([AT, String(AT), '2026-01-05T08:00:00Z'])(
    'reads %s as a moment, whatever the format of the table',
    (timestamp) => {
      expect(outcomeOfRow({ timestamp, userId: 'u', name: 'x' }, 'o').at).toBe(AT)
    },
  )

  it.each([true, 'true', 'True', '1', 1])('reads %s as a flag that is set', (isVisit) => {
    const row = { timestamp: AT, userId: 'u', name: 'x' }
    expect(outcomeOfRow({ ...row, isVisit }, 'o').isVisit).toBe(true)
    expect(outcomeOfRow({ ...row, isVisit: isVisit === 1 ? 0 : 'False' }, 'o').isVisit).toBe(false)
  })

  it('leaves out sends by other channels and outcomes of other days, and says so', () => {
    const builder = logBuilder()
    const send = { channel: 'sms', message: 'm', variant: '', at: 1000 }
    const decision = { decisionId: 'd', at: 1000, userId: 'u', send, isTransactional: false, person: null }
    builder.addDecision(decision)
    builder.addDecision({ ...decision, decisionId: 'e', send: { ...send, channel: 'push', at: 9_000_000 } })
    builder.addOutcome(outcome({ at: -5, isVisit: true }))
    const { log, remarks } = builder.build(10)
    expect(log.sends).toEqual([])
    expect(remarks).toEqual([
      '1 sends by channels that the world does not have were left out',
      '1 outcomes lie outside the days of the decisions and were left out',
    ])
  })
})

describe('paloma calibrate', () => {
  it('writes a scenario that loads, and tells what it could and could not fit, the same for the same seed', async () => {
    const out = join(dir, 'fitted.yaml')
    const first = await calibrate('--log', join(dir, 'history'), '--out', out, '--json')
    expect(first.code).toBe(0)
    const { parameters, statistics, remarks, ...rest } = JSON.parse(first.results)
    expect(rest).toMatchObject({ scenario: 'retail-fitted', users: 60, days: 14, out })
    const kept = parameters.filter(({ kind }: { kind: string }) => kind === 'kept')
    expect(kept.length).toBeGreaterThan(8)
    for (const { reason } of kept) expect(reason.length).toBeGreaterThan(10)
    expect(statistics.length).toBeGreaterThan(10)
    expect(remarks).toContain('14 days are short: season, drift and recovery cannot be told')
    expect(await loadScenario(out)).toMatchObject({ name: 'retail-fitted', size: { users: 60, days: 14 } })
    expect((await calibrate('--log', join(dir, 'history'), '--out', out, '--json')).results).toBe(first.results)
  })

  it('shows a person what was fitted, what was kept and why', async () => {
    const { results } = await calibrate('--log', join(dir, 'csv'), '--out', join(dir, 'b.json'))
    expect(results).toContain('As in the base, because the log cannot tell:')
    expect(results).toContain('the log does not say in which time zones its users live')
    expect(results).toMatch(/active days per day +0\.\d+ +0\.\d+/)
  })

  it.each([
    ['a path that is not there', ['--log', '/nowhere'], 1, 'LOG_NOT_FOUND'],
    ['a directory without a log', ['--log', tmpdir()], 1, 'LOG_NOT_FOUND'],
    ['no path', [], 2, "required option '--log <path>' not specified"],
    ['a base that there is not', ['--log', '/nowhere', '--base', 'casino'], 2, 'scenario must be a name'],
    ['one user', ['--log', '/nowhere', '--users', '1'], 2, 'users must be a whole number from 2'],
  ])('refuses %s', async (_, args, code, words) => {
    const answer = await calibrate(...args)
    expect(answer.code).toBe(code)
    expect(answer.notes).toContain(words)
  })

  it('says that a log without decisions is empty', async () => {
    const empty = join(dir, 'empty')
    const header = async (name: string): Promise<string> =>
      `${(await readFile(join(dir, 'csv', name), 'utf8')).split('\n')[0]}\n`
    const [decisions, outcomes] = [await header('decisions.csv'), await header('outcomes.csv')]
    await writeFile(`${empty}-decisions.csv`, decisions)
    await writeFile(`${empty}-outcomes.csv`, outcomes)
    const answer = await calibrate('--log', `${empty}-decisions.csv`, '--outcomes', `${empty}-outcomes.csv`)
    expect(answer.code).toBe(1)
    expect(answer.notes).toMatch(/CALIBRATION_EMPTY|TABLE_EMPTY/)
  })
})
