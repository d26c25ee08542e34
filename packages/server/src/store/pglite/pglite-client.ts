import { rmSync } from 'node:fs'
import { PGlite, types } from '@electric-sql/pglite'
import type { PalomaError } from '@paloma/core/domain'
import type { Row, Sql, SqlClient } from '../sql/client.ts'
import { NUMBER_PARSERS } from '../sql/client.ts'
import { migrate } from '../sql/migrate.ts'
import { guardEngine } from './engine-guard.ts'
import { defaultCacheDir, readTemplate, templatePath, writeTemplate } from './template.ts'

export interface PgliteClient extends SqlClient {
  /** Checkpoints, so that nothing need be replayed at the next start, and closes; leaves an engine that failed alone. */
  close(): Promise<void>
  /** Ends this process, with a line on stderr, when a statement stays in the engine for longer: nothing else gets it out. */
  endWhenStuck(longestStatementMs: number): void
}

/** Hears once that the engine has failed and answers nothing any more. */
export type OnBroken = (error: PalomaError) => void

/** Reopens a database directory; what a killed process left in the write-ahead log is replayed. */
export async function openPglite(directory: string, onBroken: OnBroken = () => {}): Promise<PgliteClient> {
  const client = clientOf(await start({ dataDir: directory }), onBroken)
  await orClosed(client, async () => {
    await migrate(client)
    // Nothing vacuums in the background here. What only grows, but for rows of copies that were refused, needs no more than
    // fresh statistics.
    await client.query('vacuum (analyze) users, opportunities, sends, inbox')
    await client.query('analyze decisions, outcomes')
  })
  return client
}

/** An engine that cannot be used is closed before it is said why: an open one keeps its files, and the process for a while. */
async function orClosed(client: PgliteClient, prepare: () => Promise<void>): Promise<void> {
  try {
    await prepare()
  } catch (error) {
    await Promise.allSettled([client.close()])
    throw error
  }
}

/** Opens a database directory as it is, for a look. */
export async function openUnmigrated(directory: string): Promise<PgliteClient> {
  return clientOf(await start({ dataDir: directory }), () => {})
}

export interface CreateOptions {
  readonly cacheDir?: string
  readonly onNotice: (text: string) => void
  readonly onBroken?: OnBroken
}

/**
 * Makes a new, migrated database in `directory`, or in memory for null: from the template in `cacheDir` where there is a
 * sound one, else by initdb, leaving a template behind.
 */
export async function createPglite(
  directory: string | null,
  { cacheDir = defaultCacheDir(), onNotice, onBroken = () => {} }: CreateOptions,
): Promise<PgliteClient> {
  const path = templatePath(cacheDir)
  const template = await readTemplate(path, onNotice)
  const restored = template && (await restore(directory, template, onNotice))
  if (restored !== undefined) return clientOf(restored, onBroken)
  const db = await start({ dataDir: directory ?? 'memory://' })
  const client = clientOf(db, onBroken)
  await orClosed(client, async () => {
    await migrate(client)
    await client.query('checkpoint')
  })
  const tarball = await db.dumpDataDir('none')
  await writeTemplate(path, tarball).catch((error: unknown) => {
    onNotice(`cannot keep ${path} (${String(error)}): the next first start will take seconds again`)
  })
  return client
}

/** The template unpacked and started, or undefined (with a note, and the directory empty again) when it does not start. */
async function restore(
  directory: string | null,
  template: Blob,
  onNotice: (text: string) => void,
): Promise<PGlite | undefined> {
  try {
    return await start({ dataDir: directory ?? 'memory://', loadDataDir: template })
  } catch (error) {
    onNotice(`the template database does not start (${String(error)}) and will be made anew`)
    if (directory !== null) rmSync(directory, { recursive: true, force: true })
    return undefined
  }
}

/**
 * PGlite has no working fsync (its file system lacks the call, whatever the setting says): committed rows are handed to
 * the operating system, which survives the death of the process but not a power cut. `relaxedDurability: false` makes an
 * answer wait for that hand-over. New files of the log are not filled with zeros first: that guards what is fsynced, and
 * doubles what is written.
 */
function start(where: { readonly dataDir: string; readonly loadDataDir?: Blob }): Promise<PGlite> {
  return PGlite.create({
    ...where,
    relaxedDurability: false,
    startParams: [...PGlite.defaultStartParams, '-c', 'wal_init_zero=off'],
    parsers: { ...NUMBER_PARSERS, [types.BYTEA]: bytesOf },
    serializers: { [types.BYTEA]: asBytes },
  })
}

/** `\\x…` as PostgreSQL shows bytes; digit by digit, as PGlite reads them, takes many times as long. */
function bytesOf(text: string): Uint8Array {
  return Buffer.from(text.slice(2), 'hex')
}

/** Bytes travel as they are: whatever else a serializer may answer, PGlite hands a view of bytes over in binary form. */
function asBytes(bytes: Uint8Array): string {
  return bytes as unknown as string
}

/** PGlite queues statements and transactions of its one connection itself; copies wait until no transaction is open. */
function clientOf(db: PGlite, onBroken: OnBroken): PgliteClient {
  const guard = guardEngine(db, onBroken)
  let turn: Promise<unknown> = Promise.resolve()
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work)
    turn = done.catch(() => undefined)
    return done
  }
  const copyIn = async (messages: Uint8Array): Promise<void> => {
    await db.runExclusive(() => db.execProtocol(messages))
  }
  return {
    query: rowsFrom(db),
    copyIn: (messages) => alone(() => copyIn(messages)),
    transaction: (work) => alone(() => db.transaction((tx) => work({ query: rowsFrom(tx), copyIn }))),
    endWhenStuck: (longestStatementMs) => guard.endWhenStuck(longestStatementMs),
    async close() {
      if (!guard.isBroken()) {
        await db.query('checkpoint')
        await db.close()
      }
      await guard.close()
    },
  }
}

function rowsFrom(runner: Pick<PGlite, 'query'>): Sql['query'] {
  return async <R = Row>(text: string, values: readonly unknown[] = []) =>
    (await runner.query<R>(text, [...values])).rows
}
