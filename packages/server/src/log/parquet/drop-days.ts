import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readManifest, writeManifest } from './manifest.ts'

const PARTITION = /^dt=(\d{4}-\d{2}-\d{2})$/

/**
 * Deletes all days before `day`: first from the manifest, so that nobody looks for them, then their files, those that an
 * earlier deletion left behind included. Answers which days the manifest had.
 */
export async function dropDays(dir: string, day: string): Promise<readonly string[]> {
  const manifest = await readManifest(dir)
  const gone = Object.keys(manifest.days).filter((each) => each < day)
  if (gone.length > 0) {
    const kept = Object.entries(manifest.days).filter(([each]) => each >= day)
    await writeManifest(dir, { ...manifest, days: Object.fromEntries(kept) })
  }
  for (const what of ['decisions', 'outcomes', 'exposures']) {
    for (const name of await namesIn(join(dir, what))) {
      const [, of] = PARTITION.exec(name) ?? []
      if (of !== undefined && of < day) await rm(join(dir, what, name), { recursive: true, force: true })
    }
  }
  return gone.sort()
}

async function namesIn(dir: string): Promise<readonly string[]> {
  return readdir(dir).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return []
    throw cause
  })
}
