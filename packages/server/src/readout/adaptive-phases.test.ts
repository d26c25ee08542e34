import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { randomFrom, readOut } from '@paloma/core'
import { afterAll, describe, expect, it } from 'vitest'
import { parseSpec } from './load-spec.ts'
import { summariseFiles } from './summarise-files.ts'
import { tableFolder, writeCsv } from './testing/tables.ts'

interface Row {
  readonly user: string
  readonly variant: string
  readonly phase: string
  readonly batch: number
  readonly chances: readonly number[]
  readonly spend: number
  readonly orders: number
}

const cases = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../../../spec/cases/adaptive.json', import.meta.url)), 'utf8'),
)
const rows: readonly Row[] = cases.rows

const folder = tableFolder()
afterAll(() => rmSync(folder, { recursive: true }))

const CHANCES = { control: 'p_control', a: 'p_a', b: 'p_b' }
const written = {
  experiment: 'bandit',
  variants: [
    { name: 'control', weight: 0.5 },
    { name: 'a', weight: 0.25 },
    { name: 'b', weight: 0.25 },
  ],
  control: 'control',
  sequential: { kind: 'fixed' },
  phases: [
    { name: 'even', weights: { control: 0.5, a: 0.25, b: 0.25 } },
    { name: 'bandit', adaptive: true },
  ],
  metrics: [
    { name: 'spend', metricType: 'mean', numerator: { column: 'spend' }, role: 'success', targetMDE: 0.01 },
    {
      name: 'spend per order',
      metricType: 'ratio',
      numerator: { column: 'spend' },
      denominator: { column: 'orders' },
      role: 'exploratory',
    },
  ],
  columns: { assignments: { phase: 'phase', order: 'batch', propensity: CHANCES } },
}

let files = 0
const table = (header: string, cells: readonly (readonly (string | number)[])[]): string => {
  files += 1
  return writeCsv(join(folder, `table-${files}.csv`), header, cells)
}
const read = async (spec: object, given: readonly Row[], timeOf?: (row: Row) => string) => {
  const parsed = parseSpec({ ...written, ...spec }, 'spec.yaml')
  const assignments = table(
    `user,variant,phase,${timeOf === undefined ? 'batch' : 'time'},p_control,p_a,p_b`,
    given.map((row) => [row.user, row.variant, row.phase, timeOf?.(row) ?? row.batch, ...row.chances]),
  )
  const metrics = table(
    'user,spend,orders',
    given.map(({ user, spend, orders }) => [user, spend, orders]),
  )
  const summary = await summariseFiles(parsed, { assignments, metrics }, { memoryMb: 128, threads: 2 })
  return { summary, found: readOut(summary, parsed.readOut) }
}

const near = (found: number | null | undefined, expected: number): void =>
  expect(Math.abs((found ?? Number.NaN) - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)))

