import { DAY_MS, type Outcome } from '@paloma/core/domain'
import type { OutcomeSpan } from '../contract.ts'
import type { SqlClient } from './client.ts'
import { OUTCOME_COLUMNS, type OutcomeRow, outcomeFromRow } from './outcomes.ts'

const PAGE_ROWS = 2_000

/** See ExperimentStore.outcomes; each page begins where the one before ended, so that memory stays bounded. */
export async function* outcomesOfExposed(
  client: SqlClient,
  key: string,
  { beforeMs, until, exported = [] }: OutcomeSpan,
): AsyncGenerator<readonly Outcome[]> {
  const columns = OUTCOME_COLUMNS.split(', ')
    .map((column) => `o.${column}`)
    .join(', ')
  let after = { user: '', at: 0, id: '' }
  for (;;) {
    const rows = await client.query<OutcomeRow>(
      `select ${columns} from outcomes o
       join (select user_id, min(at) as first from exposures where experiment = $1 and user_id >= $4 group by user_id) e
         on e.user_id = o.user_id
       where not o.is_machine and o.at >= e.first - $2 and o.at <= $3 and (o.user_id, o.at, o.message_id) > ($4, $5, $6)
         and not exists (select 1 from unnest($7::bigint[], $8::bigint[]) as d (day, until)
           where d.day = o.at / ${DAY_MS} and o.received_at <= d.until)
       order by o.user_id, o.at, o.message_id limit ${PAGE_ROWS}`,
      [
        key,
        beforeMs,
        until,
        after.user,
        after.at,
        after.id,
        exported.map(({ day }) => day),
        exported.map(({ at }) => at),
      ],
    )
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows.map(outcomeFromRow)
    after = { user: last.user_id, at: last.at, id: last.message_id }
  }
}
