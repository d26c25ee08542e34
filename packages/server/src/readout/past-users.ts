import { type ExperimentSummary, PalomaError, type SurrogateSpec } from '@paloma/core'
import type { Analytics } from './duckdb.ts'
import { type Exposures, userExpression } from './exposure.ts'
import { numberOf, openSource, requireColumn, requireReadable, type Source, textOf } from './source.ts'

type PastUsers = NonNullable<ExperimentSummary['past']>

/**
 * Past users with their short-term and long-term outcomes, one row per user; those of the experiment, and those with a missing number,
 * are left out and counted. Of more than `mostUsers` those with the smallest hashes of their ids are taken. Throws TABLE_COLUMN_MISSING
 * or TABLE_VALUE_INVALID, also for users with several rows.
 */
export async function readPastUsers(
  analytics: Analytics,
  path: string,
  { surrogate, exposures }: { readonly surrogate: SurrogateSpec; readonly exposures: Exposures },
): Promise<PastUsers> {
  const source = await openSource(analytics, path)
  const { user, longTerm, metrics, features, mostUsers } = surrogate
  const columns = [...metrics.map(({ column }) => column), ...features, longTerm]
  requireColumn(source, user, 'the user')
  requireColumn(source, longTerm, 'the long-term outcome')
  for (const { metric, column } of metrics) requireColumn(source, column, `the metric ${metric}`)
  for (const column of features) requireColumn(source, column, 'a feature')
  await requireReadable(analytics, source, { numbers: columns, moments: [] })
  const values = columns.map((column, i) => `${numberOf(source, column)} AS x${i}`)
  const isWhole = columns.map((_, i) => `coalesce(isfinite(x${i}), false)`).join(' AND ')
  await analytics.run(`CREATE TEMP TABLE past AS SELECT *, ${isWhole} AS whole,
    TRY_CAST(own AS ${exposures.userType}) IN (SELECT u FROM exposure) AS inside
    FROM (SELECT ${userExpression(source, user)} AS own, ${textOf(user)} AS k, ${values.join(', ')} FROM ${source.relation})`)
  await requireOneRowEach(analytics, source, user)
  const [row = []] = await analytics.rows(
    'SELECT count(*) FILTER (WHERE inside), count(*) FILTER (WHERE inside IS NOT TRUE AND NOT whole), count(*) FILTER (WHERE inside IS NOT TRUE AND whole) FROM past',
  )
  const [inExperiment = 0, incomplete = 0, users = 0] = row.map(Number)
  const numbers: Float64Array[] = []
  const sql = `SELECT ${columns.map((_, i) => `x${i}`).join(', ')} FROM past WHERE inside IS NOT TRUE AND whole ORDER BY md5(k), k LIMIT ${mostUsers}`
  for await (const page of analytics.pages(sql)) for (const each of page) numbers.push(Float64Array.from(each, Number))
  const last = columns.length - 1
  return {
    rows: numbers.map((each) => each.subarray(0, last)),
    longTerm: Float64Array.from(numbers, (each) => each[last]!),
    drawnFrom: users > mostUsers ? users : null,
    incomplete,
    inExperiment,
  }
}

async function requireOneRowEach(analytics: Analytics, { path }: Source, user: string): Promise<void> {
  const [row = []] = await analytics.rows(
    'SELECT count(*), min(k), count(*) FILTER (WHERE k IS NULL) FROM (SELECT k, count(*) AS n FROM past GROUP BY k) WHERE n > 1 OR k IS NULL',
  )
  const [wrong = 0, first = null, without = 0] = row
  if (Number(wrong) === 0) return
  const what = Number(without) > 0 ? 'rows without one' : `${String(wrong)} with several, "${String(first)}" first`
  throw new PalomaError('TABLE_VALUE_INVALID', `${path}: column "${user}" expects one row per user, got ${what}`)
}
