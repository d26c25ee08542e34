import type { EpochMs, Opportunity, OpportunityId, UserId } from '@paloma/core/domain'
import type { InsertResult, OpportunityStatus, OpportunityStore } from '../contract.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Sql, SqlClient } from './client.ts'
import { eachOnItsOwn } from './each-on-its-own.ts'
import { type Columns, insertRows } from './insert-rows.ts'
import { callOffSends, withdrawSends } from './send-transitions.ts'
import { holdUsers } from './user-merges.ts'

const COLUMNS = {
  opportunity_id: 'text',
  user_id: 'text',
  status: 'text',
  expires: 'bigint',
  dedupe_key: 'text',
  supersedes: 'text',
  message: 'text',
  category: 'text',
  topic: 'text',
  group_key: 'text',
  created_at: 'bigint',
  record: 'text',
} as const satisfies Columns

interface OpportunityRow {
  readonly opportunity_id: string
  readonly user_id: string
  readonly status: OpportunityStatus
  readonly record: string
}

/** What upstream proposed, and what became of it. */
export function opportunityStore(client: SqlClient): OpportunityStore {
  return {
    insertMany: (items, at) =>
      items.length === 0
        ? Promise.resolve([])
        : eachOnItsOwn(items, (part) => client.transaction((sql) => insertOpportunities(sql, part, at))),
    openFor: (ids, now, known = []) => openFor(client, { ids, now, known }),
    async get(ids) {
      const rows = await readMany(client, ids)
      return new Map(rows.map((row) => [row.opportunity_id as OpportunityId, withStatus(row)]))
    },
    withdraw: (id) => client.transaction((sql) => withdraw(sql, id)),
    async closeExpired(now, limit) {
      const rows = await client.query(
        `with over as materialized (
           select opportunity_id from opportunities where status = 'open' and expires <= $1
           order by expires limit $2 for update skip locked)
         update opportunities o set status = 'expired' from over where o.opportunity_id = over.opportunity_id
         returning o.opportunity_id`,
        [now, limit],
      )
      return rows.length
    },
    async listByUser(userId, { before = null, limit }) {
      const rows = await client.query<OpportunityRow & { readonly created_at: EpochMs }>(
        `select opportunity_id, user_id, status, record, created_at from opportunities
         where user_id = $1 and ($2::bigint is null or created_at < $2) order by created_at desc, seq desc limit $3`,
        [userId, before, limit],
      )
      return rows.map((row) => ({ ...withStatus(row), proposedAt: row.created_at }))
    },
  }
}

async function insertOpportunities(
  sql: Sql,
  items: readonly Opportunity[],
  at: EpochMs,
): Promise<readonly InsertResult[]> {
  await holdUsers(
    sql,
    items.map(({ userId }) => userId),
  )
  const target = { table: 'opportunities', columns: COLUMNS, returning: 'opportunity_id' }
  const fresh = new Set(
    await insertRows(
      sql,
      target,
      items.map((item) => opportunityToValues(item, at)),
    ),
  )
  const replacing = items.filter(({ dedupeKey, supersedes }) => dedupeKey !== undefined || supersedes !== undefined)
  await supersede(
    sql,
    replacing.flatMap(({ id }) => (fresh.has(id) ? [id] : [])),
  )
  const repeated = items.length > fresh.size
  const rows = repeated
    ? await readMany(
        sql,
        items.map((item) => item.id),
      )
    : []
  const stored = new Map(rows.map((row) => [row.opportunity_id, canonicalJson(opportunityFromRow(row))]))
  return items.map((item): InsertResult => {
    if (fresh.delete(item.id)) return 'inserted'
    return stored.get(item.id) === canonicalJson(item) ? 'duplicate' : 'conflict'
  })
}

/**
 * Marks what the new ones replace: the one they name, and older ones of the same user with the same key. What waits to be
 * sent for those is called off; what may have gone out stays as it is.
 */
