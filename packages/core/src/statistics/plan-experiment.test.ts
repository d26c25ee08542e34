import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/sequential.json' with { type: 'json' }
import { normalQuantile } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { daysUntil, unitsAfter } from './arrivals.ts'
import { detectableEffects } from './detectable-effects.ts'
import { fastestSplit } from './fastest-split.ts'
import { metricHistory } from './metric-history.ts'
import { evenSplit, planExperiment } from './plan-experiment.ts'
import { plannedDrift } from './planned-test.ts'
import { powerCurve } from './power-curve.ts'
import { designEffect, type PlannedMetric, requiredUnits } from './required-units.ts'
import { vectorMomentsOf } from './vector-moments.ts'

const PLAIN = { triggerRate: 1, designEffect: 1 }
const HALVES = { control: 0.5, treatment: 0.5 }
const sales: PlannedMetric = { name: 'sales', role: 'success', kind: 'mean', mean: 10, variance: 400, effect: 0.5 }
const optOuts: PlannedMetric = {
  name: 'opt-outs',
  role: 'guardrail',
  kind: 'proportion',
  mean: 0.02,
  effect: 0.002,
  inverse: true,
}

describe('requiredUnits where a variance grows', () => {
  it('lets the variance of the treatment follow its mean as told, of a success metric alone', () => {
    const metric = { name: 'm', role: 'success', kind: 'mean', mean: 10, variance: 4, effect: 1 } as const
    const asked = { drift: 2, split: { control: 0.5, treatment: 0.5 }, traffic: { triggerRate: 1, designEffect: 1 } }
    const unitsOf = (change: Partial<PlannedMetric>): number => {
      const found = requiredUnits({ ...metric, ...change }, asked)
      if (found.kind === 'undefined') throw new Error(found.reason)
      return found.units
    }
    expect(unitsOf({})).toBeCloseTo(2 ** 2 * (4 / 0.5 + 4 / 0.5), 9)
    expect(unitsOf({ variancePower: 1 })).toBeCloseTo(2 ** 2 * (4 / 0.5 + 4.4 / 0.5), 9)
    expect(unitsOf({ variancePower: 2 })).toBeCloseTo(2 ** 2 * (4 / 0.5 + 4.84 / 0.5), 9)
    expect(unitsOf({ variancePower: 2, inverse: true })).toBeCloseTo(2 ** 2 * (4 / 0.5 + 3.24 / 0.5), 9)
    expect(unitsOf({ variancePower: 2, role: 'guardrail' })).toBeCloseTo(unitsOf({}), 9)
  })
})

describe('requiredUnits', () => {
  it.each(cases.requiredUnits)('gives the textbook size of a $metric.role $metric.kind', (known) => {
    const metric = known.metric as PlannedMetric
    const drift = normalQuantile(1 - known.alpha) + normalQuantile(known.power)
    const found = requiredUnits(metric, { drift, split: known.split, traffic: PLAIN })
    if (found.kind !== 'units') throw new Error('expected units')
    expect(found.units / known.units).toBeCloseTo(1, 9)
  })

  it('grows with clusters and untriggered traffic, shrinks with what covariates explain', () => {
    const unitsOf = (metric: PlannedMetric, traffic = PLAIN) => {
      const found = requiredUnits(metric, { drift: 3, split: HALVES, traffic })
      return found.kind === 'units' ? found.units : Number.NaN
    }
    expect(designEffect({ size: 11, icc: 0.05 })).toBeCloseTo(1.5, 12)
    expect(unitsOf(sales, { triggerRate: 0.25, designEffect: 1.5 })).toBeCloseTo(6 * unitsOf(sales), 6)
    expect(unitsOf({ ...sales, rSquared: 0.4 })).toBeCloseTo(0.6 * unitsOf(sales), 6)
    expect(unitsOf({ ...sales, effect: 0.05, isRelative: true })).toBeCloseTo(unitsOf(sales), 6)
  })

  it.each([
    [{ ...sales, variance: 0 }, 'zero-variance'],
    [{ ...sales, mean: 0, isRelative: true }, 'zero-baseline'],
    [{ ...optOuts, role: 'success', effect: 0.03 }, 'not-reached'],
    [{ ...optOuts, mean: 0 }, 'not-reached'],
    [{ ...sales, mean: Number.NaN, isRelative: true }, 'not-finite'],
  ] as const)('says why there is no size (%#)', (metric, reason) => {
    expect(requiredUnits(metric, { drift: 3, split: HALVES, traffic: PLAIN })).toEqual({ kind: 'undefined', reason })
  })
})

