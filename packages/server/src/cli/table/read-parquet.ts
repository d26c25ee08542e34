import { readFile } from 'node:fs/promises'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { PalomaError } from '@paloma/core'
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet'
import { readFailure } from './bytes.ts'
import { checkCellLength, type TableLimits } from './limits.ts'
import type { Cell, TableRow } from './row.ts'

const MAX_GUNZIPPED_BYTES = 2_000_000_000

/** Codecs beside the built-in Snappy that Node itself can undo. */
const COMPRESSORS: Compressors = {
  GZIP: (input) => gunzipSync(input),
  BROTLI: (input) => brotliDecompressSync(input),
}

/** Rows of a Parquet file, read one stretch of rows at a time; moments become ISO text, large integers text. */
export async function* readParquet(
  path: string,
  isGzip: boolean,
  limits: TableLimits,
): AsyncGenerator<readonly TableRow[], void> {
  const { file, metadata } = await open(path, isGzip)
  const rows = Number(metadata.num_rows)
  for (let rowStart = 0; rowStart < rows; rowStart += limits.batchRows) {
    const rowEnd = Math.min(rowStart + limits.batchRows, rows)
    const batch = await readRows(path, { file, metadata, rowStart, rowEnd, compressors: COMPRESSORS })
    yield batch.map((row, index) => toRow(row, { path, line: rowStart + index + 1 }, limits))
  }
}

async function open(
  path: string,
  isGzip: boolean,
): Promise<{ readonly file: AsyncBuffer; readonly metadata: FileMetaData }> {
  try {
    const file = isGzip ? await gunzipped(path) : await asyncBufferFromFile(path)
    return { file, metadata: await parquetMetadataAsync(file) }
  } catch (cause) {
    throw parquetFailure(path, cause)
  }
}

async function gunzipped(path: string): Promise<AsyncBuffer> {
  const bytes = gunzipSync(await readFile(path), { maxOutputLength: MAX_GUNZIPPED_BYTES })
  const whole = new Uint8Array(bytes).buffer
  return { byteLength: whole.byteLength, slice: (start, end) => whole.slice(start, end) }
}

async function readRows(
  path: string,
  options: Parameters<typeof parquetReadObjects>[0],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  try {
    return await parquetReadObjects(options)
  } catch (cause) {
    throw parquetFailure(path, cause)
  }
}

function parquetFailure(path: string, cause: unknown): PalomaError {
  const detail = cause instanceof Error ? cause.message : String(cause)
  if (!/parquet|codec|compress/i.test(detail)) return readFailure(path, cause)
  return new PalomaError('TABLE_MALFORMED', `${path}: not a Parquet file that can be read: ${detail}`, {
    hint: 'compressions that can be read: none, snappy, gzip, brotli',
    cause,
  })
}

function toRow(
  row: Readonly<Record<string, unknown>>,
  where: { readonly path: string; readonly line: number },
  limits: TableLimits,
): TableRow {
  const cells: Record<string, Cell> = {}
  for (const [column, value] of Object.entries(row)) {
    const cell = toCell(value, { ...where, column })
    if (typeof cell === 'string') checkCellLength(cell, limits.cellChars, { ...where, column })
    cells[column] = cell
  }
  return cells
}

function toCell(
  value: unknown,
  place: { readonly path: string; readonly line: number; readonly column: string },
): Cell {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  if (value instanceof Date) return value.toISOString()
  throw new PalomaError(
    'TABLE_MALFORMED',
    `${place.path}: row ${place.line}, column ${place.column} must hold one value, got a nested one`,
  )
}
