import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { campaignCommand, readTable, runCommand, type TableRow } from '@paloma/server'
import { describe, expect, it } from 'vitest'
import mapping from './campaign.config.ts'

const directory = process.env.PALOMA_DATA_DIR_PUBLIC ?? join(import.meta.dirname, '../../../shared/data')
const file = join(directory, 'hillstrom_email_2008.csv.gz')
const isThere = existsSync(file)

/** What the command says on stdout and exits with, and the rows it wrote. */
async function plan(args: readonly string[]) {
  const dir = await mkdtemp(join(tmpdir(), 'paloma-hillstrom-'))
  const out = join(dir, 'plan.csv')
  let said = ''
  const output = {
    result: (text: string) => {
      said += text
    },
    note: () => undefined,
    isInteractive: false,
  }
  try {
    const command = campaignCommand({ name: 'example:hillstrom', mapping }, output)
    const code = await runCommand(command, [file, ...args, '--out', out], output)
    const rows: TableRow[] = []
    for await (const batch of readTable(out)) rows.push(...batch)
    return { code, said, rows }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

describe(`the Hillstrom example${isThere ? '' : ` (skipped: ${file} is not there, see PALOMA_DATA_DIR_PUBLIC)`}`, () => {
  it.skipIf(!isThere)('plans 64,000 customers within the limit, with probabilities that add up', async () => {
    const { code, rows } = await plan(['--limit', 'email=20000', '--probabilities'])
    expect(code).toBe(0)
    expect(rows).toHaveLength(64_000)
    expect(Object.keys(rows[0]!).slice(0, 7)).toEqual([
      'user',
      'action',
      'propensity',
      'value_visit',
      'value_conversion',
      'value_spend',
      'reason',
    ])
    const sends = rows.filter((row) => row.action !== 'hold').length
    expect(sends).toBeLessThanOrEqual(20_000)
    expect(sends).toBeGreaterThan(19_900)
    let expected = 0
    for (const [i, row] of rows.entries()) {
      const [hold, mens, womens] = [Number(row.p_hold), Number(row['p_mens-email']), Number(row['p_womens-email'])]
      if (Math.abs(hold + mens + womens - 1) > 1e-9) expect(hold + mens + womens).toBe(1)
      if (row.propensity !== row[`p_${row.action}`]) expect(row).toBe('propensity of the action')
      if (row.user !== String(i + 1)) expect(row.user).toBe(String(i + 1))
      expected += mens + womens
    }
    expect(expected).toBeLessThanOrEqual(20_000)
  })

  it.skipIf(!isThere)("says that nothing beats the men's e-mail for everybody", async () => {
    const { code, said } = await plan([])
    expect(code).toBe(0)
    expect(said).toContain('No gain over sending mens-email to everybody is shown')
  })
})