describe('planExperiment', () => {
  it('plans for the whole decision, and names what needs most', () => {
    const plan = planExperiment({
      metrics: [sales, optOuts],
      quality: 1,
      arrivals: { kind: 'steady', unitsPerDay: 5000 },
    })
    expect(plan.levels.power).toBeCloseTo(1 - 0.19 / 2, 12)
    expect(plan.bottleneck).toBe('opt-outs')
    const [first, second] = plan.metrics
    expect(first).toMatchObject({ alpha: 0.05, units: expect.any(Number) })
    expect(plan.units).toBe(Math.ceil(Math.max(first!.units!, second!.units!)))
    const drift = plannedDrift({ kind: 'groupSequential', looks: 14 }, { alpha: 0.05, power: plan.levels.power })
    expect(second!.units).toBeCloseTo((drift.drift ** 2 * 4 * 0.02 * 0.98) / 0.002 ** 2, 3)
    expect(second!.inflation).toBeGreaterThan(1.05)
    expect(plan.days).toBe(Math.ceil(plan.units! / 5000))
    expect(plan.control).toBe(Math.ceil(plan.units! / 2))
  })

  it('needs least with a fixed size and most with looks without end', () => {
    const unitsWith = (test: Parameters<typeof plannedDrift>[0]) => planExperiment({ metrics: [sales], test }).units!
    const fixed = unitsWith({ kind: 'fixed' })
    expect(unitsWith({ kind: 'groupSequential', looks: 1 })).toBeCloseTo(fixed, -1)
    expect(unitsWith({ kind: 'groupSequential', looks: 14 })).toBeGreaterThan(fixed)
    expect(unitsWith({ kind: 'confidenceSequence' })).toBeGreaterThan(unitsWith({ kind: 'groupSequential', looks: 14 }))
  })

  it('gives control √C shares, and answers with a reason for a metric that has none', () => {
    expect(evenSplit(4)).toEqual({ control: 2 / 6, treatment: 1 / 6 })
    const plan = planExperiment({ metrics: [sales, { ...optOuts, mean: 0 }], treatments: 2 })
    expect(plan).toMatchObject({ units: null, days: null, bottleneck: 'opt-outs' })
    expect(plan.metrics[1]).toMatchObject({ units: null, reason: 'not-reached' })
    expect(planExperiment({ metrics: [] })).toMatchObject({ units: null, bottleneck: null })
  })

  it('refuses values out of range', () => {
    expect(() => planExperiment({ metrics: [{ ...sales, effect: 0 }] })).toThrow(
      'effect of sales must be above 0, got 0',
    )
    expect(() => planExperiment({ metrics: [sales], split: { control: 0.8, treatment: 0.4 } })).toThrow(/split must be/)
    expect(() => planExperiment({ metrics: [sales], traffic: { triggerRate: 0 } })).toThrow(/triggerRate must be in/)
    expect(() => planExperiment({ metrics: [sales], test: { kind: 'groupSequential', looks: 0 } })).toThrow(
      /looks must be/,
    )
    expect(() => planExperiment({ metrics: [{ ...sales, rSquared: 1 }] })).toThrow(/rSquared of sales/)
    const { variance: _, ...without } = sales
    expect(() => planExperiment({ metrics: [without] })).toThrow('variance of sales must be ≥ 0, got undefined')
    expect(() => planExperiment({ metrics: [{ ...optOuts, mean: 1.2 }] })).toThrow(
      /mean of opt-outs must be in \[0, 1\]/,
    )
  })

  it('is undone by its own detectable effect', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.02, max: 0.9, noNaN: true }),
        fc.constantFrom('success', 'guardrail'),
        (mean, role) => {
          const metric = { ...optOuts, role, mean, effect: 0.01, inverse: mean > 0.5 } as const
          const input = { metrics: [metric], test: { kind: 'fixed' } as const }
          const units = planExperiment(input).metrics[0]!.units!
          const arrivals = { kind: 'steady', unitsPerDay: units } as const
          const [point] = detectableEffects({ ...input, arrivals, days: [1] })['opt-outs']!
          expect(point!.effect! / 0.01).toBeCloseTo(1, 6)
          expect(point!.relative! * mean).toBeCloseTo(point!.effect!, 12)
        },
      ),
      { numRuns: 50, seed: 4 },
    )
  })

  it('has its planned power at the planned effect, and its level at none', () => {
    const plan = planExperiment({ metrics: [sales] })
    const { alpha, power, units } = plan.metrics[0]!
    const curve = powerCurve(sales, { units: units!, alpha, split: plan.split, multiples: [0, 1, 2] })
    expect(curve.map(({ effect }) => effect)).toEqual([0, 0.5, 1])
    expect(curve[0]!.power).toBeCloseTo(alpha, 6)
    expect(curve[1]!.power).toBeCloseTo(power, 6)
    expect(curve[2]!.power).toBeGreaterThan(0.999)
  })
})

describe('fastestSplit', () => {
  it('is √C : 1 for equal spreads, and gives more to whom varies more', () => {
    const { control, treatment } = fastestSplit({ metrics: [sales], treatments: 4 })
    expect(control / treatment).toBeCloseTo(2, 4)
    const rising = { ...optOuts, role: 'success', inverse: false, mean: 0.02, effect: 0.1 } as const
    const uneven = fastestSplit({ metrics: [rising] })
    expect(uneven.treatment / uneven.control).toBeCloseTo(Math.sqrt((0.12 * 0.88) / (0.02 * 0.98)), 3)
  })
})

