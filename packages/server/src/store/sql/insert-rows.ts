import type { Sql } from './client.ts'

/** Column name → PostgreSQL type, in the order of a row's values. */
export type Columns = Readonly<Record<string, 'text' | 'bigint' | 'integer' | 'boolean' | 'bytea'>>

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
  const arrays = Object.values(target.columns).map((type, i) => `$${i + 1}::${type}[]`)
  const text = `insert into ${target.table} (${names.join(', ')}) select * from unnest(${arrays.join(', ')})
    on conflict do nothing returning ${target.returning} as key`
  const inserted = new Set<string>()
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    const part = rows.slice(start, start + ROWS_PER_STATEMENT)
    const values = names.map((_, column) => part.map((row) => row[column]))
    for (const { key } of await sql.query<{ readonly key: string }>(text, values)) inserted.add(key)
  }
  return inserted
}
