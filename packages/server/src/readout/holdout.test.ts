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

const DAY = 86_400_000
const START = Date.UTC(2026, 0, 1)
const iso = (at: number): string => new Date(at).toISOString()

describe('a holdout of a quarter', () => {
  it('is read out of exported decisions, each user from the first one on', async () => {
    const random = randomFrom('holdout')
    const users = Array.from({ length: 6000 }, (_, i) => ({
      userId: `u${i}`,
      group: random() < 0.97 ? 'paloma' : 'holdout',
      first: START + Math.floor(20 * random()) * DAY,
    }))
    // As the server exports: a row per decision, in files by day.
    const csv = writeCsv(
      join(folder, 'decisions.csv'),
      'userId,timestamp,group,kind',
      users.flatMap(({ userId, group, first }) =>
        [0, 3, 9].map((day) => [userId, iso(first + day * DAY), group, day === 3 ? 'send' : 'hold']),
      ),
    )
    const decisions = join(folder, 'decisions')
    const analytics = await openAnalytics({ memoryMb: 256, threads: 1 })
    await analytics.run(
      `COPY (SELECT *, strftime(timestamp, '%Y-%m-%d') AS dt FROM read_csv('${csv}')) TO '${decisions}' (FORMAT parquet, PARTITION_BY dt)`,
    )
    await analytics.close()
    const metrics = writeCsv(
      join(folder, 'visits.csv'),
      'user,metric,value,time',
      users.flatMap(({ userId, group, first }) =>
        Array.from({ length: 20 }, (_, k) => k)
          .filter(() => random() < (group === 'paloma' ? 0.5 : 0.4))
          .map((k) => [userId, 'visit', 1, iso(first + 3 * k * DAY)]),
      ),
    )
    const spec = parseSpec(
      {
        experiment: 'first quarter',
        variants: [
          { name: 'paloma', weight: 0.97 },
          { name: 'holdout', weight: 0.03 },
        ],
        control: 'holdout',
        start: iso(START),
        end: '2026-04-01T00:00:00Z',
        asOf: '2026-04-01T00:00:00Z',
        sequential: { kind: 'fixed' },
        columns: { assignments: { user: 'userId', variant: 'group', time: 'timestamp' } },
        metrics: [
          {
            ...{ name: 'visits', metricType: 'mean', numerator: { column: 'visit', aggregation: 'count' } },
            ...{ role: 'success', targetMDE: 0.1 },
            windowSettings: { type: 'conversion', windowValue: 60, windowUnit: 'days' },
          },
        ],
      },
      'the spec',
    )
    const files = { assignments: `${decisions}/*/*.parquet`, metrics }
    const found = readOut(await summariseFiles(spec, files, { memoryMb: 256, threads: 1 }), spec.readOut)
    expect(found.quality.checks.find(({ name }) => name === 'sample ratio')).toMatchObject({ status: 'passed' })
    expect(found.variants.reduce((sum, { users: n }) => sum + n, 0)).toBe(6000)
    const { absolute, verdict } = found.comparisons[0]!.metrics[0]!
    if (absolute.kind !== 'estimate') throw new Error(absolute.reason)
    expect(verdict).toBe('better')
    expect(absolute.low).toBeLessThan(2)
    expect(absolute.high).toBeGreaterThan(2)
  })
})
