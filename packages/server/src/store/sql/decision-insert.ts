import { type DecisionSummary, PalomaError, summaryOf } from '@paloma/core/domain'
import type { InsertResult, NewDecision } from '../contract.ts'
import type { Sql } from './client.ts'
import { beginCopy, beginRow, type CopyIn, copyBigint, copyCut, copyText, endCopy } from './copy-in.ts'
import type { CopyMemory } from './copy-memory.ts'
import { DECISION_COLUMNS, type DecisionRow, fromRow } from './decision-row.ts'
import { isRowError, UNKNOWN_OPPORTUNITY } from './each-on-its-own.ts'
import { insertExposures } from './exposures.ts'
import { type NotedUses, writeUses } from './noted-uses.ts'
import { sendIdOf } from './send-row.ts'
import { closePlans, reopenOpportunities } from './send-transitions.ts'

interface Written {
  readonly result: InsertResult
  readonly decision: DecisionSummary
}

/** Rows per statement: as many as are written together at most, so that a transaction is seldom needed for them alone. */
const ROWS_PER_STATEMENT = 2000

/**
 * Whether writing these decisions is one statement: nothing follows from any of them but a row, and that their policy
 * states and snapshots are in use is written already.
 */
export function isPlain(items: readonly NewDecision[], uses: NotedUses): boolean {
  if (items.length > ROWS_PER_STATEMENT) return false
  return items.every(
    ({ decision, deliver, plannedSendId }) =>
      plannedSendId === undefined &&
      uses.covers(decision) &&
      !(deliver && decision.action.kind === 'send') &&
      !decision.assignments.some(({ exposed }) => exposed === true),
  )
}

/** How rows come in: `copy` is the quick way and takes new ones only, `insert` looks at each. */
export type Way = 'copy' | 'insert'

/** Copying met a row that is there already, or that the store will not have: nothing was written. */
export class CopyRefused extends Error {}

/**
 * Writes decisions and what follows from them; see DecisionStore.insertMany. Where they are not plain, one transaction
 * is the caller's part. Rejects with CopyRefused where the quick way does not do.
 */
export async function insertDecisions(
  sql: Sql,
  items: readonly NewDecision[],
  { way, uses, memory }: { readonly way: Way; readonly uses: NotedUses; readonly memory: CopyMemory },
): Promise<readonly Written[]> {
  const isFollowed = !isPlain(items, uses)
  const fresh = way === 'copy' ? await copyRecords(sql, items, memory) : await insertRecords(sql, items)
  if (fresh === 'all') {
    if (isFollowed) await follow(sql, items, uses)
    return items.map(({ decision }): Written => ({ result: 'inserted', decision }))
  }
  // An id that comes twice is new once.
  const isNew = items.map(({ decision }) => fresh.delete(decision.decisionId))
  const news = items.filter((_, i) => isNew[i])
  if (isFollowed) await follow(sql, news, uses)
  const known = items.filter((_, i) => !isNew[i]).map(({ decision }) => decision.decisionId)
  const stored = await storedDecisions(sql, known)
  return items.map((item, i): Written => {
    const there = stored.get(item.decision.decisionId)
    if (isNew[i]) return { result: 'inserted', decision: item.decision }
    // Erased between our statements: it stands no longer, and neither may this one.
    if (there === undefined) return { result: 'conflict', decision: item.decision }
    return {
      result: there.fingerprint === item.fingerprint ? 'duplicate' : 'conflict',
      decision: summaryOf(fromRow(there)),
    }
  })
}

/** Room for what a row has beside its record; more is made where it is needed. */
const USUAL_BYTES = 512

const COPIED = {
  table: 'decisions',
  columns: ['decision_id', 'user_id', 'at', 'fingerprint', 'packed', 'features'],
} as const

/** Copies the rows of decisions that are all new; rejects with CopyRefused where one is not. */
async function copyRecords(sql: Sql, items: readonly NewDecision[], memory: CopyMemory): Promise<'all'> {
  // The text form of a number is refused by the store where it is no integer, its bits would not be.
  if (!items.every(({ decision }) => Number.isSafeInteger(decision.at))) throw new CopyRefused()
  const writer = memory.take(items.reduce((size, { packed }) => size + packed.bytes.length + USUAL_BYTES, USUAL_BYTES))
  const copy = beginCopy(COPIED, writer)
  for (const item of items) copyRecord(copy, item)
  try {
    await sql.copyIn(endCopy(copy))
    memory.giveBack(writer)
  } catch (error) {
    if (!isRowError(error)) throw error
    throw new CopyRefused('a row is refused', { cause: error })
  }
  return 'all'
}

/** In the order of COPIED. */
function copyRecord(copy: CopyIn, { decision, fingerprint, packed }: NewDecision): void {
  beginRow(copy, COPIED.columns.length)
  copyText(copy, decision.decisionId)
  copyText(copy, decision.userId)
  copyBigint(copy, decision.at)
  copyText(copy, fingerprint)
  copyCut(copy, packed.bytes, packed.recordSize)
}

// Records travel as one value, because a driver writes bytes as they are but arrays of them digit by digit.
const INSERT = `
  with fresh as (
    insert into decisions (decision_id, user_id, at, fingerprint, packed, features)
    select decision_id, user_id, at, fingerprint, substring($1::bytea from start for size),
      case when learning > 0 then substring($1::bytea from start + size for learning) end
    from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::integer[], $7::integer[], $8::integer[])
      as rows (decision_id, user_id, at, fingerprint, start, size, learning)
    on conflict do nothing returning decision_id)
  select case when count(*) < $9::integer then coalesce(json_agg(decision_id)::text, '[]') end as keys from fresh`

