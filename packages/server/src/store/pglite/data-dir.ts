import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PalomaError } from '@paloma/core/domain'

const MARKER_FILE = 'paloma.json'

/** The PostgreSQL files inside a data directory. */
export function databaseDirectory(directory: string): string {
  return join(directory, 'postgres')
}

/**
 * Whether a locked data directory is new or holds a whole database. Throws STORE_HALF_WRITTEN when the first start
 * never came to its end, or when part of the files is missing.
 */
export function inspectDataDir(directory: string): 'fresh' | 'ready' {
  const database = databaseDirectory(directory)
  const state = readMarker(directory)
  if (state === undefined && !existsSync(database)) return 'fresh'
  if (state === 'initialising') {
    throw halfWritten(directory, 'its first start was interrupted', `nothing was stored yet: delete ${directory}`)
  }
  if (state === undefined) {
    const marker = join(directory, MARKER_FILE)
    throw halfWritten(directory, `${marker} is missing or damaged`, 'restore the directory from a backup')
  }
  if (!existsSync(join(database, 'PG_VERSION')) || !existsSync(join(database, 'global', 'pg_control'))) {
    throw halfWritten(directory, `${database} lacks files`, 'restore the directory from a backup')
  }
  return 'ready'
}

/** Notes how far a data directory has come; written whole or not at all. */
export function markDataDir(directory: string, state: 'initialising' | 'ready'): void {
  const path = join(directory, MARKER_FILE)
  writeFileSync(`${path}.new`, `${JSON.stringify({ format: 1, state })}\n`)
  renameSync(`${path}.new`, path)
}

function readMarker(directory: string): 'initialising' | 'ready' | undefined {
  const path = join(directory, MARKER_FILE)
  if (!existsSync(path)) return undefined
  return /"state":"(initialising|ready)"/.exec(readFileSync(path, 'utf8'))?.[1] as 'initialising' | 'ready' | undefined
}

function halfWritten(directory: string, what: string, remedy: string): PalomaError {
  return new PalomaError('STORE_HALF_WRITTEN', `${directory} is not a whole data directory: ${what}`, {
    hint: `${remedy}, or give another data directory`,
  })
}
