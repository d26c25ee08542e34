import { type DatedProfile, PalomaError, type UserId, type UserProfile } from '@paloma/core/domain'
import type { UserStore } from '../contract.ts'
import type { Sql, SqlClient } from './client.ts'
import { addAlias } from './user-alias.ts'
import { eraseUser } from './user-erasure.ts'
import { settleLeftovers } from './user-leftovers.ts'
import { holdUsers } from './user-merges.ts'
import {
  datedProfile,
  insertProfiles,
  lockProfiles,
  type ProfileRow,
  saveProfiles,
  unknownIds,
  withoutTimes,
} from './user-rows.ts'
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
    async count() {
      const [row] = await client.query<{ readonly n: number }>('select count(*) as n from users')
      return row!.n
    },
    async page(after, limit) {
      const rows = await client.query<ProfileRow>(
        'select user_id, profile, said from users where ($1::text is null or user_id > $1) order by user_id limit $2',
        [after, limit],
      )
      return rows.map(datedProfile)
    },
  }
}

/**
 * Who is new is written once, with all that is said of him. Where another process writes the same person at that moment,
 * that one comes first: we wait for it, and what is said here is said of what it wrote.
 */
async function changeUsers(sql: Sql, changes: Changes): Promise<readonly UserProfile[]> {
  const ids = [...new Set(changes.map((change) => change.userId))]
  await holdUsers(sql, ids)
  const strangers = runChanges(changes, new Set(await unknownIds(sql, ids)), new Map())
  const inserted = await insertProfiles(sql, [...strangers.after.values()])
  const others = new Set(ids.filter((id) => !inserted.has(id)))
  const before = await lockProfiles(sql, [...others])
  const known = runChanges(changes, others, before)
  await saveProfiles(
    sql,
    [...known.after].flatMap(([id, profile]) => (profile === before.get(id) ? [] : [profile])),
  )
  return changes.map(({ userId }, i) => (inserted.has(userId) ? strangers : known).results.get(i)!)
}

/** The changes of these users, in order: what each gave, by its place in the list, and what they come to. */
function runChanges(
  changes: Changes,
  ids: ReadonlySet<UserId>,
  before: ReadonlyMap<UserId, DatedProfile>,
): { readonly after: ReadonlyMap<UserId, DatedProfile>; readonly results: ReadonlyMap<number, UserProfile> } {
  const after = new Map(before)
  const results = new Map<number, UserProfile>()
  for (const [i, { userId, update }] of changes.entries()) {
    if (!ids.has(userId)) continue
    const profile = update(after.get(userId))
    if (profile.userId !== userId) {
      throw new PalomaError('USER_ID_CHANGED', `an update of user ${userId} gave the profile of ${profile.userId}`)
    }
    after.set(userId, profile)
    results.set(i, withoutTimes(profile))
  }
  return { after, results }
}
