import type { DecisionId, UserId } from '@paloma/core/domain'
import type { DecisionStore, LearningExample } from '../contract.ts'
import type { SqlClient } from './client.ts'
import { type LearningRow, learningOf } from './decision-row.ts'

/** Examples per statement: large enough to be quick, small enough to leave the one connection to others. */
const PAGE_ROWS = 1000

interface ExampleRow extends LearningRow {
  readonly decision_id: DecisionId
  readonly user_id: UserId
  readonly at: number
  readonly outcomes: string | null
}

const PAGE = `
  with page as (
    select d.decision_id, d.user_id, d.at, d.learning, d.features
    from decisions d join users u on u.user_id = d.user_id
    where (d.learning is not null or d.features is not null) and d.at >= $1 and d.at < $2 and (d.at, d.decision_id) > ($1, $3)
      and u.learning
    order by d.at, d.decision_id limit ${PAGE_ROWS})
  select p.decision_id, p.user_id, p.at, p.learning, p.features,
    (select json_agg(json_build_array(o.at, o.name, o.objective_values::json, o.reach_loss, o.channel, o.is_response,
          coalesce(o.decision_id = p.decision_id and o.joined_by = 'decisionId', false))
        order by o.at, o.message_id)::text
     from outcomes o
     where o.user_id = p.user_id and o.at between p.at and p.at + $4::bigint and not o.is_machine) as outcomes
  from page p order by p.at, p.decision_id`

/** Pages of decisions with the outcomes of their window; see DecisionStore.matured. Each page is its own statement. */
export async function* maturedExamples(
  client: SqlClient,
  { from, until, windowMs }: Parameters<DecisionStore['matured']>[0],
): AsyncGenerator<readonly LearningExample[], void, undefined> {
  let last = { at: from, id: '' }
  for (;;) {
    const rows = await client.query<ExampleRow>(PAGE, [last.at, until, last.id, windowMs])
    const end = rows.at(-1)
    if (end === undefined) return
    yield rows.map(exampleFromRow)
    if (rows.length < PAGE_ROWS) return
    last = { at: end.at, id: end.decision_id }
  }
}

type Seen = LearningExample['outcomes'][number]
type OutcomeTuple = readonly [
  Seen['at'],
  Seen['name'],
  Seen['values'],
  Seen['reachLoss'],
  Seen['channel'],
  Seen['isResponse'],
  Seen['isOwn'],
]

function exampleFromRow(row: ExampleRow): LearningExample {
  const outcomes = JSON.parse(row.outcomes ?? '[]') as readonly OutcomeTuple[]
  return {
    decisionId: row.decision_id,
    userId: row.user_id,
    at: row.at,
    learning: learningOf(row)!,
    outcomes: outcomes.map(([at, name, values, reachLoss, channel, isResponse, isOwn]) => ({
      ...{ at, name, values, reachLoss, channel },
      ...{ isResponse, isOwn },
    })),
  }
}
