import type { RetentionStore } from '../contract.ts'
import type { Sql } from './client.ts'

type Options = Parameters<RetentionStore['models']>[0]

/** See RetentionStore.models. */
export async function forgetModels(sql: Sql, options: Options): Promise<number> {
  await dateUses(sql, options)
  return (await forgetStates(sql, options)) + (await forgetSnapshots(sql, options))
}

/** What was written before uses bore a time, or by a server that does not know of it, has been in use until now. */
async function dateUses(sql: Sql, { now }: Options): Promise<void> {
  await sql.query('update policy_state_uses set used_until = $1 where used_until is null', [now])
  await sql.query('update snapshots set used_until = $1 where used_until is null', [now])
}

async function forgetStates(sql: Sql, { before, keep, lines, frozen, limit }: Options): Promise<number> {
  const rows = await sql.query<{ readonly state_id: number }>(
    `with newest as (
       select id from (select id, row_number() over (partition by line order by id desc) as place from policy_states
         where line = '' or line = any($3::text[])) numbered where place <= $2),
     old as (
       select p.id from policy_states p left join policy_state_uses u on u.state_id = p.id
       where (u.state_id is null or u.used_until <= $1) and p.created_at < $1
         and p.id not in (select id from newest) and p.id <> all($4::bigint[])
       order by p.id limit $5),
     unused as (delete from policy_state_uses u using old where u.state_id = old.id)
     delete from policy_states p using old where p.id = old.id returning p.id as state_id`,
    [before, keep, lines, frozen, limit],
  )
  const uses = await sql.query(
    `delete from policy_state_uses u where u.used_until <= $1
       and not exists (select 1 from policy_states p where p.id = u.state_id) returning 1`,
    [before],
  )
  return rows.length + uses.length
}

async function forgetSnapshots(sql: Sql, { before, keep, snapshot, limit }: Options): Promise<number> {
  const rows = await sql.query(
    `delete from snapshots where version in (
       select version from snapshots where used_until <= $1 and created_at < $1 and version <> $2
         and version not in (select version from snapshots order by created_at desc, version limit $3)
       order by created_at, version limit $4)
     returning 1`,
    [before, snapshot, keep, limit],
  )
  return rows.length
}
