import { PalomaError, type UserId, type UserProfile } from '@paloma/core/domain'
import type { UserStore } from '../contract.ts'
import type { Sql, SqlClient } from './client.ts'
import { addAlias } from './user-alias.ts'
import { eraseUser } from './user-erasure.ts'
import { settleLeftovers } from './user-leftovers.ts'
import { holdUsers } from './user-merges.ts'
import { datedProfile, lockProfiles, type ProfileRow, saveProfiles, withoutTimes } from './user-rows.ts'
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
    async saidOf(id) {
      const [row] = await client.query<Pick<ProfileRow, 'said'>>('select said from users where user_id = $1', [id])
      return row === undefined ? undefined : JSON.parse(row.said ?? '{}')
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
      const rows = await client.query<ProfileRow>(
        'select user_id, profile, said from users where ($1::text is null or user_id > $1) order by user_id limit $2',
        [after, limit],
      )
      return rows.map(datedProfile)
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
    return withoutTimes(profile)
  })
  await saveProfiles(
    sql,
    [...after].flatMap(([id, profile]) => (profile === before.get(id) ? [] : [profile])),
  )
  return results
}
