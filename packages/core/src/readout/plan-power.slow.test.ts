import { describe, expect, it } from 'vitest'
import type { ExperimentMetric } from '../domain/index.ts'
import { normalQuantile } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import {
  criticalValue,
  effectiveEvents,
  effectScore,
  type MetricHistory,
  metricHistory,
  type VectorMoments,
  vectorMomentsOf,
} from '../statistics/index.ts'
import { compareForRule } from './compared-metric.ts'
import type { ExperimentSummary, OrderStatistics, VectorColumns } from './experiment-summary.ts'
import { planReadOut } from './plan-read-out.ts'
import { quantileHistory } from './quantile-history.ts'
import { specOf, summaryOf } from './testing/summary-of.ts'

type Random = () => number

const MDE = 0.08
const part = { role: 'success', targetMDE: MDE } as const
const response: ExperimentMetric = {
  ...{ name: 'response', metricType: 'quantile', numerator: { column: 'seconds' }, ...part },
  quantileSettings: { type: 'event', quantile: 0.8 },
}
const perVisit: ExperimentMetric = {
  ...{ name: 'per visit', metricType: 'ratio', numerator: { column: 'orders' }, denominator: { column: 'visits' } },
  ...part,
}

/** Number of events ≥ 1 of one user, mean 4. */
function countOf(random: Random): number {
  let count = 1
  while (random() > 1 / 4) count += 1
  return count
}

/** Events of one user that are alike: lognormal, a user's level as wide as the scatter around it. */
function seconds(random: Random, lift: number): readonly number[] {
  const level = normalQuantile(random())
  return Array.from({ length: countOf(random) }, () => (1 + lift) * Math.exp(0.4 * (level + normalQuantile(random()))))
}

/** Orders and visits after exposure, and before; a user's rate is his own. */
function visits(random: Random, lift: number): readonly number[] {
  const rate = 0.1 + 0.3 * random()
  return [1 + lift, 1].flatMap((times) => {
    const count = countOf(random)
    const orders = Array.from({ length: count }, () => (random() < rate * times ? 1 : 0))
    return [orders.reduce<number>((sum, one) => sum + one, 0), count]
  })
}

const repeat = <T>(n: number, draw: () => T): T[] => Array.from({ length: n }, draw)

function orderStatistics(variant: string, users: readonly (readonly number[])[], share: number): OrderStatistics {
  const values = Float64Array.from(users.flat()).sort()
  const quantile = values[Math.floor(share * (values.length - 1))]!
  const rows = users.map((events) => [events.filter((x) => x <= quantile).length, events.length])
  return {
    ...{ variant, n: values.length, least: values[0]!, most: values.at(-1)!, from: 0, values },
    effectiveSize: effectiveEvents(vectorMomentsOf(rows, 2), { share, events: values.length }),
  }
}

/** What a metric's past says of so many users, and the metric of an experiment with so many in each variant. */
interface Scene {
  readonly metric: ExperimentMetric
  readonly history: (users: number, random: Random) => MetricHistory
  readonly live: (
    users: number,
    lift: number,
    random: Random,
  ) => Pick<ExperimentSummary['metrics'][number], 'quantiles' | 'columns' | 'cells'>
}

const RATIO: VectorColumns = {
  names: ['orders', 'visits', 'orders before', 'visits before'],
  ...{ numerator: 0, denominator: 1, before: [2, 3], covariates: [] },
}

const cellsOf = (arms: readonly VectorMoments[]) =>
  arms.map((moments, i) => ({ variant: i === 0 ? 'control' : 'new', phase: null, stratum: null, day: null, moments }))

const SCENES: Readonly<Record<string, Scene>> = {
  'a quantile of events': {
    metric: response,
    history: (users, random) => {
      const statistics = orderStatistics(
        'past',
        repeat(users, () => seconds(random, 0)),
        0.8,
      )
      return quantileHistory(statistics, { quantile: 0.8, units: users })
    },
    live: (users, lift, random) => ({
      columns: { names: ['response'], numerator: 0, denominator: null, before: [], covariates: [] },
      cells: cellsOf([0, 0].map(() => ({ n: users, mean: new Float64Array(1), cross: new Float64Array(1) }))),
      quantiles: ['control', 'new'].map((name, i) =>
        orderStatistics(
          name,
          repeat(users, () => seconds(random, i * lift)),
          0.8,
        ),
      ),
    }),
  },
  'a ratio, adjusted for its past': {
    metric: perVisit,
    history: (users, random) => {
      const moments = vectorMomentsOf(
        repeat(users, () => visits(random, 0)),
        4,
      )
      const metric = { kind: 'ratio', numerator: 0, denominator: 1 } as const
      return metricHistory(moments, { metric, before: { kind: 'ratio', numerator: 2, denominator: 3 } })
    },
    live: (users, lift, random) => ({
      columns: RATIO,
      cells: cellsOf(
        [0, lift].map((own) =>
          vectorMomentsOf(
            repeat(users, () => visits(random, own)),
            4,
          ),
        ),
      ),
    }),
  },
}

const RUNS = 1200
const PAST_USERS = 20_000

describe('the power that a plan from the past promises', () => {
  it.each(Object.entries(SCENES))(
    'is found again by simulation for %s',
    (key, { metric, history, live }) => {
      const random = randomFrom(`plan ${key}`)
      const spec = specOf([metric], { skewness: 'ignored' })
      const histories = { [metric.name]: history(PAST_USERS, random) }
      const traffic = { triggerRate: 1, designEffect: 1 }
      const { plan } = planReadOut(spec, { histories, arrivals: null, traffic, days: [] })
      const { alpha, power } = plan.metrics[0]!
      const users = Math.ceil(plan.units! / 2)
      const empty = summaryOf([], spec)
      const rejects = (lift: number): boolean => {
        const metrics = [{ ...empty.metrics[0]!, ...live(users, lift, random) }]
        const { tested, test } = compareForRule({ spec, summary: { ...empty, metrics } }, metric, 'new')
        if (tested.kind === 'undefined') throw new Error(tested.reason)
        return effectScore(tested, 0) >= criticalValue(test, { alpha, dof: tested.dof })!
      }
      const shareOf = (lift: number): number => repeat(RUNS, () => rejects(lift)).filter(Boolean).length / RUNS
      const found = { power: shareOf(MDE), error: shareOf(0) }
      // Of 1,200 runs a share of .81 has a standard error of .011, one of .05 of .0063.
      expect(Math.abs(found.power - power)).toBeLessThan(0.025)
      expect(Math.abs(found.error - alpha)).toBeLessThan(0.012)
    },
    600_000,
  )
})
