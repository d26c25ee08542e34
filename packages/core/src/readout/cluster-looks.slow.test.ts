import { describe, expect, it } from 'vitest'
import type { ExperimentMetric } from '../domain/index.ts'
import { normalQuantile } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { criticalValue, effectPValue, effectScore, vectorMomentsOf } from '../statistics/index.ts'
import { compareForRule } from './compared-metric.ts'
import { earlyStop } from './effect-over-time.ts'
import type { ExperimentSummary, SummaryCell } from './experiment-summary.ts'
import { specOf, summaryOf } from './testing/summary-of.ts'

const DAYS = 14
const metric: ExperimentMetric = {
  ...{ name: 'sales', metricType: 'mean', numerator: { column: 'sales' } },
  ...{ role: 'success', targetMDE: 0.05 },
}
const DAY_MS = 86_400_000
const spec = specOf([metric], {
  ...{ unit: { kind: 'cluster' }, start: 0, end: DAYS * DAY_MS, skewness: 'ignored' },
  sequential: { kind: 'groupSequential', maxUsers: null, spending: 'power', looks: 'daily' },
})
const columns = { names: ['sales', 'users'], numerator: 0, denominator: 1, before: [], covariates: [], users: 1 }

interface Shops {
  readonly count: number
  /** When the users of a shop come: as they do everywhere, or of half of the shops mostly in the first week. */
  readonly arrivals: 'alike' | 'shifted'
  /** Standard deviation between shops, where that of a user is 2. */
  readonly between: number
}

/** Shops of unequal size without an effect, whose users come over two weeks: what is known after each day. */
function summaryOfShops(random: () => number, { count, arrivals, between }: Shops): ExperimentSummary {
  const noise = (): number => normalQuantile(random())
  const shops = Array.from({ length: count }, (_, i) => ({
    variant: i % 2 === 0 ? 'control' : 'new',
    level: 5 + between * noise(),
    perDay: (12 * Math.exp(0.5 * noise())) / DAYS,
    isEarly: random() < 0.5,
    known: [0, 0],
  }))
  const looks: SummaryCell[] = []
  for (let day = 0; day < DAYS; day++) {
    for (const { known, level, perDay, isEarly } of shops) {
      const rate = arrivals === 'alike' ? perDay : 2 * perDay * (day < DAYS / 2 === isEarly ? 0.95 : 0.05)
      for (let left = Math.exp(-rate), p = random(); p > left; p *= random()) {
        known[0]! += level + 2 * noise()
        known[1]! += 1
      }
    }
    for (const variant of ['control', 'new']) {
      const own = shops.filter((shop) => shop.variant === variant && shop.known[1]! > 0)
      const moments = vectorMomentsOf(
        own.map(({ known }) => [...known]),
        2,
      )
      looks.push({ variant, phase: null, stratum: null, day, moments })
    }
  }
  const cells = looks.slice(-2).map((cell) => ({ ...cell, day: null }))
  const empty = summaryOf([], spec)
  return { ...empty, asOf: DAYS * DAY_MS, metrics: [{ ...empty.metrics[0]!, columns, cells, looks }] }
}

/** Whether the rule ships at one of the looks: at an earlier one, or at the end. */
function isEverSuperior(summary: ExperimentSummary): { readonly sequential: boolean; readonly naive: boolean } {
  const compared = compareForRule({ spec, summary }, metric, 'new')
  const { looks, test, tested } = compared
  expect(looks).toHaveLength(DAYS)
  if (tested.kind === 'undefined') throw new Error(tested.reason)
  const now = criticalValue(test, { alpha: spec.alpha, dof: tested.dof })!
  const pValues = looks.map(({ found }) => effectPValue(found.effect, { alternative: 'greater' }) ?? 1)
  return {
    sequential: earlyStop(compared, spec.alpha) !== null || effectScore(tested, 0) >= now,
    naive: Math.min(...pValues) < spec.alpha,
  }
}

const RUNS = 1200

describe('clusters that are looked at every day', () => {
  it.each<Shops>([
    { count: 200, arrivals: 'alike', between: 1 },
    { count: 200, arrivals: 'shifted', between: 3 },
  ])(
    'keep their error with $count shops, users coming $arrivals',
    (shops) => {
      let sequential = 0
      let naive = 0
      for (let run = 0; run < RUNS; run++) {
        const found = isEverSuperior(summaryOfShops(randomFrom(`looks-${shops.arrivals}-${run}`), shops))
        if (found.sequential) sequential += 1
        if (found.naive) naive += 1
      }
      // Of 1,200 runs a share of .05 has a standard error of .0063.
      expect(Math.abs(sequential / RUNS - spec.alpha)).toBeLessThan(0.01)
      // What is known grows little where shops differ most, and looks are then nearly one.
      expect(naive).toBeGreaterThan(sequential)
    },
    1_800_000,
  )
})
