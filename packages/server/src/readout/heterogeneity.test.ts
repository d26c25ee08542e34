import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type ExperimentReadOut, randomFrom, readOut } from '@paloma/core'
import { afterAll, describe, expect, it } from 'vitest'
import { parseSpec } from './load-spec.ts'
import { summariseFiles } from './summarise-files.ts'
import { tableFolder, writeCsv } from './testing/tables.ts'

const folder = tableFolder()
afterAll(() => rmSync(folder, { recursive: true }))

interface Person {
  readonly user: string
  readonly variant: 'control' | 'new'
  readonly age: number | ''
  readonly plan: string
  readonly later: number
  readonly spend: number
  readonly bought: number
}

/** People of whom the treatment moves those with the plan "free", by `extra` EUR. */
function people(count: number, { seed, extra }: { readonly seed: string; readonly extra: number }): readonly Person[] {
  const random = randomFrom(seed)
  return Array.from({ length: count }, (_, i) => {
    const isNew = random() < 0.5
    const plan = random() < 0.4 ? 'free' : 'paid'
    const effect = isNew && plan === 'free' ? extra : 0
    const spend = 5 + 3 * random() + effect
    return {
      user: `u${i}`,
      variant: isNew ? 'new' : 'control',
      age: random() < 0.1 ? '' : Math.round(18 + 60 * random()),
      plan,
      later: spend + random(),
      spend,
      bought: random() < 0.2 + 0.1 * effect ? 1 : 0,
    }
  })
}

const spend = { name: 'spend', metricType: 'mean', numerator: { column: 'spend' }, role: 'success' }
const bought = { name: 'bought', metricType: 'proportion', numerator: { column: 'bought' }, role: 'exploratory' }

function specOf(heterogeneity: object, change: object = {}) {
  return {
    experiment: 'whom it moves',
    variants: [
      { name: 'control', weight: 0.5 },
      { name: 'new', weight: 0.5 },
    ],
    control: 'control',
    sequential: { kind: 'fixed' },
    metrics: [spend, bought],
    segments: ['plan'],
    columns: { metrics: { form: 'wide' } },
    heterogeneity: { features: ['age', 'plan'], splits: 3, ...heterogeneity },
    ...change,
  }
}

async function read(rows: readonly Person[], spec: object): Promise<ExperimentReadOut> {
  const name = `${rows.length}-${rows[0]!.user}-${rows[0]!.spend}`
  const assignments = writeCsv(
    join(folder, `${name}-a.csv`),
    'user,variant,age,plan,later,same,time,user_name,asked',
    rows.map(({ user, variant, age, plan, later }, i) => [
      ...[user, variant, age, plan, later, 7, '2026-01-02T00:00:00Z', `name ${user}`],
      i < 3 ? '2026-01-02T00:00:01Z' : '2026-01-01T00:00:00Z',
    ]),
  )
  const metrics = writeCsv(
    join(folder, `${name}-m.csv`),
    'user,spend,bought',
    rows.map((row) => [row.user, row.spend, row.bought]),
  )
  const parsed = parseSpec(spec, 'the spec')
  const summary = await summariseFiles(parsed, { assignments, metrics }, { memoryMb: 256, threads: 2 })
  return readOut(summary, parsed.readOut)
}

