import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readOut } from '@paloma/core'
import { afterAll, describe, expect, it } from 'vitest'
import { loadSpec, parseSpec } from './load-spec.ts'
import { summariseFiles } from './summarise-files.ts'
import { simulatedUsers, tableFolder, writeCsv } from './testing/tables.ts'

const folder = tableFolder()
afterAll(() => rmSync(folder, { recursive: true }))

const limits = { memoryMb: 128, threads: 1 }
const written = {
  experiment: 'checkout',
  variants: [
    { name: 'control', weight: 0.5 },
    { name: 'new', weight: 0.5 },
  ],
  control: 'control',
  sequential: { kind: 'fixed' },
  metrics: [{ name: 'spend', metricType: 'mean', numerator: { column: 'spend' }, role: 'success', targetMDE: 0.01 }],
} as const

let files = 0
function table(header: string, rows: readonly (readonly (string | number)[])[]): string {
  files += 1
  return writeCsv(join(folder, `table-${files}.csv`), header, rows)
}

const users = simulatedUsers(400, { seed: 'bad tables', lift: 0 })
const assigned = users.map(({ user, variant }) => [user, variant] as const)
const assignments = table('user,variant', assigned)
const spent = users.map(({ user, spend }) => [user, spend] as const)
const metrics = table('user,spend', spent)

const read = async (spec: unknown, paths: { readonly assignments?: string; readonly metrics?: string } = {}) => {
  const parsed = parseSpec(spec, 'spec.yaml')
  const summary = await summariseFiles(parsed, { assignments, metrics, ...paths }, limits)
  return { summary, found: readOut(summary, parsed.readOut) }
}

