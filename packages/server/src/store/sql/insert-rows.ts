import { PalomaError } from '@paloma/core/domain'
import type { Sql } from './client.ts'

/**
 * Column name → PostgreSQL type, in the order of a row's values. `json` is text without control characters, as
 * JSON.stringify and base64 make it: such columns travel as one text, because quoting long texts into an array and
 * taking them apart again costs more than writing the row.
 */
export type Columns = Readonly<Record<string, 'text' | 'bigint' | 'integer' | 'boolean' | 'bytea' | 'json'>>

/** ASCII unit and record separators, as JavaScript and PostgreSQL write them. */
const BETWEEN = { text: '\u001f', sql: 'chr(31)' }
const ABSENT = { text: '\u001e', sql: 'chr(30)' }

/** Rows per statement: beyond a thousand the cost per row no longer falls, and a statement should stay short. */
const ROWS_PER_STATEMENT = 1000

/**
 * Inserts rows (each an array of values in the order of `columns`) with one array per column, in statements of a
 * thousand. Rows that are there already stay; answers the values of `returning` of those that are new.
 */
export async function insertRows(
  sql: Sql,
  target: { readonly table: string; readonly columns: Columns; readonly returning: string },
  rows: readonly (readonly unknown[])[],
): Promise<ReadonlySet<string>> {
  const names = Object.keys(target.columns)
  const types = Object.values(target.columns)
  const arrays = types.map((type, i) =>
    type === 'json' ? `string_to_array($${i + 1}::text, ${BETWEEN.sql}, ${ABSENT.sql})` : `$${i + 1}::${type}[]`,
  )
  const text = `insert into ${target.table} (${names.join(', ')}) select * from unnest(${arrays.join(', ')})
    on conflict do nothing returning ${target.returning} as key`
  const inserted = new Set<string>()
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    const part = rows.slice(start, start + ROWS_PER_STATEMENT)
    const values = types.map((type, column) => {
      const cells = part.map((row) => row[column])
      return type === 'json' ? joined(cells) : cells
    })
    for (const { key } of await sql.query<{ readonly key: string }>(text, values)) inserted.add(key)
  }
  return inserted
}

/** All cells as one text; a cell that holds a separator would shift its neighbours into other rows. */
function joined(cells: readonly unknown[]): string {
  const isSound = cells.every((cell) => cell === null || (cell !== '' && !hasSeparator(String(cell))))
  if (isSound) return cells.map((cell) => cell ?? ABSENT.text).join(BETWEEN.text)
  throw new PalomaError('COLUMN_NOT_JSON', 'a json column must hold text without control characters, or null')
}

function hasSeparator(text: string): boolean {
  return text.includes(BETWEEN.text) || text.includes(ABSENT.text)
}
