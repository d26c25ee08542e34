import { type Arrivals, PRE_DAYS } from '@paloma/core'
import type { FileSpec } from './contract.ts'
import { type Analytics, type AnalyticsLimits, openAnalytics } from './duckdb.ts'
import { type Exposures, userExpression } from './exposure.ts'
import { formOf, readFacts } from './facts.ts'
import { type PastMetric, pastMetrics } from './past-metrics.ts'
import { momentOf, openSource, requireColumn, requireReadable, type Source } from './source.ts'
import { requireTimeNamed } from './time-not-named.ts'

/** What a past table of metrics says for a plan. */
export interface PastSummary {
  readonly metrics: Readonly<Record<string, PastMetric>>
  /** Distinct users by day; null where the table has no time. */
  readonly arrivals: Arrivals | null
  readonly users: number
}

const MS_PER_DAY = 86_400_000

/**
 * Means, variances and what the time before explains, of users as they would have come into an experiment: at their first
 * row after a period before, which is the longest that a metric asks for, and a third of the table at most. A table with
 * one row per user is taken as it is. Throws like `summariseFiles`.
 */
export async function summariseHistory(spec: FileSpec, path: string, limits: AnalyticsLimits): Promise<PastSummary> {
  const analytics = await openAnalytics(limits)
  try {
    const source = await openSource(analytics, path)
    const exposures = await pretendExposures(analytics, source, spec)
    // Nobody is left out for being outside an experiment that has not taken place.
    const past = {
      ...spec,
      asOf: null,
      readOut: { ...spec.readOut, start: null, end: null, segments: [], interactions: [], noveltyDays: 0 },
      columns: { ...spec.columns, assignments: NOTHING },
    }
    const facts = await readFacts(analytics, source, { spec: past, exposures })
    const metrics = await pastMetrics(analytics, { spec: past, exposures, facts })
    return {
      metrics,
      arrivals: await arrivalsOf(analytics, exposures),
      users: exposures.users,
    }
  } finally {
    await analytics.close()
  }
}

const NOTHING: FileSpec['columns']['assignments'] = {
  user: 'u',
  variant: 'v',
  time: null,
  assigned: null,
  phase: null,
  stratum: null,
  propensity: null,
  covariates: [],
  cluster: [],
}

/** The table `exposure` of users who were never exposed: all in one variant, from their first row after the period before. */
async function pretendExposures(analytics: Analytics, source: Source, spec: FileSpec): Promise<Exposures> {
  const { user, time } = spec.columns.metrics
  requireColumn(source, user, 'the user')
  const hasTime = formOf(source, spec) === 'long' && source.types.has(time)
  if (formOf(source, spec) === 'long' && !hasTime) {
    const { metric, value, id } = spec.columns.metrics
    const named = [user, metric, value, ...(id === null ? [] : [id])]
    await requireTimeNamed(analytics, source, { spec, field: 'columns.metrics.time', named })
  }
  const u = userExpression(source, user)
  if (hasTime) {
    await requireReadable(analytics, source, { numbers: [], moments: [time] })
    const at = momentOf(source, time)
    const [row = []] = await analytics.rows(`SELECT min(${at}), max(${at}) FROM ${source.relation}`)
    const [first = 0, last = 0] = row.map(Number)
    const days = spec.readOut.metrics.map((metric) => metric.regressionAdjustmentSettings?.days ?? PRE_DAYS)
    const from = first + Math.min(Math.max(...days) * MS_PER_DAY, Math.floor((last - first) / 3))
    await analytics.run(`CREATE TEMP TABLE exposure AS SELECT ${u} AS u, 0 AS v, min(${at}) AS t, CAST(min(${at}) // ${MS_PER_DAY} AS INTEGER) AS day,
      true AS ok FROM ${source.relation} WHERE ${u} IS NOT NULL AND ${at} >= ${from} GROUP BY ${u}`)
  } else {
    await analytics.run(
      `CREATE TEMP TABLE exposure AS SELECT DISTINCT ${u} AS u, 0 AS v, true AS ok FROM ${source.relation} WHERE ${u} IS NOT NULL`,
    )
  }
  const [counted = []] = await analytics.rows('SELECT count(*), typeof(any_value(u)) FROM exposure')
  return {
    hasTime,
    userType: String(counted[1]),
    exposed: [],
    assigned: null,
    users: Number(counted[0]),
    firstAt: null,
    lastAt: null,
    faults: NO_FAULTS,
  }
}

const NO_FAULTS: Exposures['faults'] = {
  rows: 0,
  users: 0,
  repeatedRows: 0,
  rowsWithoutUser: 0,
  rowsWithoutVariant: 0,
  usersInManyVariants: 0,
  exposedBeforeAssigned: 0,
  outsideExperiment: 0,
}

async function arrivalsOf(analytics: Analytics, { hasTime }: Exposures): Promise<Arrivals | null> {
  if (!hasTime) return null
  const rows = await analytics.rows('SELECT day, count(*) FROM exposure GROUP BY day ORDER BY day')
  const first = Number(rows[0]?.[0] ?? 0)
  const last = Number(rows.at(-1)?.[0] ?? 0)
  const byDay = new Map(rows.map(([day, users]) => [Number(day), Number(users)]))
  const cumulative: number[] = []
  let sum = 0
  for (let day = first; day <= last; day++) {
    sum += byDay.get(day) ?? 0
    cumulative.push(sum)
  }
  return { kind: 'history', cumulative }
}
