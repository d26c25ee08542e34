import type { Store } from './contract.ts'
import { openPostgres } from './postgres/postgres-client.ts'
import { sqlStore } from './sql/sql-store.ts'

export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`, version 15 or later. */
  readonly url: string
  /** At most so many connections, besides one for leadership. */
  readonly connections?: number
  /** Gets a sentence when something noteworthy happens: an idle connection broke. */
  readonly onNotice?: (text: string) => void
}

/** A store on a PostgreSQL server, which other processes may share. Rejects with STORE_UNREACHABLE within five seconds. */
export async function postgresStore({
  url,
  connections = 10,
  onNotice = () => {},
}: PostgresStoreOptions): Promise<Store> {
  const client = await openPostgres({ url, connections, onNotice })
  let closing: Promise<void> | undefined
  return sqlStore(client, {
    traits: { name: 'postgres', isShared: true },
    lead: (role) => client.tryLock(role),
    // Autovacuum does it.
    reclaim: async () => {},
    close: () => (closing ??= client.close()),
  })
}
