import { PalomaError } from '@paloma/core'
import type { CampaignAction } from './action.ts'
import { type CampaignRow, cellFault, requireColumns, requiredNumber } from './cells.ts'
import type { CampaignMapping } from './mapping.ts'
import { takenOf } from './past-campaign.ts'

/** The policy to be judged on a table of decisions. */
export type CampaignTarget =
  /** All actions alike. */
  | { readonly kind: 'uniform' }
  /** One action for everybody, by its name. */
  | { readonly kind: 'action'; readonly name: string }
  /** A column of the table names the action it would take, by its name or by the value of the mapping. */
  | { readonly kind: 'column'; readonly column: string }
  /** A column `<prefix><action>` of the table for the probability of each action, as `paloma plan --probabilities` writes. */
  | { readonly kind: 'columns'; readonly prefix: string }
  /**
   * The policy of another log, as the shares of its choices among rows that are alike in the columns `by`; without any, of all its rows. Which rows
   * are alike should be all the other policy looked at.
   */
  | { readonly kind: 'log'; readonly rows: readonly CampaignRow[]; readonly by: readonly string[] }
  /** The same moment for every message. */
  | { readonly kind: 'moment'; readonly at: number }
  /** A table of its own, joined by the decision: see `joinTarget`. */
  | { readonly kind: 'table'; readonly rows: readonly CampaignRow[] }

/** A target that can be read from the rows of the log. */
export type ReadableTarget = Exclude<CampaignTarget, { readonly kind: 'table' }>

/** What a table says of its rows' actions. */
export interface TargetTable {
  readonly mapping: CampaignMapping
  readonly actions: readonly CampaignAction[]
  readonly rows: readonly CampaignRow[]
}

/**
 * rows × actions: the target's probabilities. Throws CAMPAIGN_TARGET for an action or a group of rows that it does not know, CAMPAIGN_COLUMN and
 * CAMPAIGN_CELL which name row and column.
 */
export function targetProbabilities(target: ReadableTarget, table: TargetTable): Float64Array {
  const width = table.actions.length
  switch (target.kind) {
    case 'uniform':
      return new Float64Array(table.rows.length * width).fill(1 / width)
    case 'action':
      return certain(table, () => placeOfAction(table.actions, target.name))
    case 'column':
      return namedInColumn(table, target.column)
    case 'columns':
      return fromColumns(table, target.prefix)
    case 'log':
      return fromLog(table, target)
    case 'moment':
      throw new PalomaError('CAMPAIGN_TARGET', "a target that is a moment needs a mapping with 'moment'")
  }
}

function certain({ actions, rows }: TargetTable, placeAt: (row: number) => number): Float64Array {
  const matrix = new Float64Array(rows.length * actions.length)
  for (let i = 0; i < rows.length; i += 1) matrix[i * actions.length + placeAt(i)] = 1
  return matrix
}

function placeOfAction(actions: readonly CampaignAction[], name: string): number {
  const place = actions.findIndex((action) => action.name === name || action.value === name)
  if (place >= 0) return place
  const known = actions.map((action) => action.name).join(', ')
  throw new PalomaError('CAMPAIGN_TARGET', `the target's action must be one of ${known}, got '${name}'`)
}

function namedInColumn(table: TargetTable, column: string): Float64Array {
  const { actions, rows } = table
  if (rows[0] !== undefined) requireColumns(rows[0], [column])
  const places = new Map([
    ...actions.map((action, a) => [action.value, a] as const),
    ...actions.map((action, a) => [action.name, a] as const),
  ])
  return certain(table, (i) => {
    const cell = rows[i]![column] ?? null
    const place = places.get(String(cell))
    if (place !== undefined) return place
    throw cellFault({ row: i + 1, column }, cell, `one of ${actions.map(({ name }) => name).join(', ')}`)
  })
}

function fromColumns({ actions, rows }: TargetTable, prefix: string): Float64Array {
  const columns = actions.map(({ name }) => `${prefix}${name}`)
  if (rows[0] !== undefined) requireColumns(rows[0], columns)
  const matrix = new Float64Array(rows.length * actions.length)
  rows.forEach((row, i) => {
    const own = matrix.subarray(i * actions.length, (i + 1) * actions.length)
    columns.forEach((column, a) => {
      own[a] = requiredNumber(row[column], { row: i + 1, column })
      if (!(own[a]! >= 0 && own[a]! <= 1)) throw cellFault({ row: i + 1, column }, own[a]!, 'a probability in [0, 1]')
    })
    normaliseRounded(own, i + 1)
  })
  return matrix
}

// Columns written with a few digits add up to 1 nearly.
const SUM_TOLERANCE = 1e-4

function normaliseRounded(own: Float64Array, row: number): void {
  const sum = own.reduce((total, p) => total + p, 0)
  if (!(Math.abs(sum - 1) <= SUM_TOLERANCE))
    throw new PalomaError('CAMPAIGN_CELL', `row ${row}: the target's probabilities must add up to 1, got ${sum}`)
  for (let a = 0; a < own.length; a += 1) own[a] = own[a]! / sum
}

function fromLog(table: TargetTable, { rows, by }: Extract<CampaignTarget, { readonly kind: 'log' }>): Float64Array {
  const { mapping, actions } = table
  const first = rows[0]
  if (first === undefined) throw new PalomaError('CAMPAIGN_TARGET', "the target's log must have rows, got none")
  requireColumns(first, [mapping.action.column, ...by])
  if (table.rows[0] !== undefined) requireColumns(table.rows[0], by)
  const taken = inTargetLog(() => takenOf(mapping, actions, rows))
  const groups = new Map<string, Float64Array>()
  rows.forEach((row, i) => {
    const key = groupOf(row, by)
    const counts = groups.get(key) ?? new Float64Array(actions.length)
    counts[taken[i]!] = counts[taken[i]!]! + 1
    groups.set(key, counts)
  })
  for (const counts of groups.values()) {
    const sum = counts.reduce((total, count) => total + count, 0)
    for (let a = 0; a < counts.length; a += 1) counts[a] = counts[a]! / sum
  }
  const matrix = new Float64Array(table.rows.length * actions.length)
  table.rows.forEach((row, i) => {
    const shares = groups.get(groupOf(row, by))
    if (shares === undefined)
      throw new PalomaError('CAMPAIGN_TARGET', `row ${i + 1}: the target's log has no row with ${inWords(row, by)}`, {
        hint: 'name fewer columns, or leave such rows out of the table',
      })
    matrix.set(shares, i * actions.length)
  })
  return matrix
}

/** Says which of the two tables a fault lies in. */
function inTargetLog<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof PalomaError)) throw error
    throw new PalomaError(error.code, `the target's log: ${error.message}`, { cause: error })
  }
}

function groupOf(row: CampaignRow, by: readonly string[]): string {
  return JSON.stringify(by.map((column) => String(row[column] ?? '')))
}

function inWords(row: CampaignRow, by: readonly string[]): string {
  return by.map((column) => `${column} = ${row[column] ?? 'nothing'}`).join(' and ')
}