describe('unitsAfter', () => {
  it('reads a history between its days and lets it flatten beyond', () => {
    const cumulative = [100, 180, 240, 280]
    const history = { kind: 'history', cumulative } as const
    expect([0, 1, 1.5, 4].map((days) => unitsAfter(history, days))).toEqual([0, 100, 140, 280])
    expect(unitsAfter(history, 8)).toBeCloseTo(280 * 2 ** Math.log2(280 / 180), 6)
    expect(unitsAfter({ kind: 'history', cumulative: [50, 100, 150, 200] }, 8)).toBeCloseTo(400, 9)
    expect(daysUntil(history, 200)).toBe(3)
    expect(daysUntil({ kind: 'history', cumulative: [10, 10, 10, 10] }, 11)).toBeNull()
    expect(daysUntil({ kind: 'steady', unitsPerDay: 0 }, 1)).toBeNull()
  })

  it('refuses a history that falls', () => {
    expect(() => unitsAfter({ kind: 'history', cumulative: [5, 4] }, 1)).toThrow(
      'cumulative must never fall, got 4 on day 2',
    )
    expect(() => unitsAfter({ kind: 'history', cumulative: [] }, 1)).toThrow(/must not be empty/)
  })
})

describe('metricHistory', () => {
  const rows = [
    [3, 1, 2, 1],
    [5, 2, 3, 1],
    [9, 2, 6, 1],
    [4, 1, 5, 1],
    [8, 4, 4, 1],
  ]
  const moments = vectorMomentsOf(rows, 4)

  it('gives mean, variance and R² of a least squares fit', () => {
    const found = metricHistory(moments, { metric: { kind: 'mean', value: 0 }, covariates: [2] })
    // numpy: np.var(y, ddof=1), np.corrcoef(y, x)[0, 1] ** 2
    expect(found).toMatchObject({
      kind: 'history',
      units: 5,
      mean: expect.closeTo(5.8, 12),
      variance: expect.closeTo(6.7, 12),
    })
    if (found.kind === 'history') expect(found.rSquared).toBeCloseTo(11 ** 2 / (26.8 * 10), 12)
  })

  it('linearises a ratio', () => {
    const ratio = 5.8 / 2
    const values = rows.map(([m, d]) => (m! - ratio * d!) / 2)
    const spread = values.reduce((sum, z) => sum + z * z, 0) / 4
    const metric = { kind: 'ratio', numerator: 0, denominator: 1 } as const
    expect(metricHistory(moments, { metric })).toMatchObject({
      mean: expect.closeTo(ratio, 12),
      variance: expect.closeTo(spread, 12),
      rSquared: 0,
    })
  })

  it('takes the past of a ratio as a ratio: shared size explains nothing of it', () => {
    const random = randomFrom('ratio')
    const rows = Array.from({ length: 400 }, () => {
      const [size, past] = [1 + Math.floor(4 * random()), 1 + Math.floor(4 * random())]
      return [size * random(), size, past * random(), past]
    })
    const moments = vectorMomentsOf(rows, 4)
    const metric = { kind: 'ratio', numerator: 0, denominator: 1 } as const
    const before = { kind: 'ratio', numerator: 2, denominator: 3 } as const
    const found = metricHistory(moments, { metric, before })
    const [m, d, p, q] = moments.mean
    const z = rows.map(([a, b]) => (a! - (m! / d!) * b!) / d!)
    const x = rows.map(([, , a, b]) => (a! - (p! / q!) * b!) / q!)
    const sum = (a: readonly number[], b: readonly number[]) => a.reduce((all, value, i) => all + value * b[i]!, 0)
    expect(found).toMatchObject({ kind: 'history' })
    if (found.kind === 'history') expect(found.rSquared).toBeCloseTo(sum(z, x) ** 2 / (sum(z, z) * sum(x, x)), 12)
  })

  it('answers with a reason, and with R² = 0 for a singular covariate', () => {
    const of = (metric: Parameters<typeof metricHistory>[1]['metric'], covariates: readonly number[] = []) =>
      metricHistory(moments, { metric, covariates })
    expect(of({ kind: 'mean', value: 3 })).toEqual({ kind: 'undefined', reason: 'zero-variance' })
    expect(of({ kind: 'mean', value: 0 }, [3])).toMatchObject({ rSquared: 0 })
    expect(metricHistory(vectorMomentsOf([[1]], 1), { metric: { kind: 'mean', value: 0 } })).toEqual({
      kind: 'undefined',
      reason: 'too-few-units',
    })
    const zero = vectorMomentsOf(
      [
        [1, 0],
        [2, 0],
      ],
      2,
    )
    expect(metricHistory(zero, { metric: { kind: 'ratio', numerator: 0, denominator: 1 } })).toMatchObject({
      reason: 'zero-denominator',
    })
    const broken = vectorMomentsOf([[1], [Number.NaN]], 1)
    expect(metricHistory(broken, { metric: { kind: 'mean', value: 0 } })).toMatchObject({ reason: 'not-finite' })
  })
})
