import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type ExperimentReadOut, effectPosterior, randomFrom, readOut } from '@paloma/core'
import { afterAll, describe, expect, it } from 'vitest'
import { parseSpec } from './load-spec.ts'
import { summariseFiles } from './summarise-files.ts'
import { tableFolder, writeCsv } from './testing/tables.ts'

const folder = tableFolder()
afterAll(() => rmSync(folder, { recursive: true }))

const DAY = 86_400_000
const START = Date.UTC(2026, 0, 1)
const iso = (at: number): string => new Date(at).toISOString()

/** What is planted: an effect that wears off from 1 on the first day to none on the fifth, and an interaction. */
interface Planted {
  readonly seed: string
  readonly novelty?: boolean
  readonly interaction?: number
  readonly received?: number
}

/** Users with six days of visits each, half of them in the other experiment's treatment. */
function usersOf(count: number, { seed, novelty = false, interaction = 0, received = 1 }: Planted) {
  const random = randomFrom(seed)
  return Array.from({ length: count }, (_, i) => {
    const isNew = random() < 0.5
    const other = random() < 0.3 ? '' : random() < 0.5 ? 'on' : 'off'
    const isReached = isNew && random() < received
    const perDay = Array.from({ length: 5 }, (_day, day) => {
      const own = isReached ? (novelty ? (4 - day) / 4 : 0.4) : 0
      return 2 + random() + own + (isNew && other === 'on' ? interaction / 5 : 0)
    })
    return { user: `u${i}`, variant: isNew ? 'new' : 'control', other, perDay, isReached }
  })
}

const window = { windowSettings: { type: 'conversion', windowValue: 5, windowUnit: 'days' } } as const
const visits = { name: 'visits', metricType: 'mean', numerator: { column: 'visit' }, role: 'success', ...window }
const seconds = { ...visits, name: 'seconds', numerator: { column: 'second' } }
const received = {
  ...{ name: 'received', metricType: 'proportion', numerator: { column: 'received' }, role: 'exploratory', ...window },
  regressionAdjustmentSettings: { enabled: false },
}

async function read(planted: Planted, change: object = {}, count = 2000): Promise<ExperimentReadOut> {
  const users = usersOf(count, planted)
  const assignments = writeCsv(
    join(folder, `${planted.seed}-a.csv`),
    'user,variant,other,time',
    users.map(({ user, variant, other }) => [user, variant, other, iso(START)]),
  )
  const metrics = writeCsv(
    join(folder, `${planted.seed}-m.csv`),
    'user,metric,value,time',
    users.flatMap(({ user, perDay, isReached }) => [
      ...perDay.flatMap((value, day) => [
        [user, 'visit', value, iso(START + day * DAY + 1000)],
        // The same again but for little: a second success metric that says no more than the first.
        [user, 'second', value + 0.001 * (day % 2), iso(START + day * DAY + 1000)],
      ]),
      [user, 'received', isReached ? 1 : 0, iso(START + 1000)],
    ]),
  )
  const spec = parseSpec(
    {
      experiment: 'planted',
      variants: [
        { name: 'control', weight: 0.5 },
        { name: 'new', weight: 0.5 },
      ],
      control: 'control',
      sequential: { kind: 'fixed' },
      asOf: iso(START + 30 * DAY),
      columns: { assignments: { time: 'time' } },
      metrics: [visits],
      ...change,
    },
    planted.seed,
  )
  return readOut(await summariseFiles(spec, { assignments, metrics }, { memoryMb: 256, threads: 2 }), spec.readOut)
}

const known = <T extends { readonly kind: string }>(estimate: T | undefined): Extract<T, { kind: 'estimate' }> => {
  if (estimate?.kind !== 'estimate') throw new Error(`expected an estimate, got ${JSON.stringify(estimate)}`)
  return estimate as Extract<T, { kind: 'estimate' }>
}

