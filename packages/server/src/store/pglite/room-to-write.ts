import { statfsSync } from 'node:fs'
import { PalomaError } from '@paloma/core/domain'
import type { Sql } from '../sql/client.ts'
import type { PgliteClient } from './pglite-client.ts'

/** More than any transaction of ours writes: log, pages as they were, and the pages themselves. */
const LEAST_FREE_BYTES = 64 * 2 ** 20

const WRITES = /\b(?:insert|update|delete|create|alter|drop|vacuum|analyze)\b/i

/** Free bytes where a directory lies, for those who are not root. */
export function freeBytesOf(directory: string): number {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}

/** Throws STORE_FULL where less is free than a write may take. */
export function refuseWhenFull(directory: string, freeBytes: number): void {
  if (freeBytes >= LEAST_FREE_BYTES) return
  const [free, least] = [freeBytes, LEAST_FREE_BYTES].map((bytes) => `${Math.floor(bytes / 2 ** 20)} MiB`)
  throw new PalomaError('STORE_FULL', `${directory} must have ${least} free to be written, got ${free}`, {
    hint: 'make room on that disk; nothing that was acknowledged is lost',
  })
}

/**
 * Refuses writes while the disk is nearly full, and goes on when there is room again. PGlite cannot: where its log cannot be
 * written it never returns, and takes the process with it.
 */
export function withRoomToWrite(client: PgliteClient, refuse: () => void): PgliteClient {
  const query: Sql['query'] = async (text, values) => {
    if (WRITES.test(text)) refuse()
    return client.query(text, values)
  }
  return {
    ...client,
    query,
    async copyIn(messages) {
      refuse()
      return client.copyIn(messages)
    },
    async transaction(work) {
      refuse()
      return client.transaction(work)
    },
  }
}
