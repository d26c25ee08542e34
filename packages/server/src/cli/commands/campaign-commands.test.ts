import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SAMPLE_MAPPING, sampleRows } from '../../usecases/campaign/testing/sample-campaign.ts'
import { memoryOutput, type Output, runCommand } from '../print/index.ts'
import { readTable, type TableRow, writeTable } from '../table/index.ts'
import { importCommand } from './import.ts'
import { campaignCommand, planCommand } from './plan.ts'

let dir = ''
const rows = sampleRows(2_000, { seed: 'cli', strength: 0.15 })
const FEATURES = ['id', 'age', 'likes', 'region', 'history']

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paloma-campaign-'))
  const columns = Object.keys(rows[0]!).map((name) => ({ name, kind: 'text' as const }))
  await writeTable(join(dir, 'past.csv.gz'), columns, [rows])
  await writeTable(join(dir, 'past.parquet'), columns, [rows])
  await writeTable(join(dir, 'past.jsonl'), columns, [rows])
  await writeTable(
    join(dir, 'users.csv'),
    columns.filter((column) => FEATURES.includes(column.name)),
    [rows],
  )
  await writeFile(join(dir, 'campaign.config.json'), JSON.stringify(SAMPLE_MAPPING))
  await writeFile(join(dir, 'campaign.config.ts'), `export default ${JSON.stringify(SAMPLE_MAPPING)} as const\n`)
})
afterAll(async () => {
  await rm(dir, { recursive: true, force: true })
})

async function run(make: (output: Output) => Command, args: readonly string[]) {
  const output = memoryOutput()
  const code = await runCommand(make(output), args, output)
  return { code, results: output.results(), notes: output.notes() }
}

async function rowsOf(path: string): Promise<readonly TableRow[]> {
  const all: TableRow[] = []
  for await (const batch of readTable(path)) all.push(...batch)
  return all
}

const at = (name: string): string => join(dir, name)

describe('paloma import and paloma plan', () => {
  it.each([
    ['past.csv.gz', 'campaign.config.json'],
    ['past.parquet', 'campaign.config.ts'],
    ['past.jsonl', 'campaign.config.json'],
  ])('learn from %s with %s and write the same decisions', async (table, mapping) => {
    const learned = at(`${table}.learned.json`)
    const imported = await run(importCommand, [at(table), '--mapping', at(mapping), '--out', learned])
    expect(imported).toMatchObject({ code: 0, results: expect.stringContaining('Learned from') })
    const out = at(`${table}.plan.csv`)
    const planned = await run(planCommand, [
      at(table),
      '--learned',
      learned,
      '--limit',
      'email=400',
      '--out',
      out,
      '--json',
    ])
    expect(planned.code).toBe(0)
    const summary = JSON.parse(planned.results)
    expect(summary).toMatchObject({ rows: 2_000, channels: { email: { limit: 400 } } })
    const decisions = await rowsOf(out)
    expect(decisions).toHaveLength(2_000)
    expect(Object.keys(decisions[0]!)).toEqual(['user', 'action', 'propensity', 'value_visit', 'value_spend', 'reason'])
    const emails = decisions.filter((row) => row.action === 'men' || row.action === 'women')
    expect(emails.length).toBe(summary.channels.email.sends)
    expect(emails.length).toBeLessThanOrEqual(400)
    if (table !== 'past.csv.gz') {
      expect(await readFile(out, 'utf8')).toBe(await readFile(at('past.csv.gz.plan.csv'), 'utf8'))
    }
  })

  it('plan users without a past, and check the plan on a history when there is one', async () => {
    const learned = at('past.csv.gz.learned.json')
    const out = at('users.plan.parquet')
    const args = [at('users.csv'), '--learned', learned, '--limit', 'email=300', '--limit', 'push=0', '--out', out]
    const alone = await run(planCommand, [...args, '--probabilities'])
    expect(alone.code).toBe(0)
    expect(alone.results).toContain('Not checked against outcomes')
    const decisions = await rowsOf(out)
    for (const row of decisions) {
      const sum = ['p_hold', 'p_men', 'p_women', 'p_nudge'].reduce((total, name) => total + Number(row[name]), 0)
      expect(Math.abs(sum - 1)).toBeLessThan(1e-9)
      expect(row.action).not.toBe('nudge')
    }
    const checked = await run(planCommand, [...args, '--history', at('past.csv.gz')])
    expect(checked.code).toBe(0)
    expect(checked.results).toContain('effective sample size')
  })

  it('do both in one command when the mapping is known', async () => {
    const make = (output: Output): Command => campaignCommand({ name: 'sample', mapping: SAMPLE_MAPPING }, output)
    const out = at('one.jsonl')
    const planned = await run(make, [at('past.csv.gz'), '--limit', 'email=400', '--out', out])
    expect(planned.code).toBe(0)
    expect(planned.results).toContain('price per send')
    expect(await rowsOf(out)).toHaveLength(2_000)
  })

  it.each([
    ['no file to write', ['--learned', 'x.json'], 2],
    ['a limit without a number', ['--learned', 'x.json', '--out', 'x.csv', '--limit', 'email'], 2],
    ['a limit on an unknown channel', ['--learned', 'x.json', '--out', 'x.csv', '--limit', 'fax=3'], 2],
    ['a floor of 1', ['--learned', 'x.json', '--out', 'x.csv', '--floor', '1'], 2],
    ['a policy it does not know', ['--learned', 'x.json', '--out', 'x.csv', '--policy', 'best'], 2],
    ['a learned file that is not there', ['--learned', 'none.json', '--out', 'x.csv'], 1],
  ])('plan refuses %s', async (_, args, code) => {
    expect(await run(planCommand, [at('users.csv'), ...args])).toMatchObject({ code, results: '' })
  })

  it('import says when actions were not taken as often as the mapping says, and is silent when they were', async () => {
    const wrong = { ...SAMPLE_MAPPING, propensity: { uniform: true } }
    await writeFile(at('wrong.config.json'), JSON.stringify(wrong))
    const imported = (mapping: string, ...flags: readonly string[]) =>
      run(importCommand, [at('past.jsonl'), '--mapping', at(mapping), '--out', at('z.json'), ...flags])
    const said = await imported('wrong.config.json')
    expect(said.results).toContain('not taken as often')
    expect(said.results).toMatch(/none +\d+ +500/)
    const told = JSON.parse((await imported('wrong.config.json', '--json')).results)
    expect(told.sampleRatio).toMatchObject({ kind: 'test', isMismatch: true })
    expect((await imported('campaign.config.json')).results).not.toContain('not taken')
  })

  it('import refuses a mapping that does not run, and a table without the columns', async () => {
    await writeFile(at('broken.config.ts'), 'export default {\n')
    const broken = await run(importCommand, [at('past.jsonl'), '--mapping', at('broken.config.ts')])
    expect(broken).toMatchObject({ code: 1, notes: expect.stringContaining('CAMPAIGN_MAPPING') })
    const bare = await run(importCommand, [at('users.csv'), '--mapping', at('campaign.config.json'), '--out', at('y')])
    expect(bare).toMatchObject({ code: 1, notes: expect.stringContaining("column 'arm'") })
  })
})
