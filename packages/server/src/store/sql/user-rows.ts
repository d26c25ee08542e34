import type { DatedProfile, UserId, UserProfile } from '@paloma/core/domain'
import type { Sql } from './client.ts'
import { insertRows } from './insert-rows.ts'

const TABLE = {
  table: 'users',
  columns: { user_id: 'text', profile: 'text', learning: 'boolean', created_at: 'bigint', said: 'text' },
  returning: 'user_id',
} as const

/** Those of the ids that have no row; another process may write one at any moment. */
export async function unknownIds(sql: Sql, ids: readonly UserId[]): Promise<readonly UserId[]> {
  const rows = await sql.query<Pick<ProfileRow, 'user_id'>>(
    'select user_id from users where user_id = any($1::text[])',
    [ids],
  )
  const known = new Set(rows.map((row) => row.user_id))
  return ids.filter((id) => !known.has(id))
}

/** Writes profiles of new users, in id order. Answers whose were new: of the others another process wrote first. */
export async function insertProfiles(sql: Sql, profiles: readonly DatedProfile[]): Promise<ReadonlySet<string>> {
  if (profiles.length === 0) return new Set()
  const sorted = profiles.toSorted((a, b) => (a.userId < b.userId ? -1 : 1))
  return insertRows(sql, TABLE, sorted.map(profileValues))
}

/**
 * Locks users in id order and reads them. Whoever has no row gets an empty one (profile '', gone again if the transaction
 * fails), so that two processes which meet the same new user take turns too.
 */
export async function lockProfiles(sql: Sql, ids: readonly UserId[]): Promise<ReadonlyMap<UserId, DatedProfile>> {
  if (ids.length === 0) return new Map()
  const sorted = [...ids].sort()
  await insertRows(
    sql,
    TABLE,
    sorted.map((id) => [id, '', true, 0, null]),
  )
  const rows = await selectLocked(sql, sorted)
  return new Map(rows.flatMap((row) => (row.profile === '' ? [] : [[row.user_id, datedProfile(row)]])))
}

/** A row of the table `users`; `said` is null where nothing bears a time. */
export interface ProfileRow {
  readonly user_id: UserId
  readonly profile: string
  readonly said: string | null
}

/** Rows of users, locked in id order. */
export function selectLocked(sql: Sql, ids: readonly string[]): Promise<readonly ProfileRow[]> {
  return sql.query<ProfileRow>(
    'select user_id, profile, said from users where user_id = any($1::text[]) order by user_id for update',
    [ids],
  )
}

/** A profile as stored, with the times of its words. */
export function datedProfile({ profile, said }: ProfileRow): DatedProfile {
  const known: UserProfile = JSON.parse(profile)
  return said === null ? known : { ...known, said: JSON.parse(said) }
}

/** What decisions see of a profile. */
export function withoutTimes(profile: DatedProfile): UserProfile {
  const { said, ...known } = profile
  return said === undefined ? profile : known
}

/** The row of a profile: id, profile, learning, creation, times. */
function profileValues(profile: DatedProfile): readonly unknown[] {
  const { userId, consent, createdAt, said } = profile
  const times = said === undefined ? null : JSON.stringify(said)
  return [userId, JSON.stringify(withoutTimes(profile)), consent.learning, createdAt, times]
}

/** Columns of users, of these profiles. */
export function profileColumns(profiles: readonly DatedProfile[]): readonly (readonly unknown[])[] {
  const rows = profiles.map(profileValues)
  return [0, 1, 2, 3, 4].map((column) => rows.map((row) => row[column]))
}

/** Writes the profiles of users that `lockProfiles` locked. */
export async function saveProfiles(sql: Sql, profiles: readonly DatedProfile[]): Promise<void> {
  if (profiles.length === 0) return
  await sql.query(
    `update users u set profile = v.profile, learning = v.learning, created_at = v.created_at, said = v.said
     from unnest($1::text[], $2::text[], $3::boolean[], $4::bigint[], $5::text[])
       as v (user_id, profile, learning, created_at, said)
     where u.user_id = v.user_id`,
    profileColumns(profiles),
  )
}
