import { Worker } from 'node:worker_threads'
import type { PGlite } from '@electric-sql/pglite'
import { PalomaError } from '@paloma/core/domain'

/** What PostgreSQL says of itself when it cannot go on: a server's process would end. */
const DEADLY: readonly unknown[] = ['PANIC', 'FATAL']

/** Looks at a stuck engine before the process is ended. */
const LOOKS = 20

/**
 * Runs in a thread of its own, since an engine that is stuck blocks timers and signals of this one. The count is odd while a
 * statement is in the engine. Looks are counted, not time: a process that was halted did not look either.
 */
const WATCH = `
const { writeSync } = require('node:fs')
const { count, looks, everyMs, line } = require('node:worker_threads').workerData
let [last, same] = [0, 0]
setInterval(() => {
  const now = Atomics.load(count, 0)
  same = now === last && (now & 1) === 1 ? same + 1 : 0
  last = now
  if (same < looks) return
  writeSync(2, line)
  process.kill(process.pid, 'SIGKILL')
}, everyMs)
`

/** The members of PGlite through which everything goes that enters the engine. */
type Engine = Pick<PGlite, 'execProtocolRawSync' | 'execProtocol' | 'execProtocolStream'>

export interface EngineGuard {
  /** Whether it has failed; then nothing is let in any more. */
  isBroken(): boolean
  /** Ends the process, with a line on stderr, when a statement stays in the engine for longer than `longestMs`. */
  endWhenStuck(longestMs: number): void
  close(): Promise<void>
}

/**
 * Lets nobody into an engine that has failed. PGlite itself goes on after a panic: the next statement never comes back, and
 * what the engine throws is thrown away and tried again for ever.
 */
export function guardEngine(db: Engine, onBroken: (error: PalomaError) => void): EngineGuard {
  const count = new Int32Array(new SharedArrayBuffer(4))
  let broken: PalomaError | undefined
  let watch: Worker | undefined
  const breakOf = (cause: unknown): PalomaError => {
    if (broken !== undefined) return broken
    broken = brokenBy(cause)
    onBroken(broken)
    return broken
  }
  const enter = db.execProtocolRawSync.bind(db)
  db.execProtocolRawSync = (message) => {
    if (broken !== undefined) throw broken
    Atomics.add(count, 0, 1)
    try {
      return enter(message)
    } catch (error) {
      throw breakOf(error)
    } finally {
      Atomics.add(count, 0, 1)
    }
  }
  const hearing =
    <A extends readonly unknown[], T>(exec: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      try {
        return await exec(...args)
      } catch (error) {
        throw isDeadly(error) ? breakOf(error) : error
      }
    }
  db.execProtocol = hearing(db.execProtocol.bind(db))
  db.execProtocolStream = hearing(db.execProtocolStream.bind(db))
  return {
    isBroken: () => broken !== undefined,
    endWhenStuck(longestMs) {
      const line = `error STORE_BROKEN: the embedded store has not come back from a statement for ${longestMs / 1000} s; ${HINT}\n`
      const workerData = { count, looks: LOOKS, everyMs: longestMs / LOOKS, line }
      watch = new Worker(WATCH, { eval: true, execArgv: [], workerData })
      watch.unref()
    },
    async close() {
      await watch?.terminate()
    },
  }
}

const HINT = 'start it again: it opens what the files hold, or says that they are damaged and a backup is needed'

function isDeadly(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && DEADLY.includes(error.severity)
}

function brokenBy(cause: unknown): PalomaError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new PalomaError('STORE_BROKEN', `the embedded store has failed: ${why}`, { hint: HINT, cause })
}
