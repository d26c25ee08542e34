import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  momentsAt,
  quantileEffect,
  quantileSample,
  randomFrom,
  readOut,
  sampleVariance,
  type VectorMoments,
  vectorMomentsOf,
} from '@paloma/core'
import { afterAll, describe, expect, it } from 'vitest'
import { parseSpec } from './load-spec.ts'
import { summariseFiles } from './summarise-files.ts'
import { otherFormats, type SimulatedUser, simulatedUsers, tableFolder, writeCsv } from './testing/tables.ts'

const folder = tableFolder()
const limits = { memoryMb: 256, threads: 2 }
const LIFT = 1
const users = simulatedUsers(3000, { seed: 'summarise', lift: LIFT })

const assignments = writeCsv(
  join(folder, 'assignments.csv'),
  'user,variant,time',
  users.map(({ user, variant, time }) => [user, variant, time]),
)
const wide = writeCsv(
  join(folder, 'wide.csv'),
  'user,spend,spend_pre,bought',
  users.map(({ user, spend, before, bought }) => [user, spend, before, bought]),
)

const written = {
  experiment: 'checkout',
  variants: [
    { name: 'control', weight: 0.5 },
    { name: 'new', weight: 0.5 },
  ],
  control: 'control',
  sequential: { kind: 'fixed' },
  columns: { assignments: { time: 'time' } },
  metrics: [
    { name: 'spend', metricType: 'mean', numerator: { column: 'spend' }, role: 'success', targetMDE: 0.01 },
    {
      name: 'buyers',
      metricType: 'proportion',
      numerator: { column: 'bought' },
      role: 'guardrail',
      nonInferiorityMargin: 0.3,
    },
    {
      name: 'per buyer',
      metricType: 'ratio',
      numerator: { column: 'spend' },
      denominator: { column: 'bought' },
      role: 'exploratory',
    },
  ],
}
const spec = parseSpec(written, 'test')

afterAll(() => rmSync(folder, { recursive: true }))

function expectSame(found: VectorMoments, expected: VectorMoments): void {
  expect(found.n).toBe(expected.n)
  const pairs = [...found.mean, ...found.cross].map((value, i) => [value, [...expected.mean, ...expected.cross][i]!])
  for (const [value, other] of pairs) expect(Math.abs(value! - other!)).toBeLessThanOrEqual(1e-12 * Math.abs(other!))
  // A sum of cubes may cancel: near to what its largest terms would give.
  const scale = found.n ** -0.5 * Math.max(...expected.cross) ** 1.5
  expect(found.third?.length).toBe(expected.third?.length)
  found.third?.forEach((value, i) => {
    expect(Math.abs(value - expected.third![i]!)).toBeLessThanOrEqual(1e-11 * scale)
  })
}

const dayOf = ({ time }: SimulatedUser): number => Math.floor(Date.parse(time) / 86_400_000)

