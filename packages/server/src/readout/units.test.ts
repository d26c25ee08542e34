import { rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ClusterRow,
  compareClusters,
  type ExperimentReadOut,
  eventQuantileSample,
  quantileEffect,
  randomFrom,
  readOut,
  vectorMomentsOf,
} from '@paloma/core'
import { afterAll, describe, expect, it } from 'vitest'
import { parseSpec } from './load-spec.ts'
import { summariseFiles } from './summarise-files.ts'
import { tableFolder, writeCsv } from './testing/tables.ts'

const folder = tableFolder()
afterAll(() => rmSync(folder, { recursive: true }))

const limits = { memoryMb: 256, threads: 2 }
const START = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000
const iso = (at: number): string => new Date(at).toISOString()
const near = (found: number | null, expected: number | null): void =>
  expect(Math.abs(found! - expected!)).toBeLessThanOrEqual(1e-9 * Math.abs(expected!))

const base = {
  experiment: 'units',
  variants: [
    { name: 'control', weight: 0.5 },
    { name: 'new', weight: 0.5 },
  ],
  control: 'control',
}
const spend = { name: 'spend', metricType: 'mean', numerator: { column: 'spend' }, role: 'success' } as const

async function read(
  name: string,
  written: object,
  tables: { readonly assigned: [string, (string | number)[][]]; readonly measured: [string, (string | number)[][]] },
): Promise<ExperimentReadOut> {
  const assignments = writeCsv(join(folder, `${name}-a.csv`), ...tables.assigned)
  const metrics = writeCsv(join(folder, `${name}-m.csv`), ...tables.measured)
  const spec = parseSpec({ ...base, ...written }, name)
  return readOut(await summariseFiles(spec, { assignments, metrics }, limits), spec.readOut)
}

/** Shops of unequal size whose customers are alike; every second shop got the new variant. */
function shops(count: number, { seed, lift }: { readonly seed: string; readonly lift: number }) {
  const random = randomFrom(seed)
  return Array.from({ length: count }, (_, shop) => {
    const own = 10 * random()
    return Array.from({ length: 5 + Math.floor(20 * random()) }, (_, i) => ({
      user: `u${shop}-${i}`,
      shop: `s${shop}`,
      variant: shop % 2 === 0 ? 'control' : 'new',
      spend: own + random() + (shop % 2 === 0 ? 0 : lift),
    }))
  })
}

async function readShops(found: ReturnType<typeof shops>, change: object = {}): Promise<ExperimentReadOut> {
  const users = found.flat()
  const columns = { assignments: { cluster: 'shop' } }
  return read(
    `shops-${found.length}`,
    { sequential: { kind: 'fixed' }, metrics: [spend], columns, ...change },
    {
      assigned: ['user,shop,variant', users.map(({ user, shop, variant }) => [user, shop, variant])],
      measured: ['user,spend', users.map(({ user, spend: x }) => [user, x])],
    },
  )
}

const sumsOf = (found: ReturnType<typeof shops>, variant: string): readonly ClusterRow[] =>
  found
    .filter(([first]) => first?.variant === variant)
    .map((users) => ({ sum: users.reduce((sum, { spend: x }) => sum + x, 0), units: users.length }))

