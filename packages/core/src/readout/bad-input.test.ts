import { describe, expect, it } from 'vitest'
import type { ExperimentMetric } from '../domain/index.ts'
import { conflictOf } from '../experiment/index.ts'
import { placeOf } from '../experiment/life-cycle.ts'
import { designOf } from '../experiment/testing/scenes.ts'
import { randomFrom } from '../random/index.ts'
import { planExperiment, sampleRatioTest } from '../statistics/index.ts'
import type { ExperimentReadOut } from './experiment-read-out.ts'
import type { DataFaults, ExperimentSummary } from './experiment-summary.ts'
import { readOut } from './read-out.ts'
import { specOf, summaryOf, type TestUser } from './testing/summary-of.ts'

const sales: ExperimentMetric = {
  ...{ name: 'sales', metricType: 'mean', numerator: { column: 'sales' } },
  ...{ role: 'success', targetMDE: 0.05 },
}
const spec = specOf([sales])

const random = randomFrom('bad input')
const people = (numberOf: (i: number) => number, count = 400): readonly TestUser[] =>
  Array.from({ length: count }, (_, i) => ({ variant: i % 2 ? 'new' : 'control', values: [numberOf(i)] }))
const usual = people(() => 10 + random())

const seen = (users: readonly TestUser[], change: Partial<ExperimentSummary> = {}): ExperimentReadOut =>
  readOut({ ...summaryOf(users, spec), ...change }, spec)
const withFaults = (faults: Partial<DataFaults>): ExperimentReadOut => {
  const summary = summaryOf(usual, spec)
  return readOut({ ...summary, faults: { ...summary.faults, ...faults } }, spec)
}
const lost = (notFinite: readonly number[]): ExperimentReadOut => {
  const summary = summaryOf(usual, spec)
  const leftOut = ['control', 'new'].map((variant, i) => ({
    variant,
    incomplete: 0,
    missing: 0,
    notFinite: notFinite[i]!,
  }))
  return readOut({ ...summary, metrics: summary.metrics.map((metric) => ({ ...metric, leftOut })) }, spec)
}

/** What is wrong with the data, and the value with a reason that comes of it. */
const CASES: readonly (readonly [
  string,
  () => ExperimentReadOut,
  ExperimentReadOut['decision']['verdict'],
  string | RegExp,
])[] = [
  ['zero variance', () => seen(people(() => 5)), 'doNotShip', 'zero-variance'],
  ['n < 2', () => seen(usual.slice(0, 2)), 'doNotShip', 'too-few-units'],
  [
    'n < 2 in one arm',
    () => seen([...usual.slice(0, 1), ...usual.filter(({ variant }) => variant === 'new')].slice(0, 6)),
    'doNotShip',
    'too-few-units',
  ],
  [
    'a zero baseline',
    () => seen(people((i) => (i % 2 ? 1 + random() : 0))),
    'ship',
    /no relative effect: the control mean is 0/,
  ],
  [
    'a weak baseline',
    () => seen(people((i) => ((i % 7) - 3) / 3)),
    'doNotShip',
    /the control mean is too uncertain to be a base/,
  ],
  ['one empty arm', () => seen(usual.filter(({ variant }) => variant === 'control')), 'invalid', 'too-few-units'],
  ['nobody', () => seen([]), 'doNotShip', 'too-few-units'],
  ['users in two arms', () => withFaults({ usersInManyVariants: 3 }), 'invalid', /3 of 400 users/],
  [
    'exposure before assignment',
    () => withFaults({ exposedBeforeAssigned: 3 }),
    'invalid',
    /3 of 400 users exposed before they were/,
  ],
  [
    'clock skew',
    () => withFaults({ metricRows: 400, metricRowsFromFuture: 1 }),
    'doNotShip',
    /1 row of metrics dated after the read-out/,
  ],
  ['a missing pre-period', () => seen(usual), 'doNotShip', /nothing is known from before exposure/],
  [
    'duplicated rows',
    () => withFaults({ repeatedRows: 7, repeatedMetricRows: 1 }),
    'doNotShip',
    /7 rows of assignments after a user's first; 1 row of metrics that repeat/,
  ],
  [
    'rows about nobody',
    () => withFaults({ metricRows: 9, metricRowsOfOthers: 9 }),
    'invalid',
    /none of the 9 rows of metrics is about an assigned/,
  ],
  ['NaN', () => lost([2, 1]), 'doNotShip', /sales: 3 users without a value; too few to test/],
  ['NaN in one arm', () => lost([90, 1]), 'invalid', /sales: 91 users without a value/],
  ['NaN in the moments', () => seen(people((i) => (i === 3 ? Number.NaN : 10 + random()))), 'doNotShip', 'not-finite'],
]

