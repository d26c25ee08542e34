import type { Channel, UserId } from '@paloma/core/domain'
import type { SendStore } from '../contract.ts'
import type { SqlClient } from './client.ts'

/** Decisions per statement: large enough to be quick, small enough to leave the one connection to others. */
const PAGE_ROWS = 2_000

interface Row {
  readonly decision_id: string
  readonly at: number
  readonly user_id: UserId
  /** Null of a decision that sent nothing. */
  readonly channel: Channel | null
}

// Pages are of decisions, whose index is by time; sends are looked up by the decision that made them.
const PAGE = `
  with page as (
    select decision_id, at from decisions where at >= $1 and at < $2 and (at, decision_id) > ($1, $3)
    order by at, decision_id limit ${PAGE_ROWS})
  select p.decision_id, p.at, s.user_id, s.channel
  from page p left join sends s on s.decision_id = p.decision_id and s.category <> 'transactional'
    and s.status in ('reserved', 'dispatching', 'sent', 'unknown')
  order by p.at, p.decision_id`

/** See SendStore.decidedIn. */
export async function* sendsDecidedIn(
  client: SqlClient,
  { from, until }: Parameters<SendStore['decidedIn']>[0],
): ReturnType<SendStore['decidedIn']> extends AsyncIterable<infer Page> ? AsyncGenerator<Page> : never {
  let last = { at: from, id: '' }
  for (;;) {
    const rows = await client.query<Row>(PAGE, [last.at, until, last.id])
    const end = rows.at(-1)
    if (end === undefined) return
    yield rows.flatMap(({ user_id: userId, channel }) => (channel === null ? [] : [{ userId, channel }]))
    if (rows.length < PAGE_ROWS) return
    last = { at: end.at, id: end.decision_id }
  }
}