describe('exploration of tables', () => {
  it('finds an effect that wears off, and none in one that stays', async () => {
    const [worn] = (await read({ seed: 'worn', novelty: true }, { novelty: { days: 7 } })).exploration.novelty
    // From 1 to 0 in four days; the standard error of a slope of 1,000 against 1,000 users is about .004.
    expect(known(worn!.slope).mean).toBeCloseTo(-0.25, 1)
    expect(worn).toMatchObject({ metric: 'visits', treatment: 'new', isDiscovery: true })
    expect(worn!.byDay).toHaveLength(5)
    const [stays] = (await read({ seed: 'stays' }, { novelty: { days: 7 } })).exploration.novelty
    expect(known(stays!.slope).low).toBeLessThan(0.01)
    expect(Math.abs(known(stays!.slope).mean)).toBeLessThan(0.02)
  })

  const interactions = [{ experiment: 'other', column: 'other', control: 'off' }]

  it('finds a planted interaction with another experiment, and leaves out who is in none', async () => {
    const all = (await read({ seed: 'meets', interaction: 0.5 }, { interactions })).exploration.interactions
    const [found] = all
    const { mean, low, high } = known(found!.interaction)
    expect(low).toBeLessThan(0.5)
    expect(high).toBeGreaterThan(0.5)
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.25)
    expect(found).toMatchObject({ experiment: 'other', beside: 'on', isDiscovery: true })
    expect(all).toHaveLength(1)
  })

  it('finds no interaction where there is none', async () => {
    const [none] = (await read({ seed: 'apart' }, { interactions })).exploration.interactions
    expect(known(none!.interaction).low).toBeLessThan(0)
    expect(known(none!.interaction).high).toBeGreaterThan(0)
    expect(none!.isDiscovery).toBe(false)
  })

  it('says what the message does to those who received it, where most did not', async () => {
    const shown = await read({ seed: 'reached', received: 0.4 }, { metrics: [visits, received], received: 'received' })
    const [found] = shown.exploration.compliers
    // Five days of .4 for the reached, of whom there are four in ten.
    expect(known(found!.effect).low).toBeLessThan(2)
    expect(known(found!.effect).high).toBeGreaterThan(2)
    expect(known(found!.compliance).mean).toBeCloseTo(0.4, 1)
    expect(shown.comparisons[0]!.metrics[0]!.fields.value).toBeLessThan(1)
    expect(shown.exploration.compliers).toHaveLength(1)
  })

  it('counts two success metrics that say the same as hardly more than one, where that was declared', async () => {
    const metrics = [visits, seconds]
    const each = await read({ seed: 'same' }, { metrics })
    const once = await read({ seed: 'same' }, { metrics, successTests: 'nyholt' })
    expect(each.decision.effectiveSuccess).toBe(null)
    expect(each.decision.levels.success).toBeCloseTo(0.025, 12)
    expect(once.decision.effectiveSuccess).toBeGreaterThanOrEqual(1)
    expect(once.decision.effectiveSuccess).toBeLessThan(1.01)
    expect(once.decision.levels.success).toBeCloseTo(0.05, 3)
  })

  it('gives the chances of the posterior after the stated prior, less being better where the metric says so', async () => {
    const priorSettings = { mean: 0, stddev: 0.001 }
    const inverse = { ...visits, name: 'fewer', inverse: true, priorSettings }
    const shown = await read({ seed: 'believed' }, { metrics: [{ ...visits, priorSettings }, inverse] })
    const [more, fewer] = shown.exploration.bayesian
    const { absolute, control } = shown.comparisons[0]!.metrics[0]!
    const { mean, stdError } = known(absolute)
    const expected = effectPosterior(
      { kind: 'effect', effect: mean, stdError, dof: null },
      { mean: 0, sd: 0.001 * control.mean! },
    )
    if (expected.kind !== 'posterior') throw new Error('expected a posterior')
    const [own, treated] = more!.variants!
    expect(treated!.chanceBest).toBeCloseTo(expected.positive, 4)
    expect(treated!.effect!.mean).toBeCloseTo(expected.mean, 6)
    expect(treated!.expectedLoss).toBeCloseTo(expected.lossOfShipping, 5)
    expect(own!.chanceBest + treated!.chanceBest).toBeCloseTo(1, 9)
    expect(fewer!.variants![1]!.chanceBest).toBeCloseTo(1 - expected.positive, 4)
  })

  it('names what was declared wrongly', () => {
    const variants = [
      { name: 'control', weight: 0.5 },
      { name: 'new', weight: 0.5 },
    ]
    const written = { experiment: 'x', variants, control: 'control', sequential: { kind: 'fixed' }, metrics: [visits] }
    expect(() => parseSpec({ ...written, received: 'visits' }, 'spec')).toThrow(
      /\/received expected a metric of type proportion, got "visits"/,
    )
  })
})