describe('a read-out', () => {
  it.each(CASES)('of %s is a value with a reason', (_, read, verdict, says) => {
    const found = read()
    const [metric] = found.comparisons[0]!.metrics
    expect(found.decision.verdict).toBe(verdict)
    if (typeof says === 'string') {
      expect(metric!.absolute).toMatchObject({ kind: 'undefined', reason: says })
      expect([metric!.test.pValue, metric!.isSuperior]).toEqual([null, false])
    } else {
      const told = [...found.quality.checks.map(({ words }) => words), ...metric!.notes].join('\n')
      expect(told).toMatch(says)
    }
    expect(
      JSON.stringify(found, (_key, x) => (Number.isNaN(x) || Math.abs(x) === Infinity ? 'NOT A NUMBER' : x)),
    ).not.toMatch(/NOT A NUMBER/)
    for (const { status, pValue } of found.quality.checks)
      if (status === 'moot' || status === 'unknown') expect(pValue).toBeNull()
  })

  it('of nobody says that users are lacking, and nothing of a mean that nobody knows', () => {
    const { notes } = seen([]).comparisons[0]!.metrics[0]!
    expect(notes).toEqual(['no standard error: too few users'])
  })

  it('of a metric that does not exist names it', () => {
    const other = specOf([{ ...sales, name: 'joy' }])
    expect(() => readOut(summaryOf(usual, spec), other)).toThrow(/every metric of the spec, lacks joy/)
  })

  it('keeps the levels whether or not there was anything to test', () => {
    expect(seen(usual).decision.levels).toEqual(lost([90, 1]).decision.levels)
  })
})

describe('weights that do not sum to 1', () => {
  it('are shares on another scale to the sample ratio, and no split to a plan, with what was expected', () => {
    expect(sampleRatioTest([200, 200], [0.4, 0.4])).toEqual(sampleRatioTest([200, 200], [0.5, 0.5]))
    expect(() => sampleRatioTest([200, 200], [0.5, Number.NaN])).toThrow(/finite and ≥ 0, got NaN/)
    const metric = { name: 'sales', role: 'success', kind: 'mean', mean: 1, variance: 1, effect: 0.1 } as const
    expect(() => planExperiment({ metrics: [metric], split: { control: 0.5, treatment: 0.6 } })).toThrow(
      /sum to at most 1, got 0.5/,
    )
  })
})

describe('an experiment that would share users with an exclusive one', () => {
  it('is refused with the name of the other', () => {
    const footprint = (key: string, isExclusive: boolean) => {
      const design = designOf({ key, isExclusive })
      const changes = design.variants.map(({ change }) => change)
      return {
        ...{ key, isExclusive, changes, groups: design.groups, learning: design.learning },
        budgetSplit: [],
        layer: placeOf(design, []),
      }
    }
    const [plain, alone] = [footprint('plain', false), footprint('alone', true)]
    expect(conflictOf(plain, [alone])).toMatchObject({ key: 'alone', reason: expect.stringMatching(/exclusive/) })
    expect(conflictOf(alone, [plain])).toMatchObject({ key: 'plain' })
  })
})
