import type { EpochMs } from '@paloma/core/domain'
import type { ExposedSend } from '../contract.ts'
import type { SqlClient } from './client.ts'

const PAGE_ROWS = 2_000

/** See ExperimentStore.sends; each page begins where the one before ended, so that memory stays bounded. */
export async function* sendsOfExposed(
  client: SqlClient,
  key: string,
  { until }: { readonly until: EpochMs },
): AsyncGenerator<readonly ExposedSend[]> {
  let after = { user: '', id: '' }
  for (;;) {
    const rows = await client.query<ExposedSend>(
      `select s.user_id as "userId", s.send_id as "sendId", s.message, s.channel, s.updated_at as at from sends s
       join (select user_id, min(at) as first from exposures where experiment = $1 and user_id >= $3 group by user_id) e
         on e.user_id = s.user_id
       where s.status = 'sent' and s.updated_at >= e.first and s.updated_at <= $2 and (s.user_id, s.send_id) > ($3, $4)
       order by s.user_id, s.send_id limit ${PAGE_ROWS}`,
      [key, until, after.user, after.id],
    )
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows
    after = { user: last.userId, id: last.sendId }
  }
}
