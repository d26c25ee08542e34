import { createWriteStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { PalomaError } from '@paloma/core'
import { type TableFormat, tableFormat } from './format.ts'
import type { Cell } from './row.ts'
import type { RowBatches, TableColumn } from './table-column.ts'
import { writeParquet } from './write-parquet.ts'

/**
 * Writes rows as CSV, JSONL or Parquet by the path's ending (text also .gz) and answers how many. Everything goes to a
 * temporary file beside the target, which takes the target's name only once it is whole and on disk.
 * Throws PalomaError TABLE_UNWRITABLE, or whatever the rows throw; then the target is as it was.
 */
export async function writeTable(
  path: string,
  columns: readonly TableColumn[],
  batches: RowBatches,
): Promise<{ readonly rows: number }> {
  const { format, isGzip } = tableFormat(path)
  if (format === 'parquet' && isGzip) {
    throw new PalomaError('TABLE_FORMAT_UNKNOWN', `${path}: Parquet is compressed inside, leave .gz out`)
  }
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  try {
    const rows = await writeAs({ format, isGzip }, temporary, { columns, batches })
    await flush(temporary)
    await rename(temporary, path)
    return { rows }
  } catch (cause) {
    await rm(temporary, { force: true })
    throw writeFailure(path, cause)
  }
}

interface Content {
  readonly columns: readonly TableColumn[]
  readonly batches: RowBatches
}

async function writeAs(
  how: { readonly format: TableFormat; readonly isGzip: boolean },
  path: string,
  content: Content,
): Promise<number> {
  if (how.format === 'parquet') return await writeParquet(path, content.columns, content.batches)
  const count = { rows: 0 }
  const text = Readable.from(how.format === 'csv' ? csvText(content, count) : jsonlText(content, count))
  const sink = createWriteStream(path, { flags: 'w' })
  await (how.isGzip ? pipeline(text, createGzip(), sink) : pipeline(text, sink))
  return count.rows
}

async function* csvText(content: Content, count: { rows: number }): AsyncGenerator<string, void> {
  const names = content.columns.map((column) => column.name)
  yield `${names.map(csvCell).join(',')}\n`
  for await (const batch of content.batches) {
    count.rows += batch.length
    yield batch.map((row) => `${names.map((name) => csvCell(row[name] ?? null)).join(',')}\n`).join('')
  }
}

async function* jsonlText(content: Content, count: { rows: number }): AsyncGenerator<string, void> {
  const names = content.columns.map((column) => column.name)
  for await (const batch of content.batches) {
    count.rows += batch.length
    yield batch
      .map((row) => `${JSON.stringify(Object.fromEntries(names.map((name) => [name, row[name] ?? null])))}\n`)
      .join('')
  }
}

/** RFC 4180: cells with a separator, quote or line break are quoted, and quotes inside doubled. */
function csvCell(cell: Cell): string {
  if (cell === null) return ''
  const text = String(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function writeFailure(path: string, cause: unknown): unknown {
  const code = (cause as { readonly code?: string }).code
  const isFileError = cause instanceof Error && 'syscall' in cause
  if (!isFileError) return cause
  return new PalomaError('TABLE_UNWRITABLE', `${path}: cannot be written (${code ?? 'unknown'})`, {
    hint: 'check that the directory exists and may be written to',
    cause,
  })
}
