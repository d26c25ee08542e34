import {
  type Assignment,
  type Channel,
  DAY_MS,
  type DecisionId,
  type DecisionSummary,
  type Exposure,
  type ExposureCount,
  type UserId,
} from '@paloma/core/domain'
import type { ExperimentStore } from '../contract.ts'
import type { Sql, SqlClient } from './client.ts'

/** What stands for "no slot": users are what is randomised. */
const NO_SLOT = -1

type ExposureRow = readonly [
  ...of: readonly [string, string, number, string, number, number, string, string],
  ...known: readonly [number | null, string | null],
]

const COLUMNS = 10
/** What stands for "no cluster". */
const NO_CLUSTER = ''

type Exposing = Pick<DecisionSummary, 'assignments' | 'userId' | 'at' | 'decisionId' | 'known'>

const KEY = 'experiment, user_id, slot, variant'
/** What of an exposure is its own, beside whose it is. */
const KEPT = ['phase', 'at', 'decision_id', 'cluster', 'tenure_days', 'reachable'] as const

const EARLIEST_STAYS = `on conflict (${KEY}) do update
     set ${KEPT.map((column) => `${column} = excluded.${column}`).join(', ')}
     where excluded.at < exposures.at`

/** Notes the exposures that decisions speak of; of the same user, variant and slot the earliest stays. */
export async function insertExposures(sql: Sql, decisions: readonly Exposing[]): Promise<void> {
  const rows = earliest(decisions)
  if (rows.length === 0) return
  const columns = Array.from({ length: COLUMNS }, (_, column) => rows.map((row) => row[column]))
  await sql.query(
    `insert into exposures (${KEY}, ${KEPT.join(', ')})
     select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[],
       $9::float8[], $10::text[])
     ${EARLIEST_STAYS}`,
    columns,
  )
}

/** One row per key, since no statement may meet a row twice; in one order, so that two batches never wait in a circle. */
function earliest(decisions: readonly Exposing[]): readonly ExposureRow[] {
  const rows = new Map<string, ExposureRow>()
  for (const { assignments, ...decision } of decisions) {
    for (const each of assignments) {
      if (each.exposed !== true) continue
      const row = rowOf(each, decision)
      const key = JSON.stringify(row.slice(0, 4))
      const known = rows.get(key)
      if (known === undefined || known[5] > decision.at) rows.set(key, row)
    }
  }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

function rowOf(
  { experiment, variant, phase = 0, slot = NO_SLOT, cluster = NO_CLUSTER }: Assignment,
  { userId, at, decisionId, known }: Omit<Exposing, 'assignments'>,
): ExposureRow {
  const reachable = known === undefined ? null : known.reachable.join(',')
  return [experiment, userId, slot, variant, phase, at, decisionId, cluster, known?.tenureDays ?? null, reachable]
}

/** Gives one user's exposures to another; where both have one the earlier stays. */
export async function moveExposures(sql: Sql, from: string, to: UserId): Promise<void> {
  await sql.query(
    `insert into exposures (${KEY}, ${KEPT.join(', ')})
     select experiment, $2, slot, variant, ${KEPT.join(', ')} from exposures where user_id = $1
     ${EARLIEST_STAYS}`,
    [from, to],
  )
  await sql.query('delete from exposures where user_id = $1', [from])
}

/** The first exposure of each user (and slot), with how many variants there were. */
const FIRST = `
  select user_id, slot, string_agg(distinct variant, chr(31) order by variant) as variants,
    string_agg(cluster, chr(31) order by variant) as clusters, min(at) as at,
    (array_agg(variant order by at, variant))[1] as variant,
    (array_agg(phase order by at, variant))[1] as phase,
    (array_agg(decision_id order by at, variant))[1] as decision_id,
    (array_agg(tenure_days order by at, variant))[1] as tenure_days,
    (array_agg(reachable order by at, variant))[1] as reachable
  from exposures where experiment = $1`

interface FirstRow {
  readonly user_id: UserId
  readonly slot: number
  /** Between unit separators. */
  readonly variants: string
  readonly clusters: string
  readonly at: number
  readonly variant: string
  readonly phase: number
  readonly decision_id: DecisionId
  readonly tenure_days: number | null
  /** Between commas. */
  readonly reachable: string | null
}

export function exposureReader(
  client: SqlClient,
): Pick<ExperimentStore, 'exposureCounts' | 'exposures' | 'exposuresOf'> {
  return {
    async exposureCounts(key) {
      const rows = await client.query<ExposureCount>(
        `select variant, phase, count(*) as users, count(*) filter (where strpos(variants, chr(31)) > 0) as crossed,
           min(at) as "firstAt", max(at) as "lastAt"
         from (${FIRST} group by user_id, slot) as first group by variant, phase order by phase, variant`,
        [key],
      )
      return rows
    },
    async exposures(key, after, limit, withoutDays = []) {
      const rows = await client.query<FirstRow>(
        `${FIRST} and (user_id, slot) > ($2, $3) and (at / ${DAY_MS}) <> all($5::bigint[])
         group by user_id, slot order by user_id, slot limit $4`,
        [key, after?.userId ?? '', after?.slot ?? NO_SLOT, limit, withoutDays],
      )
      return rows.map(fromRow)
    },
    exposuresOf: (keys, users) =>
      client.query(
        `select experiment as key, user_id as "userId", variant, at from exposures
         where experiment = any($1::text[]) and user_id = any($2::text[])`,
        [keys, users],
      ),
  }
}

function fromRow(row: FirstRow): Exposure {
  const { user_id: userId, decision_id: decisionId, slot, variant, phase, at } = row
  const variants = row.variants.split('\u001f')
  const clusters = row.clusters.split('\u001f')
  const found = { userId, decisionId, variant, phase, at, variants, slot: slot === NO_SLOT ? null : slot }
  return {
    ...found,
    ...(clusters.every((cluster) => cluster === NO_CLUSTER) ? {} : { clusters }),
    ...knownIn(row),
  }
}

function knownIn({ tenure_days: tenureDays, reachable }: FirstRow): Pick<Exposure, 'known'> {
  if (tenureDays === null || reachable === null) return {}
  const channels = reachable === '' ? [] : reachable.split(',')
  return { known: { tenureDays, reachable: channels as readonly string[] as readonly Channel[] } }
}
