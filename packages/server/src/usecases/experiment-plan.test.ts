import { DAY_MS, type ExperimentDesign, type FactMetric, HOUR_MS } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { experimentDesignSchema } from '../config/experiment-design-schema.ts'
import { NOON } from '../store/testing/examples.ts'
import type { PlanFromLog } from './contract.ts'
import { liveThrough, type PastLog, pastLog } from './testing/past-log.ts'
import { type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'

const WINDOW_DAYS = 3
const windowSettings = { type: 'conversion', windowValue: WINDOW_DAYS, windowUnit: 'days' } as const
const METRICS: readonly FactMetric[] = [
  {
    ...{ name: 'revenue', metricType: 'mean', targetMDE: 0.6, windowSettings },
    numerator: { column: 'event:Order Completed.revenue' },
  },
  {
    ...{ name: 'buyers', metricType: 'proportion', targetMDE: 0.1, windowSettings },
    numerator: { column: 'event:Order Completed' },
  },
  {
    ...{ name: 'basket', metricType: 'ratio', windowSettings },
    numerator: { column: 'event:Order Completed.revenue' },
    denominator: { column: 'event:Order Completed' },
  },
  {
    ...{ name: 'most', metricType: 'quantile', quantileSettings: { type: 'unit', quantile: 0.75 }, windowSettings },
    numerator: { column: 'event:Order Completed.revenue' },
  },
  { name: 'refunds', metricType: 'mean', targetMDE: 0.1, numerator: { column: 'event:Refund' }, windowSettings },
  {
    ...{ name: 'slow', metricType: 'mean', targetMDE: 0.1, numerator: { column: 'event:Order Completed' } },
    windowSettings: { ...windowSettings, windowValue: 90 },
  },
]

const DAYS = 60
const FROM = NOON - 12 * HOUR_MS - DAYS * DAY_MS

const design = (over: object): ExperimentDesign =>
  experimentDesignSchema.parse({
    key: 'tone',
    variants: [
      { name: 'control' },
      { name: 'warm', change: { messages: { 'price-drop': { kind: 'wordings', names: ['default'] } } } },
    ],
    horizon: { kind: 'days', days: 14 },
    metrics: [
      { name: 'revenue', role: 'success' },
      { name: 'buyers', role: 'guardrail', nonInferiorityMargin: 0.6 },
      { name: 'basket', role: 'deterioration' },
      { name: 'most', role: 'exploratory' },
      { name: 'refunds', role: 'deterioration' },
    ],
    ...over,
  })

/** What the log says of the users that would have come, worked out one by one. */
function byHand({ decisions, outcomes }: PastLog, since: number, until: number) {
  const first = new Map<string, number>()
  const met = new Set<string>()
  for (const { userId, at, actions, assignments } of decisions) {
    if (at < since || at > until || assignments[0]?.variant !== 'paloma') continue
    met.add(userId)
    if (actions.length > 1) first.set(userId, Math.min(at, first.get(userId) ?? at))
  }
  const rows = [...first].filter(([, at]) => at + WINDOW_DAYS * DAY_MS <= until)
  const sum = (user: string, from: number, to: number): number =>
    outcomes
      .filter(({ userId, at }) => userId === user && at >= from && at < to)
      .reduce((total, { properties }) => total + Number(properties.revenue), 0)
  const after = rows.map(([user, at]) => sum(user, at, at + WINDOW_DAYS * DAY_MS))
  const before = rows.map(([user, at]) => sum(user, at - 28 * DAY_MS, at))
  return { users: first.size, met: met.size, after, before, tenure: rows.map(([, at]) => at / DAY_MS) }
}

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const covariance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + (x - meanOf(a)) * (b[i]! - meanOf(b)), 0) / (a.length - 1)

const correlation = (a: readonly number[], b: readonly number[]): number =>
  covariance(a, b) / Math.sqrt(covariance(a, a) * covariance(b, b))