describe('summariseFiles', () => {
  it('makes the moments that core makes of the same rows, to 1e-12 of each', async () => {
    const summary = await summariseFiles(spec, { assignments, metrics: wide }, limits)
    const [spend, buyers, perBuyer] = summary.metrics
    expect(spend!.cells).toHaveLength(20)
    for (const cell of spend!.cells) {
      const own = users.filter((user) => user.variant === cell.variant && dayOf(user) === cell.day)
      expectSame(
        cell.moments,
        vectorMomentsOf(
          own.map((user) => [user.spend, user.before]),
          2,
          3,
        ),
      )
    }
    for (const cell of perBuyer!.cells) {
      const own = users.filter((user) => user.variant === cell.variant && dayOf(user) === cell.day)
      expectSame(
        cell.moments,
        vectorMomentsOf(
          own.map((user) => [user.spend, user.bought]),
          2,
          3,
        ),
      )
    }
    expect(sampleVariance(momentsAt(buyers!.cells[0]!.moments, 0))).toBeGreaterThan(0)
  })

  it('keeps digits that sums of squares would lose', async () => {
    const far = writeCsv(
      join(folder, 'far.csv'),
      'user,spend,bought',
      users.map(({ user, bought }) => [user, 1e9 + bought / 10, bought]),
    )
    const summary = await summariseFiles(spec, { assignments, metrics: far }, limits)
    const { moments } = summary.metrics[0]!.cells[0]!
    const shareOfBuyers = summary.metrics[1]!.cells[0]!.moments
    expect(moments.cross[0]).toBeCloseTo(shareOfBuyers.cross[0]! / 100, 6)
    expect(moments.third![0]).toBeCloseTo(shareOfBuyers.third![0]! / 1000, 5)
  })

  it('keeps third moments of neither what is declared not to need them nor what is too long', async () => {
    const ignored = parseSpec({ ...written, skewness: 'ignored' }, 'test')
    const files = { assignments, metrics: wide }
    for (const { cells } of (await summariseFiles(ignored, files, limits)).metrics) {
      expect(cells[0]!.moments).not.toHaveProperty('third')
    }
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const many = writeCsv(
      join(folder, 'many.csv'),
      `user,variant,time,${names.join(',')}`,
      users.map(({ user, variant, time, before, bought }, i) => [
        ...[user, variant, time, before, i, bought],
        ...[7, 5, 3, 2].map((size) => i % size),
      ]),
    )
    const long = parseSpec({ ...written, columns: { assignments: { time: 'time', covariates: names } } }, 'test')
    const [spend] = (await summariseFiles(long, { assignments: many, metrics: wide }, limits)).metrics
    expect(spend!.columns.names).toHaveLength(9)
    expect(spend!.cells[0]!.moments).not.toHaveProperty('third')
  })

  it('reads the same out of CSV, gzip, JSON lines and Parquet, and finds the planted effect', async () => {
    const left = await otherFormats(assignments)
    const right = await otherFormats(wide)
    const found = await Promise.all(
      left.map(async (path, i) =>
        readOut(await summariseFiles(spec, { assignments: path, metrics: right[i]! }, limits), spec.readOut),
      ),
    )
    const effects = found.map(({ comparisons }) => comparisons[0]!.metrics[0]!.absolute)
    for (const effect of effects) {
      if (effect.kind !== 'estimate') throw new Error('expected an estimate')
      expect(effect.mean).toBeCloseTo(effects[0]!.mean!, 9)
      expect(Math.abs(effect.mean - LIFT)).toBeLessThan(3 * effect.stdError)
      // Without what is known from before the standard error would be above .13.
      expect(effect.stdError).toBeLessThan(0.1)
    }
    expect(found[0]!.decision.verdict).toBe('ship')
  })

  it('counts a user of a long table only once the window has closed, and rows inside it alone', async () => {
    const at = (day: number): string => new Date(Date.UTC(2026, 0, 1 + day)).toISOString()
    const few = writeCsv(join(folder, 'few.csv'), 'user,variant,time', [
      ['a', 'control', at(0)],
      ['b', 'new', at(0)],
      ['c', 'new', at(9)],
    ])
    const events = writeCsv(join(folder, 'events.csv'), 'user,metric,value,time', [
      ['a', 'order', 3, at(-1)],
      ['a', 'order', 10, at(1)],
      ['a', 'order', 5, at(2)],
      ['b', 'order', 7, at(4)],
      ['c', 'order', 9, at(9.5)],
      ['x', 'order', 1, at(1)],
    ])
    const long = parseSpec(
      {
        ...{ experiment: 'long', control: 'control', sequential: { kind: 'fixed' }, asOf: at(10) },
        variants: spec.readOut.variants,
        columns: { assignments: { time: 'time' } },
        metrics: [
          {
            name: 'spend',
            metricType: 'mean',
            numerator: { column: 'order' },
            role: 'success',
            windowSettings: { type: 'conversion', windowValue: 3, windowUnit: 'days' },
          },
        ],
      },
      'test',
    )
    const summary = await summariseFiles(long, { assignments: few, metrics: events }, limits)
    const [metric] = summary.metrics
    const byVariant = metric!.cells.filter(({ moments }) => moments.n > 0)
    expect(byVariant.map(({ variant, moments }) => [variant, moments.n, ...moments.mean])).toEqual([
      ['control', 1, 15, 3],
      ['new', 1, 0, 0],
    ])
    expect(metric!.leftOut.map(({ incomplete }) => incomplete)).toEqual([0, 1])
    expect(summary.faults.metricRowsOfOthers).toBe(1)
  })

  it('finds the quantiles that core finds with all values in hand', async () => {
    const quantile = parseSpec(
      {
        ...{ experiment: 'quantile', control: 'control', sequential: { kind: 'fixed' } },
        variants: spec.readOut.variants,
        metrics: [
          {
            ...{ name: 'upper tenth', metricType: 'quantile', numerator: { column: 'spend' }, role: 'success' },
            quantileSettings: { type: 'unit', quantile: 0.9 },
          },
        ],
      },
      'test',
    )
    const summary = await summariseFiles(quantile, { assignments, metrics: wide }, limits)
    const [sample] = summary.metrics[0]!.quantiles!
    expect(sample!.values.length).toBeLessThan(sample!.n / 2)
    const sampleOf = (variant: string) =>
      quantileSample(
        users.filter((user) => user.variant === variant).map(({ spend }) => spend),
        0.9,
      )
    const expected = quantileEffect(sampleOf('new'), sampleOf('control'))
    const [metric] = readOut(summary, quantile.readOut).comparisons[0]!.metrics
    expect(metric!.absolute.mean).toBeCloseTo(expected.effect!, 12)
    if (metric!.absolute.kind !== 'estimate' || expected.kind !== 'effect') throw new Error('expected estimates')
    expect(metric!.absolute.stdError).toBeCloseTo(expected.stdError, 12)
  })

  it('weighs users by the inverse of the probability with which their variant was drawn', async () => {
    // Heavy users got the new variant nine times in ten, light ones once in ten: plain means differ, weighted ones do not.
    const random = randomFrom('propensity')
    const drawn = Array.from({ length: 8000 }, (_, i) => {
      const isHeavy = i % 2 === 0
      const isNew = random() < (isHeavy ? 0.9 : 0.1)
      const propensity = isHeavy === isNew ? 0.9 : 0.1
      return { user: `p${i}`, variant: isNew ? 'new' : 'control', propensity, spend: (isHeavy ? 20 : 10) + random() }
    })
    const weighted = parseSpec(
      {
        ...{ experiment: 'weighted', control: 'control', sequential: { kind: 'fixed' } },
        variants: spec.readOut.variants,
        columns: { assignments: { propensity: 'propensity' } },
        metrics: [{ name: 'spend', metricType: 'mean', numerator: { column: 'spend' }, role: 'exploratory' }],
      },
      'test',
    )
    const files = {
      assignments: writeCsv(
        join(folder, 'drawn.csv'),
        'user,variant,propensity',
        drawn.map(({ user, variant, propensity }) => [user, variant, propensity]),
      ),
      metrics: writeCsv(
        join(folder, 'drawn-metrics.csv'),
        'user,spend',
        drawn.map(({ user, spend }) => [user, spend]),
      ),
    }
    const found = readOut(await summariseFiles(weighted, files, limits), weighted.readOut).comparisons[0]!.metrics[0]!
    if (found.absolute.kind !== 'estimate') throw new Error('expected an estimate')
    expect(Math.abs(found.absolute.mean)).toBeLessThan(3 * found.absolute.stdError)
    expect(found.absolute.stdError).toBeLessThan(0.5)
    expect(found.control.mean).toBeCloseTo(15.5, 0)
  })

  it('matches whole numbers of one table with texts of the other, and leaves alone what matches nobody', async () => {
    const few = users.slice(0, 40)
    const texts = writeCsv(
      join(folder, 'numbers.csv'),
      'user,variant',
      few.map(({ variant }, i) => [i, variant]),
    )
    const [, , , numbers] = await otherFormats(texts)
    const metrics = writeCsv(join(folder, 'of-numbers.csv'), 'user,spend,bought', [
      ...few.map(({ spend, bought }, i) => [i, spend, bought] as const),
      ['somebody else', 1, 0],
    ])
    const plain = parseSpec({ ...written, columns: {} }, 'test')
    const found = await summariseFiles(plain, { assignments: numbers!, metrics }, limits)
    expect(found.metrics[0]!.cells.reduce((sum, { moments }) => sum + moments.n, 0)).toBe(40)
    expect(found.faults.metricRowsOfOthers).toBe(1)
  })

  it('says of a file that is no Parquet what DuckDB said', async () => {
    const path = join(folder, 'broken.parquet')
    writeFileSync(path, 'this is no Parquet')
    await expect(summariseFiles(spec, { assignments, metrics: path }, limits)).rejects.toThrow(
      /the data could not be read/,
    )
  })
})
