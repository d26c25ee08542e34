import { resolve } from 'node:path'
import { PalomaError } from '@paloma/core/domain'
import type { Store } from './contract.ts'
import { databaseDirectory, inspectDataDir, markDataDir } from './pglite/data-dir.ts'
import { type DataDirLock, lockWritable } from './pglite/data-dir-lock.ts'
import {
  type CreateOptions,
  createPglite,
  type OnBroken,
  openPglite,
  type PgliteClient,
} from './pglite/pglite-client.ts'
import { freeBytesOf, refuseWhenFull, withRoomToWrite } from './pglite/room-to-write.ts'
import { SHRINKING } from './sql/retention.ts'
import { sqlStore } from './sql/sql-store.ts'

export interface PgliteStoreOptions {
  /** Directory of the database, made if absent; null keeps everything in memory. */
  readonly dataDir: string | null
  /** Where the template for quick first starts is kept; default `~/.cache/paloma`. */
  readonly cacheDir?: string
  /** Gets a sentence when something noteworthy happens: a dead process's lock taken over, a damaged template. */
  readonly onNotice?: (text: string) => void
  /** Free bytes where a directory lies; asks the file system by default. */
  readonly freeBytes?: (directory: string) => number
  /** Hears once that the engine has failed: everything asked from then on rejects with STORE_BROKEN. */
  readonly onBroken?: OnBroken
  /** A statement that takes longer ends this process, with a line on stderr; by default it may take for ever. */
  readonly longestStatementMs?: number
}

/**
 * A store in this process. Answered writes survive the death of the process, not a power cut (PGlite cannot fsync).
 * Rejects with STORE_UNWRITABLE, STORE_FULL, STORE_LOCKED, STORE_HALF_WRITTEN or STORE_DAMAGED; while the disk is nearly
 * full, its writes reject with STORE_FULL.
 */
export async function pgliteStore({
  dataDir,
  cacheDir,
  onNotice = () => {},
  freeBytes = freeBytesOf,
  onBroken = () => {},
  longestStatementMs,
}: PgliteStoreOptions): Promise<Store> {
  const options = { onNotice, onBroken, ...(cacheDir === undefined ? {} : { cacheDir }) }
  if (dataDir === null) return embedded(await createPglite(null, options), undefined)
  const directory = resolve(dataDir)
  const lock = lockWritable(directory, onNotice)
  const refuse = (): void => refuseWhenFull(directory, freeBytes(directory))
  try {
    refuse()
    const client = await openDirectory(directory, options)
    if (longestStatementMs !== undefined) client.endWhenStuck(longestStatementMs)
    return embedded(withRoomToWrite(client, refuse), lock)
  } catch (error) {
    lock.release()
    throw error
  }
}

async function openDirectory(
  directory: string,
  options: CreateOptions & { readonly onBroken: OnBroken },
): Promise<PgliteClient> {
  if (inspectDataDir(directory) === 'ready') return reopen(directory, options.onBroken)
  markDataDir(directory, 'initialising')
  const client = await createPglite(databaseDirectory(directory), options)
  markDataDir(directory, 'ready')
  return client
}

async function reopen(directory: string, onBroken: OnBroken): Promise<PgliteClient> {
  try {
    return await openPglite(databaseDirectory(directory), onBroken)
  } catch (cause) {
    if (cause instanceof PalomaError) throw cause
    throw new PalomaError('STORE_DAMAGED', `the database in ${directory} does not start: ${String(cause)}`, {
      hint: 'restore the directory from a backup, or give another data directory',
      cause,
    })
  }
}

/** One table at a time, so that others get their turn in between; statistics wait for the next start, since they take longer than all the rest. */
async function vacuum(client: PgliteClient): Promise<void> {
  for (const table of SHRINKING) await client.query(`vacuum ${table}`)
}

function embedded(client: PgliteClient, lock: DataDirLock | undefined): Store {
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await client.close()
    lock?.release()
  }
  return sqlStore(client, {
    traits: { name: 'pglite', isShared: false },
    lead: () => Promise.resolve(true),
    reclaim: () => vacuum(client),
    close: () => (closing ??= close()),
  })
}
