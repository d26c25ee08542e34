import { PalomaError } from '@paloma/core/domain'
import { USER_MOVED } from '../contract.ts'
import type { Sql } from './client.ts'

/** First half of the key of our locks on merges: 'PALM'. */
const LOCK_CLASS = 0x50414c4d
/** Users share so many locks: few enough for a server's table of locks, many enough that a merge holds up few others. */
const STRIPES = 64

/**
 * Keeps users from becoming somebody's alias until the transaction ends, so that what is written under their ids is moved
 * with them or written under the right one. Rejects with USER_MOVED where one of them is an alias by now.
 */
export async function holdUsers(sql: Sql, ids: readonly string[]): Promise<void> {
  await lockStripes(sql, ids, 'pg_advisory_xact_lock_shared')
  const moved = await sql.query<{ readonly alias: string; readonly user_id: string }>(
    'select alias, user_id from aliases where alias = any($1::text[]) limit 1',
    [ids],
  )
  const [first] = moved
  if (first === undefined) return
  throw new PalomaError(USER_MOVED, `user ${first.alias} is another name of user ${first.user_id} now`, {
    hint: 'look up who it belongs to, and write again',
  })
}

/** Waits until nothing is being written under these ids, and keeps it so until the transaction ends. */
export async function lockForMerge(sql: Sql, ids: readonly string[]): Promise<void> {
  await lockStripes(sql, ids, 'pg_advisory_xact_lock')
}

/** In one order, so that two transactions never wait in a circle. */
async function lockStripes(
  sql: Sql,
  ids: readonly string[],
  lock: 'pg_advisory_xact_lock' | 'pg_advisory_xact_lock_shared',
): Promise<void> {
  await sql.query(
    `select ${lock}($1, stripe) from
       (select distinct hashtext(id) & ${STRIPES - 1} as stripe from unnest($2::text[]) as ids (id) order by 1) as stripes`,
    [LOCK_CLASS, ids],
  )
}
