import { DAY_MS, type DecisionId, type Outcome, type UserId } from '@paloma/core/domain'
import type { InsertResult, OutcomeStore } from '../contract.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Sql, SqlClient } from './client.ts'
import { cursorTime } from './cursor-time.ts'
import { eachOnItsOwn } from './each-on-its-own.ts'
import { type Columns, insertRows } from './insert-rows.ts'
import { outcomesWithin } from './outcomes-within.ts'
import { holdUsers } from './user-merges.ts'
import { dayBounds } from './utc-day.ts'

const COLUMNS = {
  message_id: 'text',
  user_id: 'text',
  name: 'text',
  at: 'bigint',
  received_at: 'bigint',
  decision_id: 'text',
  joined_by: 'text',
  is_machine: 'boolean',
  channel: 'text',
  is_visit: 'boolean',
  is_response: 'boolean',
  reach_loss: 'text',
  objective_values: 'text',
  properties: 'text',
} as const satisfies Columns

/** Columns of the table, for a select. */
export const OUTCOME_COLUMNS: string = Object.keys(COLUMNS).join(', ')

export interface OutcomeRow {
  readonly message_id: string
  readonly user_id: string
  readonly name: string
  readonly at: number
  readonly received_at: number
  readonly decision_id: string | null
  readonly joined_by: Outcome['joinedBy']
  readonly is_machine: boolean
  readonly channel: Outcome['channel']
  readonly is_visit: boolean
  readonly is_response: boolean
  readonly reach_loss: Outcome['reachLoss']
  readonly objective_values: string
  readonly properties: string
}

/** Everything users did. */
export function outcomeStore(client: SqlClient): OutcomeStore {
  return {
    insertMany: (items) =>
      items.length === 0
        ? Promise.resolve([])
        : eachOnItsOwn(items, (part) => client.transaction((sql) => insertOutcomes(sql, part))),
    getMany: (messageIds) => storedOutcomes(client, messageIds),
    async listByUser(userId, { before = null, limit }) {
      const rows = await client.query<OutcomeRow>(
        `select ${OUTCOME_COLUMNS} from outcomes where user_id = $1 and ($2::bigint is null or at < $2)
         order by at desc, message_id desc limit $3`,
        [userId, before, limit],
      )
      return rows.map(outcomeFromRow)
    },
    async listByDay(day, after, limit) {
      const { from, until } = dayBounds(day)
      const since =
        after === null ? from : await cursorTime(client, { table: 'outcomes', key: 'message_id', id: after })
      const rows = await client.query<OutcomeRow>(
        `select ${OUTCOME_COLUMNS} from outcomes where at >= $1 and at < $2 and (at, message_id) > ($1, $3)
         order by at, message_id limit $4`,
        [since, until, after ?? '', limit],
      )
      return rows.map(outcomeFromRow)
    },
    within: (moments, windowMs) => outcomesWithin(client, moments, windowMs),
    async lossesIn({ from, until }) {
      const rows = await client.query<Pick<OutcomeRow, 'channel'> & { readonly user_id: UserId }>(
        `select user_id, channel from outcomes
         where at >= $1 and at < $2 and reach_loss is not null and reach_loss <> 'bounced' and not is_machine
         order by at, message_id`,
        [from, until],
      )
      return rows.map(({ user_id: userId, channel }) => ({ userId, channel }))
    },
    async countByDay() {
      const rows = await client.query<{ readonly day: number; readonly count: number }>(
        `select at / ${DAY_MS} as day, count(*) as count from outcomes group by at / ${DAY_MS} order by 1`,
      )
      return new Map(rows.map(({ day, count }) => [new Date(day * DAY_MS).toISOString().slice(0, 10), count]))
    },
  }
}

async function insertOutcomes(sql: Sql, items: readonly Outcome[]): Promise<readonly InsertResult[]> {
  await holdUsers(
    sql,
    items.map(({ userId }) => userId),
  )
  const fresh = new Set(
    await insertRows(sql, { table: 'outcomes', columns: COLUMNS, returning: 'message_id' }, items.map(outcomeToValues)),
  )
  const stored = items.length > fresh.size ? await storedOutcomes(sql, idsOf(items)) : new Map<string, Outcome>()
  return items.map((item): InsertResult => {
    if (fresh.delete(item.messageId)) return 'inserted'
    return isSameEvent(stored.get(item.messageId), item) ? 'duplicate' : 'conflict'
  })
}

function idsOf(items: readonly Outcome[]): readonly string[] {
  return items.map(({ messageId }) => messageId)
}

async function storedOutcomes(sql: Sql, messageIds: readonly string[]): Promise<ReadonlyMap<string, Outcome>> {
  const rows = await sql.query<OutcomeRow>(
    `select ${OUTCOME_COLUMNS} from outcomes where message_id = any($1::text[])`,
    [messageIds],
  )
  return new Map(rows.map((row) => [row.message_id, outcomeFromRow(row)]))
}

/** A repeat arrives later and may be joined differently: what the sender said is what counts. */
function isSameEvent(there: Outcome | undefined, item: Outcome): boolean {
  return (
    there !== undefined &&
    there.userId === item.userId &&
    there.name === item.name &&
    canonicalJson(there.properties) === canonicalJson(item.properties)
  )
}

/** In the order of COLUMNS. */
function outcomeToValues(item: Outcome): readonly unknown[] {
  return [
    item.messageId,
    item.userId,
    item.name,
    item.at,
    item.receivedAt,
    item.decisionId,
    item.joinedBy,
    item.isMachine,
    item.channel,
    item.isVisit,
    item.isResponse,
    item.reachLoss,
    JSON.stringify(item.values),
    JSON.stringify(item.properties),
  ]
}

/** The outcome of a row. */
export function outcomeFromRow(row: OutcomeRow): Outcome {
  return {
    messageId: row.message_id,
    userId: row.user_id as UserId,
    name: row.name,
    at: row.at,
    receivedAt: row.received_at,
    decisionId: row.decision_id as DecisionId | null,
    joinedBy: row.joined_by,
    isMachine: row.is_machine,
    channel: row.channel,
    isVisit: row.is_visit,
    isResponse: row.is_response,
    reachLoss: row.reach_loss,
    values: JSON.parse(row.objective_values) as Outcome['values'],
    properties: JSON.parse(row.properties) as Outcome['properties'],
  }
}
