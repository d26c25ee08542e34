import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PalomaError } from '@paloma/core/domain'

/** Raised whenever a column changes its meaning; readers refuse a version they do not know. */
export const LOG_SCHEMA_VERSION = 1

const MANIFEST = '_manifest.json'

/** What the manifest says of one file; moments are ISO text, or null when it has no rows. */
export interface PartEntry {
  readonly path: string
  readonly rows: number
  readonly minTime: string | null
  readonly maxTime: string | null
  readonly sha256: string
}

/** The files of one day. */
export interface DayEntry {
  readonly decisions: PartEntry
  readonly outcomes: PartEntry
  /** Absent of a day that was written before exposures were. */
  readonly exposures?: PartEntry
  /** ISO; when the day was read out of the store. */
  readonly exportedAt?: string
}

/** All complete days of a log. A day that is not named here does not exist. */
export interface LogManifest {
  readonly schemaVersion: number
  readonly days: Readonly<Record<string, DayEntry>>
}

/** The manifest of a log directory; that of an empty log if there is none yet. Throws LOG_CORRUPT or LOG_VERSION. */
export async function readManifest(dir: string): Promise<LogManifest> {
  const path = join(dir, MANIFEST)
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined
    throw cause
  })
  if (text === undefined) return { schemaVersion: LOG_SCHEMA_VERSION, days: {} }
  const manifest = parse(path, text)
  if (manifest.schemaVersion === LOG_SCHEMA_VERSION) return manifest
  throw new PalomaError(
    'LOG_VERSION',
    `${path}: schemaVersion must be ${LOG_SCHEMA_VERSION}, got ${manifest.schemaVersion}`,
    { hint: 'the log was written by another version of Paloma' },
  )
}

/** Puts a manifest in place as a whole. */
export async function writeManifest(dir: string, manifest: LogManifest): Promise<void> {
  const days = Object.fromEntries(Object.entries(manifest.days).sort(([a], [b]) => (a < b ? -1 : 1)))
  await replaceFile(join(dir, MANIFEST), async (temporary) => {
    await writeFile(temporary, `${JSON.stringify({ ...manifest, days }, null, 2)}\n`)
  })
}

/** Lets `write` fill a temporary file beside `path`, flushes it to disk and gives it the name; on failure nothing is left. */
export async function replaceFile<T>(path: string, write: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    const result = await write(temporary)
    const handle = await open(temporary, 'r+')
    await handle.sync().finally(() => handle.close())
    await rename(temporary, path)
    return result
  } finally {
    await rm(temporary, { force: true })
  }
}

/** SHA-256 of a file's bytes, hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}

function parse(path: string, text: string): LogManifest {
  try {
    const manifest = JSON.parse(text) as LogManifest
    if (typeof manifest.schemaVersion === 'number' && typeof manifest.days === 'object') return manifest
  } catch (cause) {
    throw new PalomaError('LOG_CORRUPT', `${path}: not JSON`, { hint: 'export the days again', cause })
  }
  throw new PalomaError('LOG_CORRUPT', `${path}: expected schemaVersion and days`, { hint: 'export the days again' })
}