describe('a phase whose allocation followed the data', () => {
  it.each([
    ['spend', 'a'],
    ['spend', 'b'],
    ['spend per order', 'a'],
    ['spend per order', 'b'],
  ])('is weighed as numpy does: %s of %s', async (metric, treatment) => {
    const { found } = await read({}, rows)
    const own = found.comparisons.find((each) => each.treatment === treatment)?.metrics
    const shown = own?.find((each) => each.metric === metric)
    if (shown?.absolute.kind !== 'estimate') throw new Error('expected an estimate')
    near(shown.absolute.mean, cases[metric][treatment].effect)
    near(shown.absolute.stdError, cases[metric][treatment].stdError)
    expect(shown.notes.join()).toContain('where the allocation followed the data (bandit)')
  })

  it('says what shares would follow from it, or why none do', async () => {
    const { found } = await read({}, rows)
    // 250 users: some variant has fewer than 100.
    expect(found.exploration.nextShares).toMatchObject([{ metric: 'spend', shares: null, reason: 'too-few-units' }])
    const more = Array.from({ length: 4 }, (_, k) => rows.map((row) => ({ ...row, user: `${row.user}-${k}` }))).flat()
    const [next] = (await read({}, more)).found.exploration.nextShares
    const shares = next?.shares?.map(({ share }) => share) ?? []
    expect(next?.shares?.map(({ variant }) => variant)).toEqual(['control', 'a', 'b'])
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
    expect(shares[2]).toBeGreaterThan(0.9)
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.01)
  })

  it('may be the only one, without a column that names it, and a segment is read in the same way', async () => {
    const own = rows.filter(({ phase }) => phase === 'bandit')
    const spec = {
      phases: [{ name: 'all of it', adaptive: true }],
      columns: { assignments: { order: 'batch', propensity: CHANCES } },
      segments: ['phase'],
    }
    const { found } = await read(spec, own)
    near(found.comparisons[0]?.metrics[0]?.absolute.mean, cases.spend.a.bandit)
    const segment = found.segments.find(({ treatment, metric }) => treatment === 'a' && metric === 'spend')
    near(segment?.absolute.mean, cases.spend.a.bandit)
  })

  it('is looked at as if each day had been the last', async () => {
    const dayOf = ({ batch }: Row): number => 1 + batch
    const timeOf = (row: Row) => `2026-01-0${dayOf(row)}T08:00:00Z`
    const spec = {
      sequential: { kind: 'groupSequential', maxUsers: 500, looks: 'daily' },
      columns: { assignments: { phase: 'phase', time: 'time', propensity: CHANCES } },
    }
    const { found } = await read(spec, rows, timeOf)
    const followed = found.overTime.find(({ treatment, metric }) => treatment === 'a' && metric === 'spend')
    expect(followed?.points).toHaveLength(9)
    for (const day of [1, 4, 8]) {
      const until = rows.filter((row) => dayOf(row) <= day)
      const { found: then } = await read(spec, until, timeOf)
      const fresh = then.comparisons[0]?.metrics[0]
      const point = followed?.points[day - 1]
      expect(point?.users).toBe(until.length)
      near(point?.effect, fresh?.relative.mean ?? Number.NaN)
    }
  })

  it('has draws that fit their chances, or its data are broken', async () => {
    const random = randomFrom('draws')
    const bandit = (shift: number): readonly Row[] =>
      Array.from({ length: 3000 }, (_, i) => {
        const chances = [
          [0.6, 0.2, 0.2],
          [0.2, 0.5, 0.3],
          [0.1, 0.1, 0.8],
        ][Math.floor(i / 1000)]!
        const draw = random()
        const place = draw < chances[0]! + shift ? 0 : draw < chances[0]! + chances[1]! ? 1 : 2
        const variant = ['control', 'a', 'b'][place]!
        return {
          user: `x${i}`,
          variant,
          phase: 'bandit',
          batch: Math.floor(i / 1000),
          chances,
          spend: random(),
          orders: 1,
        }
      })
    const splitOf = async (shift: number) =>
      (await read({}, bandit(shift))).found.quality.checks.find(({ name }) => name === 'sample ratio')
    expect(await splitOf(0)).toMatchObject({ status: 'passed' })
    expect(await splitOf(0.05)).toMatchObject({ status: 'failed' })
  })

  it.each([
    [{ phases: [{ name: 'even' }] }, '/phases/0/weights expected the shares, or `adaptive: true`'],
    [
      { phases: [{ name: 'even', adaptive: true, weights: { control: 1 } }] },
      '/phases/0/weights expected none beside `adaptive: true`',
    ],
    [{ columns: { assignments: { phase: 'phase', order: 'batch' } } }, '/propensity expected the logged chances'],
    [
      { columns: { assignments: { phase: 'phase', order: 'batch', propensity: 'p' } } },
      'expected a column of chances for each of control, a, b beside an adaptive phase',
    ],
    [
      { columns: { assignments: { phase: 'phase', order: 'batch', propensity: { control: 'p' } } } },
      'expected a column for every variant, got none for a, b',
    ],
    [
      { columns: { assignments: { phase: 'phase', order: 'batch', propensity: { ...CHANCES, c: 'p' } } } },
      '/propensity/c expected one of control, a, b',
    ],
    [
      { columns: { assignments: { phase: 'phase', propensity: CHANCES } } },
      '/time expected the time of exposure, or `order`',
    ],
    [
      { columns: { assignments: { phase: 'phase', order: 'batch', time: 'time', propensity: CHANCES } } },
      '/order expected none beside the time of exposure',
    ],
    [
      { columns: { assignments: { order: 'batch', propensity: CHANCES } } },
      '/phase expected the column with the phase, because there are several',
    ],
  ])('is refused where something is lacking: %j', (spec, message) => {
    expect(() => parseSpec({ ...written, ...spec }, 'spec.yaml')).toThrow(message)
  })

  it('refuses chances that cannot be', async () => {
    const wrong = rows.map((row, i) => (i === 7 ? { ...row, chances: [0.5, 0.5, 0.5] } : row))
    await expect(read({}, wrong)).rejects.toThrow(
      'columns "p_control", "p_a", "p_b" expect probabilities in [0, 1] that sum to 1, above 0 for the row\'s own variant, got 1 rows',
    )
  })
})

describe('chances logged with each row', () => {
  const even = rows.map((row) => ({ ...row, phase: 'even' }))
  const logged = { phases: [], columns: { assignments: { propensity: CHANCES } } }

  it('leave the number that values are capped at as it is', async () => {
    const metric = { ...written.metrics[0], cappingSettings: { type: 'percentile', value: 0.9 } }
    const { summary } = await read({ ...logged, metrics: [metric] }, even)
    const { summary: plain } = await read({ phases: [], columns: {}, metrics: [metric] }, even)
    expect(summary.metrics[0]?.capping?.limit).toBe(plain.metrics[0]?.capping?.limit)
  })

  const [first] = written.metrics
  const share = { ...first, name: 'bought', metricType: 'proportion' }
  const middle = { ...first, name: 'middle', metricType: 'quantile', quantileSettings: { type: 'unit', quantile: 0.5 } }
  it.each([
    [{ metrics: [first, middle] }, '/metrics/1/metricType expected a mean, share or ratio beside'],
    [{ metrics: [first, share], received: 'bought' }, '/received expected none beside'],
    [{ novelty: { days: 3 } }, '/novelty expected none beside'],
    [{ decompositions: { funnels: [{ name: 'f', stages: ['spend'] }] } }, '/decompositions expected none beside'],
  ])('are refused beside what they would make wrong: %j', (spec, message) => {
    expect(() => parseSpec({ ...written, ...logged, ...spec }, 'spec.yaml')).toThrow(message)
  })
})
