import {
  DAY_MS,
  type EpochMs,
  HISTORY_MS,
  type PastSend,
  SENDS_HISTORY_MS,
  type UserHistory,
  type UserId,
  type UserProfile,
  type UserState,
} from '@paloma/core/domain'
import type { Sql } from './client.ts'

interface StateRow {
  readonly user_id: string
  readonly profile: string
  readonly sends: string | null
  readonly responses: string | null
  readonly visits: string | null
}

/** A past send together with its id, so that the one being checked can be told from the rest. */
export interface KnownSend {
  readonly sendId: string
  readonly send: PastSend
}

/** A user as stored, his sends still with their ids. */
export interface LoadedUser {
  readonly profile: UserProfile
  readonly sends: readonly KnownSend[]
  readonly responses: UserHistory['responses']
  readonly visits: UserHistory['visits']
}

/** What is reserved is looked at again within quiet hours or a day; so long after, it has been sent, or refused, or stands still. */
const LONGEST_WAIT_MS = 7 * DAY_MS

// A send changes last when it goes out or later, which is how the latest of many are found. A reserved send is about to go out: it counts from when it is due, at the latest from now. So does what another process
// sent, whose clock is ahead of ours.
const STATES = `
  select u.user_id, u.profile,
    (select json_agg(json_build_array(
        s.send_id, s.at, s.channel, s.category, s.message, s.topic, s.opportunity_id, s.group_key,
        s.waits_until, s.waits_worth)
        order by s.at, s.send_id)::text
     from (select *, least(case when status = 'reserved' then due_at else coalesce(dispatched_at, due_at) end, $2::bigint) as at
           from sends where user_id = u.user_id and updated_at > $2::bigint - $4::bigint - ${LONGEST_WAIT_MS} and status in ('reserved', 'dispatching', 'sent', 'unknown')) s
     where s.at > $2::bigint - $4::bigint) as sends,
    (select json_agg(json_build_array(o.at, o.channel) order by o.at, o.message_id)::text
     from outcomes o where o.user_id = u.user_id and o.at > $2::bigint - $3::bigint and o.at <= $2::bigint
       and o.is_response and not o.is_machine and o.channel is not null) as responses,
    (select json_agg(d.at order by d.at)::text
     from (select max(o.at) as at from outcomes o where o.user_id = u.user_id and o.at > $2::bigint - $3::bigint and o.at <= $2::bigint
             and o.is_visit and not o.is_machine group by o.at / ${DAY_MS}) d) as visits
  from users u where u.user_id = any($1::text[])`

/** What is stored of users and their last 28 days (and hours), as one statement sees it; a visit is a day, at its latest moment. */
export async function loadUsers(
  sql: Sql,
  ids: readonly string[],
  now: EpochMs,
): Promise<ReadonlyMap<UserId, LoadedUser>> {
  if (ids.length === 0) return new Map()
  const rows = await sql.query<StateRow>(STATES, [ids, now, HISTORY_MS, SENDS_HISTORY_MS])
  return new Map(rows.map((row) => [row.user_id as UserId, loadedUser(row)]))
}

function loadedUser(row: StateRow): LoadedUser {
  return {
    profile: JSON.parse(row.profile) as UserProfile,
    sends: (JSON.parse(row.sends ?? '[]') as readonly SendTuple[]).map(knownSend),
    responses: (JSON.parse(row.responses ?? '[]') as readonly ResponseTuple[]).map(([at, channel]) => ({
      at,
      channel,
    })),
    visits: JSON.parse(row.visits ?? '[]') as readonly EpochMs[],
  }
}

type ResponseTuple = readonly [EpochMs, PastSend['channel']]
type SendTuple = readonly [
  string,
  EpochMs,
  PastSend['channel'],
  PastSend['category'],
  string,
  string,
  string,
  string | null,
  EpochMs | null,
  number | null,
]

function knownSend(tuple: SendTuple): KnownSend {
  const [sendId, at, channel, category, message, topic, opportunityId, groupKey, until, worth] = tuple
  const group = groupKey === null ? {} : { groupKey }
  const place = until === null || worth === null ? {} : { waits: { until, worth } }
  return { sendId, send: { at, channel, category, message, topic, ...group, opportunityId, ...place } }
}

/** The state a decision looks at; `sends` replaces the stored ones where they are known better. */
export function userState(user: LoadedUser, sends: readonly KnownSend[] = user.sends): UserState {
  return {
    profile: user.profile,
    history: { sends: sends.map(({ send }) => send), responses: user.responses, visits: user.visits },
  }
}
