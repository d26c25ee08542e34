import { PalomaError, type UserId, type UserProfile } from '@paloma/core/domain'
import type { UserStore } from '../contract.ts'
import type { Sql, SqlClient } from './client.ts'
import { insertRows } from './insert-rows.ts'
import { addAlias } from './user-alias.ts'
import { eraseUser } from './user-erasure.ts'
import { settleLeftovers } from './user-leftovers.ts'
import { holdUsers } from './user-merges.ts'
import { loadUsers, userState } from './user-states.ts'

type Changes = Parameters<UserStore['change']>[0]

/** Profiles, what is known of the last weeks, and who is who. */
export function userStore(client: SqlClient): UserStore {
  return {
    change: (changes) =>
      changes.length === 0 ? Promise.resolve([]) : client.transaction((sql) => changeUsers(sql, changes)),
    async loadStates(ids, now) {
      const users = await loadUsers(client, ids, now)
      return new Map([...users].map(([id, user]) => [id, userState(user)]))
    },
    async resolveAliases(ids) {
      const rows = await client.query<{ readonly alias: string; readonly user_id: UserId }>(
        'select alias, user_id from aliases where alias = any($1::text[])',
        [ids],
      )
      return new Map(rows.map((row) => [row.alias, row.user_id]))
    },
    async aliasesOf(id) {
      const rows = await client.query<{ readonly alias: string }>(
        'select alias from aliases where user_id = $1 order by alias',
        [id],
      )
      return rows.map((row) => row.alias)
    },
    addAlias: (previousId, userId) => client.transaction((sql) => addAlias(sql, previousId, userId)),
    erase: (id, at) => client.transaction((sql) => eraseUser(sql, id, at)),
    settle: (ids) => settleLeftovers(client, ids),
    async page(after, limit) {
      const rows = await client.query<{ readonly profile: string }>(
        'select profile from users where ($1::text is null or user_id > $1) order by user_id limit $2',
        [after, limit],
      )
      return rows.map((row) => JSON.parse(row.profile) as UserProfile)
    },
  }
}

async function changeUsers(sql: Sql, changes: Changes): Promise<readonly UserProfile[]> {
  const ids = [...new Set(changes.map((change) => change.userId))]
  await holdUsers(sql, ids)
  const before = await lockProfiles(sql, ids)
  const after = new Map(before)
  const results = changes.map(({ userId, update }) => {
    const profile = update(after.get(userId))
    if (profile.userId !== userId) {
      throw new PalomaError('USER_ID_CHANGED', `an update of user ${userId} gave the profile of ${profile.userId}`)
    }
    after.set(userId, profile)
    return profile
  })
  await saveProfiles(
    sql,
    [...after].flatMap(([id, profile]) => (profile === before.get(id) ? [] : [profile])),
  )
  return results
}

/**
 * Locks users in id order and reads them. Whoever is new gets an empty row first (profile '', gone again if the
 * transaction fails), so that two processes which meet the same new user take turns too.
 */
export async function lockProfiles(sql: Sql, ids: readonly UserId[]): Promise<ReadonlyMap<UserId, UserProfile>> {
  const sorted = [...ids].sort()
  await insertRows(
    sql,
    {
      table: 'users',
      columns: { user_id: 'text', profile: 'text', learning: 'boolean', created_at: 'bigint' },
      returning: 'user_id',
    },
    sorted.map((id) => [id, '', true, 0]),
  )
  const rows = await sql.query<{ readonly user_id: UserId; readonly profile: string }>(
    'select user_id, profile from users where user_id = any($1::text[]) order by user_id for update',
    [sorted],
  )
  return new Map(rows.flatMap((row) => (row.profile === '' ? [] : [[row.user_id, JSON.parse(row.profile)]])))
}

/** Writes the profiles of users that `lockProfiles` locked. */
export async function saveProfiles(sql: Sql, profiles: readonly UserProfile[]): Promise<void> {
  if (profiles.length === 0) return
  await sql.query(
    `update users u set profile = v.profile, learning = v.learning, created_at = v.created_at
     from unnest($1::text[], $2::text[], $3::boolean[], $4::bigint[]) as v (user_id, profile, learning, created_at)
     where u.user_id = v.user_id`,
    [
      profiles.map((profile) => profile.userId),
      profiles.map((profile) => JSON.stringify(profile)),
      profiles.map((profile) => profile.consent.learning),
      profiles.map((profile) => profile.createdAt),
    ],
  )
}
