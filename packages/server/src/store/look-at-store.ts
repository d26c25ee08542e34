import { existsSync } from 'node:fs'
import { PalomaError } from '@paloma/core/domain'
import { databaseDirectory, inspectDataDir } from './pglite/data-dir.ts'
import { lockWritable } from './pglite/data-dir-lock.ts'
import { openUnmigrated } from './pglite/pglite-client.ts'
import { freeBytesOf, refuseWhenFull } from './pglite/room-to-write.ts'
import { LOCK_CLASS, lookAtPostgres } from './postgres/postgres-client.ts'
import { type StoreFacts, storeFacts } from './sql/store-facts.ts'

export type { StoreFacts } from './sql/store-facts.ts'

/** What there is to say about a store that may be in any state. */
export type StoreLook =
  /** An embedded store that the first start will make. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string; readonly hint: string | undefined }
  | { readonly kind: 'open'; readonly facts: StoreFacts }

/** Looks at the store of a runtime without migrating or making anything; an embedded one is locked meanwhile. */
export async function lookAtStore(where: {
  readonly dataDir: string
  readonly databaseUrl: string | null
  /** Free bytes where a directory lies; asks the file system by default. */
  readonly freeBytes?: (directory: string) => number
}): Promise<StoreLook> {
  try {
    const { databaseUrl, dataDir, freeBytes = freeBytesOf } = where
    if (databaseUrl !== null) return { kind: 'open', facts: await lookAtPostgres(databaseUrl) }
    return existsSync(dataDir) ? await lookAtDirectory(dataDir, freeBytes) : { kind: 'absent' }
  } catch (error) {
    if (!(error instanceof PalomaError)) throw error
    return { kind: 'refused', code: error.code, reason: error.message, hint: error.hint }
  }
}

async function lookAtDirectory(directory: string, freeBytes: (directory: string) => number): Promise<StoreLook> {
  const lock = lockWritable(directory, () => {})
  try {
    refuseWhenFull(directory, freeBytes(directory))
    if (inspectDataDir(directory) === 'fresh') return { kind: 'absent' }
    const client = await openUnmigrated(databaseDirectory(directory))
    try {
      return { kind: 'open', facts: await storeFacts(client, LOCK_CLASS) }
    } finally {
      await client.close()
    }
  } finally {
    lock.release()
  }
}
