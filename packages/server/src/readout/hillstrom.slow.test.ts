import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readOut } from '@paloma/core'
import { afterAll, describe, expect, it } from 'vitest'
import { openAnalytics } from './duckdb.ts'
import { parseSpec } from './load-spec.ts'
import { literal } from './sql.ts'
import { summariseFiles } from './summarise-files.ts'
import { tableFolder } from './testing/tables.ts'

const directory = process.env.PALOMA_DATA_DIR_PUBLIC ?? join(import.meta.dirname, '../../../../../shared/data')
const file = join(directory, 'hillstrom_email_2008.csv.gz')
const isThere = existsSync(file)
const folder = tableFolder()
afterAll(() => rmSync(folder, { recursive: true }))

const FEATURES = ['recency', 'history', 'mens', 'womens', 'zip_code', 'newbie', 'channel']

/** Customers who got the e-mail or none, as two tables. */
async function tables(email: string) {
  const files = { assignments: join(folder, `${email}-a.csv`), metrics: join(folder, `${email}-m.csv`) }
  const analytics = await openAnalytics({ memoryMb: 256, threads: 1 })
  await analytics.run('SET preserve_insertion_order = true')
  await analytics.run(
    `CREATE TABLE customers AS SELECT row_number() OVER () AS user, * FROM read_csv(${literal(file)})`,
  )
  const where = `WHERE segment IN ('No E-Mail', ${literal(email)})`
  const copies = {
    [files.assignments]: `user, segment AS variant, ${FEATURES.join(', ')}`,
    [files.metrics]: 'user, visit',
  }
  for (const [path, columns] of Object.entries(copies)) {
    await analytics.run(`COPY (SELECT ${columns} FROM customers ${where}) TO ${literal(path)} (HEADER)`)
  }
  await analytics.close()
  return files
}

async function whomItMoves(email: string) {
  const spec = parseSpec(
    {
      experiment: 'hillstrom',
      variants: [
        { name: 'No E-Mail', weight: 0.5 },
        { name: email, weight: 0.5 },
      ],
      control: 'No E-Mail',
      sequential: { kind: 'fixed' },
      metrics: [{ name: 'visit', metricType: 'proportion', numerator: { column: 'visit' }, role: 'exploratory' }],
      segments: ['womens'],
      heterogeneity: { features: FEATURES, metrics: ['visit'], splits: 7 },
    },
    'the spec',
  )
  const summary = await summariseFiles(spec, await tables(email), { memoryMb: 512, threads: 1 })
  return readOut(summary, spec.readOut).exploration.heterogeneity[0]!
}

describe(`e-mails of 2008${isThere ? '' : ` (skipped: ${file} is not there, see PALOMA_DATA_DIR_PUBLIC)`}`, () => {
  it.skipIf(!isThere)(
    "the women's works where women's articles were bought before, and its ranking has value",
    async () => {
      const found = await whomItMoves('Womens E-Mail')
      expect(found).toMatchObject({ reason: null, users: 42_693, isDiscovery: true })
      expect(found.pValue).toBeLessThan(1e-6)
      expect(found.sequentialPValue).toBeLessThan(1e-6)
      expect(found.qini).toMatchObject({ kind: 'estimate' })
      expect(found.qini.kind === 'estimate' && found.qini.low).toBeGreaterThan(0.02)
      const [without, bought] = found.segments
      expect([without!.value, bought!.value]).toEqual(['0', '1'])
      expect(bought!.effect.mean).toBeGreaterThan(0.06)
      expect(without!.effect.mean).toBeLessThan(0.02)
      expect(bought!.isDiscovery).toBe(true)
    },
  )

  it.skipIf(!isThere)("the men's moves everybody about alike, and no gain is claimed", async () => {
    const found = await whomItMoves('Mens E-Mail')
    expect(found.pValue).toBeGreaterThan(0.05)
    expect(found.qini.kind === 'estimate' && found.qini.low).toBeLessThan(0)
    expect(found.average.kind === 'estimate' && found.average.low).toBeGreaterThan(0.06)
  })
})
