import { describe, expect, it } from 'vitest'
import type { ExperimentMetric } from '../domain/index.ts'
import { normalQuantile } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { type ClusterRow, vectorMomentsOf } from '../statistics/index.ts'
import type { ExperimentSummary } from './experiment-summary.ts'
import { readOut } from './read-out.ts'
import { specOf, summaryOf } from './testing/summary-of.ts'

const metric: ExperimentMetric = {
  name: 'sales',
  metricType: 'mean',
  numerator: { column: 'sales' },
  role: 'exploratory',
}
const spec = specOf([metric], { unit: { kind: 'switchback', slotMinutes: 60, washoutMinutes: 0 } })

interface Slot extends ClusterRow {
  readonly variant: 'control' | 'new'
}

/** Slots whose levels hang on the one before (AR(1), .8) and on the hour, each drawn for a variant by itself. */
function slotsOf(
  random: () => number,
  { count, effect }: { readonly count: number; readonly effect: number },
): readonly Slot[] {
  let level = 0
  return Array.from({ length: count }, (_, slot) => {
    level = 0.8 * level + 0.6 * normalQuantile(random())
    const variant = random() < 0.5 ? 'control' : 'new'
    const units = 10 + Math.floor(40 * random())
    const mean = 5 + level + Math.sin((2 * Math.PI * slot) / 24) + (variant === 'new' ? effect : 0)
    return { variant, units, sum: units * mean + 2 * Math.sqrt(units) * normalQuantile(random()) }
  })
}

function summaryOfSlots(slots: readonly Slot[]): ExperimentSummary {
  const cells = (['control', 'new'] as const).map((variant) => {
    const own = slots.filter((slot) => slot.variant === variant)
    const moments = vectorMomentsOf(
      own.map(({ sum, units }) => [sum, units]),
      2,
    )
    return { variant, phase: null, stratum: null, day: null, moments, ...(slots.length < 80 ? { clusters: own } : {}) }
  })
  const columns = { names: ['sales', 'users'], numerator: 0, denominator: 1, before: [], covariates: [], users: 1 }
  const empty = summaryOf([], spec)
  return { ...empty, metrics: [{ ...empty.metrics[0]!, columns, cells }] }
}

/** Of many switchbacks: how often the interval holds the truth, and how often the randomisation test rejects at 5 %. */
function calibration(runs: number, count: number): { readonly covered: number; readonly rejected: number } {
  let covered = 0
  let rejected = 0
  for (let run = 0; run < runs; run++) {
    const random = randomFrom(`switchback-${count}-${run}`)
    const found = readOut(summaryOfSlots(slotsOf(random, { count, effect: 0 })), { ...spec, alpha: 0.025 })
    const shown = found.comparisons[0]!.metrics[0]!
    if (shown.absolute.kind !== 'estimate') throw new Error('expected an estimate')
    if (shown.absolute.low <= 0 && shown.absolute.high >= 0) covered += 1
    if ((shown.randomisation?.pValue ?? 1) <= 0.05) rejected += 1
  }
  return { covered: covered / runs, rejected: rejected / runs }
}

describe('a switchback read by slots, whose levels hang on one another', () => {
  it.each([
    // ± three standard errors of the runs; with few slots a little below is CR2's known price.
    { count: 20, runs: 400, least: 0.91 },
    { count: 120, runs: 1000, least: 0.925 },
  ])(
    'covers the truth nineteen times in twenty with $count slots',
    ({ count, runs, least }) => {
      const { covered, rejected } = calibration(runs, count)
      expect(covered).toBeGreaterThan(least)
      expect(covered).toBeLessThan(0.99)
      if (count < 40) expect(rejected).toBeLessThan(0.085)
      if (count < 40) expect(rejected).toBeGreaterThan(0.015)
    },
    300_000,
  )

  it('would not by its users, so that the measure can tell', () => {
    let covered = 0
    for (let run = 0; run < 200; run++) {
      const slots = slotsOf(randomFrom(`by-users-${run}`), { count: 120, effect: 0 })
      const [a, b] = (['new', 'control'] as const).map((variant) => {
        const own = slots.filter((slot) => slot.variant === variant)
        const units = own.reduce((n, slot) => n + slot.units, 0)
        return { units, mean: own.reduce((sum, slot) => sum + slot.sum, 0) / units }
      })
      // Users' own spread is 2 and slots' about 1.2.
      const stdError = Math.sqrt((4 + 1.5) * (1 / a!.units + 1 / b!.units))
      if (Math.abs(a!.mean - b!.mean) < 1.96 * stdError) covered += 1
    }
    expect(covered / 200).toBeLessThan(0.7)
  })
})
