import { type ColumnSource, fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import type { Cell, TableRow } from './row.ts'
import type { RowBatches, TableColumn } from './table-column.ts'

/** Rows of one row group; bounds the memory, since a group is encoded as a whole. */
const GROUP_ROWS = 50_000

const TYPES = { text: 'STRING', number: 'DOUBLE', boolean: 'BOOLEAN' } as const

/** Writes a Parquet file group by group and answers how many rows it holds. Numbers that are not finite become null. */
export async function writeParquet(
  path: string,
  columns: readonly TableColumn[],
  batches: RowBatches,
): Promise<number> {
  const schema = schemaFromColumnData({ columnData: sources(columns, []) })
  const writer = new ParquetWriter({ writer: fileWriter(path), schema })
  let group: TableRow[] = []
  let rows = 0
  const write = async (): Promise<void> => {
    if (group.length > 0) await writer.write({ columnData: sources(columns, group), rowGroupSize: GROUP_ROWS })
    rows += group.length
    group = []
  }
  for await (const batch of batches) {
    for (const row of batch) group.push(row)
    if (group.length >= GROUP_ROWS) await write()
  }
  await write()
  await writer.finish()
  return rows
}

function sources(columns: readonly TableColumn[], rows: readonly TableRow[]): ColumnSource[] {
  return columns.map((column) => ({
    name: column.name,
    type: TYPES[column.kind],
    nullable: true,
    offsetIndex: false,
    data: rows.map((row) => toValue(row[column.name] ?? null, column.kind)),
  }))
}

function toValue(cell: Cell, kind: TableColumn['kind']): Cell {
  if (cell === null) return null
  if (kind === 'text') return String(cell)
  return typeof cell === 'number' && !Number.isFinite(cell) ? null : cell
}
