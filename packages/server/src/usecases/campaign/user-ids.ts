import { PalomaError } from '@paloma/core'
import { type CampaignRow, cellFault, isBlank, requireColumns } from './cells.ts'
import type { CampaignMapping } from './mapping.ts'

/**
 * Who stands in each row: the user, or the row's number. Throws CAMPAIGN_CELL for a row without a user, and for a second row of one: rows count as
 * independent of each other.
 */
export function userIds(mapping: CampaignMapping, rows: readonly CampaignRow[]): readonly string[] {
  if (!('column' in mapping.user)) return rows.map((_, i) => String(i + 1))
  const { column } = mapping.user
  if (rows[0] !== undefined) requireColumns(rows[0], [column])
  const firstRow = new Map<string, number>()
  return rows.map((row, i) => {
    const cell = row[column]
    const place = { row: i + 1, column }
    if (isBlank(cell)) throw cellFault(place, cell ?? null, 'a user')
    const id = String(cell)
    const earlier = firstRow.get(id)
    if (earlier !== undefined)
      throw repeated(`row ${place.row}, column ${column}: user '${id}' stands in row ${earlier} too`)
    firstRow.set(id, place.row)
    return id
  })
}

function repeated(message: string): PalomaError {
  return new PalomaError('CAMPAIGN_CELL', message, {
    hint: 'keep one row a user, or let rows be users (user: { rowNumber: true }): intervals are then too narrow where rows of one user are alike',
  })
}
