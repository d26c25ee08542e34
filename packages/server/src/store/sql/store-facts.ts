import type { Sql } from './client.ts'
import { MIGRATIONS } from './migrations/index.ts'
import { tableSizes } from './table-sizes.ts'

/** What a look at a database tells, without changing anything in it. Times are epoch milliseconds. */
export interface StoreFacts {
  /** As PostgreSQL counts: 150004 is 15.4. */
  readonly versionNumber: number
  /** Takes no writes, whoever asks: a replica, or set so. */
  readonly isReadOnly: boolean
  /** May make tables in the schema in use. */
  readonly canCreate: boolean
  /** May write to the tables there are; true where there are none yet. */
  readonly canWrite: boolean
  readonly migrations: {
    readonly applied: readonly string[]
    readonly pending: readonly string[]
    /** Applied by a newer Paloma. */
    readonly unknown: readonly string[]
  }
  /** Keys that are not revoked. */
  readonly validKeys: number
  readonly latestState: { readonly id: number; readonly createdAt: number } | null
  /** When the latest decision was made; null without any. */
  readonly latestDecisionAt: number | null
  /** Whether some process leads the learning. */
  readonly hasLearner: boolean
  /**
   * Outcomes that count for an objective, of the latest 100,000 in the last 28 days there are: those that name the decision they follow, those
   * that were joined to a send by time, and those that name a decision which is not there.
   */
  readonly traces: { readonly named: number; readonly guessed: number; readonly stray: number }
  /** What the tables take up, when the oldest decision was made, from when on days are whole and why older ones stay. */
  readonly kept: {
    readonly bytes: number
    readonly oldestAt: number | null
    readonly since: number | null
    readonly heldBy: readonly string[]
  }
}

const TRACES_MS = 28 * 86_400_000
/** More would tell nothing more, and might take longer than a look waits. */
const TRACES_MOST = 100_000

/** Looks at the schema, the keys and what was learned. `lockClass` is the first half of our advisory locks' keys. */
export async function storeFacts(sql: Sql, lockClass: number): Promise<StoreFacts> {
  const applied = await appliedMigrations(sql)
  const known = Object.keys(MIGRATIONS)
  const hasTables = applied.length > 0
  return {
    ...(await rights(sql, hasTables)),
    migrations: {
      applied,
      pending: known.filter((name) => !applied.includes(name)),
      unknown: applied.filter((name) => !known.includes(name)),
    },
    validKeys: hasTables ? await countKeys(sql) : 0,
    latestState: hasTables ? await latestState(sql) : null,
    latestDecisionAt: hasTables ? await latestDecisionAt(sql) : null,
    hasLearner: await hasLearner(sql, lockClass),
    traces: hasTables ? await traces(sql) : { named: 0, guessed: 0, stray: 0 },
    kept: hasTables ? await kept(sql) : { bytes: 0, oldestAt: null, since: null, heldBy: [] },
  }
}

async function appliedMigrations(sql: Sql): Promise<readonly string[]> {
  const [there] = await sql.query<{ readonly is_there: boolean }>(
    "select to_regclass('kysely_migration') is not null as is_there",
  )
  if (there?.is_there !== true) return []
  const rows = await sql.query<{ readonly name: string }>('select name from kysely_migration order by name')
  return rows.map(({ name }) => name)
}

type Rights = Pick<StoreFacts, 'versionNumber' | 'isReadOnly' | 'canCreate' | 'canWrite'>

async function rights(sql: Sql, hasTables: boolean): Promise<Rights> {
  const [row] = await sql.query<{
    readonly version: number
    readonly is_read_only: boolean
    readonly can_create: boolean | null
  }>(
    `select current_setting('server_version_num')::int as version,
            current_setting('transaction_read_only') = 'on' as is_read_only,
            has_schema_privilege(current_schema(), 'create') as can_create`,
  )
  const [tables] = hasTables
    ? await sql.query<{ readonly can_write: boolean }>(
        "select has_table_privilege('decisions', 'select, insert, update, delete') as can_write",
      )
    : [{ can_write: true }]
  return {
    versionNumber: row?.version ?? 0,
    isReadOnly: row?.is_read_only === true,
    canCreate: row?.can_create === true,
    canWrite: tables?.can_write === true,
  }
}

async function countKeys(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ readonly n: number }>('select count(*) as n from api_keys where revoked_at is null')
  return row?.n ?? 0
}

async function latestState(sql: Sql): Promise<StoreFacts['latestState']> {
  const [row] = await sql.query<{ readonly id: number; readonly created_at: number }>(
    "select id, created_at from policy_states where line = '' order by id desc limit 1",
  )
  return row === undefined ? null : { id: row.id, createdAt: row.created_at }
}

async function latestDecisionAt(sql: Sql): Promise<number | null> {
  const [row] = await sql.query<{ readonly at: number | null }>('select max(at) as at from decisions')
  return row?.at ?? null
}

async function hasLearner(sql: Sql, lockClass: number): Promise<boolean> {
  const [row] = await sql.query<{ readonly is_held: boolean }>(
    `select exists (select from pg_locks
       where locktype = 'advisory' and granted and classid::bigint = $1
         and objid::bigint = (hashtext('learner')::bigint & 4294967295)) as is_held`,
    [lockClass],
  )
  return row?.is_held === true
}

async function traces(sql: Sql): Promise<StoreFacts['traces']> {
  const [row] = await sql.query<StoreFacts['traces']>(
    `select count(*) filter (where joined_by = 'decisionId' and is_there) as named,
            count(*) filter (where joined_by = 'window') as guessed,
            count(*) filter (where joined_by = 'decisionId' and not is_there) as stray
     from (select joined_by, is_machine, objective_values, joined_by = 'decisionId' and
             exists (select from decisions where decisions.decision_id = outcomes.decision_id) as is_there from outcomes
           where at > (select max(at) from outcomes) - $1::bigint order by at desc, message_id desc limit $2) latest
     where not is_machine and objective_values <> '{}'`,
    [TRACES_MS, TRACES_MOST],
  )
  return { named: Number(row?.named ?? 0), guessed: Number(row?.guessed ?? 0), stray: Number(row?.stray ?? 0) }
}

async function kept(sql: Sql): Promise<StoreFacts['kept']> {
  const [row] = await sql.query<{
    readonly oldest: number | null
    readonly since: string | null
    readonly run: string | null
  }>(
    `select (select min(at) from decisions) as oldest, (select value from settings where name = 'kept-since') as since,
       (select value from settings where name = 'retention-run') as run`,
  )
  const sizes = await tableSizes(sql)
  const { heldBy }: { readonly heldBy: readonly string[] } = JSON.parse(row?.run ?? '{"heldBy":[]}')
  return {
    bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    oldestAt: row?.oldest ?? null,
    since: row?.since == null ? null : Number(row.since),
    heldBy,
  }
}
