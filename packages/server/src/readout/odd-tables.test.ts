import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { randomFrom, readOut } from '@paloma/core'
import { afterAll, describe, expect, it } from 'vitest'
import { openAnalytics } from './duckdb.ts'
import { parseSpec } from './load-spec.ts'
import { summariseFiles } from './summarise-files.ts'
import { tableFolder, writeCsv } from './testing/tables.ts'

const folder = tableFolder()
afterAll(() => rmSync(folder, { recursive: true }))

const written = {
  experiment: 'odd',
  variants: [
    { name: 'control', weight: 0.5 },
    { name: 'new', weight: 0.5 },
  ],
  control: 'control',
  sequential: { kind: 'fixed' },
  metrics: [{ name: 'spend', metricType: 'mean', numerator: { column: 'spend' }, role: 'success', targetMDE: 0.01 }],
}

let files = 0
function table(header: string, rows: readonly (readonly (string | number)[])[]): string {
  files += 1
  return writeCsv(join(folder, `table-${files}.csv`), header, rows)
}

/** A table as a file with types of its own. */
async function parquet(select: string): Promise<string> {
  files += 1
  const path = join(folder, `table-${files}.parquet`)
  const analytics = await openAnalytics({ memoryMb: 128, threads: 1 })
  await analytics.run(`COPY (${select}) TO '${path}'`)
  await analytics.close()
  return path
}

const read = async (spec: object, assignments: string, metrics: string) => {
  const parsed = parseSpec({ ...written, ...spec }, 'spec.yaml')
  const summary = await summariseFiles(parsed, { assignments, metrics }, { memoryMb: 128, threads: 1 })
  return { summary, found: readOut(summary, parsed.readOut) }
}

const variantOf = (i: number): string => (i % 2 === 0 ? 'control' : 'new')
const ids = Array.from({ length: 40 }, (_, i) => i)
const assigned = table(
  'user,variant',
  ids.map((i) => [i, variantOf(i)]),
)
const spent = table(
  'user,spend',
  ids.map((i) => [i, i % 7]),
)

describe('assignments', () => {
  it('of a ramp are held against the shares of their phase, exposed or not', async () => {
    const random = randomFrom('assigned in a ramp')
    const rows = Array.from({ length: 4000 }, (_, i) => {
      const isLate = i >= 2000
      const at = `2026-01-0${isLate ? 5 : 1}T08:00:00Z`
      const isExposed = random() < 0.5
      return [`u${i}`, random() < (isLate ? 0.5 : 0.1) ? 'new' : 'control', at, isExposed ? at : '', isLate ? 2 : 1]
    })
    const spec = {
      phases: [
        { name: '1', weights: { control: 0.9, new: 0.1 } },
        { name: '2', weights: { control: 0.5, new: 0.5 } },
      ],
      columns: { assignments: { time: 'exposed', assigned: 'assigned', phase: 'phase' }, metrics: { absent: 'zero' } },
    }
    const { found } = await read(spec, table('user,variant,assigned,exposed,phase', rows), spent)
    const checks = found.quality.checks.filter(({ name }) => name.startsWith('sample ratio'))
    expect(checks.map(({ status }) => status)).toEqual(['passed', 'passed'])
    expect(checks[1]?.words).toContain('smallest p of 2 phases')
  })

  it('give the covariate that was known at the first exposure, though a later row knows more', async () => {
    const rows = ids.flatMap((i) => [
      [i, variantOf(i), '2026-01-01T00:00:00Z', ''],
      [i, variantOf(i), '2026-01-02T00:00:00Z', i],
    ])
    const spec = { columns: { assignments: { time: 'time', covariates: ['age'] } } }
    const { summary } = await read(spec, table('user,variant,time,age', rows), spent)
    const { names } = summary.metrics[0]!.columns
    for (const { moments } of summary.metrics[0]!.cells) expect(moments.mean[names.indexOf('age')]).toBe(0)
  })
})

describe('rows of metrics', () => {
  it('about users who do not count are not about strangers', async () => {
    const rows = ids.map((i) => [i, variantOf(i), i < 4 ? '2025-12-01T00:00:00Z' : '2026-01-02T00:00:00Z'])
    const spec = { start: '2026-01-01', columns: { assignments: { time: 'time' } } }
    const more = table(
      'user,spend',
      [...ids, 77].map((i) => [i, i]),
    )
    const { summary } = await read(spec, table('user,variant,time', rows), more)
    expect(summary.faults).toMatchObject({ outsideExperiment: 4, metricRowsOfOthers: 1 })
  })
})

