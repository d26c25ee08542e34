import type { Experiment, ExperimentChange } from '@paloma/core/domain'
import type { ExperimentStore, ExperimentUpdate } from '../contract.ts'
import type { Sql, SqlClient } from './client.ts'
import { exposureReader } from './exposures.ts'
import { outcomesOfExposed } from './outcomes-of-exposed.ts'
import { sendsOfExposed } from './sends-of-exposed.ts'

interface ExperimentRow {
  readonly record: string
}

/** Experiments, their audit trail and their exposures. */
export function experimentStore(client: SqlClient): ExperimentStore {
  return {
    change: (update) =>
      client.transaction(async (sql) => {
        // One lock for all: whether an experiment may start depends on the others.
        await sql.query('lock table experiments in share row exclusive mode')
        const made = update(await all(sql))
        if (made === null) return null
        await write(sql, made)
        return made.experiment
      }),
    list: () => all(client),
    async get(key) {
      const [row] = await client.query<ExperimentRow>('select record from experiments where key = $1', [key])
      return row && fromRow(row)
    },
    changes: (key) =>
      client.query<ExperimentChange>(
        'select key, revision, at, actor, action, note from experiment_changes where key = $1 order by revision',
        [key],
      ),
    async revision() {
      const [row] = await client.query<{ readonly seq: number | null }>(
        'select max(seq) as seq from experiment_changes',
      )
      return row?.seq ?? 0
    },
    ...exposureReader(client),
    outcomes: (key, span) => outcomesOfExposed(client, key, span),
    sends: (key, span) => sendsOfExposed(client, key, span),
  }
}

async function all(sql: Sql): Promise<readonly Experiment[]> {
  return (await sql.query<ExperimentRow>('select record from experiments order by key')).map(fromRow)
}

function fromRow({ record }: ExperimentRow): Experiment {
  return JSON.parse(record) as Experiment
}

async function write(sql: Sql, { experiment, change }: ExperimentUpdate): Promise<void> {
  const { design, revision, stateId } = experiment
  const record = JSON.stringify(experiment)
  await sql.query(
    `insert into experiments (key, record) values ($1, $2)
     on conflict (key) do update set record = excluded.record`,
    [design.key, record],
  )
  await sql.query(
    `insert into experiment_changes (key, revision, at, actor, action, note, record) values ($1, $2, $3, $4, $5, $6, $7)`,
    [design.key, revision, change.at, change.actor, change.action, change.note, record],
  )
  if (stateId === null) return
  // A frozen state outlives the newest ones, whether a decision has named it yet or not.
  await sql.query('insert into policy_state_uses (state_id) values ($1) on conflict do nothing', [stateId])
}
