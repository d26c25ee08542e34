import { randomBytes } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { access, mkdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type EpochMs, HOUR_MS, PalomaError } from '@paloma/core'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { createAdapters } from './channel/adapters.ts'
import type { Config, Runtime } from './config/contract.ts'
import { evaluateApart, readOutApart } from './evaluation/index.ts'
import { createHttp } from './http/create-http.ts'
import { parquetLog } from './log/index.ts'
import { planTables, readOutTables, withHistoryRows } from './readout/index.ts'
import type { Store } from './store/contract.ts'
import { type PgliteStoreOptions, pgliteStore } from './store/pglite-store.ts'
import { postgresStore } from './store/postgres-store.ts'
import type { Usecases } from './usecases/contract.ts'
import {
  clockFault,
  createNotes,
  createUsecases,
  type Deps,
  type DueWork,
  type Heartbeats,
  inboxFeed,
  inboxWriter,
  type Notes,
  resumeErasures,
  snapshotKeeper,
  steadyClock,
  systemClock,
  VIRTUAL_CLOCK,
  virtualClock,
  withUserStateCache,
} from './usecases/index.ts'

/** A running Paloma: its use cases, its HTTP server, and how to stop it. */
export interface App {
  readonly usecases: Usecases
  readonly due: DueWork
  readonly heartbeats: Heartbeats
  readonly notes: Notes
  readonly http: FastifyInstance
  readonly store: Store
  /** Resolves when the embedded store has failed: nothing can be answered any more. */
  readonly broken: Promise<PalomaError>
  /** Ends requests, providers and the store, in this order; neither of the first two holds up the store for long. */
  close(): Promise<void>
}

const STDERR = 2
/** A dispatch of another process that has not changed for so long was left behind. */
const LEFT_BEHIND_MS = 600_000
/** What reading an experiment out may take while the server goes on deciding. */
const READ_OUT_LIMITS = { memoryMb: 512, threads: 1 }
/** How long closing waits for providers: what they do not answer by then counts as unknown at the next start. */
const LONGEST_FAREWELL_MS = 3_000
/** Less free space than this is trouble. */
const LEAST_FREE_BYTES = 100 * 2 ** 20
/** Nothing a running server asks of the embedded store takes so long. */
const LONGEST_STATEMENT_MS = 120_000

/** The store that `runtime` names: PostgreSQL, or the embedded one with what `embedded` adds. */
export function openStore(
  { databaseUrl, dataDir }: Pick<Runtime, 'databaseUrl' | 'dataDir'>,
  onNotice: (text: string) => void = () => {},
  embedded: Pick<PgliteStoreOptions, 'onBroken' | 'longestStatementMs'> = {},
): Promise<Store> {
  return databaseUrl === null
    ? pgliteStore({ dataDir, onNotice, ...embedded })
    : postgresStore({ url: databaseUrl, onNotice })
}

/**
 * The composition root: the one place where parts are joined. Nothing listens yet, and no job runs. `print` gets whole
 * lines about what the owner should know.
 */
export async function createApp(
  config: Config,
  runtime: Runtime,
  print: (line: string) => void = () => {},
): Promise<App> {
  const wallClock = (): number => Date.now()
  refuseUnusable(config)
  const notes = createNotes(print, steadyClock)
  let onBroken = (_error: PalomaError): void => {}
  const broken = new Promise<PalomaError>((resolve) => {
    onBroken = resolve
  })
  const opened = await openStore(runtime, notes.say, { onBroken, longestStatementMs: LONGEST_STATEMENT_MS })
  try {
    return { ...(await joinApp(opened, { config, runtime, wallClock, notes })), broken }
  } catch (error) {
    await opened.close()
    throw error
  }
}

/** Options of providers that cannot work stop the start before a store is made or opened; nothing connects. */
function refuseUnusable({ adapters }: Config): void {
  const nothing = { putInboxItem: async () => 'inserted' as const, onInboxItem: () => {} }
  createAdapters(adapters, { ...nothing, now: () => 0, wallClock: () => Date.now() })
}

interface AppParts {
  readonly config: Config
  readonly runtime: Runtime
  readonly wallClock: () => EpochMs
  readonly notes: Notes
}

async function joinApp(opened: Store, { config, runtime, wallClock, notes }: AppParts): Promise<Omit<App, 'broken'>> {
  const maxUsers = config.limits.userStatesInMemory
  const { store, usersInMemory } = withUserStateCache(opened, { maxUsers, wallClock: steadyClock })
  const deps = await depsOf(store, { config, runtime, wallClock, notes })
  await putInOrder(deps, notes)
  const checkDisk = (): Promise<DiskCheck> => checkDirectory(runtime.dataDir)
  const { usecases, due, heartbeats } = createUsecases(deps, steadyClock, { notes, checkDisk, usersInMemory })
  const consoleDir = fileURLToPath(new URL('../../console/dist', import.meta.url))
  const logger = pino({ level: runtime.logLevel, base: null }, pino.destination(STDERR))
  const http = createHttp({ usecases, config, logger, notes, ...(existsSync(consoleDir) ? { consoleDir } : {}) })
  return {
    usecases,
    due,
    heartbeats,
    notes,
    http,
    store,
    async close() {
      await http.close()
      await usecases.evaluations.stop()
      const providers = [...deps.adapters.values()].map((adapter) => adapter.close?.())
      await Promise.race([Promise.all(providers), pause(LONGEST_FAREWELL_MS, undefined, { ref: false })])
      await store.close()
    },
  }
}