describe('a spec', () => {
  const metric = written.metrics[0]
  it.each([
    [
      'weights that do not sum to 1',
      {
        variants: [
          { name: 'control', weight: 0.5 },
          { name: 'new', weight: 0.4 },
        ],
      },
      /\/variants expected weights that sum to 1, got 0.9/,
    ],
    ['a control that is no variant', { control: 'old' }, /\/control expected one of control, new, got "old"/],
    [
      'a variant named twice',
      {
        variants: [
          { name: 'control', weight: 0.5 },
          { name: 'control', weight: 0.5 },
        ],
      },
      /\/variants\/1\/name expected a name used only once/,
    ],
    ['no way of looking', { sequential: undefined }, /\/sequential expected \{kind: groupSequential/],
    [
      'an end and no way to see how far it has come',
      { sequential: undefined, start: '2026-01-01', end: '2026-02-01' },
      /\/sequential expected .* or a `start` and times of exposure/,
    ],
    [
      'a guardrail without a margin',
      { metrics: [{ ...metric, role: 'guardrail' }] },
      /\/metrics\/0\/nonInferiorityMargin expected a share/,
    ],
    [
      'a margin of 0',
      { metrics: [{ ...metric, role: 'guardrail', nonInferiorityMargin: 0 }] },
      /\/metrics\/0\/nonInferiorityMargin .*got 0/,
    ],
    [
      'a ratio without a denominator',
      { metrics: [{ ...metric, metricType: 'ratio' }] },
      /\/metrics\/0\/denominator expected a column/,
    ],
    [
      'a type that there is not',
      { metrics: [{ ...metric, metricType: 'median' }] },
      /\/metrics\/0\/metricType .*got "median"/,
    ],
    [
      'a percentile beyond 1',
      { metrics: [{ ...metric, cappingSettings: { type: 'percentile', value: 99.9 } }] },
      /cappingSettings\/value expected a percentile in \(0, 1\)/,
    ],
    ['a word nobody knows', { varients: [] }, /\/varients is not a known field/],
    ['a moment that is none', { start: 'yesterday' }, /\/start expected a moment/],
    ['an end before the start', { start: '2026-02-01', end: '2026-01-01' }, /\/end expected a moment after start/],
    [
      'a utility of a metric that there is not',
      { utility: { weights: { sales: 1 } } },
      /\/utility\/weights\/sales expected one of spend/,
    ],
  ])('with %s is refused with path and expectation', (_, change, message) => {
    expect(() => parseSpec({ ...written, ...change }, 'spec.yaml')).toThrow(message)
  })

  it('that is not there or no YAML says so', async () => {
    await expect(loadSpec(join(folder, 'none.yaml'))).rejects.toThrow(/none.yaml: the spec is not there/)
    const path = join(folder, 'broken.yaml')
    writeFileSync(path, 'experiment: [')
    await expect(loadSpec(path)).rejects.toThrow(/broken.yaml: /)
  })
})

describe('tables', () => {
  it.each([
    ['a file that is not there', { metrics: join(folder, 'none.csv') }, /none.csv: there is no such file/],
    ['an ending that names no format', { metrics: join(folder, 'x.xlsx') }, /ending must name a format/],
    [
      'a variant that was not planned',
      { assignments: table('user,variant', [...assigned, ['z', 'newer']]) },
      /expects one of control, new, got "newer" \(1 such rows\)/,
    ],
    [
      'no column of variants',
      { assignments: table('user,arm', assigned) },
      /expected a column "variant" \(the variant\), got user, arm/,
    ],
    [
      'a metric that does not exist',
      { metrics: table('user,sales', spent) },
      /metric "spend" expects "spend", got user, sales/,
    ],
    [
      'a metric that does not exist among events',
      { metrics: table('user,metric,value', [['u000001', 'sales', 1]]) },
      /metric "spend" expects "spend", got sales/,
    ],
    [
      'a number that is none',
      { metrics: table('user,spend', [...spent.slice(1), ['u000000', 'much']]) },
      /column "spend" expects a number, got "much" in row 400 \(1 such row\)/,
    ],
    [
      'two rows of a user that differ',
      { metrics: table('user,spend', [...spent, ['u000000', 1]]) },
      /rows of user "u000000" that differ/,
    ],
    ['no rows at all', { assignments: table('user,variant', []) }, /expected rows of assignments, got none/],
  ])('with %s are refused', async (_, paths, message) => {
    await expect(read(written, paths)).rejects.toThrow(message)
  })

  it('with rows that repeat are read once, and say so', async () => {
    const plain = await read(written)
    const twice = await read(written, {
      assignments: table('user,variant', [...assigned, ...assigned]),
      metrics: table('user,spend', [...spent, ...spent]),
    })
    expect(twice.found.comparisons).toEqual(plain.found.comparisons)
    expect(twice.summary.faults.repeatedRows).toBe(400)
    expect(twice.summary.faults.repeatedMetricRows).toBe(400)
  })

  it('with users in two variants leave those out, and are invalid beyond half a per cent', async () => {
    const other = (variant: string): string => (variant === 'new' ? 'control' : 'new')
    const crossing = (count: number) =>
      assigned.slice(0, count).map(([user, variant]) => [user, other(variant)] as const)
    const few = await read(written, { assignments: table('user,variant', [...assigned, ...crossing(2)]) })
    expect(few.summary.faults.usersInManyVariants).toBe(2)
    expect(few.found.variants.reduce((sum, { users: n }) => sum + n, 0)).toBe(398)
    expect(few.found.decision.verdict).not.toBe('invalid')
    const many = await read(written, { assignments: table('user,variant', [...assigned, ...crossing(3)]) })
    expect(many.found.decision.verdict).toBe('invalid')
    expect(many.found.comparisons[0]?.metrics[0]?.verdict).toBe('unreliable')
  })

  it('with users exposed before they were assigned leave those out', async () => {
    const at = (i: number, hours: number): string => new Date(Date.UTC(2026, 0, 1 + (i % 5), hours)).toISOString()
    const rows = assigned.map(([user, variant], i) => [user, variant, at(i, 10), at(i, i === 7 ? 11 : 9)] as const)
    const { summary, found } = await read(
      { ...written, columns: { assignments: { time: 'exposed', assigned: 'assigned' } } },
      { assignments: table('user,variant,exposed,assigned', rows) },
    )
    expect(summary.faults.exposedBeforeAssigned).toBe(1)
    expect(found.variants.reduce((sum, { users: n }) => sum + n, 0)).toBe(399)
  })

  it('with NaN or nothing leave those users out of that metric, by variant and reason', async () => {
    const holes = spent.map(([user, spend], i) => [user, i < 3 ? 'NaN' : i < 5 ? '' : spend] as const)
    const { summary, found } = await read(written, { metrics: table('user,spend', holes) })
    const lost = summary.metrics[0]!.leftOut
    expect(lost.reduce((sum, { notFinite }) => sum + notFinite, 0)).toBe(3)
    expect(lost.reduce((sum, { missing }) => sum + missing, 0)).toBe(2)
    expect(found.comparisons[0]!.metrics[0]!.treatment.users + found.comparisons[0]!.metrics[0]!.control.users).toBe(
      395,
    )
  })

  const windowed = {
    ...written,
    metrics: [
      { ...written.metrics[0], windowSettings: { type: 'conversion', windowValue: 7, windowUnit: 'days' } as const },
    ],
  }
  const withColumn = (name: string, value: (i: number) => string | number) => ({
    assignments: table(
      `user,variant,${name}`,
      assigned.map(([user, variant], i) => [user, variant, value(i)]),
    ),
  })

  it.each([
    ['a date', 'exposed', (i: number) => `2026-01-${10 + (i % 9)}`],
    ['a moment', 'seen', (i: number) => (i === 0 ? '' : '2026-01-10T12:00:00Z')],
    ['milliseconds', 'exposed_at', (i: number) => 1_767_225_600_000 + i],
  ])('with %s that the spec does not name are refused where a metric has a window', async (_, name, value) => {
    const refused = read(windowed, withColumn(name, value))
    await expect(refused).rejects.toMatchObject({ code: 'TABLE_TIME_NOT_NAMED' })
    await expect(refused).rejects.toThrow(
      `column "${name}" looks like a time, which columns.assignments.time does not name: without it the window of metric "spend"`,
    )
    // Without a window nothing is lost, and what has a meaning of its own is no time of exposure.
    expect((await read(written, withColumn(name, value))).found.comparisons).toHaveLength(1)
    expect((await read({ ...windowed, segments: [name] }, withColumn(name, value))).found.comparisons).toHaveLength(1)
  })

  it('without any time say that a window was not applied, and take other columns for no time', async () => {
    for (const paths of [{}, withColumn('plan', (i) => `plan-${i % 3}`), withColumn('ean', () => 4_006_381_333_931)]) {
      const [metric] = (await read(windowed, paths)).found.comparisons[0]!.metrics
      expect(metric!.notes).toContain('its window was not applied: the assignments do not say when users were exposed')
    }
  })

  it('that lose values in one variant alone are invalid', async () => {
    const holes = users.map(
      ({ user, variant, spend }, i) => [user, variant === 'new' && i % 5 === 0 ? '' : spend] as const,
    )
    const { found } = await read(written, { metrics: table('user,spend', holes) })
    expect(found.decision.reasons.map(({ name }) => name)).toContain('values missing alike')
    expect(found.decision.verdict).toBe('invalid')
  })

  it('with a pre-period that only some users have adjust for it and for its absence', async () => {
    const rows = users.map(({ user, spend, before }, i) => [user, spend, i % 4 === 0 ? '' : before] as const)
    const { found } = await read(written, { metrics: table('user,spend,spend_pre', rows) })
    const metric = found.comparisons[0]!.metrics[0]!
    expect(metric.adjustment.covariates).toEqual(['spend before', 'spend before missing'])
    expect(metric.adjustment.varianceReduction).toBeGreaterThan(0.4)
  })

  it.each([
    ['all values alike', users.map(({ user }) => [user, 5] as const), 'zero-variance'],
    ['nothing but 0', users.map(({ user }) => [user, 0] as const), 'zero-variance'],
    ['one user', [[users[0]!.user, 5] as const], 'too-few-units'],
  ])('with %s give a reason and no number', async (_, rows, reason) => {
    const { found } = await read(written, { metrics: table('user,spend', rows) })
    const metric = found.comparisons[0]!.metrics[0]!
    expect(metric.absolute).toMatchObject({ kind: 'undefined', reason })
    expect(metric.test.pValue).toBeNull()
    expect(JSON.stringify(found)).not.toMatch(/NaN|Infinity/)
  })

  it('with an empty variant are invalid and give no number', async () => {
    const rows = assigned.map(([user]) => [user, 'control'] as const)
    const { found } = await read(written, { assignments: table('user,variant', rows) })
    expect(found.decision.verdict).toBe('invalid')
    expect(found.comparisons[0]!.metrics[0]!.absolute.kind).toBe('undefined')
  })
})
