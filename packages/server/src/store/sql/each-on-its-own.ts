import { PalomaError } from '@paloma/core/domain'
import { RowsRefused } from '../contract.ts'
import { sqlState } from './client.ts'

/** SQLSTATE classes that blame the values of a row: data exceptions and violated constraints. */
const ROW_ERROR_CLASSES = ['22', '23']

/** A row names something the store does not have; like a bad value, it concerns that row alone. */
export const UNKNOWN_OPPORTUNITY = 'UNKNOWN_OPPORTUNITY'

/** Whether an error blames the values of a row. */
export function isRowError(error: unknown): error is Error {
  if (error instanceof PalomaError) return error.code === UNKNOWN_OPPORTUNITY
  const state = sqlState(error)
  return state !== undefined && ROW_ERROR_CLASSES.includes(state.slice(0, 2))
}

/**
 * Inserts all items at once; when a row is refused, inserts halves until the culprits stand alone, so that one bad
 * item never costs its neighbours. Rejects with RowsRefused, naming the refused, after the others are in.
 */
export async function eachOnItsOwn<T, R>(
  items: readonly T[],
  insert: (items: readonly T[]) => Promise<readonly R[]>,
): Promise<readonly R[]> {
  const refused: { readonly index: number; readonly reason: string }[] = []
  const results = await insertPart({ items, offset: 0, insert, refused })
  if (refused.length > 0) throw new RowsRefused(refused, results)
  return results
}

interface Part<T, R> {
  readonly items: readonly T[]
  readonly offset: number
  readonly insert: (items: readonly T[]) => Promise<readonly R[]>
  /** Collects the culprits. */
  readonly refused: { readonly index: number; readonly reason: string }[]
}

async function insertPart<T, R>(part: Part<T, R>): Promise<readonly R[]> {
  const { items, offset, refused } = part
  try {
    return await part.insert(items)
  } catch (error) {
    if (!isRowError(error)) throw error
    if (items.length === 1) {
      refused.push({ index: offset, reason: error.message })
      return []
    }
    const half = items.length >> 1
    const left = await insertPart({ ...part, items: items.slice(0, half) })
    const right = await insertPart({ ...part, items: items.slice(half), offset: offset + half })
    return [...left, ...right]
  }
}
