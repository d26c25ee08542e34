import { assertNever } from '@paloma/core'
import { requireFile } from './bytes.ts'
import { type TableFormat, tableFormat } from './format.ts'
import { TABLE_LIMITS, type TableLimits } from './limits.ts'
import { readCsv } from './read-csv.ts'
import { readJsonl } from './read-jsonl.ts'
import { readParquet } from './read-parquet.ts'
import type { TableRow } from './row.ts'

/**
 * Streams a CSV, JSONL or Parquet file (each also .gz) as batches of rows, in the file's order.
 * Throws PalomaError TABLE_NOT_FOUND, TABLE_FORMAT_UNKNOWN, TABLE_MALFORMED, TABLE_CELL_TOO_LONG, TABLE_EMPTY or
 * TABLE_UNREADABLE, each naming file, line and column as far as they are known.
 */
export async function* readTable(
  path: string,
  format?: TableFormat,
  limits: Partial<TableLimits> = {},
): AsyncGenerator<readonly TableRow[], void> {
  const found = tableFormat(path, format)
  await requireFile(path)
  const bounds = { ...TABLE_LIMITS, ...limits }
  switch (found.format) {
    case 'csv':
      return yield* readCsv(path, found.isGzip, bounds)
    case 'jsonl':
      return yield* readJsonl(path, found.isGzip, bounds)
    case 'parquet':
      return yield* readParquet(path, found.isGzip, bounds)
    default:
      return assertNever(found.format)
  }
}
