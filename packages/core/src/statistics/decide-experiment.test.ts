import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideExperiment } from './decide-experiment.ts'
import type { ExperimentEvidence, MetricResult, TestedMetric, TestInterval } from './experiment-decision.ts'
import type { TestMethod } from './test-method.ts'

const due = { kind: 'fixed', isDue: true } as const
const sure = (effect: number, stdError = 0.01) => ({ kind: 'effect', effect, stdError, dof: null }) as const
const unknown = { kind: 'undefined', reason: 'zero-variance', effect: 0 } as const
const sales: TestedMetric = { name: 'sales', role: 'success', effect: sure(0.1), minimalEffect: 0.05, test: due }
const visits: TestedMetric = { name: 'visits', role: 'success', effect: sure(0), minimalEffect: 0.05, test: due }
const optOuts: TestedMetric = {
  name: 'opt-outs',
  role: 'guardrail',
  inverse: true,
  effect: sure(0),
  margin: 0.05,
  test: due,
}
const sleep: TestedMetric = { name: 'sleep', role: 'deterioration', effect: sure(0), test: due }

const decide = (metrics: readonly TestedMetric[], rest: Partial<ExperimentEvidence> = {}) =>
  decideExperiment({ treatments: [{ name: 'new', metrics }], quality: [], ...rest })
const verdictOf = (...metrics: readonly TestedMetric[]) => decide(metrics).verdict
const codesOf = (...metrics: readonly TestedMetric[]) => decide(metrics).reasons.map(({ code }) => code)

