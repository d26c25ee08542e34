import { PalomaError, type PolicyState } from '@paloma/core/domain'
import type { ApiKey, RegistryStore } from '../contract.ts'
import type { SqlClient } from './client.ts'
import { type StateRow, stateFromRow, stateToRow } from './state-codec.ts'

const STATE_COLUMNS = 'id, created_at, schema_hash, line, meta, vectors'

interface KeyRow {
  readonly id: string
  readonly name: string
  readonly scopes: string
  readonly hash: string
  readonly created_at: number
  readonly revoked_at: number | null
}

/** Policy states, snapshots, API keys and settings. */
export function registryStore(client: SqlClient): RegistryStore {
  return { ...stateRegistry(client), ...keyRegistry(client), ...settingRegistry(client) }
}

type StateMethods =
  | 'saveState'
  | 'loadState'
  | 'latestState'
  | 'nextStateId'
  | 'pruneStates'
  | 'saveSnapshot'
  | 'loadSnapshot'

function stateRegistry(client: SqlClient): Pick<RegistryStore, StateMethods> {
  return {
    saveState: (state) => saveState(client, state),
    async loadState(id) {
      const [row] = await client.query<StateRow>(`select ${STATE_COLUMNS} from policy_states where id = $1`, [id])
      return row && stateFromRow(row)
    },
    async latestState(line = '') {
      const [row] = await client.query<StateRow>(
        `select ${STATE_COLUMNS} from policy_states where line = $1 order by id desc limit 1`,
        [line],
      )
      return row && stateFromRow(row)
    },
    async nextStateId() {
      const [row] = await client.query<{ readonly id: number | null }>('select max(id) as id from policy_states')
      return (row?.id ?? -1) + 1
    },
    async pruneStates(keep) {
      const gone = await client.query(
        `delete from policy_states p
         where p.id not in (select id from (
             select id, row_number() over (partition by line order by id desc) as place from policy_states) newest
             where place <= $1)
           and not exists (select 1 from policy_state_uses u where u.state_id = p.id)
         returning p.id`,
        [keep],
      )
      return gone.length
    },
    async saveSnapshot(version, json, at) {
      await client.query(
        `insert into snapshots (version, json, created_at, used_until) values ($1, $2, $3, $3)
         on conflict (version) do update set used_until = greatest(snapshots.used_until, excluded.used_until)`,
        [version, json, at],
      )
    },
    async loadSnapshot(version) {
      const [row] = await client.query<{ readonly json: string }>('select json from snapshots where version = $1', [
        version,
      ])
      return row?.json
    },
  }
}

async function saveState(client: SqlClient, state: PolicyState): Promise<void> {
  const row = stateToRow(state)
  const values = [row.id, row.created_at, row.schema_hash, row.line, row.meta, row.vectors]
  const inserted = await client.query(
    `insert into policy_states (${STATE_COLUMNS}) values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing returning id`,
    values,
  )
  if (inserted.length > 0) return
  const [same] = await client.query(
    `select id from policy_states
     where id = $1 and created_at = $2 and schema_hash = $3 and line = $4 and meta = $5 and vectors = $6`,
    values,
  )
  if (same === undefined) {
    throw new PalomaError(
      'STATE_EXISTS',
      `policy state ${state.id} is there already and differs; states never change`,
      {
        hint: 'another process learns too: only the leader of the role may save states',
      },
    )
  }
}

function keyRegistry(client: SqlClient): Pick<RegistryStore, 'addKey' | 'findKey' | 'listKeys' | 'revokeKey'> {
  return {
    async addKey({ id, name, scopes, hash, createdAt, revokedAt }) {
      await client.query(
        'insert into api_keys (id, name, scopes, hash, created_at, revoked_at) values ($1, $2, $3, $4, $5, $6)',
        [id, name, JSON.stringify(scopes), hash, createdAt, revokedAt],
      )
    },
    async findKey(hash) {
      const [row] = await client.query<KeyRow>('select * from api_keys where hash = $1', [hash])
      return row && keyFromRow(row)
    },
    async listKeys() {
      const rows = await client.query<KeyRow>('select * from api_keys order by created_at, id')
      return rows.map(keyFromRow)
    },
    async revokeKey(id, at) {
      const rows = await client.query(
        'update api_keys set revoked_at = $2 where id = $1 and revoked_at is null returning id',
        [id, at],
      )
      return rows.length > 0
    },
  }
}

function keyFromRow(row: KeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    scopes: JSON.parse(row.scopes) as readonly string[],
    hash: row.hash,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  }
}

type SettingMethods = 'getSetting' | 'setSetting' | 'setSettingOnce' | 'listSettings' | 'deleteSetting'

function settingRegistry(client: SqlClient): Pick<RegistryStore, SettingMethods> {
  const getSetting = async (name: string): Promise<string | undefined> => {
    const [row] = await client.query<{ readonly value: string }>('select value from settings where name = $1', [name])
    return row?.value
  }
  return {
    getSetting,
    async setSetting(name, value) {
      await client.query(
        'insert into settings (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value',
        [name, value],
      )
    },
    async setSettingOnce(name, value) {
      const [row] = await client.query<{ readonly value: string }>(
        `insert into settings (name, value) values ($1, $2)
         on conflict (name) do update set value = settings.value returning value`,
        [name, value],
      )
      return row!.value
    },
    listSettings: (prefix) =>
      client.query('select name, value from settings where starts_with(name, $1) order by name', [prefix]),
    async deleteSetting(name) {
      await client.query('delete from settings where name = $1', [name])
    },
  }
}
