import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SAMPLE_MAPPING, sampleRows } from '../../usecases/campaign/testing/sample-campaign.ts'
import { SLATE_MAPPING, slateRows, slateTarget } from '../../usecases/campaign/testing/slate-campaign.ts'
import {
  MOMENT_MAPPING,
  momentRows,
  TRAJECTORY_MAPPING,
  trajectoryRows,
} from '../../usecases/campaign/testing/unit-campaigns.ts'
import { fakeConnection } from '../connection/testing/fake-connection.ts'
import { memoryOutput, runCommand } from '../print/index.ts'
import { type TableRow, writeTable } from '../table/index.ts'
import { evaluateCommand } from './evaluate.ts'

let dir = ''
const at = (name: string): string => join(dir, name)
const rows = sampleRows(2_000, { seed: 'evaluate', strength: 0.15 })

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paloma-evaluate-'))
  const columns = Object.keys(rows[0]!).map((name) => ({ name, kind: 'text' as const }))
  await writeTable(at('past.csv.gz'), columns, [rows])
  await writeFile(at('campaign.config.json'), JSON.stringify(SAMPLE_MAPPING))
})
afterAll(async () => {
  await rm(dir, { recursive: true, force: true })
})

async function evaluate(...args: readonly string[]) {
  const output = memoryOutput()
  const words = [at('past.csv.gz'), '--mapping', at('campaign.config.json'), '--resamples', '50', ...args]
  const code = await runCommand(evaluateCommand(fakeConnection().connect, output), words, output)
  return { code, results: output.results(), notes: output.notes() }
}

