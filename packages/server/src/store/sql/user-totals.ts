import { DAY_MS, type EpochMs, type UserId } from '@paloma/core/domain'
import type { UserTotals } from '../contract.ts'
import type { SqlClient } from './client.ts'

interface TotalsRow {
  readonly user_id: UserId
  readonly sends: number
  readonly objective_values: string | null
  readonly objective_days: string | null
  readonly losses: string | null
}

// Sums are taken in order of time, so that the same log gives the same bits.
const TOTALS = `
  with seen as (
    select message_id, user_id, at, channel, reach_loss, objective_values
    from outcomes where user_id = any($3) and at >= $1 and at < $2 and not is_machine),
  sums as (
    select s.user_id, v.key, sum(v.value::float8 order by s.at, s.message_id) as total,
      count(distinct s.at / ${DAY_MS}) as days
    from seen s cross join lateral json_each_text(s.objective_values::json) as v
    where s.objective_values <> '{}' group by s.user_id, v.key),
  objectives as (
    select user_id, json_object_agg(key, total order by key)::text as totals,
      json_object_agg(key, days order by key)::text as days from sums group by user_id),
  losses as (
    select user_id, json_agg(json_build_array(at, channel) order by at, message_id)::text as list
    from seen where reach_loss is not null group by user_id),
  went as (
    select user_id, count(*) as n from sends
    where user_id = any($3) and updated_at >= $1 and dispatched_at >= $1 and dispatched_at < $2
      and status in ('dispatching', 'sent', 'unknown') group by user_id)
  select u.user_id, coalesce(went.n, 0) as sends, objectives.totals as objective_values,
    objectives.days as objective_days, losses.list as losses
  from users u
    left join objectives using (user_id)
    left join losses using (user_id) left join went using (user_id)
  where u.user_id = any($3) and u.created_at < $2 order by u.user_id`

/** Totals per user over [from, until); see DecisionStore.totals. */
export async function userTotals(
  client: SqlClient,
  { from, until, users }: { readonly from: EpochMs; readonly until: EpochMs; readonly users: readonly UserId[] },
): Promise<readonly UserTotals[]> {
  const rows = await client.query<TotalsRow>(TOTALS, [from, until, users])
  return rows.map((row) => ({
    userId: row.user_id,
    values: JSON.parse(row.objective_values ?? '{}') as UserTotals['values'],
    days: JSON.parse(row.objective_days ?? '{}') as UserTotals['days'],
    sends: row.sends,
    reachLosses: (JSON.parse(row.losses ?? '[]') as readonly LossTuple[]).map(([at, channel]) => ({ at, channel })),
  }))
}

type LossTuple = readonly [EpochMs, UserTotals['reachLosses'][number]['channel']]
