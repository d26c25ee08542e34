import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type ExperimentReadOut, randomFrom, readOut } from '@paloma/core'
import { afterAll, describe, expect, it } from 'vitest'
import { parseSpec } from './load-spec.ts'
import { loadPastExperiments } from './past-experiments.ts'
import { summariseFiles } from './summarise-files.ts'
import { tableFolder, writeCsv } from './testing/tables.ts'

const folder = tableFolder()
afterAll(() => rmSync(folder, { recursive: true }))

const LIMITS = { memoryMb: 256, threads: 1 }
const random = randomFrom('long term')

/** Visits and orders of a fortnight; a user of the new variant visits once more. */
const people = Array.from({ length: 1200 }, (_, i) => {
  const isNew = random() < 0.5
  const orders = random() < 0.3 ? 1 : 0
  return { user: `u${i}`, variant: isNew ? 'new' : 'control', visits: 4 * random() + orders + (isNew ? 1 : 0), orders }
})
/** Revenue of half a year is 3 per visit, 10 per order and 2 per year of age, beside chance. */
const past = Array.from({ length: 800 }, (_, i) => {
  const [age, orders] = [20 + 40 * random(), random() < 0.3 ? 1 : 0]
  const visits = 4 * random() + orders + 0.02 * age
  return { user: `p${i}`, visits, orders, age, revenue: 3 * visits + 10 * orders + 2 * age + 8 * (random() - 0.5) }
})

const files = {
  assignments: writeCsv(
    join(folder, 'a.csv'),
    'user,variant',
    people.map(({ user, variant }) => [user, variant]),
  ),
  metrics: writeCsv(
    join(folder, 'm.csv'),
    'user,visits,orders',
    people.map(({ user, visits, orders }) => [user, visits, orders]),
  ),
}

const HEADER = 'user,visits_14d,orders_14d,age,revenue_180d'
type Row = readonly (string | number)[]
const pastRows = past.map(({ user, visits, orders, age, revenue }): Row => [user, visits, orders, age, revenue])

function specOf(change: object = {}, beside: object = {}) {
  return {
    experiment: 'long',
    variants: [
      { name: 'control', weight: 0.5 },
      { name: 'new', weight: 0.5 },
    ],
    control: 'control',
    sequential: { kind: 'fixed' },
    metrics: [
      { name: 'orders', metricType: 'proportion', numerator: { column: 'orders' }, role: 'exploratory' },
      { name: 'visits', metricType: 'mean', numerator: { column: 'visits' }, role: 'success' },
    ],
    columns: { metrics: { form: 'wide' } },
    surrogate: {
      longTerm: 'revenue_180d',
      metrics: { visits: 'visits_14d', orders: 'orders_14d' },
      features: ['age'],
      ...change,
    },
    ...beside,
  }
}

async function read(rows: readonly Row[], spec: object = specOf(), more: object = {}): Promise<ExperimentReadOut> {
  const history = writeCsv(join(folder, 'h.csv'), HEADER, rows)
  const parsed = parseSpec(spec, 'the spec')
  return readOut(await summariseFiles(parsed, { ...files, history, ...more }, LIMITS), parsed.readOut)
}

const EXPERIMENTS = 'experiment,index_effect,index_std_error,realised_effect,realised_std_error'

function experiments(rows: readonly Row[]): string {
  return writeCsv(join(folder, `e${rows.length}-${rows[0]![1]}.csv`), EXPERIMENTS, rows)
}