describe('clusters in tables', () => {
  it.each([12, 60])('are compared as core compares the sums of %i of them', async (count) => {
    const found = shops(count, { seed: 'shops', lift: 1 })
    const shown = await readShops(found)
    const { effect } = compareClusters(sumsOf(found, 'new'), sumsOf(found, 'control'))
    const [metric] = shown.comparisons[0]!.metrics
    if (effect.kind !== 'effect' || metric?.absolute.kind !== 'estimate') throw new Error('expected estimates')
    near(metric.absolute.mean, effect.effect)
    near(metric.absolute.stdError, effect.stdError)
    if (count < 40) near(metric.absolute.dof, effect.dof)
    expect(metric.treatment.clusters).toBe(count / 2)
    expect(metric.treatment.users).toBe(found.flat().filter(({ variant }) => variant === 'new').length)
    expect(metric.randomisation === null).toBe(count >= 40)
    expect(shown.variants.map(({ clusters }) => clusters)).toEqual([count / 2, count / 2])
  })

  it('that are in two variants are left out, and are a fault of the data', async () => {
    const found = shops(20, { seed: 'mixed', lift: 0 })
    const [stray, ...rest] = found[0]!
    const shown = await readShops([[{ ...stray!, variant: 'new' }, ...rest], ...found.slice(1)])
    const check = shown.quality.checks.find(({ name }) => name === 'clusters in several variants')
    expect(check).toMatchObject({ status: 'failed' })
    expect(check?.words).toContain('1 of 20 clusters')
    expect(shown.variants[0]?.clusters).toBe(9)
  })

  it('are explored by segment as clusters, too', async () => {
    const found = shops(16, { seed: 'segments', lift: 1 }).map((users) =>
      users.map((user, i) => ({ ...user, half: i % 2 === 0 ? 'even' : 'odd' })),
    )
    const users = found.flat()
    const columns = { assignments: { cluster: 'shop' } }
    const { segments } = await read(
      'halves',
      { sequential: { kind: 'fixed' }, metrics: [spend], columns, segments: ['half'] },
      {
        assigned: ['user,shop,variant,half', users.map((u) => [u.user, u.shop, u.variant, u.half])],
        measured: ['user,spend', users.map(({ user, spend: x }) => [user, x])],
      },
    )
    const even = found.map((shop) => shop.filter(({ half }) => half === 'even'))
    const { effect } = compareClusters(sumsOf(even, 'new'), sumsOf(even, 'control'))
    const shown = segments.find(({ value }) => value === 'even')
    if (effect.kind !== 'effect' || shown?.absolute.kind !== 'estimate') throw new Error('expected estimates')
    near(shown.absolute.mean, effect.effect)
    near(shown.absolute.stdError, effect.stdError)
  })

  it('are refused with what does not go together with them', () => {
    const columns = { assignments: { cluster: 'shop', propensity: 'p' } }
    expect(() => parseSpec({ ...base, metrics: [spend], columns }, 'spec')).toThrow(
      /propensity expected none beside clusters.*\/sequential expected \{kind: fixed\}/,
    )
  })
})

/** Six-hour slots with an own level each; users come several times, also within the washout of half an hour. */
function slots(count: number, { seed, lift }: { readonly seed: string; readonly lift: number }) {
  const random = randomFrom(seed)
  return Array.from({ length: count }, (_, slot) => {
    const isNew = random() < 0.5
    const level = 5 * random()
    return Array.from({ length: 8 }, () => {
      const at = START + slot * 6 * HOUR + Math.floor(random() * 5 * HOUR)
      return {
        user: `u${Math.floor(random() * 40)}`,
        slot,
        variant: isNew ? ('new' as const) : ('control' as const),
        at,
        value: level + random() + (isNew ? lift : 0),
      }
    })
  })
}

describe('clusters whose users come on many days', () => {
  const DAYS = 4
  /** Shops whose users come one after another; those of the last two shops on the last day only. */
  function comers(count: number) {
    const random = randomFrom(`comers-${count}`)
    return Array.from({ length: count }, (_, shop) =>
      Array.from({ length: 2 + Math.floor(4 * random()) }, (__, i) => ({
        ...{
          user: `u${shop}-${i}`,
          shop: `s${shop}`,
          variant: shop % 2 === 0 ? 'control' : 'new',
          spend: 5 + random(),
        },
        day: shop < count - 2 ? Math.floor(DAYS * random()) : DAYS - 1,
      })),
    ).flat()
  }
  const summaryOf = async (count: number, daysAfter = 10) => {
    const users = comers(count)
    const at = (day: number, hour: number): string => iso(START + day * 24 * HOUR + hour * HOUR)
    const spec = parseSpec(
      {
        ...{ ...base, start: iso(START), end: iso(START + DAYS * 24 * HOUR), asOf: iso(START + daysAfter * 24 * HOUR) },
        metrics: [{ ...spend, windowSettings: { type: 'conversion', windowValue: 1, windowUnit: 'days' } }],
        columns: { assignments: { cluster: 'shop', time: 'time' } },
      },
      'comers',
    )
    const assigned = users.map(({ user, shop, variant, day }) => [user, shop, variant, at(day, 9)])
    const measured = users.map(({ user, spend: x, day }) => [user, 'spend', x, at(day, 10)])
    const files = {
      assignments: writeCsv(join(folder, `comers-${count}-a.csv`), 'user,shop,variant,time', assigned),
      metrics: writeCsv(join(folder, `comers-${count}-m.csv`), 'user,metric,value,time', measured),
    }
    const summary = await summariseFiles(spec, files, limits)
    return { users, spec, summary, found: readOut(summary, spec.readOut) }
  }

  it('are summed up to each day, and looked at after each', async () => {
    const { users, summary, found } = await summaryOf(210)
    const { looks = [], cells } = summary.metrics[0]!
    const first = START / (24 * HOUR)
    expect(looks.map(({ variant, day }) => `${variant} ${day! - first}`).sort()).toEqual(
      ['control', 'new'].flatMap((variant) => [0, 1, 2, 3].map((day) => `${variant} ${day}`)),
    )
    for (const { variant, day, moments } of looks) {
      const known = users.filter((user) => user.variant === variant && user.day <= day! - first)
      const shopsKnown = [...new Set(known.map(({ shop }) => shop))]
      const rows = shopsKnown.map((shop) => {
        const own = known.filter((user) => user.shop === shop)
        return [own.reduce((sum, { spend: x }) => sum + x, 0), own.length]
      })
      const byHand = vectorMomentsOf(rows, 2)
      expect(moments.n).toBe(byHand.n)
      for (const j of [0, 1]) near(moments.mean[j]!, byHand.mean[j]!)
      for (const j of [0, 1, 2]) expect(moments.cross[j]!).toBeCloseTo(byHand.cross[j]!, 8)
    }
    // The last of them is all there is.
    const last = looks.filter(({ variant, day }) => variant === 'new' && day! - first === DAYS - 1)
    expect(last[0]!.moments.n).toBe(cells.find(({ variant }) => variant === 'new')!.moments.n)
    const [metric] = found.comparisons[0]!.metrics
    expect(metric!.test).toMatchObject({ method: 'groupSequential', looks: DAYS })
    expect(found.overTime[0]!.points).toHaveLength(DAYS)
  })

  it('are read once where there are few, and say so', async () => {
    const { summary, found } = await summaryOf(60)
    expect(summary.metrics[0]!.looks).toBeUndefined()
    const [metric] = found.comparisons[0]!.metrics
    // Ten days after the start of four it is due; a day before, nothing was tested.
    expect(metric!.test).toMatchObject({ method: 'fixed', looks: 1 })
    const early = await summaryOf(60, 3)
    expect(early.found.comparisons[0]!.metrics[0]!.test.critical).toBeNull()
    expect(metric!.notes).toContain('fewer than 200 clusters: tested once, at the planned end')
  })
})

