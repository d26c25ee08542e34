import { DAY_MS, type EpochMs } from '@paloma/core/domain'
import type { Gone, RetentionStore, Round } from '../contract.ts'
import type { Sql, SqlClient } from './client.ts'
import { forgetModels } from './retained-models.ts'
import { tableSizes } from './table-sizes.ts'
import { dayBounds } from './utc-day.ts'

/** Tables from which rows are deleted because they are old. */
export const SHRINKING = [
  'decisions',
  'sends',
  'inbox',
  'opportunities',
  'outcomes',
  'exposures',
  'policy_states',
  'policy_state_uses',
  'snapshots',
  'limit_counters',
] as const

/** Deletes what is old, all but making room, which each driver does in its own way. */
export function retentionStore(client: SqlClient): Omit<RetentionStore, 'reclaim'> {
  return {
    decisions: (round) => client.transaction((sql) => forgetDecisions(sql, round)),
    outcomes: (round) => forget(client, OUTCOMES, [], round),
    opportunities: (round) => forget(client, OPPORTUNITIES, [], round),
    async exposureKeys() {
      const rows = await client.query<{ readonly key: string }>(EXPOSURE_KEYS)
      return rows.map(({ key }) => key)
    },
    exposures: (key, round) => forget(client, EXPOSURES, [key], round),
    models: (options) => client.transaction((sql) => forgetModels(sql, options)),
    async counters(before) {
      const gone = await client.query(
        `delete from limit_counters where counter ~ '^\\d{1,9}/' and split_part(counter, '/', 1)::bigint < $1 returning 1`,
        [Math.floor(before / DAY_MS)],
      )
      return gone.length
    },
    async oldestDecision() {
      const [row] = await client.query<{ readonly at: EpochMs | null }>('select min(at) as at from decisions')
      return row!.at
    },
    async rowsOf(day) {
      const { from, until } = dayBounds(day)
      const [row] = await client.query<Awaited<ReturnType<RetentionStore['rowsOf']>>>(
        `select (select count(*) from decisions where at >= $1 and at < $2) as decisions, count(*) as outcomes,
           max(received_at) as "lastReceivedAt"
         from outcomes where at >= $1 and at < $2`,
        [from, until],
      )
      return row!
    },
    sizes: () => tableSizes(client),
  }
}

interface PageRow {
  readonly decision_id: string
  readonly at: EpochMs
}

interface SendPart {
  readonly decision_id: string
  readonly send_id: string
  readonly stays: boolean
}

/** Locks the sends of a page first, so that none changes between the look at it and its deletion. */
async function forgetDecisions(sql: Sql, { before, after, limit }: Round): Promise<Gone> {
  const page = await sql.query<PageRow>(
    `select decision_id, at from decisions where at < $1 ${after === null ? '' : 'and (at, decision_id) > ($3, $4)'}
     order by at, decision_id limit $2`,
    [before, limit, ...(after ?? [])],
  )
  const sends = await sql.query<SendPart>(
    `select s.decision_id, s.send_id, s.status in ('planned', 'reserved', 'dispatching') or s.updated_at >= $2
         or exists (select 1 from inbox i where i.send_id = s.send_id and i.created_at >= $2) as stays
     from sends s where s.decision_id = any($1::text[]) order by s.send_id for update`,
    [page.map((row) => row.decision_id), before],
  )
  const staying = new Set(sends.flatMap((send) => (send.stays ? [send.decision_id] : [])))
  const sendIds = sends.flatMap((send) => (send.stays ? [] : [send.send_id]))
  const ids = page.flatMap((row) => (staying.has(row.decision_id) ? [] : [row.decision_id]))
  const rows =
    (await deleteAll(sql, 'inbox where send_id', sendIds)) +
    (await deleteAll(sql, 'sends where send_id', sendIds)) +
    (await deleteAll(sql, 'decisions where decision_id', ids))
  const last = page.at(-1)
  return { rows, next: last === undefined || page.length < limit ? null : [last.at, last.decision_id] }
}

async function deleteAll(sql: Sql, what: string, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0
  const [row] = await sql.query<{ readonly n: number }>(
    `with gone as (delete from ${what} = any($1::text[]) returning 1) select count(*) as n from gone`,
    [ids],
  )
  return row!.n
}

/** Rows that are looked at in the order of an index; `place` are the columns of that order. */
interface Shrinking {
  readonly table: string
  readonly key: readonly string[]
  readonly place: readonly string[]
  /** Types of the columns of `place`. */
  readonly types: readonly string[]
  /** Which rows are looked at; `$1` is the moment, `$2` what the caller adds. */
  readonly looked: string
  /** Which of them go, as they are when they are deleted. */
  readonly goes: string
}

const OUTCOMES: Shrinking = {
  ...{ table: 'outcomes', key: ['message_id'], place: ['at', 'message_id'], types: ['bigint', 'text'] },
  ...{ looked: 'at < $1', goes: 'true' },
}

const OPPORTUNITIES: Shrinking = {
  ...{
    table: 'opportunities',
    key: ['opportunity_id'],
    place: ['expires', 'opportunity_id'],
    types: ['bigint', 'text'],
  },
  looked: `status <> 'open' and expires < $1`,
  goes: `t.status <> 'open' and t.created_at < $1
    and not exists (select 1 from sends s where s.opportunity_id = t.opportunity_id)`,
}

const EXPOSURES: Shrinking = {
  ...{ table: 'exposures', key: ['experiment', 'user_id', 'slot', 'variant'] },
  ...{ place: ['user_id', 'slot', 'variant'], types: ['text', 'bigint', 'text'] },
  ...{ looked: 'experiment = $2', goes: 't.at < $1' },
}

async function forget(
  sql: Sql,
  { table, key, place, types, looked, goes }: Shrinking,
  own: readonly unknown[],
  { before, after, limit }: Round,
): Promise<Gone> {
  const first = 2 + own.length
  const values = place.map((_, i) => `$${first + i}::${types[i]}`).join(', ')
  const columns = place.join(', ')
  const rest = after === null ? '' : `and (${columns}) > (${values})`
  const [row] = await sql.query<{ readonly looked: number; readonly gone: number; readonly last: string | null }>(
    `with page as materialized (
       select ${[...new Set([...key, ...place])].join(', ')} from ${table}
       where ${looked} ${rest} order by ${columns} limit ${limit}),
     gone as (delete from ${table} t using page p where ${key.map((each) => `t.${each} = p.${each}`).join(' and ')}
       and ${goes} returning 1)
     select (select count(*) from page) as looked, (select count(*) from gone) as gone,
       (select json_build_array(${columns})::text from page order by ${place.map((each) => `${each} desc`).join(', ')} limit 1) as last`,
    [before, ...own, ...(after ?? [])],
  )
  const { looked: seen, gone, last } = row!
  return { rows: gone, next: last === null || seen < limit ? null : (JSON.parse(last) as Gone['next']) }
}

// Steps from key to key through the index, instead of reading every row.
const EXPOSURE_KEYS = `
  with recursive k (key) as (
    (select experiment from exposures order by experiment limit 1)
    union all
    select (select experiment from exposures where experiment > k.key order by experiment limit 1) from k where k.key is not null)
  select key from k where key is not null`
