import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { PalomaError } from '@paloma/core'

/** Refuses a path that is not a readable file, before anything is streamed. */
export async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const what =
      cause.code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${cause.code ?? cause.message})`
    throw new PalomaError('TABLE_NOT_FOUND', `${path}: ${what}`, { hint: 'check the path', cause })
  })
  if (!found.isFile()) throw new PalomaError('TABLE_NOT_FOUND', `${path}: expected a file, got a directory`)
}

/** The bytes of a file, decompressed if it is gzip. Errors of either end arrive at whoever reads. */
export function openBytes(path: string, isGzip: boolean): Readable {
  const source = createReadStream(path)
  if (!isGzip) return source
  const gunzip = createGunzip()
  // The reader of `gunzip` gets the error, because pipeline destroys it with the same one.
  pipeline(source, gunzip, () => undefined)
  return gunzip
}

/** Says of a stream's error which file it is about; errors of ours pass unchanged. */
export function readFailure(path: string, cause: unknown): PalomaError {
  if (cause instanceof PalomaError) return cause
  const code = (cause as { readonly code?: string }).code ?? ''
  const detail = cause instanceof Error ? cause.message : String(cause)
  const what = code.startsWith('Z_') ? 'not a whole gzip file' : 'cannot be read'
  return new PalomaError('TABLE_UNREADABLE', `${path}: ${what}: ${detail}`, { cause })
}
