import type { UserId } from '@paloma/core/domain'
import type { Sql, SqlClient } from './client.ts'
import { moveExposures } from './exposures.ts'
import { lockForMerge } from './user-merges.ts'

/** What decisions leave behind, which are written without a lock on their user. */
const LEFT_TABLES = ['decisions', 'sends', 'inbox'] as const

interface Homeless {
  readonly id: UserId
  readonly owner: UserId | null
}

/** See UserStore.settle. The first look takes no lock: nearly always everybody is there. */
export async function settleLeftovers(
  client: SqlClient,
  ids: readonly UserId[],
): Promise<ReadonlyMap<UserId, UserId | null>> {
  const seen = (await homelessOf(client, ids)).map(({ id }) => id)
  if (seen.length === 0) return new Map()
  return client.transaction(async (sql) => {
    await lockForMerge(sql, seen)
    const homeless = await homelessOf(sql, seen)
    for (const { id, owner } of homeless) {
      if (owner === null) await deleteLeftovers(sql, id)
      else await moveLeftovers(sql, id, owner)
    }
    return new Map(homeless.map(({ id, owner }) => [id, owner]))
  })
}

function homelessOf(sql: Sql, ids: readonly UserId[]): Promise<readonly Homeless[]> {
  return sql.query<Homeless>(
    `select ids.id, a.user_id as owner from unnest($1::text[]) as ids (id) left join aliases a on a.alias = ids.id
     where not exists (select 1 from users u where u.user_id = ids.id)`,
    [ids],
  )
}

async function deleteLeftovers(sql: Sql, id: UserId): Promise<void> {
  for (const table of [...LEFT_TABLES, 'exposures']) {
    await sql.query(`delete from ${table} where user_id = $1`, [id])
  }
}

async function moveLeftovers(sql: Sql, id: UserId, owner: UserId): Promise<void> {
  for (const table of LEFT_TABLES) {
    await sql.query(`update ${table} set user_id = $2 where user_id = $1`, [id, owner])
  }
  await moveExposures(sql, id, owner)
}
