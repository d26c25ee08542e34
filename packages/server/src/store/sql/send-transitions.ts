import type { EpochMs } from '@paloma/core/domain'
import type { Sql } from './client.ts'

/** Opens taken opportunities again, unless another send of theirs is planned, on its way or may have arrived. */
export async function reopenOpportunities(sql: Sql, opportunityIds: readonly string[]): Promise<void> {
  if (opportunityIds.length === 0) return
  await sql.query(
    `update opportunities o set status = 'open'
     where o.opportunity_id = any($1::text[]) and o.status = 'taken'
       and not exists (
         select 1 from sends s
         where s.opportunity_id = o.opportunity_id
           and s.status in ('planned', 'reserved', 'dispatching', 'sent', 'unknown'))`,
    [opportunityIds],
  )
}

/** Closes plans that a new decision replaces, each at that decision's time; answers whose opportunities they were. */
export async function closePlans(
  sql: Sql,
  plans: readonly { readonly sendId: string; readonly at: EpochMs }[],
): Promise<readonly string[]> {
  if (plans.length === 0) return []
  const rows = await sql.query<{ readonly opportunity_id: string }>(
    `update sends s set status = 'closed', updated_at = v.at
     from unnest($1::text[], $2::bigint[]) as v (send_id, at)
     where s.send_id = v.send_id and s.status = 'planned' returning s.opportunity_id`,
    [plans.map((plan) => plan.sendId), plans.map((plan) => plan.at)],
  )
  return rows.map((row) => row.opportunity_id)
}

/** Ends plans that cannot be decided again, each with its reason, and opens their opportunities again. */
export async function callOffPlans(
  sql: Sql,
  plans: readonly { readonly sendId: string; readonly reason: string }[],
  at: EpochMs,
): Promise<void> {
  const rows = await sql.query<{ readonly opportunity_id: string }>(
    `update sends s set status = 'refused', error = v.reason, updated_at = $3
     from unnest($1::text[], $2::text[]) as v (send_id, reason)
     where s.send_id = v.send_id and s.status = 'planned' returning s.opportunity_id`,
    [plans.map((plan) => plan.sendId), plans.map((plan) => plan.reason), at],
  )
  await reopenOpportunities(
    sql,
    rows.map((row) => row.opportunity_id),
  )
}

/**
 * Calls off the planned and reserved sends of an opportunity that its producer withdraws. Answers whether another one is
 * already on its way or out, in which case nothing is called off.
 */
export async function withdrawSends(sql: Sql, opportunityId: string): Promise<boolean> {
  const sends = await sql.query<{ readonly send_id: string; readonly status: string }>(
    `select send_id, status from sends where opportunity_id = $1
       and status in ('planned', 'reserved', 'dispatching', 'sent', 'unknown') order by send_id for update`,
    [opportunityId],
  )
  if (sends.some((send) => send.status !== 'planned' && send.status !== 'reserved')) return true
  await callOffSends(sql, [opportunityId])
  return false
}

/** Closes what is planned, and refuses what is reserved, for opportunities that no longer stand. */
export async function callOffSends(sql: Sql, opportunityIds: readonly string[]): Promise<void> {
  if (opportunityIds.length === 0) return
  await sql.query(
    `update sends s set status = case s.status when 'planned' then 'closed' else 'refused' end,
       refusals = case s.status when 'planned' then s.refusals else '[{"reason":"superseded"}]' end
     from opportunities o where o.opportunity_id = any($1::text[])
       and s.opportunity_id = o.opportunity_id and s.status in ('planned', 'reserved')`,
    [opportunityIds],
  )
}
