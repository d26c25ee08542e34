import { chosenAction, type Decision, PalomaError } from '@paloma/core/domain'
import type { InsertResult, NewDecision } from '../contract.ts'
import type { Sql } from './client.ts'
import { type DecisionRow, fromRow, toRow } from './decision-row.ts'
import { UNKNOWN_OPPORTUNITY } from './each-on-its-own.ts'
import { insertExposures } from './exposures.ts'
import { type Columns, insertRows } from './insert-rows.ts'
import { sendIdOf } from './send-row.ts'
import { closePlans, reopenOpportunities } from './send-transitions.ts'

const COLUMNS = {
  decision_id: 'text',
  user_id: 'text',
  at: 'bigint',
  fingerprint: 'text',
  learning: 'json',
  record: 'json',
} as const satisfies Columns

interface Written {
  readonly result: InsertResult
  readonly decision: Decision
}

/** Writes decisions and what follows from them; see DecisionStore.insertMany. One transaction is the caller's part. */
export async function insertDecisions(sql: Sql, items: readonly NewDecision[]): Promise<readonly Written[]> {
  const fresh = new Set(
    await insertRows(sql, { table: 'decisions', columns: COLUMNS, returning: 'decision_id' }, items.map(toValues)),
  )
  const isNew = items.map((item) => fresh.delete(item.decision.decisionId))
  await follow(
    sql,
    items.filter((_, i) => isNew[i]),
  )
  const stored = await storedDecisions(
    sql,
    items.filter((_, i) => !isNew[i]).map((item) => item.decision.decisionId),
  )
  return items.map((item, i): Written => {
    const there = stored.get(item.decision.decisionId)
    if (isNew[i]) return { result: 'inserted', decision: item.decision }
    // Erased between our statements: it stands no longer, and neither may this one.
    if (there === undefined) return { result: 'conflict', decision: item.decision }
    return { result: there.fingerprint === item.fingerprint ? 'duplicate' : 'conflict', decision: fromRow(there) }
  })
}

/** In the order of COLUMNS. */
function toValues({ decision, fingerprint }: NewDecision): readonly unknown[] {
  const row = toRow(decision)
  return [row.decision_id, row.user_id, row.at, fingerprint, row.learning, row.record]
}

type StoredRow = DecisionRow & { readonly fingerprint: string }

async function storedDecisions(sql: Sql, ids: readonly string[]): Promise<ReadonlyMap<string, StoredRow>> {
  if (ids.length === 0) return new Map()
  const rows = await sql.query<StoredRow>(
    `select decision_id, user_id, at, learning, record, fingerprint from decisions where decision_id = any($1::text[])`,
    [ids],
  )
  return new Map(rows.map((row) => [row.decision_id, row]))
}

/** The consequences of new decisions: states in use, exposures, plans closed, sends made, opportunities taken. */
async function follow(sql: Sql, items: readonly NewDecision[]): Promise<void> {
  if (items.length === 0) return
  await sql.query(
    'insert into policy_state_uses (state_id) select distinct unnest($1::bigint[]) on conflict do nothing',
    [items.map((item) => item.decision.stateId)],
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
    items.filter((item) => item.deliver && chosenAction(item.decision).kind === 'send').map((item) => item.decision),
  )
}

async function makeSends(sql: Sql, decisions: readonly Decision[]): Promise<void> {
  if (decisions.length === 0) return
  const rows = decisions.map(sendValues)
  const columns = Array.from({ length: 8 }, (_, column) => rows.map((row) => row[column]))
  const made = await sql.query<{ readonly opportunity_id: string }>(
    `insert into sends (send_id, decision_id, user_id, opportunity_id, variant, channel, decided_at, due_at, status,
       updated_at, message, category, topic, group_key)
     select v.send_id, v.decision_id, v.user_id, v.opportunity_id, v.variant, v.channel, v.at, v.due_at,
       case when v.due_at <= v.at then 'reserved' else 'planned' end, v.at, o.message, o.category, o.topic, o.group_key
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[])
       as v (send_id, decision_id, user_id, opportunity_id, variant, channel, at, due_at)
     join opportunities o on o.opportunity_id = v.opportunity_id
     returning opportunity_id`,
    columns,
  )
  const opportunityIds = made.map((row) => row.opportunity_id)
  if (made.length < decisions.length) refuseUnknown(rows, new Set(opportunityIds))
  await sql.query(
    `update opportunities set status = 'taken' where opportunity_id = any($1::text[]) and status = 'open'`,
    [opportunityIds],
  )
}

/** send_id, decision_id, user_id, opportunity_id, variant, channel, at, due_at. */
function sendValues(decision: Decision): readonly [string, string, string, string, string, string, number, number] {
  const action = chosenAction(decision)
  if (action.kind === 'hold') throw new PalomaError('UNREACHABLE', `${decision.decisionId} holds: there is no send`)
  const { decisionId, userId, at } = decision
  return [
    sendIdOf(decisionId),
    decisionId,
    userId,
    action.opportunityId,
    action.variant,
    action.channel,
    at,
    action.sendAt,
  ]
}

function refuseUnknown(rows: readonly (readonly (string | number)[])[], known: ReadonlySet<string>): never {
  const missing = rows.find((row) => !known.has(String(row[3])))
  throw new PalomaError(
    UNKNOWN_OPPORTUNITY,
    `decision ${missing?.[1]} chose opportunity ${missing?.[3]}, which is gone`,
    {
      hint: 'its user was erased in the meantime',
    },
  )
}