describe('the long term, out of tables', () => {
  it('is forecast from short-term effects with the error of the forecast, and enters no decision', async () => {
    const found = await read(pastRows)
    const [long] = found.exploration.longTerm
    expect(long).toMatchObject({ treatment: 'new', outcome: 'revenue_180d', reason: null, calibrated: null })
    expect(long!.assumptions).toHaveLength(3)
    // The order is the spec's.
    expect(long!.index!.weights.map(({ metric }) => metric)).toEqual(['orders', 'visits'])
    expect(Math.abs(long!.index!.weights[0]!.weight - 10)).toBeLessThan(1)
    expect(Math.abs(long!.index!.weights[1]!.weight - 3)).toBeLessThan(0.3)
    expect(long!.index!.rSquared).toBeGreaterThan(0.95)
    if (long!.effect.kind !== 'estimate') throw new Error(long!.effect.reason)
    // One visit more is worth 3; orders differ by chance alone.
    expect(long!.effect.low).toBeLessThan(3)
    expect(long!.effect.high).toBeGreaterThan(3)
    expect(long!.effect.stdError).toBeCloseTo(Math.hypot(long!.between!, long!.model!), 12)
    expect(long!.model).toBeGreaterThan(0)
    const { surrogate: _, ...plain } = specOf()
    expect((await read(pastRows, plain)).decision).toEqual(found.decision)
  })

  it('leaves out past users of the experiment, and those with a missing number, and counts them', async () => {
    const rows: readonly Row[] = [...pastRows, ['u7', 1, 1, 30, 1e9], ['q1', '', 1, 30, 1e9], ['q2', 1, 1, 30, 'NaN']]
    const [found] = (await read(rows)).exploration.longTerm
    expect(found!.index).toMatchObject({ users: 800, inExperiment: 1, incomplete: 2, drawnFrom: null })
    const [drawn] = (await read(rows, specOf({ mostUsers: 300 }))).exploration.longTerm
    expect(drawn!.index).toMatchObject({ users: 300, drawnFrom: 800 })
  })

  it('is calibrated by past experiments, which may call the surrogate broken', async () => {
    const pairs = [1, -1, 2, -2, 1.5, 3, -2.5, 2]
    const right = experiments(pairs.map((x, i) => [`e${i}`, x, 0.1, 0.5 * x + 0.05 * (i % 3), 0.1]))
    const [good] = (await read(pastRows, specOf(), { pastExperiments: right })).exploration.longTerm
    expect(good!.calibration).toMatchObject({ verdict: 'holds', experiments: 8 })
    expect(good!.calibrated!.mean! / good!.effect.mean!).toBeCloseTo(good!.calibration!.slope.mean!, 9)
    const wrong = experiments(pairs.slice(1).map((x, i) => [`e${i}`, x, 0.1, i % 2 === 0 ? -x : x, 0.1]))
    const [bad] = (await read(pastRows, specOf(), { pastExperiments: wrong })).exploration.longTerm
    expect(bad!.calibration).toMatchObject({ verdict: 'broken', disagreements: 4 })
  })

  it('has a reason with a history that is too short, or without variance', async () => {
    const [few] = (await read(pastRows.slice(0, 30))).exploration.longTerm
    expect(few).toMatchObject({
      ...{ reason: 'too-few-units', effect: { kind: 'undefined' }, index: null },
      detail: 'expected ten past users for each of 3 columns and one more, got 30',
    })
    const [flat] = (await read(pastRows.map((row) => [...row.slice(0, 4), 7]))).exploration.longTerm
    expect(flat).toMatchObject({ reason: 'zero-variance' })
  })

  it('refuses users with several rows, columns that are not there, and text', async () => {
    await expect(read([...pastRows, pastRows[0]!])).rejects.toThrow(
      'column "user" expects one row per user, got 1 with several, "p0" first',
    )
    await expect(read(pastRows, specOf({ features: ['tenure'] }))).rejects.toThrow(
      'expected a column "tenure" (a feature)',
    )
    await expect(read([['p', 'many', 1, 2, 3]])).rejects.toThrow('column "visits_14d" expects a number, got "many"')
  })
})

describe('the spec of a surrogate', () => {
  it.each([
    [
      'a metric that is not there',
      { metrics: ['sped'] },
      {},
      'expected a mean or share among orders, visits, got "sped"',
    ],
    ['no metric', { metrics: [] }, {}, 'expected at least one metric'],
    ['a column used twice', { features: ['visits_14d'] }, {}, 'named only once, got "visits_14d" again'],
    ['clusters', {}, { columns: { assignments: { cluster: 'x' } } }, 'expected none beside clusters'],
  ])('refuses %s', (_, change, beside, message) => {
    expect(() => parseSpec(specOf(change, beside), 'the spec')).toThrow(message)
  })
})

describe('past experiments', () => {
  const load = (rows: readonly Row[], header = EXPERIMENTS) =>
    loadPastExperiments(writeCsv(join(folder, 'wrong.csv'), header, rows), LIMITS)

  it('are read with the covariance of their errors where there is one', async () => {
    const rows: readonly Row[] = [
      ['a', 1, 0.1, 2, 0.2, 0.01],
      ['b', 1, 0, 2, 0.2, ''],
    ]
    expect(await load(rows, `${EXPERIMENTS},covariance`)).toEqual([
      { indexEffect: 1, indexStdError: 0.1, realisedEffect: 2, realisedStdError: 0.2, covariance: 0.01 },
      { indexEffect: 1, indexStdError: 0, realisedEffect: 2, realisedStdError: 0.2, covariance: 0 },
    ])
  })

  it.each([
    [[['a', 1, 0.1, 2, 0]], 'column "realised_std_error" expects a number above 0, got 0 in row 1'],
    [
      [
        ['a', 1, 0.1, 2, 1],
        ['b', 1, -1, 2, 1],
      ],
      'column "index_std_error" expects a number from 0 on, got -1 in row 2',
    ],
    [[['a', '', 0.1, 2, 1]], 'column "index_effect" expects a number, got null in row 1'],
    [[['a', 'one', 0.1, 2, 1]], 'column "index_effect" expects a number, got "one" in row 1'],
  ] as const)('name column, value and row of what is wrong: %j', async (rows, message) => {
    await expect(load(rows)).rejects.toThrow(message)
  })

  it('need their columns', async () => {
    await expect(load([['a', 1]], 'experiment,index_effect')).rejects.toThrow('expected a column "index_std_error"')
  })
})
