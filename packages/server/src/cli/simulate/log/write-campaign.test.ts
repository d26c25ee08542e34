import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadMapping } from '../../commands/campaign-files.ts'
import { importCommand } from '../../commands/import.ts'
import { memoryOutput, runCommand } from '../../print/index.ts'
import { readTable, type TableRow } from '../../table/index.ts'
import { simulateCommand } from '../index.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paloma-campaign-test-'))
  const output = memoryOutput()
  const flags = ['--users', '3000', '--days', '14', '--log', dir, '--log-format', 'campaign', '--json']
  expect(await runCommand(simulateCommand(output), flags, output)).toBe(0)
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function rowsOf(): Promise<readonly TableRow[]> {
  const rows: TableRow[] = []
  for await (const batch of readTable(join(dir, 'campaign.csv'))) rows.push(...batch)
  return rows
}

it('gives each action to a third of the users whom both channels reach, with what came of it', async () => {
  const rows = await rowsOf()
  expect(rows.length).toBeGreaterThan(1500)
  for (const action of ['hold', 'push', 'email']) {
    const group = rows.filter((row) => row.action === action)
    expect(Math.abs(group.length / rows.length - 1 / 3)).toBeLessThan(0.04)
    const active = group.reduce((sum, row) => sum + Number(row.activeDays), 0) / group.length
    expect(active).toBeGreaterThan(2)
    expect(active).toBeLessThan(4.5)
  }
  expect(rows.filter((row) => row.action === 'hold').every((row) => Number(row.lostChannels) === 0)).toBe(true)
})

it('is learned from by paloma import with the mapping beside it', async () => {
  expect(Object.keys((await loadMapping(join(dir, 'campaign.config.json'))).outcomes)).toContain('lostReach')
  const output = memoryOutput()
  const mapping = join(dir, 'campaign.config.json')
  const flags = [join(dir, 'campaign.csv'), '--mapping', mapping, '--out', join(dir, 'learned.json'), '--json']
  expect(await runCommand(importCommand(output), flags, output)).toBe(0)
  expect(JSON.parse(output.results()).rows).toBe((await rowsOf()).length)
})
