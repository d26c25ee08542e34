import { type EpochMs, PalomaError, type UserId } from '@paloma/core/domain'
import { SENDS_IN_FLIGHT } from '../contract.ts'
import type { Sql } from './client.ts'
import { lockForMerge } from './user-merges.ts'

const ERASED_TABLES = ['opportunities', 'outcomes', 'decisions', 'sends', 'exposures', 'inbox', 'users'] as const

/** Deletes every row of a user; what stays is when something was erased and how many rows, never whose. */
export async function eraseUser(sql: Sql, id: UserId, at: EpochMs): Promise<{ readonly rows: number }> {
  await lockForMerge(sql, [id])
  const aliases = await sql.query<{ readonly alias: string }>(
    'delete from aliases where user_id = $1 returning alias',
    [id],
  )
  await sql.query('select user_id from users where user_id = $1 for update', [id])
  await refuseInFlight(sql, id)
  const ids = [id, ...aliases.map(({ alias }) => alias)]
  let rows = aliases.length
  for (const table of ERASED_TABLES) {
    const [gone] = await sql.query<{ readonly n: number }>(
      `with gone as (delete from ${table} where user_id = any($1::text[]) returning 1) select count(*) as n from gone`,
      [ids],
    )
    rows += gone!.n
  }
  await sql.query('insert into erasures (at, row_count) values ($1, $2)', [at, rows])
  return { rows }
}

/** Whoever claims a send locks its user, so that from here on none is let go. */
async function refuseInFlight(sql: Sql, id: UserId): Promise<void> {
  const [row] = await sql.query<{ readonly n: number }>(
    `select count(*) as n from sends where user_id = $1 and status = 'dispatching'`,
    [id],
  )
  if (row!.n > 0) throw new PalomaError(SENDS_IN_FLIGHT, `a message to user ${id} is with its provider`)
}
