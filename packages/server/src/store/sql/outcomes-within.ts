import type { OutcomeStore, SeenOutcome } from '../contract.ts'
import type { SqlClient } from './client.ts'

interface WindowRow {
  readonly place: number
  readonly outcomes: string | null
}

const WITHIN = `
  select k.place, (
    select json_agg(json_build_array(o.at, o.name, o.objective_values::json, o.reach_loss, o.channel) order by o.at, o.message_id)::text
    from outcomes o
    where o.user_id = k.user_id and o.at between k.at and k.at + $3::bigint and not o.is_machine) as outcomes
  from unnest($1::text[], $2::bigint[]) with ordinality as k (user_id, at, place)
  join users u on u.user_id = k.user_id and u.learning`

type SeenTuple = readonly [
  SeenOutcome['at'],
  SeenOutcome['name'],
  SeenOutcome['values'],
  SeenOutcome['reachLoss'],
  SeenOutcome['channel'],
]

/** What users did after moments of theirs; see OutcomeStore.within. */
export async function outcomesWithin(
  client: SqlClient,
  moments: Parameters<OutcomeStore['within']>[0],
  windowMs: number,
): Promise<readonly (readonly SeenOutcome[] | null)[]> {
  if (moments.length === 0) return []
  const found = new Array<readonly SeenOutcome[] | null>(moments.length).fill(null)
  const rows = await client.query<WindowRow>(WITHIN, [
    moments.map(({ userId }) => userId),
    moments.map(({ at }) => at),
    windowMs,
  ])
  for (const { place, outcomes } of rows) {
    const tuples = JSON.parse(outcomes ?? '[]') as readonly SeenTuple[]
    found[place - 1] = tuples.map(([at, name, values, reachLoss, channel]) => ({
      at,
      name,
      values,
      reachLoss,
      channel,
    }))
  }
  return found
}
