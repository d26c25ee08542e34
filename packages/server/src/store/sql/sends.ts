import { assertNever, type Channel, type DecisionId, type EpochMs, type SendId } from '@paloma/core/domain'
import type { Send, SendStatus, SendStore } from '../contract.ts'
import type { Sql, SqlClient } from './client.ts'
import { claimSends, isSomethingDue } from './send-claim.ts'
import { type SendRow, sendColumns, sendFromRow } from './send-row.ts'
import { callOffPlans, reopenOpportunities } from './send-transitions.ts'
import { sendsDecidedIn } from './sends-decided.ts'

/** The queue of messages on their way. `isShared`: other processes dispatch too. */
export function sendStore(client: SqlClient, isShared: boolean): SendStore {
  return {
    async claim(due, check) {
      if (!(await isSomethingDue(client, due))) return []
      return client.transaction((sql) => claimSends(sql, { ...due, check }))
    },
    finish: (results, at) =>
      results.length === 0 ? Promise.resolve() : client.transaction((sql) => finishSends(sql, results, at)),
    async recover(before, at) {
      const rows = await client.query(
        `update sends set status = 'unknown', updated_at = $2, error = 'the process that sent it died'
         where status = 'dispatching' and ($3 or updated_at < $1) returning send_id`,
        [before, at, !isShared],
      )
      return rows.length
    },
    callOff: (plans, at) =>
      plans.length === 0 ? Promise.resolve() : client.transaction((sql) => callOffPlans(sql, plans, at)),
    ...sendQueries(client),
  }
}

type Queries = Omit<SendStore, 'claim' | 'finish' | 'recover' | 'callOff'>

function sendQueries(client: SqlClient): Queries {
  const select = async (rest: string, values: readonly unknown[]): Promise<readonly Send[]> =>
    (await client.query<SendRow>(`select ${sendColumns()} from sends ${rest}`, values)).map(sendFromRow)
  return {
    duePlanned: (now, limit) =>
      select(`where status = 'planned' and due_at <= $1 order by due_at, send_id limit $2`, [now, limit]),
    nextDueAt: () => nextDueAt(client),
    async inFlight(userId) {
      const [row] = await client.query<{ readonly n: number }>(
        `select count(*) as n from sends where user_id = $1 and status = 'dispatching'`,
        [userId],
      )
      return row!.n
    },
    get: async (id: SendId) => (await select('where send_id = $1', [id]))[0],
    async byDecision(ids: readonly DecisionId[]) {
      const sends = await select('where decision_id = any($1::text[])', [ids])
      return new Map(sends.map((send) => [send.decisionId, send]))
    },
    async addressMarks(ids: readonly DecisionId[]) {
      const rows = await client.query<{ decision_id: DecisionId; channel: Channel; mark: string }>(
        `select decision_id, channel, address_mark as mark from sends
         where decision_id = any($1::text[]) and address_mark is not null`,
        [ids],
      )
      return new Map(rows.map(({ decision_id, channel, mark }) => [decision_id, { channel, mark }]))
    },
    listByUser: (userId, { before = null, limit }) =>
      select(
        `where user_id = $1 and ($2::bigint is null or updated_at < $2) order by updated_at desc, send_id desc limit $3`,
        [userId, before, limit],
      ),
    decidedIn: (span) => sendsDecidedIn(client, span),
    async counts() {
      const rows = await client.query<{ readonly status: SendStatus; readonly n: number }>(
        'select status, count(*) as n from sends group by status',
      )
      return Object.fromEntries(rows.map((row) => [row.status, row.n]))
    },
    async countUnderWay() {
      const [row] = await client.query<Awaited<ReturnType<SendStore['countUnderWay']>>>(COUNT_UNDER_WAY)
      return row!
    },
  }
}

// Each of its own, so that its index of few rows is what is read.
const COUNT_UNDER_WAY = `select ${['planned', 'reserved', 'dispatching']
  .map((status) => `(select count(*) from sends where status = '${status}') as ${status}`)
  .join(', ')}`

async function nextDueAt(sql: Sql): Promise<EpochMs | null> {
  const [row] = await sql.query<{ readonly at: number | null }>(
    `select least((select min(due_at) from sends where status = 'planned'),
                  (select min(due_at) from sends where status = 'reserved')) as at`,
  )
  return row!.at
}

type Result = Parameters<SendStore['finish']>[0][number]

/** What a provider said may still correct a dispatch that was given up as unknown; anything else stands. */
async function finishSends(sql: Sql, results: readonly Result[], at: EpochMs): Promise<void> {
  const values = results.map(finishValues)
  const rows = await sql.query<{ readonly opportunity_id: string; readonly status: SendStatus }>(
    `update sends s set status = v.status, updated_at = $6, provider_message_id = v.provider_message_id, error = v.error,
       due_at = coalesce(v.due_at, s.due_at), attempts = s.attempts + case when v.due_at is null then 0 else 1 end,
       dispatched_at = case when v.due_at is null then s.dispatched_at end
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
       as v (send_id, status, provider_message_id, error, due_at)
     where s.send_id = v.send_id and s.status in ('dispatching', 'unknown')
     returning s.opportunity_id, s.status`,
    [...[0, 1, 2, 3, 4].map((column) => values.map((row) => row[column])), at],
  )
  const of = (status: SendStatus): readonly string[] =>
    rows.filter((row) => row.status === status).map((row) => row.opportunity_id)
  await sql.query(`update opportunities set status = 'sent' where opportunity_id = any($1::text[])`, [of('sent')])
  await reopenOpportunities(sql, of('failed'))
}

/** send_id, status, provider_message_id, error, due_at. */
function finishValues({ sendId, result }: Result): readonly (string | number | null)[] {
  switch (result.kind) {
    case 'sent':
      return [sendId, 'sent', result.providerMessageId, null, null]
    case 'retry':
      return [sendId, 'reserved', null, result.error, result.until]
    case 'failed':
    case 'unknown':
      return [sendId, result.kind, null, result.error, null]
    default:
      return assertNever(result)
  }
}