const switchback = { slotMinutes: 360, washoutMinutes: 30 }
const ofSlots = {
  switchback,
  sequential: { kind: 'fixed' },
  asOf: iso(START + 1000 * HOUR),
  columns: { assignments: { time: 'time' } },
  metrics: [spend],
}

async function readSlots(found: ReturnType<typeof slots>, change: object = {}): Promise<ExperimentReadOut> {
  const rows = found.flat()
  return read(
    `slots-${found.length}`,
    { ...ofSlots, ...change },
    {
      assigned: ['user,variant,time', rows.map(({ user, variant, at }) => [user, variant, iso(at)])],
      // One minute after he was met; the second is long after the slot and belongs to no exposure of it.
      measured: ['user,metric,value,time', rows.map(({ user, at, value }) => [user, 'spend', value, iso(at + 60_000)])],
    },
  )
}

/** What the same rows are by hand: first counted exposure per user and slot, what follows until the slot ends. */
function slotSums(found: ReturnType<typeof slots>): Readonly<Record<'control' | 'new', readonly ClusterRow[]>> {
  const sums: Record<'control' | 'new', ClusterRow[]> = { control: [], new: [] }
  found.forEach((rows, slot) => {
    const changed = found[slot - 1]?.[0]?.variant !== rows[0]!.variant
    const from = START + slot * 6 * HOUR + (changed ? 30 * 60_000 : 0)
    const counted = rows.filter(({ at }) => at >= from)
    const first = new Map<string, number>()
    for (const { user, at } of counted) first.set(user, Math.min(at, first.get(user) ?? Number.POSITIVE_INFINITY))
    const sum = rows.reduce(
      (all, { user, at, value }) => all + (at + 60_000 >= (first.get(user) ?? at + 1e9) ? value : 0),
      0,
    )
    if (first.size > 0) sums[rows[0]!.variant].push({ sum, units: first.size })
  })
  return sums
}

