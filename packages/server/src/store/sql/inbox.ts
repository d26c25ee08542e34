import type { DecisionId, SendId, UserId } from '@paloma/core/domain'
import { INBOX_STATUSES, type InboxItem, type InboxStatus, type InboxStore } from '../contract.ts'
import { canonicalJson } from './canonical-json.ts'
import type { SqlClient } from './client.ts'

const COLUMNS = 'send_id, decision_id, user_id, message, content, created_at, status, status_at'

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
    put: (item) => put(client, item),
    async list(userId, { before, limit, withArchived = false }) {
      const rows = await client.query<InboxRow>(
        `select ${COLUMNS} from inbox
         where user_id = $1 and ($2 or status <> 'archived')
           and ($3::text is null
             or (created_at, send_id) < (select c.created_at, c.send_id from inbox c where c.send_id = $3))
         order by created_at desc, send_id desc limit $4`,
        [userId, withArchived, before ?? null, limit],
      )
      const [unseen] = await client.query<{ readonly n: number }>(
        `select count(*) as n from inbox where user_id = $1 and status = 'unseen'`,
        [userId],
      )
      return { items: rows.map(itemFromRow), unseen: unseen!.n }
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

async function put(client: SqlClient, item: InboxItem): ReturnType<InboxStore['put']> {
  const inserted = await client.query(
    `insert into inbox (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (send_id) do nothing returning send_id`,
    [
      item.sendId,
      item.decisionId,
      item.userId,
      item.message,
      JSON.stringify(item.content),
      item.createdAt,
      item.status,
      item.statusAt,
    ],
  )
  if (inserted.length > 0) return 'inserted'
  const there = await read(client, item.userId, item.sendId)
  const isSame = there?.message === item.message && canonicalJson(there.content) === canonicalJson(item.content)
  return isSame ? 'duplicate' : 'conflict'
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