describe('a plan from the log', () => {
  let lab: UsecaseLab
  const log = pastLog({ from: FROM, days: DAYS, people: 900 })
  const plan = async (over: object = {}, from: 'live' | 'history' = 'live'): Promise<PlanFromLog> => {
    await lab.usecases.experiments.create(design(over), 'ann')
    return (await lab.usecases.experiments.plan('tone', { from, days: 28 }))!
  }

  beforeAll(async () => {
    lab = await usecaseLab({ config: { metrics: METRICS } })
    await liveThrough(lab, log, NOON)
  })
  afterAll(() => lab.close())

  it('rests on the users it would have exposed, their windows and what they did before', async () => {
    const { plan: found, metrics, basis, faults } = await plan()
    // So many days and the longest window ago, from the next midnight on.
    const since = NOON + 12 * HOUR_MS - 31 * DAY_MS
    expect(basis).toMatchObject({ from: 'live', since, until: NOON, days: 30, unit: 'user', share: 1 })
    const { users, met, after, before, tenure } = byHand(log, since, NOON)
    expect(basis).toMatchObject({ users, units: users })
    expect(basis.triggerRate).toBeCloseTo(users / met, 12)
    const [revenue] = metrics
    expect(revenue).toMatchObject({ name: 'revenue', role: 'success', units: after.length, fault: null })
    expect(revenue!.mean).toBeCloseTo(meanOf(after), 9)
    expect(revenue!.stdDeviation! ** 2).toBeCloseTo(covariance(after, after), 7)
    // Of two covariates, the past and since when a user is known; everybody is as reachable.
    const [r1, r2, r12] = [correlation(after, before), correlation(after, tenure), correlation(before, tenure)]
    const explained = (r1 ** 2 + r2 ** 2 - 2 * r1 * r2 * r12) / (1 - r12 ** 2)
    expect(explained).toBeGreaterThan(0.1)
    expect(revenue!.explained).toBeCloseTo(explained, 9)
    expect(faults).toEqual([])
    expect(found!.plan.metrics.map(({ name }) => name)).toEqual(['revenue', 'buyers'])
    expect(found!.metrics[0]).toMatchObject({ mean: revenue!.mean, rSquared: revenue!.explained })
    expect(found!.plan.days).toBeGreaterThan(1)
    expect(found!.daysWithWindow).toBe(found!.plan.days! + WINDOW_DAYS)
  })

  it('flags the metric that has no past, by name, and plans without it where it does not decide', async () => {
    const { metrics, plan: found } = await plan()
    const faults = Object.fromEntries(metrics.map(({ name, fault }) => [name, fault]))
    expect(faults).toMatchObject({ revenue: null, buyers: null, basket: null, most: null })
    expect(faults.refunds).toMatch(/metric "refunds" expects a past .* got all values are alike/)
    expect(found).not.toBeNull()
  })

  it('is none where a metric that decides has too little of a past, with what was expected', async () => {
    const metrics = [
      { name: 'slow', role: 'success' },
      { name: 'refunds', role: 'guardrail', nonInferiorityMargin: 0.6 },
      { name: 'basket', role: 'success' },
    ]
    const { plan: found, faults } = await plan({ metrics })
    expect(found).toBeNull()
    expect(faults).toEqual([
      {
        pointer: '/metrics/0',
        detail: 'metric "slow" expects at least 100 users whose window of 90 days has closed, got 0',
      },
      { pointer: '/metrics/1', detail: expect.stringMatching(/^metric "refunds" expects a past/) },
      {
        pointer: '/metrics/2/targetMDE',
        detail: expect.stringMatching(/^metric "basket" expects the least relative effect/),
      },
    ])
    expect((await plan({ metrics: [] })).faults).toEqual([
      { pointer: '/metrics', detail: 'expected one or more of role success or guardrail, got none' },
    ])
  })

  it('is for the least effect that the design names, where it names one', async () => {
    const withEffect = (targetMDE: number) => plan({ metrics: [{ name: 'basket', role: 'success', targetMDE }] })
    const [wide, narrow] = [await withEffect(0.4), await withEffect(0.2)]
    expect(wide.plan!.metrics[0]!.effect).toBe(0.4)
    // Half the effect takes four times the units, at variances of the treatment that grow with its ratio.
    expect(narrow.plan!.plan.units! / wide.plan!.plan.units!).toBeCloseTo((4 * (1 + 1.2)) / (1 + 1.4), 1)
  })

  it('takes the shares of a design into arrivals, and leaves out whom it is not about', async () => {
    const whole = await plan()
    const quarter = await plan({ traffic: 250_000 })
    expect(quarter.basis.share).toBe(0.25)
    expect(quarter.basis.unitsPerDay).toBeCloseTo(whole.basis.unitsPerDay! / 4, 9)
    expect(quarter.plan!.plan.units).toBe(whole.plan!.plan.units)
    const ulm = await plan({ targeting: [{ kind: 'oneOf', trait: 'city', values: ['Ulm'] }] })
    expect(ulm.basis.users).toBeLessThan(whole.basis.users)
    const random = await plan({ groups: ['random'] })
    expect(random.basis.users).toBeLessThan(0.2 * whole.basis.users)
    // A policy is about everything, another message about nobody.
    const policy = await plan({
      variants: [{ name: 'control' }, { name: 'new', change: { policy: { kind: 'greedy', floor: 0 } } }],
    })
    expect(policy.basis.users).toBe(whole.basis.users)
    const other = { messages: { newsletter: { kind: 'withhold' } } }
    await expect(plan({ variants: [{ name: 'control' }, { name: 'new', change: other }] })).rejects.toMatchObject({
      code: 'EXPERIMENT_WITHOUT_PAST',
    })
  })

  it('counts in slots of time where those are randomised', async () => {
    const unit = { kind: 'switchback', slotMinutes: 240, washoutMinutes: 30 }
    const { basis, plan: found, metrics } = await plan({ unit })
    expect(basis).toMatchObject({ unit: 'slot', triggerRate: null })
    expect(basis.units).toBeGreaterThan(6 * 28)
    expect(basis.unitsPerDay).toBeCloseTo(6, 0)
    expect(metrics[0]!.units).toBeGreaterThan(170)
    expect(found!.metrics[1]!.kind).toBe('mean')
    const ofCities = await plan({ unit: { ...unit, clusterTrait: 'city' } })
    // Two cities would have twice the slots, were there somebody in each.
    expect(ofCities.basis.unitsPerDay).toBeGreaterThan(1.3 * basis.unitsPerDay!)
    expect(ofCities.metrics[0]!.mean).toBeGreaterThan(0)
    await expect(plan({ unit: { ...unit, clusterTrait: 'county' } })).rejects.toMatchObject({
      code: 'EXPERIMENT_WITHOUT_PAST',
    })
  })

  it('is the same out of exported days, and says so', async () => {
    const stored = await plan()
    await lab.usecases.history.export({})
    const { basis, ...rest } = await plan({}, 'history')
    expect(basis).toEqual({ ...stored.basis, from: 'history' })
    const rounded = (value: unknown) =>
      JSON.parse(JSON.stringify(value), (_, x) => (typeof x === 'number' ? Number(x.toPrecision(9)) : x))
    expect(rounded(rest)).toEqual(rounded({ ...stored, basis: undefined }))
  })

  it('is refused like a start for a design with a fault, and for one that is stopped or unknown', async () => {
    await expect(plan({ metrics: [{ name: 'joy', role: 'success' }] })).rejects.toMatchObject({
      code: 'EXPERIMENT_INVALID',
      pointer: '/metrics',
    })
    await expect(lab.usecases.experiments.plan('nothing', { from: 'live', days: 28 })).resolves.toBeUndefined()
    await lab.usecases.experiments.create(design({ key: 'over' }), 'ann')
    await lab.usecases.experiments.start('over', 'ann')
    await lab.usecases.experiments.stop('over', { decision: 'invalid', reason: '' }, 'ann')
    await expect(lab.usecases.experiments.plan('over', { from: 'live', days: 28 })).rejects.toMatchObject({
      code: 'EXPERIMENT_STOPPED',
    })
  })
})