async function depsOf(store: Store, { config, runtime, wallClock, notes }: AppParts): Promise<Deps> {
  const clock =
    runtime.virtualClock === null ? await realClock(store, wallClock) : await keptClock(store, runtime.virtualClock)
  const secret = await store.registry.setSettingOnce('token-secret', randomBytes(32).toString('base64url'))
  const feed = inboxFeed({
    store,
    now: () => clock.now(),
    failed: (error) => notes.failed('a listener to the inbox', String(error)),
  })
  const inboxWrites = inboxWriter(store)
  const adapters = createAdapters(config.adapters, {
    putInboxItem: async (item) => (await inboxWrites.add([item]))[0]!,
    onInboxItem: (item) => feed.tell(item),
    now: () => clock.now(),
    wallClock,
  })
  const snapshots = await snapshotKeeper(store, config, clock.now())
  const history = parquetLog({ dir: join(runtime.dataDir, 'history') })
  const { publicUrl } = runtime
  const readOut: Deps['readOut'] = (tables) => readOutTables(tables, READ_OUT_LIMITS, readOutApart)
  const planUnits: Deps['planUnits'] = (rows) => planTables(rows, READ_OUT_LIMITS)
  const historyRows: Deps['historyRows'] = (source, read) => withHistoryRows(source, READ_OUT_LIMITS, read)
  const made = { store, history, config, adapters, clock, snapshots, secret, publicUrl }
  return { ...made, inboxFeed: feed, readOut, planUnits, historyRows, evaluatePolicy: evaluateApart }
}

/** The machine's clock, for a store that knows no other: what lived through invented days would decide and send in them. */
async function realClock(store: Store, wallClock: () => EpochMs): Promise<ReturnType<typeof systemClock>> {
  const kept = await store.registry.getSetting(VIRTUAL_CLOCK)
  if (kept === undefined) {
    const fault = clockFault(wallClock())
    if (fault !== undefined) throw fault
    return systemClock(wallClock)
  }
  const stood = new Date(Number(kept)).toISOString()
  throw new PalomaError('STORE_ON_VIRTUAL_CLOCK', `this store has lived on a virtual clock, which stood at ${stood}`, {
    hint: `set PALOMA_VIRTUAL_CLOCK=${stood} to go on with it, or give PALOMA_DATA_DIR (DATABASE_URL) another store`,
  })
}

/** A virtual clock where it stood when the store was last used, or later if the owner says so. */
async function keptClock(
  store: Store,
  { startAt }: { readonly startAt: EpochMs },
): Promise<ReturnType<typeof virtualClock>> {
  const kept = Number((await store.registry.getSetting(VIRTUAL_CLOCK)) ?? startAt)
  const at = Math.max(kept, startAt)
  await store.registry.setSetting(VIRTUAL_CLOCK, String(at))
  return virtualClock(at)
}

/** What a process that died left undone: sends without an answer, and erasures. */
async function putInOrder(deps: Deps, notes: Notes): Promise<void> {
  const { store, clock } = deps
  const [latest] = await store.decisions.listRecent({ limit: 1 })
  if (latest !== undefined && latest.at > clock.now() + HOUR_MS) {
    const [then, now] = [latest.at, clock.now()].map((moment) => new Date(moment).toISOString())
    notes.say(
      `the latest decision is of ${then}, and the clock says ${now}: caps and what was said last follow a wrong clock`,
    )
  }
  const before = clock.now() - (store.traits.isShared ? LEFT_BEHIND_MS : 0)
  const lost = await store.sends.recover(before, clock.now())
  if (lost > 0) notes.say(`${lost} sends were with their provider when a process died: they count as unknown`)
  const resumed = await resumeErasures(deps).catch((error: unknown) => {
    notes.failed('an erasure that was cut short', String(error))
    return 0
  })
  if (resumed > 0) notes.say(`${resumed} erasures that were cut short are done`)
}

type DiskCheck = { readonly ok: boolean; readonly detail: string }

async function checkDirectory(dir: string): Promise<DiskCheck> {
  try {
    await mkdir(dir, { recursive: true })
    await access(dir, constants.W_OK)
    const { bavail, bsize } = await statfs(dir)
    const free = bavail * bsize
    return { ok: free >= LEAST_FREE_BYTES, detail: `${dir} is writable, ${Math.floor(free / 2 ** 20)} MiB free` }
  } catch (error) {
    return { ok: false, detail: `${dir}: ${error instanceof Error ? error.message : String(error)}` }
  }
}
