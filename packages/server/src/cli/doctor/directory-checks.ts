import { existsSync } from 'node:fs'
import { rm, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Finding, failed, ok, warning } from './finding.ts'

const MEBIBYTE = 2 ** 20
const TOO_LITTLE_BYTES = 100 * MEBIBYTE
const LITTLE_BYTES = 1_024 * MEBIBYTE

/** Whether the data directory, or where it will be made, can be written, and how much room it has. */
export async function checkDirectory(dataDir: string): Promise<readonly Finding[]> {
  const place = nearestThere(dataDir)
  return [await checkWritable(dataDir, place), await checkRoom(place)]
}

function nearestThere(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestThere(dirname(path))
}

async function checkWritable(dataDir: string, place: string): Promise<Finding> {
  const trial = join(place, `.paloma-doctor-${process.pid}`)
  try {
    await writeFile(trial, '')
    await rm(trial)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return failed('data-directory', `${dataDir} cannot be written: ${reason}`, 'change its rights, or give --data-dir')
  }
  const found = place === dataDir ? `${dataDir} can be written` : `${dataDir} will be made by the first start`
  return ok('data-directory', found)
}

async function checkRoom(place: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(place)
  const free = bavail * bsize
  const found = `${Math.floor(free / MEBIBYTE).toLocaleString('en-US')} MiB free`
  if (free < TOO_LITTLE_BYTES) return failed('disk-space', found, 'make room before the store fails to write')
  return free < LITTLE_BYTES ? warning('disk-space', found, 'make room soon') : ok('disk-space', found)
}
