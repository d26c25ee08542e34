import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { PalomaError } from '@paloma/core/domain'

const LOCK_FILE = 'paloma.lock'
/** A lock that cannot be read and is younger than this may just be being written. */
const WRITING_MS = 2000

const UNWRITABLE_CODES = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ENOTDIR', 'EEXIST', 'ENOENT', 'EDQUOT']

/** Who holds a directory. A process is named by pid and start, because pids come round again. */
interface LockHolder {
  readonly pid: number
  readonly startedAt: string
  readonly host: string
}

export interface DataDirLock {
  /** Gives the directory free. */
  release(): void
}

/**
 * Makes this process the only one that uses `directory`, which must exist. The lock of a dead process is taken over
 * with a note. Throws STORE_LOCKED when the holder lives, or runs on another machine and may live.
 */
function lockDataDir(directory: string, onNotice: (text: string) => void): DataDirLock {
  const path = join(directory, LOCK_FILE)
  const mine = JSON.stringify(thisProcess())
  // Twice, because the one who holds it may let go between our two looks.
  if (!tryCreate(path, mine) && !tryCreate(path, mine)) {
    takeOver(directory, { path, mine, found: readIfThere(path) ?? '', onNotice })
  }
  return {
    release() {
      if (readIfThere(path) === mine) rmSync(path)
    },
  }
}

/** Makes the directory if need be and locks it. Throws STORE_UNWRITABLE where the file system does not let us. */
export function lockWritable(directory: string, onNotice: (text: string) => void): DataDirLock {
  try {
    mkdirSync(directory, { recursive: true })
    return lockDataDir(directory, onNotice)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (!UNWRITABLE_CODES.includes(code)) throw cause
    throw new PalomaError('STORE_UNWRITABLE', `${directory} cannot be written (${code})`, {
      hint: 'give a directory that this user may write to (--data-dir, PALOMA_DATA_DIR)',
      cause,
    })
  }
}

interface TakeOver {
  readonly path: string
  readonly mine: string
  /** What the lock file holds. */
  readonly found: string
  readonly onNotice: (text: string) => void
}

function takeOver(directory: string, { path, mine, found, onNotice }: TakeOver): void {
  const holder = parseHolder(found)
  if (holder === undefined ? isYoung(path) : mayLive(holder)) throw locked(directory, path, holder)
  // Move the stale file away; should somebody have been quicker, what we moved is his lock: put it back.
  const aside = `${path}.${process.pid}`
  renameSync(path, aside)
  const moved = readFileSync(aside, 'utf8')
  if (moved !== found) tryCreate(path, moved)
  rmSync(aside)
  if (moved !== found || !tryCreate(path, mine)) throw locked(directory, path, parseHolder(moved))
  onNotice(`took over ${directory} from process ${holder?.pid ?? 'unknown'}, which ended without closing it`)
}

function locked(directory: string, path: string, holder: LockHolder | undefined): PalomaError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`
  return new PalomaError('STORE_LOCKED', `${directory} is in use by ${who}`, {
    hint:
      holder === undefined || holder.host === hostname()
        ? 'stop that process, or give this one another data directory; several processes need PostgreSQL (DATABASE_URL)'
        : `stop it there; if that machine or container is gone for good, delete ${path}`,
  })
}

function tryCreate(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** Undefined for a file that was cut short: its writer died while writing it. */
function parseHolder(text: string): LockHolder | undefined {
  const match = /^\{"pid":(\d+),"startedAt":"(\w*)","host":"([^"]*)"\}$/.exec(text)
  return match === null ? undefined : { pid: Number(match[1]), startedAt: match[2]!, host: match[3]! }
}

function thisProcess(): LockHolder {
  return { pid: process.pid, startedAt: startOf(process.pid), host: hostname() }
}

function mayLive(holder: LockHolder): boolean {
  if (holder.host !== hostname()) return true
  return isAlive(holder.pid) && startOf(holder.pid) === holder.startedAt
}

function isYoung(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined || Date.now() - stat.mtimeMs < WRITING_MS
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return codeOf(error) === 'EPERM'
  }
}

/** Start of a process in clock ticks since boot where /proc tells (Linux), else ''. */
function startOf(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/stat`)
  // Fields after the command, which is in parentheses and may hold blanks: state is field 3, starttime field 22.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}
