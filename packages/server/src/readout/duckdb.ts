import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PalomaError } from '@paloma/core'

/** A value as it comes out of a query. */
export type SqlValue = string | number | bigint | boolean | null

/** An analytical database in memory: statements in, rows out. What does not fit goes to a temporary folder. */
export interface Analytics {
  readonly run: (sql: string) => Promise<void>
  readonly rows: (sql: string) => Promise<readonly (readonly SqlValue[])[]>
  /** Rows page by page, however many. */
  readonly pages: (sql: string) => AsyncIterable<readonly (readonly SqlValue[])[]>
  readonly close: () => Promise<void>
}

/** How much of the machine a read-out may take. */
export interface AnalyticsLimits {
  readonly memoryMb: number
  readonly threads: number
}

/**
 * Opens DuckDB in memory with a bound and a temporary folder for what exceeds it. Throws READOUT_UNAVAILABLE where the
 * library has no build for this machine; a failing statement throws READOUT_FAILED with what DuckDB said.
 */
export async function openAnalytics({ memoryMb, threads }: AnalyticsLimits): Promise<Analytics> {
  const { DuckDBInstance } = await loadDuckDb()
  const folder = await mkdtemp(join(tmpdir(), 'paloma-readout-'))
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${memoryMb}MB`,
    threads: String(threads),
    temp_directory: folder,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  await connection.run('SET preserve_insertion_order = false')
  return {
    run: async (sql) => {
      await connection.run(sql).catch(rethrow)
    },
    rows: async (sql) => {
      const reader = await connection.runAndReadAll(sql).catch(rethrow)
      return reader.getRowsJS().map((row) => row.map(sqlValue))
    },
    pages: async function* (sql) {
      const result = await connection.stream(sql).catch(rethrow)
      for await (const rows of result.yieldRowsJs()) yield rows.map((row) => row.map(sqlValue))
    },
    close: async () => {
      connection.closeSync()
      instance.closeSync()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function loadDuckDb(): Promise<typeof import('@duckdb/node-api')> {
  return import('@duckdb/node-api').catch((cause: unknown) => {
    throw new PalomaError('READOUT_UNAVAILABLE', `DuckDB does not load on this machine: ${textOf(cause)}`, {
      hint: 'install the packages again without --omit=optional',
      cause,
    })
  })
}

function sqlValue(value: unknown): SqlValue {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  if (typeof value === 'bigint' || typeof value === 'boolean') return value
  throw new PalomaError('READOUT_FAILED', `expected a number, text or nothing in an answer, got ${String(value)}`)
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

function rethrow(cause: unknown): never {
  const text = textOf(cause)
  const hint = /out of memory/i.test(text) ? 'give more with --memory, in MB, or free the disk' : undefined
  throw new PalomaError('READOUT_FAILED', `the data could not be read: ${text}`, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  })
}
