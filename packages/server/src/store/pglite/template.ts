import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { migrationsHash } from '../sql/migrations/index.ts'

const DIGEST_BYTES = 32

/** Where an empty, migrated database is kept, so that a first start need not run initdb (seconds). */
export function templatePath(cacheDir: string): string {
  return join(cacheDir, `pglite-${pgliteVersion()}-${migrationsHash()}.tar.gz`)
}

/** The user's cache directory. */
export function defaultCacheDir(): string {
  return join(homedir(), '.cache', 'paloma')
}

/** The template as an uncompressed tarball, or undefined when there is none or its digest does not fit (with a note). */
export async function readTemplate(path: string, onNotice: (text: string) => void): Promise<Blob | undefined> {
  if (!existsSync(path)) return undefined
  const file = await readFile(path)
  const [digest, packed] = [file.subarray(0, DIGEST_BYTES), file.subarray(DIGEST_BYTES)]
  if (!digest.equals(digestOf(packed))) {
    onNotice(`${path} is damaged and will be written anew`)
    return undefined
  }
  return new Blob([new Uint8Array(await promisify(gunzip)(packed))])
}

/** Keeps a tarball as template: SHA-256, then the tarball gzipped; put in place by one rename. */
export async function writeTemplate(path: string, tarball: Blob): Promise<void> {
  const packed = await promisify(gzip)(Buffer.from(await tarball.arrayBuffer()), { level: 1 })
  const partial = `${path}.${process.pid}.${Date.now()}`
  await mkdir(dirname(path), { recursive: true })
  await writeFile(partial, Buffer.concat([digestOf(packed), packed]))
  await rename(partial, path)
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function pgliteVersion(): string {
  const require = createRequire(import.meta.url)
  const manifest: unknown = require(join(dirname(require.resolve('@electric-sql/pglite')), '..', 'package.json'))
  return String((manifest as { readonly version?: unknown }).version)
}
