import type { EpochMs, UserId } from '@paloma/core/domain'
import type { Sql } from './client.ts'

const ERASED_TABLES = [
  'opportunities',
  'outcomes',
  'decisions',
  'sends',
  'exposures',
  'inbox',
  'aliases',
  'users',
] as const

/** Deletes every row of a user; what stays is when something was erased and how many rows, never whose. */
export async function eraseUser(sql: Sql, id: UserId, at: EpochMs): Promise<{ readonly rows: number }> {
  await sql.query('select user_id from users where user_id = $1 for update', [id])
  let rows = 0
  for (const table of ERASED_TABLES) {
    const [gone] = await sql.query<{ readonly n: number }>(
      `with gone as (delete from ${table} where user_id = $1 returning 1) select count(*) as n from gone`,
      [id],
    )
    rows += gone!.n
  }
  await sql.query('insert into erasures (at, row_count) values ($1, $2)', [at, rows])
  return { rows }
}