describe('paloma evaluate', () => {
  it('prints verdict, gates and every estimator, and the same numbers for the same seed', async () => {
    const first = await evaluate('--target', 'uniform')
    expect(first.code).toBe(0)
    for (const word of ['All actions alike, judged on', 'mean weight', 'SNIPS', 'DR, the default', 'target − logging'])
      expect(first.results).toContain(word)
    expect(first.results).not.toMatch(/NaN|undefined|\[object/)
    expect(await evaluate('--target', 'uniform')).toEqual(first)
  })

  it('answers one JSON object with covariances as lists, and nothing else on stdout', async () => {
    const { results } = await evaluate('--target', 'action:women', '--json')
    const found = JSON.parse(results)
    expect(found.status).toMatch(/evaluated|insufficient-overlap/)
    expect(found.objectives[0].estimators.map(({ name }: { name: string }) => name)).toContain('snips')
    if (found.promoted !== null) expect(Array.isArray(found.promoted.differences.covariance)).toBe(true)
    expect(found.weights.propensities.reduce((n: number, bin: { decisions: number }) => n + bin.decisions, 0)).toBe(
      2000,
    )
  })

  it('does not send for more exploration where propensities are wrong', async () => {
    // The log drew this action with .2 and not with .25.
    await writeFile(at('claimed.json'), JSON.stringify({ ...SAMPLE_MAPPING, propensity: { uniform: true } }))
    const output = memoryOutput()
    const words = [at('past.csv.gz'), '--mapping', at('claimed.json'), '--target', 'action:women', '--resamples', '0']
    await runCommand(evaluateCommand(fakeConnection().connect, output), words, output)
    expect(output.results()).toMatch(/mean weight +FAILED/)
    expect(output.results()).toContain('find out why the gate failed')
    expect(output.results()).not.toContain('log more of what this policy would do')
  })

  it('writes a page that needs nothing else and escapes what the data say', async () => {
    const { code } = await evaluate('--target', 'uniform', '--report', at('page.html'), '--segment', 'region')
    expect(code).toBe(0)
    const html = await readFile(at('page.html'), 'utf8')
    expect(html).not.toMatch(/<script|src=|href="http|@import|url\(/)
    const places = ['May the numbers be used?', 'value by estimator', 'The tail of the weights', 'Propensities'].map(
      (title) => html.indexOf(title),
    )
    expect(places.every((place) => place > 0)).toBe(true)
    expect([...places].sort((a, b) => a - b)).toEqual(places)
  })

  it.each([
    [
      ['--target', 'best'],
      "--target must be uniform, action:NAME, column:NAME, columns:PREFIX, log:FILE, moment:NUMBER or a FILE of its own, got 'best'",
    ],
    [['--target', 'action:'], '--target must be uniform'],
    [['--target', 'uniform', '--by', 'region'], '--by goes with --target log:FILE'],
    [['--target', 'uniform', '--guardrail', 'sends'], 'expected an objective and a margin'],
    [['--target', 'uniform', '--guardrail', 'sends=-1'], 'expected an objective and a margin'],
    [['--target', 'uniform', '--guardrail', 'calls=1'], "got 'calls'"],
    [['--target', 'uniform', '--level', '95'], 'expected a share in (0, 1)'],
    [['--target', 'uniform', '--folds', '1'], 'expected a whole number from 2 on'],
    [[], 'a table needs --target'],
  ])('says how it is called: %j', async (args, message) => {
    const { code, notes } = await evaluate(...args)
    expect(code).toBe(2)
    expect(notes).toContain(message)
  })

  it('fails in words for files that are not there and pages that cannot be written', async () => {
    const missing = await evaluate('--target', `log:${at('nowhere.csv')}`)
    expect(missing.code).toBe(1)
    expect(missing.notes).toContain('nowhere.csv')
    const page = await evaluate('--target', 'uniform', '--report', join(dir, 'no', 'page.html'))
    expect(page.code).toBe(1)
    expect(page.notes).toContain('cannot be written')
  })
})

describe('paloma evaluate, of units', () => {
  const digests = slateRows(3_000, 'cli')
  const write = async (name: string, table: readonly TableRow[]) => {
    const columns = Object.keys(table[0]!).map((column) => ({ name: column, kind: 'text' as const }))
    await writeTable(at(name), columns, [
      table.map((row) => Object.fromEntries(Object.entries(row).map(([key, cell]) => [key, String(cell)]))),
    ])
    return at(name)
  }
  const run = async (log: string, mapping: unknown, ...args: readonly string[]) => {
    await writeFile(at('units.json'), JSON.stringify(mapping))
    const output = memoryOutput()
    const code = await runCommand(
      evaluateCommand(fakeConnection().connect, output),
      [log, '--mapping', at('units.json'), ...args],
      output,
    )
    return { code, results: output.results(), notes: output.notes() }
  }

  it('judges slates with a target from a table of its own', async () => {
    const log = await write('digests.csv', digests)
    const target = await write('target.csv', slateTarget(digests))
    const found = await run(log, SLATE_MAPPING, '--target', target)
    expect(found.code).toBe(0)
    for (const words of [
      'The policy in',
      '3,000 slates of 1,500 users, 6,000 rows',
      'Cascade-DR, decides',
      'worth by prefix',
    ])
      expect(found.results).toContain(words)
    expect(found.results).not.toMatch(/NaN|undefined|\[object/)
    const json = JSON.parse((await run(log, SLATE_MAPPING, '--target', target, '--json')).results)
    expect(json.kind).toBe('slates')
    expect(json.positions).toHaveLength(2)
    expect(Array.isArray(json.promoted.differences.covariance)).toBe(true)
    const wrong = await run(log, SLATE_MAPPING, '--target', 'uniform', '--segment', 'user')
    expect(wrong.code).toBe(2)
    expect(wrong.notes).toContain('--segment is for decisions by themselves')
  })

  it('judges trajectories, and says how many decisions the log carries', async () => {
    const log = await write('trajectories.csv', trajectoryRows(2_000, 'cli'))
    const found = await run(log, TRAJECTORY_MAPPING, '--target', 'column:best', '--resamples', '40')
    expect(found.code).toBe(0)
    for (const words of [
      'What column best says',
      '2,000 users of 2,000 users, 8,000 rows',
      'DR by steps, decides',
      'The log carries 2 decisions',
      'fitted anew',
    ])
      expect(found.results).toContain(words)
    expect(found.results).not.toMatch(/NaN|undefined|\[object/)
  })

  it('judges moments, and says what the bandwidth does', async () => {
    const log = await write('moments.csv', momentRows(3_000, 'cli'))
    const found = await run(log, MOMENT_MAPPING, '--target', 'moment:8')
    expect(found.code).toBe(0)
    for (const words of [
      'The moment 8 for every message',
      'DR, by kernel, decides',
      'on a circle of 24',
      'which is not taken off',
    ])
      expect(found.results).toContain(words)
    expect(found.results).not.toMatch(/NaN|undefined|\[object/)
    const json = JSON.parse((await run(log, MOMENT_MAPPING, '--target', 'moment:8', '--json')).results)
    expect(json.bandwidth.tried.length).toBeGreaterThan(5)
    const wrong = await run(log, MOMENT_MAPPING, '--target', 'moment:eight')
    expect(wrong.code).toBe(2)
    expect(wrong.notes).toContain("takes a number, e.g. moment:9.5, got 'moment:eight'")
  })

  it('tells several loggers apart', async () => {
    const mixed = rows.map((row, i) => ({ ...row, policy: i % 2 === 0 ? 'old' : 'new' }))
    const log = await write('loggers.csv', mixed)
    const { propensity } = SAMPLE_MAPPING
    const mapping = {
      ...SAMPLE_MAPPING,
      logger: { column: 'policy', propensities: { old: propensity, new: propensity } },
    }
    const found = await run(log, mapping, '--target', 'uniform', '--resamples', '0')
    for (const words of ['2 loggers: the mixture of all decides', 'IPS, loggers weighted', 'DR, balanced'])
      expect(found.results).toContain(words)
    expect(found.results).not.toMatch(/NaN|undefined|\[object/)
  })
})
