import type { Decision, DecisionId, UserId } from '@paloma/core/domain'
import type { DecisionStore, NewDecision } from '../contract.ts'
import type { SqlClient } from './client.ts'
import { copyMemory } from './copy-memory.ts'
import { cursorTime } from './cursor-time.ts'
import { CopyRefused, insertDecisions, isPlain, type Way } from './decision-insert.ts'
import { DECISION_COLUMNS as COLUMNS, type DecisionRow, fromRow } from './decision-row.ts'
import { eachOnItsOwn } from './each-on-its-own.ts'
import { maturedExamples } from './matured.ts'
import { notedUses } from './noted-uses.ts'
import { recordPacker } from './record-packer.ts'
import { userTotals } from './user-totals.ts'
import { dayBounds, dayName } from './utc-day.ts'

/**
 * Repeats seldom come alone, and a copy that meets one has written rows for nothing: after it, so many groups are looked
 * at row by row.
 */
const CAREFUL_GROUPS = 20

/** The decision log. */
export function decisionStore(client: SqlClient): DecisionStore {
  const uses = notedUses()
  const memory = copyMemory()
  const insert = async (items: readonly NewDecision[], way: Way): ReturnType<DecisionStore['insertMany']> => {
    const how = { way, uses, memory }
    if (isPlain(items, uses)) return insertDecisions(client, items, how)
    const written = await client.transaction((sql) => insertDecisions(sql, items, how))
    uses.add(items.flatMap(({ decision }, i) => (written[i]?.result === 'inserted' ? [decision] : [])))
    return written
  }
  let careful = 0
  const insertQuickly = (items: readonly NewDecision[]): ReturnType<DecisionStore['insertMany']> => {
    if (careful > 0) {
      careful -= 1
      return insert(items, 'insert')
    }
    return insert(items, 'copy').catch((error: unknown) => {
      if (!(error instanceof CopyRefused)) throw error
      careful = CAREFUL_GROUPS
      return insert(items, 'insert')
    })
  }
  return {
    insertMany: (items) => (items.length === 0 ? Promise.resolve([]) : eachOnItsOwn(items, insertQuickly)),
    pack: recordPacker(),
    get: async (id) => (await readMany(client, [id])).get(id),
    getMany: (ids) => readMany(client, ids),
    usersOf: (ids) => usersOf(client, ids),
    async listByUser(userId, { before = null, limit }) {
      const rows = await client.query<DecisionRow>(
        `select ${COLUMNS} from decisions where user_id = $1 and ($2::bigint is null or at < $2)
         order by at desc, decision_id desc limit $3`,
        [userId, before, limit],
      )
      return rows.map(fromRow)
    },
    listRecent: (page) => listRecent(client, page),
    lastSentFor: (keys) => lastSentFor(client, keys),
    matured: (options) => maturedExamples(client, options),
    listByDay: (day, after, limit) => listByDay(client, { day, after, limit }),
    days: () => days(client),
    async count() {
      const [row] = await client.query<{ readonly n: number }>('select count(*) as n from decisions')
      return row!.n
    },
    totals: (from, until, users) => userTotals(client, { from, until, users }),
  }
}

async function readMany(client: SqlClient, ids: readonly DecisionId[]): Promise<ReadonlyMap<DecisionId, Decision>> {
  const rows = await client.query<DecisionRow>(`select ${COLUMNS} from decisions where decision_id = any($1::text[])`, [
    ids,
  ])
  return new Map(rows.map((row) => [row.decision_id as DecisionId, fromRow(row)]))
}

async function usersOf(client: SqlClient, ids: readonly DecisionId[]): Promise<ReadonlyMap<DecisionId, UserId>> {
  if (ids.length === 0) return new Map()
  const rows = await client.query<{ readonly decision_id: DecisionId; readonly user_id: UserId }>(
    'select decision_id, user_id from decisions where decision_id = any($1::text[])',
    [ids],
  )
  return new Map(rows.map((row) => [row.decision_id, row.user_id]))
}

async function lastSentFor(
  client: SqlClient,
  keys: Parameters<DecisionStore['lastSentFor']>[0],
): Promise<readonly (DecisionId | null)[]> {
  if (keys.length === 0) return []
  const rows = await client.query<{ readonly decision_id: DecisionId | null }>(
    `select (
       select s.decision_id from sends s
       where s.user_id = k.user_id and s.status in ('dispatching', 'sent', 'unknown')
         and (k.channel is null or s.channel = k.channel) and s.decided_at between k.since and k.at
         and s.updated_at >= k.since
       order by s.decided_at desc, s.send_id desc limit 1) as decision_id
     from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
       with ordinality as k (user_id, channel, since, at, place)
     order by k.place`,
    [
      keys.map((key) => key.userId),
      keys.map((key) => key.channel),
      keys.map((key) => key.since),
      keys.map((key) => key.at),
    ],
  )
  return rows.map((row) => row.decision_id)
}

async function listRecent(
  client: SqlClient,
  { before, limit }: Parameters<DecisionStore['listRecent']>[0],
): Promise<readonly Decision[]> {
  const at =
    before === undefined ? null : await cursorTime(client, { table: 'decisions', key: 'decision_id', id: before })
  const rows = await client.query<DecisionRow>(
    `select ${COLUMNS} from decisions where $1::bigint is null or (at, decision_id) < ($1, $2)
     order by at desc, decision_id desc limit $3`,
    [at, before ?? '', limit],
  )
  return rows.map(fromRow)
}

async function listByDay(
  client: SqlClient,
  page: { readonly day: string; readonly after: DecisionId | null; readonly limit: number },
): Promise<readonly Decision[]> {
  const { from, until } = dayBounds(page.day)
  const since =
    page.after === null ? from : await cursorTime(client, { table: 'decisions', key: 'decision_id', id: page.after })
  const rows = await client.query<DecisionRow>(
    `select ${COLUMNS} from decisions where at >= $1 and at < $2 and (at, decision_id) > ($1, $3)
     order by at, decision_id limit $4`,
    [since, until, page.after ?? '', page.limit],
  )
  return rows.map(fromRow)
}

// Steps from the first row of one day to the first row of the next through the index, instead of reading every row.
const DAYS_OF = (table: string): string => `
  (with recursive d (day) as (
    select min(at) / 86400000 from ${table}
    union all
    select (select at from ${table} where at >= (d.day + 1) * 86400000 order by at limit 1) / 86400000
    from d where d.day is not null)
  select day from d where day is not null)`

async function days(client: SqlClient): Promise<readonly string[]> {
  const rows = await client.query<{ readonly day: number }>(
    `select day from (${DAYS_OF('decisions')} union ${DAYS_OF('outcomes')}) as known order by day`,
  )
  return rows.map((row) => dayName(row.day))
}
