import {
  CHANNELS,
  type DatedProfile,
  laterWords,
  lossesOf,
  PalomaError,
  profileSaying,
  refusalStands,
  userId as toUserId,
  type UserId,
  withConfirmedAddress,
  withLoss,
  wordsOf,
} from '@paloma/core/domain'
import type { Sql } from './client.ts'
import { moveExposures } from './exposures.ts'
import { lockForMerge } from './user-merges.ts'
import { datedProfile, profileColumns, selectLocked } from './user-rows.ts'

const MOVED_TABLES = ['opportunities', 'outcomes', 'decisions', 'sends', 'inbox'] as const

/** Makes one id another name of a user, following a chain of aliases to its end, and moves everything over. */
export async function addAlias(sql: Sql, previousId: string, userId: UserId): Promise<void> {
  await lockForMerge(sql, [previousId, userId])
  const [known] = await sql.query<{ readonly user_id: UserId }>('select user_id from aliases where alias = $1', [
    userId,
  ])
  const target = known?.user_id ?? userId
  if (target === previousId) return
  if (target !== userId) await lockForMerge(sql, [target])
  await moveProfile(sql, toUserId(previousId), target)
  for (const table of MOVED_TABLES) {
    await sql.query(`update ${table} set user_id = $2 where user_id = $1`, [previousId, target])
  }
  await moveExposures(sql, previousId, target)
  await sql.query('update aliases set user_id = $2 where user_id = $1', [previousId, target])
  await sql.query(
    `insert into aliases (alias, user_id) values ($1, $2)
     on conflict (alias) do update set user_id = excluded.user_id`,
    [previousId, target],
  )
}

/** Nobody is made up: where only the previous id has a profile it is renamed, where neither has one nothing is there. */
async function moveProfile(sql: Sql, previousId: UserId, target: UserId): Promise<void> {
  const rows = await selectLocked(sql, [previousId, target])
  const profiles = new Map(rows.map((row) => [row.user_id, datedProfile(row)]))
  const previous = profiles.get(previousId)
  if (previous === undefined) return
  const current = profiles.get(target)
  const merged = current === undefined ? { ...previous, userId: target } : mergeProfiles(previous, current)
  await sql.query('delete from users where user_id = $1', [previousId])
  const written = await sql.query(
    `insert into users (user_id, profile, learning, created_at, said)
     select * from unnest($1::text[], $2::text[], $3::boolean[], $4::bigint[], $5::text[])
     on conflict (user_id) do update
     set profile = excluded.profile, learning = excluded.learning, created_at = excluded.created_at, said = excluded.said
     returning user_id`,
    profileColumns([merged]),
  )
  if (written.length !== 1) throw new PalomaError('STORE_DAMAGED', `alias ${previousId} → ${target} wrote no profile`)
}

/**
 * One person from two profiles: of each thing the later word stands; of two said at once, or neither with a time, a no
 * stands against a yes, and else what the current one says. An address that may not be used stays so.
 */
export function mergeProfiles(previous: DatedProfile, current: DatedProfile): DatedProfile {
  const [was, is] = [wordsOf(previous), wordsOf(current)]
  const never = (): boolean => false
  const words = {
    traits: laterWords(is.traits, was.traits, never),
    self: laterWords(is.self, was.self, never),
    addresses: laterWords(is.addresses, was.addresses, never),
    channels: laterWords(is.channels, was.channels, refusalStands),
    topics: laterWords(is.topics, was.topics, refusalStands),
    channelTopics: laterWords(is.channelTopics, was.channelTopics, refusalStands),
    rights: laterWords(is.rights, was.rights, refusalStands),
  }
  const createdAt = Math.min(previous.createdAt, current.createdAt)
  const spoken = profileSaying(words, { ...current, createdAt })
  const confirmed = CHANNELS.reduce((profile, channel) => {
    const at = previous.said?.confirmed?.[channel]
    return at === undefined ? profile : withConfirmedAddress(profile, channel, at)
  }, spoken)
  return lossesOf(previous).reduce(withLoss, confirmed)
}