describe('numbers', () => {
  it('may be truths', async () => {
    const bought = table(
      'user,spend',
      ids.map((i) => [i, i % 4 === 0 ? 'True' : 'FALSE']),
    )
    const { found } = await read({}, assigned, bought)
    expect(found.comparisons[0]!.metrics[0]!.control.mean).toBe(0.5)
  })

  it('that are none are named with the first row that has one', async () => {
    const wrong = table(
      'user,spend',
      ids.map((i) => [i, i > 16 && i % 5 === 1 ? 'NA' : i]),
    )
    await expect(read({}, assigned, wrong)).rejects.toMatchObject({
      code: 'TABLE_VALUE_INVALID',
      message: expect.stringContaining('column "spend" expects a number, got "NA" in row 22 (4 such rows)'),
    })
  })

  it('are not capped where the cap would leave nothing but the commonest of them', async () => {
    const rare = table(
      'user,spend',
      ids.map((i) => [i, i < 2 ? 5 : 0]),
    )
    const capped = { ...written.metrics[0], cappingSettings: { type: 'percentile', value: 0.9 } }
    const { found } = await read({ metrics: [capped] }, assigned, rare)
    expect(found.comparisons[0]!.metrics[0]!.cappedAt).toBeNull()
    expect(found.comparisons[0]!.metrics[0]!.control.mean).toBe(0.25)
  })
})

describe('columns', () => {
  it('of the same name are refused where that name is asked for', async () => {
    const twice = table(
      'user,spend,spend,other,other',
      ids.map((i) => [i, i, 0, 1, 2]),
    )
    await expect(read({}, assigned, twice)).rejects.toMatchObject({
      code: 'TABLE_COLUMN_REPEATED',
      message: expect.stringContaining('expected one column "spend", got several of that name'),
    })
    const elsewhere = table(
      'user,spend,other,other',
      ids.map((i) => [i, i, 1, 2]),
    )
    expect((await read({}, assigned, elsewhere)).summary.faults.metricRows).toBe(40)
  })
})

describe('users', () => {
  it('are the same as whole numbers, texts and numbers with a point', async () => {
    const asDouble = await parquet(
      "SELECT CAST(i AS DOUBLE) AS user, CASE WHEN i % 2 = 0 THEN 'control' ELSE 'new' END AS variant FROM range(40) t(i)",
    )
    const asDecimal = await parquet('SELECT CAST(i AS DECIMAL(18, 2)) AS user, i % 7 AS spend FROM range(40) t(i)')
    for (const [left, right] of [
      [asDouble, spent],
      [assigned, asDecimal],
      [asDouble, asDecimal],
    ] as const) {
      const { found, summary } = await read({}, left, right)
      expect(summary.faults.metricRowsOfOthers).toBe(0)
      expect(found.comparisons[0]!.metrics[0]!.control.users).toBe(20)
    }
  })
})

describe('moments', () => {
  const timed = { columns: { assignments: { time: 'time' } } }
  const start = Date.UTC(2026, 0, 1)

  it('are read from numbers with a point', async () => {
    const left = await parquet(
      `SELECT i AS user, CASE WHEN i % 2 = 0 THEN 'control' ELSE 'new' END AS variant, CAST(${start} + i AS DOUBLE) AS time FROM range(40) t(i)`,
    )
    const { found } = await read(timed, left, spent)
    expect(found.exposures.map(({ day }) => day)).toEqual(['2026-01-01', '2026-01-01'])
  })

  it('in seconds are refused by name: they would all lie in January 1970', async () => {
    const left = table(
      'user,variant,time',
      ids.map((i) => [i, variantOf(i), start / 1000 + i]),
    )
    await expect(read(timed, left, spent)).rejects.toMatchObject({
      code: 'TABLE_VALUE_INVALID',
      message: expect.stringMatching(
        /column "time" expects milliseconds since 1970, got 1767225639 at most, which is in 1970/,
      ),
    })
  })
})