async function supersede(sql: Sql, freshIds: readonly OpportunityId[]): Promise<void> {
  if (freshIds.length === 0) return
  const replaced = await sql.query<{ readonly opportunity_id: string }>(
    `update opportunities o set status = 'superseded'
     from opportunities n
     where n.opportunity_id = any($1::text[]) and o.user_id = n.user_id and o.status in ('open', 'taken')
       and o.seq <> n.seq and ((n.dedupe_key = o.dedupe_key and o.seq < n.seq) or n.supersedes = o.opportunity_id)
       and not exists (
         select 1 from sends s
         where s.opportunity_id = o.opportunity_id and s.status in ('dispatching', 'sent', 'unknown'))
     returning o.opportunity_id`,
    [freshIds],
  )
  await callOffSends(
    sql,
    replaced.map((row) => row.opportunity_id),
  )
}

/** The number a proposal arrived under, of those that were read as open: another of the same id has another one. */
const arrivals = new WeakMap<Opportunity, number>()

interface OpenRow {
  readonly seq: number
  readonly user_id: UserId
  /** Null for what is known. */
  readonly record: string | null
}

async function openFor(
  client: SqlClient,
  {
    ids,
    now,
    known,
  }: { readonly ids: readonly UserId[]; readonly now: EpochMs; readonly known: readonly Opportunity[] },
): Promise<ReadonlyMap<UserId, readonly Opportunity[]>> {
  const before = new Map<number, Opportunity>()
  for (const opportunity of known) {
    const seq = arrivals.get(opportunity)
    if (seq !== undefined) before.set(seq, opportunity)
  }
  const rows = await client.query<OpenRow>(
    `select seq, user_id, case when seq = any($3::bigint[]) then null else record end as record from opportunities
     where user_id = any($1::text[]) and status = 'open' and expires > $2 order by seq`,
    [ids, now, [...before.keys()]],
  )
  const open = new Map<UserId, Opportunity[]>()
  for (const row of rows) {
    const opportunity = openFromRow(row, before)
    const others = open.get(opportunity.userId)
    if (others === undefined) open.set(opportunity.userId, [opportunity])
    else others.push(opportunity)
  }
  return open
}

/** What is known, unless it has another owner since. */
function openFromRow({ seq, user_id, record }: OpenRow, before: ReadonlyMap<number, Opportunity>): Opportunity {
  const known = before.get(seq)
  if (known?.userId === user_id) return known
  const opportunity =
    known === undefined ? opportunityFromRow({ user_id, record: record ?? '' }) : { ...known, userId: user_id }
  arrivals.set(opportunity, seq)
  return opportunity
}

/** Takes back what has not gone out yet: open, or planned or reserved; the latter are called off. */
async function withdraw(sql: Sql, id: OpportunityId): Promise<boolean> {
  const isOnItsWay = await withdrawSends(sql, id)
  if (isOnItsWay) return false
  const withdrawn = await sql.query(
    `update opportunities set status = 'withdrawn' where opportunity_id = $1 and status in ('open', 'taken')
     returning opportunity_id`,
    [id],
  )
  return withdrawn.length > 0
}

function readMany(sql: Sql, ids: readonly string[]): Promise<readonly OpportunityRow[]> {
  return sql.query<OpportunityRow>(
    'select opportunity_id, user_id, status, record from opportunities where opportunity_id = any($1::text[])',
    [ids],
  )
}

function withStatus(row: OpportunityRow): {
  readonly opportunity: Opportunity
  readonly status: OpportunityStatus
} {
  return { opportunity: opportunityFromRow(row), status: row.status }
}

/** In the order of COLUMNS. */
function opportunityToValues(item: Opportunity, at: EpochMs): readonly unknown[] {
  return [
    item.id,
    item.userId,
    'open',
    item.window.expires,
    item.dedupeKey ?? null,
    item.supersedes ?? null,
    item.message,
    item.category,
    item.topic,
    item.groupKey ?? null,
    at,
    JSON.stringify(item),
  ]
}

/** The opportunity of a row; it belongs to whom the column names, who may be an alias's new owner. */
export function opportunityFromRow(row: { readonly user_id: string; readonly record: string }): Opportunity {
  const opportunity = JSON.parse(row.record) as Opportunity
  return { ...opportunity, userId: row.user_id as UserId }
}
