import { type Analytics, type AnalyticsLimits, openAnalytics } from './duckdb.ts'
import { type Exposures, readExposures } from './exposure.ts'
import { readFacts } from './facts.ts'
import { type PastMetric, pastMetrics } from './past-metrics.ts'
import { type ReadOutTables, withTables } from './read-out-tables.ts'
import { openSource } from './source.ts'
import { CLUSTER_KEY } from './units.ts'

/** Units as they would have come into an experiment, and what its metrics say of them. */
export interface UnitsOfPast {
  readonly metrics: Readonly<Record<string, PastMetric>>
  /** New units by day, in days since 1970-01-01 UTC, oldest first; days without any are left out. */
  readonly unitsByDay: readonly { readonly day: number; readonly units: number }[]
  /** Users, or where slots of time or clusters are randomised, those. */
  readonly units: number
  /** Users; one who would have been in several slots counts in each. */
  readonly users: number
  /** Users with or without exposure; null where units are not users. */
  readonly usersMet: number | null
}

/**
 * What rows of the past say for a plan: each would-be exposure is an assignment to any one variant, and the
 * first of a unit counts; rows without a time are users who were there and would not have been exposed. Null where nobody would.
 */
export async function planTables(tables: ReadOutTables, limits: AnalyticsLimits): Promise<UnitsOfPast | null> {
  const found = await withTables(tables, async (files, spec) => {
    const analytics = await openAnalytics(limits)
    try {
      const exposures = await readExposures(analytics, await openSource(analytics, files.assignments), spec)
      const facts = await readFacts(analytics, await openSource(analytics, files.metrics), { spec, exposures })
      const metrics = await pastMetrics(analytics, { spec, exposures, facts })
      const unitsByDay = await countByDay(analytics, exposures)
      const units = unitsByDay.reduce((sum, day) => sum + day.units, 0)
      const usersMet = spec.readOut.unit === undefined ? exposures.faults.users : null
      return { metrics, unitsByDay, units, users: exposures.users, usersMet }
    } finally {
      await analytics.close()
    }
  })
  return found === undefined || found.units === 0 ? null : found
}

async function countByDay(analytics: Analytics, { clusters }: Exposures): Promise<UnitsOfPast['unitsByDay']> {
  const units =
    clusters === undefined
      ? 'SELECT day FROM exposure WHERE ok'
      : `SELECT min(day) AS day FROM exposure WHERE ok GROUP BY ${CLUSTER_KEY.join(', ')}`
  const rows = await analytics.rows(`SELECT day, count(*) FROM (${units}) GROUP BY day ORDER BY day`)
  return rows.map(([day, count]) => ({ day: Number(day), units: Number(count) }))
}
