import type { DecisionId, SendId, UserId } from '@paloma/core/domain'
import { INBOX_STATUSES, type InboxItem, type InboxStatus, type InboxStore, type InsertResult } from '../contract.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Sql, SqlClient } from './client.ts'
import { type Columns, insertRows } from './insert-rows.ts'
import { holdUsers } from './user-merges.ts'

const COLUMN_TYPES = {
  send_id: 'text',
  decision_id: 'text',
  user_id: 'text',
  message: 'text',
  content: 'text',
  created_at: 'bigint',
  status: 'text',
  status_at: 'bigint',
} as const satisfies Columns
const COLUMNS = Object.keys(COLUMN_TYPES).join(', ')

interface InboxRow {
  readonly send_id: string
  readonly decision_id: string
  readonly user_id: string
  readonly message: string
  readonly content: string
  readonly created_at: number
  readonly status: InboxStatus
  readonly status_at: number
}

/** The in-app messages of every user. */
export function inboxStore(client: SqlClient): InboxStore {
  return {
    putMany: (items) => (items.length === 0 ? Promise.resolve([]) : client.transaction((sql) => putMany(sql, items))),
    async list(userId, { before, limit, withArchived = false }) {
      const rows = await client.query<InboxRow & { readonly unseen: number }>(
        `select ${COLUMNS}, (select count(*) from inbox n where n.user_id = $1 and n.status = 'unseen') as unseen
         from inbox where user_id = $1 and ($2 or status <> 'archived')
           and ($3::text is null
             or (created_at, send_id) < (select c.created_at, c.send_id from inbox c where c.send_id = $3))
         order by created_at desc, send_id desc limit $4`,
        [userId, withArchived, before ?? null, limit],
      )
      return { items: rows.map(itemFromRow), unseen: rows[0]?.unseen ?? (await countUnseen(client, userId)) }
    },
    async newFor(ids, since) {
      const rows = await client.query<InboxRow>(
        `select ${COLUMNS} from inbox where user_id = any($1::text[]) and created_at >= $2 order by created_at, send_id`,
        [ids, since],
      )
      return rows.map(itemFromRow)
    },
    async mark(userId, id, status, at) {
      const lower = INBOX_STATUSES.slice(0, INBOX_STATUSES.indexOf(status))
      await client.query(
        `update inbox set status = $3, status_at = $4
         where send_id = $1 and user_id = $2 and status = any($5::text[])`,
        [id, userId, status, at, lower],
      )
      return read(client, userId, id)
    },
  }
}

async function countUnseen(client: SqlClient, userId: UserId): Promise<number> {
  const [row] = await client.query<{ readonly n: number }>(
    `select count(*) as n from inbox where user_id = $1 and status = 'unseen'`,
    [userId],
  )
  return row!.n
}

/** In the order of COLUMNS. */
function toValues(item: InboxItem): readonly unknown[] {
  const { sendId, decisionId, userId, message, content, createdAt, status, statusAt } = item
  return [sendId, decisionId, userId, message, JSON.stringify(content), createdAt, status, statusAt]
}

async function putMany(sql: Sql, items: readonly InboxItem[]): Promise<readonly InsertResult[]> {
  await holdUsers(
    sql,
    items.map(({ userId }) => userId),
  )
  const target = { table: 'inbox', columns: COLUMN_TYPES, returning: 'send_id' }
  const fresh = new Set(await insertRows(sql, target, items.map(toValues)))
  const isNew = items.map(({ sendId }) => fresh.delete(sendId))
  const known = await readMany(
    sql,
    items.filter((_, i) => !isNew[i]).map(({ sendId }) => sendId),
  )
  return items.map((item, i) => (isNew[i] ? 'inserted' : compare(item, known.get(item.sendId))))
}

function compare(item: InboxItem, there: InboxItem | undefined): InsertResult {
  const isSame = there?.userId === item.userId && there.message === item.message
  return isSame && canonicalJson(there.content) === canonicalJson(item.content) ? 'duplicate' : 'conflict'
}

async function readMany(client: Sql, ids: readonly SendId[]): Promise<ReadonlyMap<SendId, InboxItem>> {
  if (ids.length === 0) return new Map()
  const rows = await client.query<InboxRow>(`select ${COLUMNS} from inbox where send_id = any($1::text[])`, [ids])
  return new Map(rows.map((row) => [row.send_id as SendId, itemFromRow(row)]))
}

async function read(client: SqlClient, userId: UserId, id: SendId): Promise<InboxItem | undefined> {
  const [row] = await client.query<InboxRow>(`select ${COLUMNS} from inbox where send_id = $1 and user_id = $2`, [
    id,
    userId,
  ])
  return row && itemFromRow(row)
}

function itemFromRow(row: InboxRow): InboxItem {
  return {
    sendId: row.send_id as SendId,
    decisionId: row.decision_id as DecisionId,
    userId: row.user_id as UserId,
    message: row.message,
    content: JSON.parse(row.content) as InboxItem['content'],
    createdAt: row.created_at,
    status: row.status,
    statusAt: row.status_at,
  }
}