describe('slots of time in tables', () => {
  it.each([24, 120])('are compared as core compares the totals of %i of them, without the washout', async (count) => {
    const found = slots(count, { seed: 'slots', lift: 2 })
    const shown = await readSlots(found)
    const sums = slotSums(found)
    const { effect } = compareClusters(sums.new, sums.control)
    const [metric] = shown.comparisons[0]!.metrics
    if (effect.kind !== 'effect' || metric?.absolute.kind !== 'estimate') throw new Error('expected estimates')
    near(metric.absolute.mean, effect.effect)
    near(metric.absolute.stdError, effect.stdError)
    expect(metric.control.clusters).toBe(sums.control.length)
    expect(metric.control.users).toBe(sums.control.reduce((n, { units }) => n + units, 0))
    expect(shown.quality.checks.find(({ name }) => name === 'users in several variants')?.status).toBe('passed')
    expect(shown.quality.checks.find(({ name }) => name === 'clusters in several variants')?.words).toMatch(
      /rows in a washout/,
    )
  })

  it('count once they have ended, and are looked at day by day', async () => {
    const found = slots(40, { seed: 'looks', lift: 0 })
    const asOf = START + 20.5 * 6 * HOUR
    const sequential = { kind: 'groupSequential', maxUsers: 400 }
    const shown = await readSlots(found, { asOf: iso(asOf), sequential })
    const [metric] = shown.comparisons[0]!.metrics
    expect(metric!.treatment.clusters! + metric!.control.clusters!).toBe(20)
    expect(metric?.test.looks).toBe(5)
    expect(shown.overTime[0]?.points).toHaveLength(5)
  })

  it('of each cluster are units of their own', async () => {
    const here = slots(16, { seed: 'here', lift: 0 }).flat()
    const there = slots(16, { seed: 'there', lift: 0 }).flat()
    const rows = [...here.map((row) => ({ ...row, city: 'a' })), ...there.map((row) => ({ ...row, city: 'b' }))]
    const shown = await read(
      'cities',
      { ...ofSlots, columns: { assignments: { time: 'time', cluster: ['city'] } } },
      {
        assigned: ['user,variant,time,city', rows.map((r) => [`${r.city}${r.user}`, r.variant, iso(r.at), r.city])],
        measured: ['user,metric,value,time', rows.map((r) => [`${r.city}${r.user}`, 'spend', r.value, iso(r.at)])],
      },
    )
    const [control, treatment] = shown.variants
    expect(control!.clusters! + treatment!.clusters!).toBe(32)
    expect(shown.quality.checks.find(({ name }) => name === 'clusters in several variants')?.status).toBe('passed')
  })

  it('are refused without times, with a washout as long as a slot, and windows that begin after it', async () => {
    expect(() => parseSpec({ ...base, ...ofSlots, columns: {} }, 'spec')).toThrow(/expected the column with the time/)
    expect(() =>
      parseSpec({ ...base, ...ofSlots, switchback: { slotMinutes: 60, washoutMinutes: 60 } }, 'spec'),
    ).toThrow(/washoutMinutes expected less than slotMinutes/)
    const late = { type: 'conversion', delayValue: 6, delayUnit: 'hours', windowValue: 1, windowUnit: 'days' }
    expect(() => parseSpec({ ...base, ...ofSlots, metrics: [{ ...spend, windowSettings: late }] }, 'spec')).toThrow(
      /expected less than a slot of 360 minutes/,
    )
    const wide = read('wide', ofSlots, {
      assigned: ['user,variant,time', [['a', 'new', iso(START)]]],
      measured: ['user,spend', [['a', 1]]],
    })
    await expect(wide).rejects.toThrow(/slots of time expects one row per event/)
  })
})

describe('quantiles of events in tables', () => {
  const random = randomFrom('events')
  const users = Array.from({ length: 1200 }, (_, i) => {
    const own = random()
    const events = Array.from(
      { length: 1 + Math.floor(6 * random()) },
      () => 100 * own + 40 * random() + (i % 2 ? 5 : 0),
    )
    return { user: `u${i}`, variant: i % 2 === 0 ? 'control' : 'new', events }
  })
  const latency = {
    ...{ name: 'latency', metricType: 'quantile', numerator: { column: 'latency' }, role: 'exploratory' },
    quantileSettings: { type: 'event', quantile: 0.9 },
  }
  const tables: Parameters<typeof read>[2] = {
    assigned: ['user,variant', users.map(({ user, variant }) => [user, variant])],
    measured: ['user,metric,value', users.flatMap(({ user, events }) => events.map((x) => [user, 'latency', x]))],
  }

  it('are those that core finds with all events in hand', async () => {
    const shown = await read('events', { sequential: { kind: 'fixed' }, metrics: [latency] }, tables)
    const of = (name: string) =>
      eventQuantileSample(
        users.filter(({ variant }) => variant === name).map(({ events }) => events),
        0.9,
      )
    const expected = quantileEffect(of('new'), of('control'))
    const [metric] = shown.comparisons[0]!.metrics
    if (expected.kind !== 'effect' || metric?.absolute.kind !== 'estimate') throw new Error('expected estimates')
    near(metric.absolute.mean, expected.effect)
    near(metric.absolute.stdError, expected.stdError)
    expect(of('new').effectiveSize).toBeLessThan(0.7 * of('new').sorted.length)
  })

  it('are refused of a wide table', async () => {
    const measured: [string, (string | number)[][]] = ['user,latency', [['u1', 1]]]
    const wide = read('wide-events', { sequential: { kind: 'fixed' }, metrics: [latency] }, { ...tables, measured })
    await expect(wide).rejects.toThrow(/quantile of events "latency" expects one row per event/)
  })
})
