import type { Channel, EpochMs, Opportunity, PastSend, Refusal } from '@paloma/core/domain'
import type { Dispatch, DispatchVerdict, OpportunityStatus, Send, SendStore } from '../contract.ts'
import type { Sql } from './client.ts'
import { type Counters, holdCounters, writeCounters } from './limit-counters.ts'
import { opportunityFromRow } from './opportunities.ts'
import { type SendRow, sendColumns, sendFromRow } from './send-row.ts'
import { reopenOpportunities } from './send-transitions.ts'
import { type KnownSend, type LoadedUser, loadUsers, userState } from './user-states.ts'

interface ClaimOptions {
  readonly now: EpochMs
  readonly limit: number
  readonly channels?: readonly Channel[]
  readonly counters?: ReadonlyMap<string, number>
  readonly check: Parameters<SendStore['claim']>[1]
}

interface Due {
  readonly send: Send
  readonly opportunity: Opportunity
  readonly status: OpportunityStatus
}

interface Judged {
  readonly item: Due
  readonly verdict: DispatchVerdict
  /** As the check saw it; absent when there was nobody to check. */
  readonly dispatch: Dispatch | undefined
}

/** Whether anything may be due: nearly always nothing is, and a look costs a third of a transaction that finds nothing. */
export async function isSomethingDue(
  sql: Sql,
  { now, channels }: Pick<ClaimOptions, 'now' | 'channels'>,
): Promise<boolean> {
  const [condition, ...values] = onChannels(channels, 2)
  const rows = await sql.query(
    `select 1 from sends s where s.status = 'reserved' and s.due_at <= $1 ${condition} limit 1`,
    [now, ...values],
  )
  return rows.length > 0
}

/** See SendStore.claim. Locks the sends that nobody else holds, then their users in id order; one transaction. */
export async function claimSends(sql: Sql, options: ClaimOptions): Promise<readonly Dispatch[]> {
  const { now, check } = options
  const due = await takeDue(sql, options)
  if (due.length === 0) return []
  const users = await lockUsers(sql, due, now)
  const counters = await holdCounters(sql, options.counters ?? new Map())
  const judged = judge(due, users, { now, check, counters })
  await applyVerdicts(sql, judged, now)
  await writeCounters(sql, counters)
  return judged.flatMap(({ verdict, dispatch }): readonly Dispatch[] =>
    verdict.kind === 'go' && dispatch !== undefined
      ? [{ ...dispatch, send: { ...dispatch.send, status: 'dispatching', updatedAt: now } }]
      : [],
  )
}

interface DueRow extends SendRow {
  readonly opportunity_status: OpportunityStatus
  readonly record: string
}

/** Of one channel, its own index gives them in order; of several, what there is of all of them is put in order. */
function onChannels(
  channels: readonly Channel[] | undefined,
  place: number,
): readonly [condition: string, ...values: unknown[]] {
  if (channels === undefined) return ['']
  return channels.length === 1
    ? [`and s.channel = $${place}`, channels[0]]
    : [`and s.channel = any($${place}::text[])`, channels]
}

async function takeDue(sql: Sql, { now, limit, channels }: Omit<ClaimOptions, 'check'>): Promise<readonly Due[]> {
  const [condition, ...values] = onChannels(channels, 3)
  const rows = await sql.query<DueRow>(
    `select ${sendColumns('s.')}, o.status as opportunity_status, o.record
     from sends s join opportunities o on o.opportunity_id = s.opportunity_id
     where s.status = 'reserved' and s.due_at <= $1 ${condition}
     order by s.due_at, s.send_id limit $2 for update of s skip locked`,
    [now, limit, ...values],
  )
  return rows.map((row) => ({
    send: sendFromRow(row),
    opportunity: opportunityFromRow(row),
    status: row.opportunity_status,
  }))
}

async function lockUsers(sql: Sql, due: readonly Due[], now: EpochMs): Promise<ReadonlyMap<string, LoadedUser>> {
  const ids = [...new Set(due.map(({ send }) => send.userId))]
  await sql.query('select user_id from users where user_id = any($1::text[]) order by user_id for update', [ids])
  return loadUsers(sql, ids, now)
}

/** Asks about each in order; what was let go counts as sent now for the next, what was refused no longer counts. */
function judge(
  due: readonly Due[],
  users: ReadonlyMap<string, LoadedUser>,
  { now, check, counters }: Pick<ClaimOptions, 'now' | 'check'> & { readonly counters: Counters },
): readonly Judged[] {
  const sendsOf = new Map<string, readonly KnownSend[]>([...users].map(([id, user]) => [id, user.sends]))
  return due.map((item): Judged => {
    const { send, opportunity } = item
    const user = users.get(send.userId)
    if (user === undefined) return { item, verdict: refusal('no-address'), dispatch: undefined }
    const sends = sendsOf.get(send.userId) ?? []
    const others = sends.filter((other) => other.sendId !== send.sendId)
    const dispatch: Dispatch = { send, user: userState(user, others), opportunity }
    // Asked always: whoever calls learns of every send that may change.
    const asked = check(dispatch)
    const verdict = verdictOfOpportunity(item.status) ?? counters.take(asked)
    if (verdict.kind === 'go') sendsOf.set(send.userId, [...others, { sendId: send.sendId, send: pastSend(send, now) }])
    if (verdict.kind === 'refuse') sendsOf.set(send.userId, others)
    return { item, verdict, dispatch }
  })
}

/** A proposal that was replaced or taken back between decision and dispatch does not go out. */
function verdictOfOpportunity(status: OpportunityStatus): DispatchVerdict | undefined {
  if (status === 'superseded' || status === 'withdrawn') return refusal('superseded')
  return status === 'expired' ? refusal('expired') : undefined
}

function refusal(reason: Refusal['reason']): DispatchVerdict {
  return { kind: 'refuse', refusals: [{ reason }] }
}

function pastSend({ channel, category, message, topic, groupKey, opportunityId }: Send, at: EpochMs): PastSend {
  return { at, channel, category, message, topic, ...(groupKey === null ? {} : { groupKey }), opportunityId }
}

async function applyVerdicts(sql: Sql, judged: readonly Judged[], now: EpochMs): Promise<void> {
  const updates = judged.map(({ item, verdict }) => updateOf(item.send, verdict, now))
  await sql.query(
    `update sends s set status = v.status, due_at = v.due_at, dispatched_at = v.dispatched_at, refusals = v.refusals,
       address_mark = v.address_mark, updated_at = $7
     from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[])
       as v (send_id, status, due_at, dispatched_at, refusals, address_mark)
     where s.send_id = v.send_id`,
    [...[0, 1, 2, 3, 4, 5].map((column) => updates.map((update) => update[column])), now],
  )
  await reopenOpportunities(
    sql,
    judged.filter(({ verdict }) => verdict.kind === 'refuse').map(({ item }) => item.opportunity.id),
  )
}

/** send_id, status, due_at, dispatched_at, refusals, address_mark. */
function updateOf(send: Send, verdict: DispatchVerdict, now: EpochMs): readonly (string | number | null)[] {
  switch (verdict.kind) {
    case 'go':
      return [send.sendId, 'dispatching', send.dueAt, now, '[]', verdict.addressMark ?? null]
    case 'refuse':
      return [send.sendId, 'refused', send.dueAt, null, JSON.stringify(verdict.refusals), null]
    case 'postpone':
      return [send.sendId, 'reserved', verdict.until, null, '[]', null]
  }
}