/** Writes the rows of decisions that are not there yet; answers the ids of those, or that all are new. */
async function insertRecords(sql: Sql, items: readonly NewDecision[]): Promise<'all' | Set<string>> {
  const fresh = new Set<string>()
  let isWhole = true
  for (let start = 0; start < items.length; start += ROWS_PER_STATEMENT) {
    const part = items.slice(start, start + ROWS_PER_STATEMENT)
    const [answer] = await sql.query<{ readonly keys: string | null }>(INSERT, recordValues(part))
    const keys: readonly string[] | null = answer!.keys === null ? null : JSON.parse(answer!.keys)
    if (keys !== null) isWhole = false
    for (const key of keys ?? part.map(({ decision }) => decision.decisionId)) fresh.add(key)
  }
  return isWhole ? 'all' : fresh
}

/** In the order of INSERT's parameters. A record's place is counted from 1, as SQL does; what is learned from follows it. */
function recordValues(items: readonly NewDecision[]): readonly unknown[] {
  let next = 1
  const starts = items.map(({ packed }) => {
    const start = next
    next += packed.bytes.length
    return start
  })
  return [
    Buffer.concat(items.map(({ packed }) => packed.bytes)),
    items.map(({ decision }) => decision.decisionId),
    items.map(({ decision }) => decision.userId),
    items.map(({ decision }) => decision.at),
    items.map(({ fingerprint }) => fingerprint),
    starts,
    items.map(({ packed }) => packed.recordSize),
    items.map(({ packed }) => packed.bytes.length - packed.recordSize),
    items.length,
  ]
}

type StoredRow = DecisionRow & { readonly fingerprint: string }

async function storedDecisions(sql: Sql, ids: readonly string[]): Promise<ReadonlyMap<string, StoredRow>> {
  if (ids.length === 0) return new Map()
  const rows = await sql.query<StoredRow>(
    `select ${DECISION_COLUMNS}, fingerprint from decisions where decision_id = any($1::text[])`,
    [ids],
  )
  return new Map(rows.map((row) => [row.decision_id, row]))
}

/** The consequences of new decisions: states and snapshots in use, exposures, plans closed, sends made, opportunities taken. */
async function follow(sql: Sql, items: readonly NewDecision[], uses: NotedUses): Promise<void> {
  if (items.length === 0) return
  await writeUses(
    sql,
    items.map(({ decision }) => decision).filter((decision) => !uses.covers(decision)),
  )
  await insertExposures(
    sql,
    items.map(({ decision }) => decision),
  )
  const plans = items.flatMap(({ plannedSendId, decision }) =>
    plannedSendId === undefined ? [] : [{ sendId: plannedSendId, at: decision.at }],
  )
  const reopened = await closePlans(sql, plans)
  await reopenOpportunities(sql, reopened)
  await makeSends(
    sql,
    items.filter((item) => item.deliver && item.decision.action.kind === 'send').map((item) => item.decision),
  )
}

async function makeSends(sql: Sql, decisions: readonly DecisionSummary[]): Promise<void> {
  if (decisions.length === 0) return
  const rows = decisions.map(sendValues)
  const columns = Array.from({ length: 10 }, (_, column) => rows.map((row) => row[column]))
  const made = await sql.query<{ readonly opportunity_id: string }>(
    `with made as (
       insert into sends (send_id, decision_id, user_id, opportunity_id, variant, channel, decided_at, due_at, status,
         updated_at, message, category, topic, group_key, waits_until, waits_worth)
       select v.send_id, v.decision_id, v.user_id, v.opportunity_id, v.variant, v.channel, v.at, v.due_at,
         case when v.due_at <= v.at then 'reserved' else 'planned' end, v.at, o.message, o.category, o.topic, o.group_key,
         v.waits_until, v.waits_worth
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
         $9::bigint[], $10::float8[])
         as v (send_id, decision_id, user_id, opportunity_id, variant, channel, at, due_at, waits_until, waits_worth)
       join opportunities o on o.opportunity_id = v.opportunity_id
       returning opportunity_id),
     taken as (
       update opportunities o set status = 'taken' from made
       where o.opportunity_id = made.opportunity_id and o.status = 'open')
     select opportunity_id from made`,
    columns,
  )
  if (made.length < decisions.length) refuseUnknown(rows, new Set(made.map((row) => row.opportunity_id)))
}

/** send_id, decision_id, user_id, opportunity_id, variant, channel, at, due_at, waits_until, waits_worth. */
function sendValues(decision: DecisionSummary): readonly (string | number | null)[] {
  const { action } = decision
  if (action.kind === 'hold') throw new PalomaError('UNREACHABLE', `${decision.decisionId} holds: there is no send`)
  const { decisionId, userId, at, waits } = decision
  return [
    sendIdOf(decisionId),
    decisionId,
    userId,
    action.opportunityId,
    action.variant,
    action.channel,
    at,
    action.sendAt,
    waits?.until ?? null,
    waits?.worth ?? null,
  ]
}

function refuseUnknown(rows: readonly (readonly (string | number | null)[])[], known: ReadonlySet<string>): never {
  const missing = rows.find((row) => !known.has(String(row[3])))
  throw new PalomaError(
    UNKNOWN_OPPORTUNITY,
    `decision ${missing?.[1]} chose opportunity ${missing?.[3]}, which is gone`,
    {
      hint: 'its user was erased in the meantime',
    },
  )
}
