import { PalomaError } from '@paloma/core/domain'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type Migration,
  Migrator,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql as raw,
} from 'kysely'
import { type Sql, sqlState } from './client.ts'
import { MIGRATIONS } from './migrations/index.ts'

/**
 * Brings the schema up to date, all in one transaction; answers the names of the migrations that ran. Needs one
 * connection that nobody else uses meanwhile; other processes wait on an advisory lock. Rejects with STORE_MIGRATION.
 */
export async function migrate(connection: Sql): Promise<readonly string[]> {
  const [schema] = await connection.query<{ readonly name: string }>('select current_schema() as name')
  const migrator = new Migrator({
    db: new Kysely<unknown>({ dialect: dialectOver(connection) }),
    provider: { getMigrations: () => Promise.resolve(migrations()) },
    migrationTableSchema: schema?.name ?? 'public',
  })
  const { error, results } = await migrator.migrateToLatest()
  if (error !== undefined) {
    // Says what to change about the user or the server, not about the schema.
    if (UNFIT_CODES.includes(sqlState(error) ?? '')) throw error
    const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'the schema'
    throw new PalomaError('STORE_MIGRATION', `cannot migrate ${failed}: ${messageOf(error)}`, {
      hint: 'nothing was changed; a database written by a newer Paloma needs that version or a newer one',
      cause: error,
    })
  }
  return (results ?? []).map((result) => result.migrationName)
}

/** No right to, and no writes at all. */
const UNFIT_CODES = ['42501', '25006']

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function migrations(): Record<string, Migration> {
  const entries = Object.entries(MIGRATIONS).map(([name, statements]): [string, Migration] => [
    name,
    {
      up: async (db: Kysely<unknown>) => {
        for (const statement of statements) await raw.raw(statement).execute(db)
      },
    },
  ])
  return Object.fromEntries(entries)
}

function dialectOver(connection: Sql): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driverOver(connection),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

function driverOver(connection: Sql): Driver {
  const run = async (statement: string): Promise<void> => {
    await connection.query(statement)
  }
  const single: DatabaseConnection = {
    async executeQuery<R>(query: CompiledQuery) {
      return { rows: [...(await connection.query<R>(query.sql, query.parameters))] }
    },
    // Kysely's contract has it; migrations never stream.
    streamQuery() {
      throw new PalomaError('STORE_MIGRATION', 'a migration asked to stream, which its connection cannot do')
    },
  }
  return {
    init: async () => {},
    acquireConnection: () => Promise.resolve(single),
    beginTransaction: () => run('begin'),
    commitTransaction: () => run('commit'),
    rollbackTransaction: () => run('rollback'),
    releaseConnection: async () => {},
    destroy: async () => {},
  }
}
