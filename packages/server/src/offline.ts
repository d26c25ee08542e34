import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { decisionId, type EpochMs, PalomaError } from '@paloma/core'
import { openStore } from './app.ts'
import type { Connection, ListedKey } from './cli/connection/index.ts'
import type { Runtime } from './config/contract.ts'
import { iso, wireExplanation } from './http/wire/to-wire.ts'
import { runOffline } from './offline-evaluation.ts'
import type { ApiKey, Store } from './store/contract.ts'
import { keyUsecases, pastDecisionUsecases, pastSnapshots, systemClock } from './usecases/index.ts'

/**
 * The store alone as connection, where no server runs: keys and past decisions. It decides nothing and learns nothing,
 * so it needs no configuration. Rejects with STORE_ABSENT rather than make a store, unless it `mayCreate`.
 */
export async function offlineConnection(
  runtime: Pick<Runtime, 'dataDir' | 'databaseUrl'>,
  { mayCreate, wallClock }: { readonly mayCreate: boolean; readonly wallClock: () => EpochMs },
): Promise<Connection> {
  const isEmbedded = runtime.databaseUrl === null
  if (isEmbedded && !mayCreate) refuseAbsent(runtime.dataDir)
  const store = await openStore(runtime).catch((error: unknown) => {
    throw lockedForServer(error)
  })
  const place = isEmbedded ? runtime.dataDir : 'the database'
  return connectionOf(store, { place, wallClock, historyDir: join(runtime.dataDir, 'history') })
}

function connectionOf(
  store: Store,
  {
    place,
    wallClock,
    historyDir,
  }: { readonly place: string; readonly wallClock: () => EpochMs; readonly historyDir: string },
): Connection {
  const keys = keyUsecases({ store, clock: systemClock(wallClock) }, wallClock)
  const past = pastDecisionUsecases({ store, snapshots: pastSnapshots(store) })
  return {
    place,
    keys: {
      async create(name, scopes) {
        const { key, secret } = await keys.create(name, scopes)
        return { key: listed(key), secret }
      },
      list: async () => (await keys.list()).map(listed),
      revoke: (id) => keys.revoke(id),
    },
    decisions: {
      async explain(id) {
        const explanation = await past.explain(decisionId(id))
        return explanation === undefined ? undefined : wireExplanation(explanation)
      },
      replay: (id) => past.replay(decisionId(id)),
      async audit({ day, onProgress }) {
        const total = day === undefined ? ` of ${await store.decisions.count()}` : ''
        const options = { onProgress: (checked: number) => onProgress(`replayed ${checked}${total} decisions`) }
        return past.audit(day === undefined ? options : { ...options, day })
      },
    },
    experiments: onlyOnServer(place),
    evaluations: {
      run: (input, { onProgress }) => runOffline(store, input, { wallClock, historyDir, onProgress }),
    },
    policies: {
      artifact: async () => refuseWithoutServer(`artifacts are made of what a running server decides with`, place),
    },
    close: () => store.close(),
  }
}

/** Experiments change what a server decides, so that only a server changes them. */
function onlyOnServer(place: string): Connection['experiments'] {
  const refuse = async (): Promise<never> => refuseWithoutServer('experiments live in a running server', place)
  const steps = { create: refuse, start: refuse, ramp: refuse, stop: refuse }
  return { ...steps, list: refuse, get: refuse, results: refuse, plan: refuse }
}

function refuseWithoutServer(reason: string, place: string): never {
  throw new PalomaError('SERVER_NEEDED', `${reason}, ${place} is a store`, {
    hint: 'start it with paloma serve, and name it: --url http://127.0.0.1:7777 --key <admin key>',
  })
}

function listed({ id, name, scopes, createdAt, revokedAt }: ApiKey): ListedKey {
  return { id, name, scopes, createdAt: iso(createdAt), revokedAt: revokedAt === null ? null : iso(revokedAt) }
}

function refuseAbsent(dataDir: string): void {
  if (existsSync(join(dataDir, 'paloma.json'))) return
  throw new PalomaError('STORE_ABSENT', `there is no store in ${dataDir}`, {
    hint: 'name its directory (--data-dir), PostgreSQL (--database-url) or a running server (--url)',
  })
}

/** Somebody holds the directory: most likely the server, which can be asked instead. */
function lockedForServer(error: unknown): unknown {
  if (!(error instanceof PalomaError) || error.code !== 'STORE_LOCKED') return error
  return new PalomaError(error.code, error.message, {
    hint: 'a running server holds it: ask the server with --url http://127.0.0.1:7777 --key <admin key>',
    cause: error,
  })
}