describe('whom a treatment moves, out of tables', () => {
  const rows = people(1000, { seed: 'planted', extra: 1 })

  it('is found where it was planted, and never enters the decision', async () => {
    const found = await read(rows, specOf({ metrics: ['spend', 'bought'] }))
    const [ofSpend, ofBought] = found.exploration.heterogeneity
    expect(ofSpend).toMatchObject({ metric: 'spend', treatment: 'new', users: 1000, drawnFrom: null, reason: null })
    expect(ofSpend!.isDiscovery).toBe(true)
    expect(ofSpend!.area.kind === 'estimate' && ofSpend!.area.low).toBeGreaterThan(0)
    expect(ofSpend!.curve!.shares.at(-1)).toBe(1)
    const free = ofSpend!.segments.find(({ value }) => value === 'free')!
    expect(free).toMatchObject({ segment: 'plan', isDiscovery: true })
    expect(Math.abs(free.effect.mean! - 1)).toBeLessThan(0.2)
    expect(Math.abs(free.against.mean! - 1)).toBeLessThan(0.3)
    expect(ofBought).toMatchObject({ metric: 'bought', qini: { kind: 'estimate' } })
    const { heterogeneity: _, ...plain } = specOf({})
    expect((await read(rows, plain)).decision).toEqual(found.decision)
  })

  it('is the same to the last bit whatever the order of the rows', async () => {
    const [one, other] = await Promise.all([read(rows, specOf({})), read([...rows].reverse(), specOf({}))])
    expect(other.exploration.heterogeneity).toEqual(one.exploration.heterogeneity)
  })

  it('looks at a draw of many users, and says so', async () => {
    const many = people(1600, { seed: 'many', extra: 1 })
    const found = await read(many, specOf({ mostUsers: 1000 }))
    const again = await read([...many].reverse(), specOf({ mostUsers: 1000 }))
    expect(found.exploration.heterogeneity[0]).toMatchObject({ users: 1000, drawnFrom: 1600 })
    expect(again.exploration.heterogeneity).toEqual(found.exploration.heterogeneity)
  })

  it.each([
    [
      'a feature that was measured after exposure',
      specOf(
        { features: [{ column: 'age', measured: 'asked' }] },
        { columns: { metrics: { form: 'wide' }, assignments: { time: 'time' } } },
      ),
      'measured-after-exposure',
      'feature "age" was measured after the exposure of 3 users',
    ],
    [
      'a feature that differs between variants',
      specOf({ features: ['age', 'later'] }),
      'differs-between-variants',
      'feature "later" differs between new and control',
    ],
    [
      'a feature that names every user by himself',
      specOf({ features: [{ column: 'user_name', kind: 'category' }] }),
      'zero-variance',
      'or names what hardly two users share',
    ],
    [
      'features that are the same for everybody',
      specOf({ features: ['same'] }),
      'zero-variance',
      'every feature is the same for everybody',
    ],
  ])('has a reason for %s', async (_, spec, reason, detail) => {
    const [found] = (await read(rows, spec)).exploration.heterogeneity
    expect(found).toMatchObject({ reason, pValue: null, average: { kind: 'undefined', reason } })
    expect(found!.detail).toContain(detail)
  })

  it('has a reason for too few users, and leaves out a constant feature by name', async () => {
    const [few] = (await read(people(150, { seed: 'few', extra: 1 }), specOf({}))).exploration.heterogeneity
    expect(few).toMatchObject({ reason: 'too-few-units', users: 150 })
    expect(few!.detail).toMatch(/^expected 100 users of either variant, got \d+ and \d+ of the control$/)
    const [found] = (await read(rows, specOf({ features: ['plan', 'same'] }))).exploration.heterogeneity
    expect(found).toMatchObject({ reason: null, constantFeatures: ['same'] })
  })

  it('has a reason where one variant is empty', async () => {
    const found = await read(
      rows.map((row) => ({ ...row, variant: 'control' })),
      specOf({}),
    )
    expect(found.exploration.heterogeneity[0]).toMatchObject({ reason: 'too-few-units' })
  })

  it('refuses a column that is not there, and text that should be numbers', async () => {
    await expect(read(rows, specOf({ features: ['plam'] }))).rejects.toThrow('expected a column "plam" (a feature)')
    await expect(read(rows, specOf({ features: [{ column: 'plan', kind: 'number' }] }))).rejects.toThrow(
      /column "plan" expects a number, got "(free|paid)" in row 1/,
    )
  })
})

describe('the spec of heterogeneity', () => {
  it.each([
    ['features without names', { features: [] }, {}, '/heterogeneity/features'],
    [
      'the variant as a feature',
      { features: ['variant'] },
      {},
      'expected what was known before exposure, got the column "variant"',
    ],
    ['a column named twice', { features: ['age', 'age'] }, {}, 'expected a column named only once, got "age"'],
    [
      'a metric that is not there',
      { metrics: ['sped'] },
      {},
      'expected a mean or share among spend, bought, got "sped"',
    ],
    [
      'when it was measured, without the time of exposure',
      { features: [{ column: 'age', measured: 'asked' }] },
      {},
      'expected the time of exposure',
    ],
    [
      'no metric at all',
      {},
      { metrics: [bought] },
      'expected names of metrics, because no success metric is a mean or share',
    ],
    [
      'clusters',
      {},
      { columns: { assignments: { cluster: 'plan' } } },
      'expected none beside clusters and slots of time',
    ],
    [
      'propensities',
      {},
      { columns: { assignments: { propensity: 'age' } } },
      'expected none beside columns.assignments.propensity',
    ],
    ['half a split', { splits: 0.5 }, {}, '/heterogeneity/splits'],
  ])('refuses %s', (_, heterogeneity, change, message) => {
    expect(() => parseSpec(specOf(heterogeneity, change), 'the spec')).toThrow(message)
  })
})