describe('decideExperiment', () => {
  it('ships what is better and harms no guardrail', () => {
    const found = decide([sales, optOuts, sleep])
    expect(found.verdict).toBe('ship')
    expect(found.ships).toEqual(['new'])
    expect(found.reasons.map(({ code }) => code)).toEqual(['superior', 'guardrails-passed'])
    expect(found.reasons[0]).toMatchObject({ treatment: 'new', name: 'sales', words: 'new makes sales better.' })
  })

  it('stops for harm, whatever else is better', () => {
    expect(verdictOf(sales, { ...optOuts, effect: sure(0.1) })).toBe('stop')
    expect(verdictOf(sales, optOuts, { ...sleep, effect: sure(-0.1) })).toBe('stop')
    expect(codesOf(sales, { ...optOuts, effect: sure(0.1) })).toEqual(['deteriorated'])
  })

  it('calls broken data invalid before anything else, and no metric reliable', () => {
    const harmed = [sales, { ...optOuts, effect: sure(0.1) }]
    const quality = [{ kind: 'test', name: 'sample ratio', pValue: 1e-6 }] as const
    const found = decide(harmed, { quality })
    expect(found.verdict).toBe('invalid')
    expect(found.treatments[0]?.metrics.map(({ verdict }) => verdict)).toEqual(['unreliable', 'unreliable'])
    expect(found.reasons.map(({ code }) => code)).toEqual(['quality-failed'])
    expect(decide([sales], { quality: [{ kind: 'fact', name: 'crossover', isBroken: true }] }).verdict).toBe('invalid')
  })

  it('ships nothing while a check of the data could not be made', () => {
    const found = decide([sales, optOuts], { quality: [{ kind: 'test', name: 'sample ratio', pValue: null }] })
    expect(found.verdict).toBe('keepRunning')
    expect(found.reasons[0]?.code).toBe('quality-unknown')
  })

  it('does not ship what would have shown', () => {
    expect(verdictOf(visits, optOuts)).toBe('doNotShip')
    expect(codesOf(visits, optOuts)).toEqual(['not-superior', 'guardrails-passed', 'powered'])
  })

  it('keeps running while a metric is not measured closely enough, and gives up at the end', () => {
    const wide = { ...optOuts, effect: sure(0, 0.03), test: { kind: 'fixedPower' } } as const
    const early = { ...sales, test: { kind: 'fixedPower' } } as const
    expect(verdictOf(early, wide)).toBe('keepRunning')
    expect(codesOf(early, wide)).toEqual([
      'guardrail-not-passed',
      'not-superior',
      'no-test-now',
      'not-monitored',
      'no-test-now',
      'not-monitored',
    ])
    expect(verdictOf(early, { ...wide, effect: sure(0, 0.01) })).toBe('ship')
    expect(verdictOf(visits, { ...optOuts, effect: sure(0, 0.03) })).toBe('doNotShip')
    expect(codesOf(visits, { ...optOuts, effect: sure(0, 0.03) })).toContain('ended-underpowered')
  })

  it('tests nothing by a fixed size before it is due, but watches for harm', () => {
    const test = { kind: 'fixed', isDue: false } as const
    const monitoring = { kind: 'groupSequential', fractions: [0.2] } as const
    const found = decide([{ ...sales, test, monitoring }])
    expect(found.verdict).toBe('keepRunning')
    expect(found.treatments[0]?.metrics[0]).toMatchObject({ interval: null, verdict: 'inconclusive' })
    expect(verdictOf({ ...sales, test, monitoring, effect: sure(-0.1) })).toBe('stop')
    expect(codesOf({ ...sales, test, monitoring: null, effect: sure(-0.1) })).toContain('not-monitored')
  })

  it('ships by guardrails alone where nothing else was promised, and decides nothing without metrics', () => {
    expect(verdictOf(optOuts)).toBe('ship')
    expect(verdictOf({ ...optOuts, effect: sure(0.02, 0.03) })).toBe('doNotShip')
    expect(verdictOf({ ...optOuts, effect: sure(0, 0.03), test: { kind: 'groupSequential', fractions: [0.4] } })).toBe(
      'keepRunning',
    )
    expect(codesOf(sleep)).toEqual(['no-decision-metric'])
  })

  it('never lets a metric without an effect pass, and says so', () => {
    expect(verdictOf(sales, { ...optOuts, effect: unknown })).toBe('doNotShip')
    expect(codesOf(sales, { ...optOuts, effect: unknown })).toContain('metric-undefined')
    expect(verdictOf(sales, { ...visits, effect: unknown }, optOuts)).toBe('ship')
    const running = { kind: 'groupSequential', fractions: [0.5] } as const
    expect(verdictOf({ ...sales, test: running }, { ...optOuts, effect: unknown, test: running })).toBe('keepRunning')
  })

  it.each([
    [{ ...sure(0.1), effect: Number.NaN }, 'not-finite'],
    [{ ...sure(0.1), stdError: Number.POSITIVE_INFINITY }, 'not-finite'],
    [{ ...sure(0.1), stdError: 0 }, 'zero-variance'],
  ] as const)('takes what is no number for no effect (%#)', (effect, reason) => {
    const found = decide([{ ...sales, effect }]).treatments[0]!.metrics[0]!
    expect(found).toMatchObject({ verdict: 'unreliable', interval: null, effect: { kind: 'undefined', reason } })
  })

  it('has the levels of the whole rule', () => {
    const quality = [
      { kind: 'test', name: 'sample ratio', pValue: 0.5 },
      { kind: 'fact', name: 'crossover', isBroken: false },
    ] as const
    const metrics = [sales, visits, optOuts, { ...optOuts, name: 'bounces' }, sleep]
    const treatments = ['a', 'b'].map((name) => ({ name, metrics }))
    const { levels } = decideExperiment({ treatments, quality })
    expect(levels.success).toBeCloseTo(0.05 / 4, 12)
    expect(levels.guardrail).toBeCloseTo(0.05 / 2, 12)
    expect(levels.monitoring).toBeCloseTo(0.01 / 6, 12)
    expect(levels.power).toBeCloseTo(1 - 0.19 / 3, 12)
    expect(decideExperiment({ treatments, quality, effectiveSuccess: 1.25 }).levels.success).toBeCloseTo(0.02, 12)
  })

  it('decides on several treatments one by one', () => {
    const harmed = { ...sales, effect: sure(-0.1) }
    const open = { ...sales, effect: sure(0, 1), test: { kind: 'groupSequential', fractions: [0.3] } } as const
    const of = (...metrics: readonly TestedMetric[]) =>
      decideExperiment({
        treatments: metrics.map((metric, k) => ({ name: `t${k}`, metrics: [metric] })),
        quality: [],
      })
    expect(of(harmed, sales)).toMatchObject({ verdict: 'ship', ships: ['t1'] })
    expect(of(harmed, open).verdict).toBe('keepRunning')
    expect(of(harmed, { ...visits, name: 'sales' }).verdict).toBe('doNotShip')
    expect(of(harmed, harmed).treatments.map(({ verdict }) => verdict)).toEqual(['stop', 'stop'])
    expect(of(harmed, harmed).verdict).toBe('stop')
  })

  it('refuses what cannot be decided', () => {
    expect(() => decideExperiment({ treatments: [], quality: [] })).toThrow('treatments must not be empty')
    expect(() => decide([sales, sales])).toThrow('metrics must have names of their own, got sales, sales')
    expect(() => decide([{ ...optOuts, margin: 0 }])).toThrow('margin of opt-outs must be above 0, got 0')
    const { margin: _, ...without } = optOuts
    expect(() => decide([without])).toThrow(/margin of opt-outs must be above 0, got NaN/)
    expect(() => decide([{ ...sales, minimalEffect: -1 }])).toThrow('minimalEffect of sales must be above 0, got -1')
    const treatments = [
      { name: 'a', metrics: [sales] },
      { name: 'b', metrics: [visits] },
    ]
    expect(() => decideExperiment({ treatments, quality: [] })).toThrow('metrics of b must be sales, got visits')
    expect(() => decide([sales], { errors: { beta: 0.005 } })).toThrow(/beta must be above alphaMinus/)
  })
})

