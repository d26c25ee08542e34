import {
  type Consent,
  type ConsentState,
  PalomaError,
  userId as toUserId,
  type UserId,
  type UserProfile,
} from '@paloma/core/domain'
import type { Sql } from './client.ts'
import { moveExposures } from './exposures.ts'
import { lockForMerge } from './user-merges.ts'

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
  const rows = await sql.query<{ readonly user_id: UserId; readonly profile: string }>(
    'select user_id, profile from users where user_id = any($1::text[]) order by user_id for update',
    [[previousId, target]],
  )
  const profiles = new Map(rows.map((row) => [row.user_id, JSON.parse(row.profile) as UserProfile]))
  const previous = profiles.get(previousId)
  if (previous === undefined) return
  const current = profiles.get(target)
  const merged = current === undefined ? { ...previous, userId: target } : mergeProfiles(previous, current)
  await sql.query('delete from users where user_id = $1', [previousId])
  const written = await sql.query(
    `insert into users (user_id, profile, learning, created_at) values ($1, $2, $3, $4)
     on conflict (user_id) do update
     set profile = excluded.profile, learning = excluded.learning, created_at = excluded.created_at
     returning user_id`,
    [target, JSON.stringify(merged), merged.consent.learning, merged.createdAt],
  )
  if (written.length !== 1) throw new PalomaError('STORE_DAMAGED', `alias ${previousId} → ${target} wrote no profile`)
}

/**
 * One person from two profiles: what the current one says wins, but a no said under either id stays a no, and an address
 * that may not be used stays so.
 */
export function mergeProfiles(previous: UserProfile, current: UserProfile): UserProfile {
  const known = new Set(current.suppressions.map(({ channel, reason }) => `${channel} ${reason}`))
  return {
    ...previous,
    ...current,
    traits: { ...previous.traits, ...current.traits },
    addresses: { ...previous.addresses, ...current.addresses },
    consent: mergeConsent(previous.consent, current.consent),
    suppressions: [
      ...current.suppressions,
      ...previous.suppressions.filter(({ channel, reason }) => !known.has(`${channel} ${reason}`)),
    ],
    createdAt: Math.min(previous.createdAt, current.createdAt),
  }
}

function mergeConsent(previous: Consent, current: Consent): Consent {
  return {
    channels: mergeStates(previous.channels, current.channels),
    topics: mergeStates(previous.topics, current.topics),
    channelTopics: mergeStates(previous.channelTopics, current.channelTopics),
    learning: previous.learning && current.learning,
    exploration: previous.exploration && current.exploration,
  }
}

function mergeStates<States extends Readonly<Record<string, ConsentState>>>(previous: States, current: States): States {
  const denied = Object.entries(previous).filter(([, state]) => state === 'denied')
  const said = Object.entries(current).filter(([, state]) => state !== 'unknown')
  return { ...previous, ...current, ...Object.fromEntries(said), ...Object.fromEntries(denied) }
}
