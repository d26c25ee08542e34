import { PalomaError } from '@paloma/core'
import type { Analytics } from './duckdb.ts'
import type { Facts } from './facts.ts'

/**
 * Facts with rows that only repeat another counted once. Throws TABLE_ROWS_CONFLICT where a user has rows that say
 * different things.
 */
export async function withoutRepeats(analytics: Analytics, facts: Facts): Promise<Facts> {
  await analytics.run(`CREATE TEMP TABLE once AS SELECT DISTINCT * FROM ${facts.relation}`)
  const [row = []] = await analytics.rows(
    `SELECT count(*), (SELECT min(u) FROM (SELECT u FROM once GROUP BY u HAVING count(*) > 1)) FROM once`,
  )
  const [rows = null, user = null] = row
  if (user !== null) {
    throw new PalomaError(
      'TABLE_ROWS_CONFLICT',
      `metrics expect one row per user, got rows of user ${JSON.stringify(String(user))} that differ`,
      {
        hint: 'sum them up first, or give rows of user, metric, value and time',
      },
    )
  }
  return { ...facts, relation: 'once', repeatedRows: facts.rows - Number(rows) }
}