const method: fc.Arbitrary<TestMethod> = fc.oneof(
  fc.constant<TestMethod>({ kind: 'fixed', isDue: true }),
  fc.constant<TestMethod>({ kind: 'fixed', isDue: false }),
  fc.constant<TestMethod>({ kind: 'fixedPower' }),
  fc.constantFrom<TestMethod>(
    { kind: 'groupSequential', fractions: [0.4] },
    { kind: 'groupSequential', fractions: [0.3, 1.1] },
    { kind: 'groupSequential', fractions: [0.3, 0.300_001] },
  ),
  fc.constant<TestMethod>({ kind: 'confidenceSequence', n: 500, expectedN: 1000 }),
)

const metricNamed = (name: string): fc.Arbitrary<TestedMetric> =>
  fc.record({
    name: fc.constant(name),
    role: fc.constantFrom('success', 'guardrail', 'deterioration'),
    inverse: fc.boolean(),
    effect: fc.oneof(
      {
        weight: 9,
        arbitrary: fc
          .tuple(fc.double({ min: -6, max: 6, noNaN: true }), fc.constantFrom(null, 12))
          .map(([effect, dof]) => ({ kind: 'effect' as const, effect, stdError: 1, dof })),
      },
      { weight: 1, arbitrary: fc.constant(unknown) },
    ),
    margin: fc.constantFrom(0.5, 4),
    minimalEffect: fc.constantFrom(1, 5),
    test: method,
    monitoring: fc.oneof(method, fc.constant(null)),
  })

const isGood = (interval: TestInterval | null, inverse: boolean, from = 0) =>
  interval !== null && (inverse ? interval.high < -from : interval.low > from)
const isBad = (interval: TestInterval | null, inverse: boolean) =>
  interval !== null && (inverse ? interval.low > 0 : interval.high < 0)

describe('what is shown and what is decided', () => {
  const all = fc.tuple(metricNamed('a'), metricNamed('b'), metricNamed('c'))

  it('cannot disagree', () => {
    fc.assert(
      fc.property(all, (metrics) => {
        const { verdict, treatments } = decide(metrics)
        const found: readonly MetricResult[] = treatments[0]!.metrics
        const harmed = found.some(({ monitoringInterval, inverse }) => isBad(monitoringInterval, inverse))
        expect(verdict === 'stop').toBe(harmed)
        const success = found.filter(({ role }) => role === 'success')
        const guardrails = found.filter(({ role }) => role === 'guardrail')
        const passes = guardrails.every(({ name, interval, inverse }) =>
          isGood(interval, inverse, -metrics.find((metric) => metric.name === name)!.margin!),
        )
        const wins = success.some(({ interval, inverse }) => isGood(interval, inverse))
        const ships = success.length + guardrails.length > 0 && passes && (success.length === 0 || wins)
        expect(verdict === 'ship').toBe(!harmed && ships)
        for (const { verdict: shown, interval, inverse, effect } of found) {
          if (effect.kind === 'undefined') expect(shown).toBe('unreliable')
          else
            expect(shown).toBe(
              isGood(interval, inverse) ? 'better' : isBad(interval, inverse) ? 'worse' : 'inconclusive',
            )
        }
      }),
      { numRuns: 400, seed: 5 },
    )
  })

  it('do not depend on the unit, nor on which direction is called good', () => {
    fc.assert(
      fc.property(all, fc.constantFrom(-3, -1, 0.01, 100), (metrics, factor) => {
        const scaled = metrics.map((metric): TestedMetric => {
          const size = Math.abs(factor)
          const { effect } = metric
          return {
            ...metric,
            inverse: factor < 0 ? metric.inverse !== true : metric.inverse === true,
            effect:
              effect.kind === 'undefined'
                ? effect
                : { ...effect, effect: effect.effect * factor, stdError: effect.stdError * size },
            margin: metric.margin! * size,
            minimalEffect: metric.minimalEffect! * size,
          }
        })
        const [first, second] = [decide(metrics), decide(scaled)]
        expect(second.verdict).toBe(first.verdict)
        expect(second.reasons).toEqual(first.reasons)
      }),
      { numRuns: 200, seed: 6 },
    )
  })
})
