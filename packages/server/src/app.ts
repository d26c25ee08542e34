import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { createAdapters } from './channel/adapters.ts'
import type { Config, Runtime } from './config/contract.ts'
import { createHttp } from './http/create-http.ts'
import { parquetLog } from './log/index.ts'
import type { InboxItem, Store } from './store/contract.ts'
import { pgliteStore } from './store/pglite-store.ts'
import { postgresStore } from './store/postgres-store.ts'
import type { Usecases } from './usecases/contract.ts'
import { createUsecases, type Deps, type DueWork, snapshotKeeper, systemClock, virtualClock } from './usecases/index.ts'

/** A running Paloma: its use cases, its HTTP server, and how to stop it. */
export interface App {
  readonly usecases: Usecases
  readonly due: DueWork
  readonly http: FastifyInstance
  readonly store: Store
  close(): Promise<void>
}

/** The store that `runtime` names: PostgreSQL, or the embedded one. */
export function openStore({ databaseUrl, dataDir }: Pick<Runtime, 'databaseUrl' | 'dataDir'>): Promise<Store> {
  return databaseUrl === null ? pgliteStore({ dataDir }) : postgresStore({ url: databaseUrl })
}

/** The composition root: the one place where parts are joined. Nothing listens yet. */
export async function createApp(config: Config, runtime: Runtime): Promise<App> {
  const { dataDir } = runtime
  const store = await openStore(runtime)
  const wallClock = (): number => Date.now()
  const startAt = Number((await store.registry.getSetting('virtual-clock')) ?? runtime.virtualClock?.startAt ?? 0)
  const clock = runtime.virtualClock === null ? systemClock(wallClock) : virtualClock(startAt)
  const secret = await store.registry.setSettingOnce('token-secret', randomBytes(32).toString('base64url'))
  const inboxListeners = new Map<string, Set<(item: InboxItem) => void>>()
  const adapters = createAdapters(config.adapters, {
    putInboxItem: (item) => store.inbox.put(item),
    onInboxItem: (item) => {
      for (const listener of inboxListeners.get(item.userId) ?? []) listener(item)
    },
    now: () => clock.now(),
    wallClock,
  })
  const snapshots = await snapshotKeeper(store, config, clock.now())
  await store.sends.recover(clock.now() - (store.traits.isShared ? 10 * 60_000 : 0), clock.now())
  const history = parquetLog({ dir: join(dataDir, 'history') })
  const deps: Deps = {
    store,
    history,
    config,
    adapters,
    clock,
    snapshots,
    secret,
    publicUrl: runtime.publicUrl,
    inboxListeners,
  }
  const { usecases, due } = createUsecases(deps, wallClock)
  const consoleDir = fileURLToPath(new URL('../../console/dist', import.meta.url))
  const http = createHttp({ usecases, config, ...(existsSync(consoleDir) ? { consoleDir } : {}) })
  return {
    usecases,
    due,
    http,
    store,
    async close() {
      await http.close()
      for (const adapter of adapters.values()) await adapter.close?.()
      await store.close()
    },
  }
}
