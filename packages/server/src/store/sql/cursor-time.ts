import { type EpochMs, PalomaError } from '@paloma/core/domain'
import type { Sql } from './client.ts'

/**
 * The time of the row a page ended with, from which the next one goes on. Rejects with CURSOR_GONE when the row was
 * erased meanwhile: the reader begins again rather than miss rows.
 */
export async function cursorTime(
  sql: Sql,
  cursor: { readonly table: 'outcomes' | 'decisions'; readonly key: string; readonly id: string },
): Promise<EpochMs> {
  const [row] = await sql.query<{ readonly at: number }>(`select at from ${cursor.table} where ${cursor.key} = $1`, [
    cursor.id,
  ])
  if (row === undefined) {
    throw new PalomaError('CURSOR_GONE', `the cursor must be a ${cursor.key} that is stored, got ${cursor.id}`, {
      hint: 'it may have been deleted meanwhile, with its user or for its age: begin with the first page again',
    })
  }
  return row.at
}
