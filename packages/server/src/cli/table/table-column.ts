import type { TableRow } from './row.ts'

/** A column to write; `kind` is the Parquet type, and in text formats how a value looks. */
export interface TableColumn {
  readonly name: string
  readonly kind: 'text' | 'number' | 'boolean'
}

/** Rows to write, a batch at a time. */
export type RowBatches = AsyncIterable<readonly TableRow[]> | Iterable<readonly TableRow[]>
